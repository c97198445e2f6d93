"""Who would like a time that is not free, and what they were offered since."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from bookings.models.appointments import Appointment
from bookings.models.clients import Client
from bookings.models.day_parts import HOURS, DayPart
from practitioners.models import Location, Practitioner, Service

WAITLIST = "waitlist"  # whose holds begin like this


class WaitlistQuerySet(models.QuerySet["WaitlistEntry"]):
    """Words for choosing entries."""

    def visible_to(self, user: Any) -> WaitlistQuerySet:
        """The desk sees all, everybody else those of the people they may see."""
        if user.is_authenticated and user.is_desk_staff:
            return self
        return self.filter(client__in=Client.objects.visible_to(user))

    def filter_for(self, clients: Any) -> WaitlistQuerySet:
        """Entries of these people."""
        return self.filter(client__in=clients)

    def in_line(self) -> WaitlistQuerySet:
        """Those that still wait, whoever came first first."""
        return self.filter(status=WaitlistEntry.Status.WAITING).order_by("created_at", "pk")

    def without_offer(self) -> WaitlistQuerySet:
        """Those of people for whom no time of the same service is kept already."""
        kept = WaitlistOffer.objects.filter(
            outcome="open", entry__client=OuterRef("client"), entry__service=OuterRef("service")
        )
        return self.exclude(Exists(kept))

    def with_details(self) -> WaitlistQuerySet:
        """Everything that a line about an entry names, in the same query."""
        return self.select_related("client", "service", "practitioner", "location", "visit")

    def with_open_offer(self, *, now: datetime | None = None) -> WaitlistQuerySet:
        """Each with what is kept for it, as `open_offers`: one at most, not run out by `now`. One more query."""
        kept = WaitlistOffer.objects.filter(outcome="open").select_related("practitioner")
        kept = kept.filter(until__gt=now) if now else kept
        return self.prefetch_related(models.Prefetch("offers", kept, to_attr="open_offers"))


class WaitlistEntry(models.Model):
    """Somebody wants to hear when a time opens: of a service, in some days, with one or with any.

    With a visit, only an earlier time than that one is of interest, and taking it moves
    the visit.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BOOKED = "booked", "Booked"
        LEFT = "left", "Left the list"
        OVER = "over", "Over"

    PARTS = (("", "Any time of day"), *DayPart.choices)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="waiting")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    visit = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="waiting"
    )
    first_day = models.DateField()
    last_day = models.DateField()
    part = models.CharField(max_length=10, choices=PARTS, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting list"
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="waiting_last_after_first"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(status="waiting"), name="waiting_in_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.service}, {self.first_day} to {self.last_day}"

    @property
    def visitor(self) -> str:
        """Under which name a time is kept for this entry."""
        return f"{WAITLIST}:{self.public_id}"

    def suits(self, starts_at: datetime) -> bool:
        """Tell whether a time is one of those that are waited for."""
        local = starts_at.astimezone(self.location.zone)
        begins, ends = HOURS[self.part]
        is_earlier = self.visit is None or starts_at < self.visit.starts_at
        return (
            is_earlier
            and self.first_day <= local.date() <= self.last_day
            and begins <= local.hour < ends
        )


class WaitlistOffer(models.Model):
    """A time that has opened, kept for one who waits; each time is offered to each once."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Offered"
        ACCEPTED = "accepted", "Taken"
        DECLINED = "declined", "Not wanted"
        EXPIRED = "expired", "Ran out"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="offers")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    until = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    made_at = models.DateTimeField()
    visit = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "practitioner", "starts_at"], name="offered_once"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(outcome="open"), name="one_open_offer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.starts_at:%Y-%m-%d %H:%M} UTC"
