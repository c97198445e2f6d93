"""Who comes when. The database itself refuses to book anyone twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.utils import timezone

from bookings.models.clients import Client, ClientAccess
from bookings.models.series import Series
from practitioners.models import Location, Practitioner, Room, Service

A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


def one_id_range(field: str) -> Func:
    """Wrap an id in a range so that an exclusion constraint needs no extension."""
    return Func(
        F(field),
        F(field),
        Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )


class Stood(NamedTuple):
    """With whom and when a visit was."""

    practitioner_id: int
    starts_at: datetime


class VisitSpan(Func):
    """What the client sees: from the start to the end, half open."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Words for choosing appointments."""

    def visible_to(self, user: Any) -> AppointmentQuerySet:
        """Visits this user may see: the desk all, practitioners theirs, clients those they act for."""
        if not user.is_authenticated:
            return self.none()
        visits = self.exclude(status=Appointment.Status.HELD)
        if user.is_desk_staff:
            return visits
        seen = Q(Exists(ClientAccess.objects.filter(client=OuterRef("client"), user=user)))
        if user.is_practitioner:
            seen |= Q(practitioner=user.practitioner)
        return visits.filter(seen)

    def handled_by(self, user: Any) -> AppointmentQuerySet:
        """Visits this user works on at the desk: the front desk all, practitioners their own."""
        visits = self.exclude(status=Appointment.Status.HELD)
        if not user.is_authenticated or not user.works_here:
            return self.none()
        return visits if user.is_desk_staff else visits.filter(practitioner=user.practitioner)

    def with_details(self) -> AppointmentQuerySet:
        """Everything that a line or a page about a visit names, in the same query."""
        return self.select_related("practitioner", "service", "client", "location", "room")

    def standing_or_cancelled(self) -> AppointmentQuerySet:
        """Every real visit: all but the times merely held."""
        return self.exclude(status=Appointment.Status.HELD)

    def filter_for(self, clients: Any) -> AppointmentQuerySet:
        """Real visits of these people."""
        return self.standing_or_cancelled().filter(client__in=clients)

    def held_for(self, visitor: str) -> AppointmentQuerySet:
        """The time kept for a visitor, even if it has run out."""
        kept = self.filter(held_by=visitor, status=Appointment.Status.HELD)
        return kept.select_related("service", "practitioner", "location")

    def live_holds(self, *, now: Any) -> AppointmentQuerySet:
        """Times that are kept for somebody and have not run out."""
        return self.filter(status=Appointment.Status.HELD, held_until__gt=now)

    def kept_or_booked(self, visitor: str, token: uuid.UUID) -> AppointmentQuerySet:
        """What a visitor keeps, and what a form has booked, in the same query."""
        kept = Q(held_by=visitor, status=Appointment.Status.HELD)
        rows = self.filter(kept | Q(form_token=token))
        return rows.select_related("service", "practitioner", "location")

    def booked_by_form(self, token: uuid.UUID) -> AppointmentQuerySet:
        """The visit that a form has booked, whoever sends it again."""
        return self.standing_or_cancelled().filter(form_token=token)

    def of_series_form(self, token: uuid.UUID) -> AppointmentQuerySet:
        """The visits that a form has booked together, in order, whoever sends it again."""
        return self.filter(series__form_token=token).order_by("starts_at", "pk")

    def blocking(
        self, *, now: Any, visitor: str = "", moving: Appointment | None = None
    ) -> AppointmentQuerySet:
        """What takes up time: all but cancelled visits, holds that ran out or are the visitor's own,
        and the visit being moved."""
        held = Q(status=Appointment.Status.HELD)
        over = held & (Q(held_until__lte=now) | Q(held_by=visitor))
        rows = self.exclude(status=Appointment.Status.CANCELLED).exclude(over)
        return rows.exclude(pk=moving.pk) if moving else rows

    def taken_by(
        self, client: int, *, now: Any, moving: Appointment | None = None
    ) -> AppointmentQuerySet:
        """What takes up the time of one client from now on, but for the visit being moved."""
        rows = self.blocking(now=now, moving=moving)
        return rows.filter(client=client, ends_at__gt=now).order_by("starts_at")

    def standing(self) -> AppointmentQuerySet:
        """Everything that still takes up time: neither cancelled nor merely held."""
        return self.exclude(status__in=(Appointment.Status.CANCELLED, Appointment.Status.HELD))

    def upcoming(self, *, now: Any) -> AppointmentQuerySet:
        """Booked visits that have not ended, soonest first."""
        return self.filter(
            status__in=(
                Appointment.Status.BOOKED,
                Appointment.Status.ARRIVED,
                Appointment.Status.STARTED,
            ),
            ends_at__gt=now,
        ).order_by("starts_at")

    def past(self, *, now: Any) -> AppointmentQuerySet:
        """Visits that are over or cancelled, latest first."""
        return (
            self.exclude(status=Appointment.Status.HELD)
            .filter(Q(ends_at__lte=now) | Q(status=Appointment.Status.CANCELLED))
            .order_by("-starts_at")
        )

    def of_series(self, visit: Appointment) -> AppointmentQuerySet:
        """All visits of a visit's series, in order; none when it is in none."""
        if visit.series_id is None:
            return self.none()
        rows = self.filter(series=visit.series_id).select_related("location")
        return rows.order_by("starts_at", "pk")

    def completed_for(self, user: Any) -> AppointmentQuerySet:
        """Sessions that the people whom a login acts for have had."""
        acted_for = ClientAccess.objects.filter(user=user.pk).values("client")
        return self.filter(status=Appointment.Status.COMPLETED, client__in=acted_for)

    def no_shows(self) -> AppointmentQuerySet:
        """Visits to which nobody came."""
        return self.filter(status=Appointment.Status.NO_SHOW)

    def overlapping(self, start: Any, end: Any) -> AppointmentQuerySet:
        """Visits of which some of the blocked time lies in [start, end), in order."""
        return self.filter(busy__overlap=(start, end)).order_by("starts_at", "pk")

    def around(self, first_day: date, *, days: int) -> AppointmentQuerySet:
        """Visits of some days with those of the days beside, for whatever time zone; in order."""
        start = datetime.combine(first_day, time(0), tzinfo=UTC)
        return self.between(start - A_DAY, start + (days + 1) * A_DAY)

    def between(self, start: Any, end: Any) -> AppointmentQuerySet:
        """Visits that start in [start, end), in order."""
        return self.filter(starts_at__gte=start, starts_at__lt=end).order_by("starts_at")


@pghistory.track(append_only=True)
class Appointment(models.Model):
    """A visit, or for a few minutes the hold on its time.

    `starts_at` to `ends_at` is what the client sees, `busy` what is blocked,
    with turnover. A cancelled visit stays, and no longer blocks anything.
    """

    class Status(models.TextChoices):
        HELD = "held", "Kept for you"
        BOOKED = "booked", "Booked"
        ARRIVED = "arrived", "Arrived"
        STARTED = "started", "In session"
        COMPLETED = "completed", "Done"
        NO_SHOW = "no_show", "No-show"
        CANCELLED = "cancelled", "Cancelled"

    class CancelledBy(models.TextChoices):
        CLIENT = "client", "the client"
        CLINIC = "clinic", "the clinic"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="appointments"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="appointments")
    client = models.ForeignKey(
        Client, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    series = models.ForeignKey(
        Series, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    busy = DateTimeRangeField()
    status = models.CharField(max_length=10, choices=Status)
    held_until = models.DateTimeField(null=True, blank=True)
    held_by = models.CharField(max_length=64, blank=True, help_text="The visitor who holds it.")
    price = models.DecimalField(max_digits=8, decimal_places=2)
    client_note = models.CharField(max_length=200, blank=True)
    desk_note = models.TextField(blank=True)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    booked_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=10, choices=CancelledBy, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    is_late_cancellation = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change of time.")
    link_version = models.PositiveIntegerField(
        default=1, help_text="Raising it kills old mail links."
    )
    source_ref = models.CharField(
        max_length=80, blank=True, editable=False, help_text="What invited this booking."
    )
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    form_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="A hold is kept from here on."
    )

    moved_from: Stood | None = None  # by who has just moved it, for what is told of that
    facts: Mapping[str, Any] = MappingProxyType({})  # see `extensions.Facts`

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        indexes = [
            models.Index(  # with all that free times ask of a visit
                fields=["practitioner", "starts_at"],
                include=[
                    "id",
                    "ends_at",
                    "busy",
                    "location",
                    "room",
                    "service",
                    "status",
                    "held_until",
                    "held_by",
                ],
                condition=~Q(status="cancelled"),
                name="standing_by_practitioner",
            ),
            models.Index(
                fields=["room", "starts_at"],
                include=["practitioner"],
                condition=~Q(status="cancelled"),
                name="standing_by_room",
            ),
            models.Index(fields=["client", "starts_at"], name="visits_of_client"),
            models.Index(fields=["starts_at"], name="visits_by_start"),
            models.Index(fields=["held_until"], condition=Q(status="held"), name="holds_by_expiry"),
        ]
        constraints = [
            ExclusionConstraint(
                name="practitioner_not_twice",
                expressions=[
                    (one_id_range("practitioner"), RangeOperators.OVERLAPS),
                    ("busy", RangeOperators.OVERLAPS),
                ],
                condition=~Q(status="cancelled"),
                violation_error_message="That time has just been taken.",
            ),
            ExclusionConstraint(
                name="room_not_twice",
                expressions=[
                    (one_id_range("room"), RangeOperators.OVERLAPS),
                    ("busy", RangeOperators.OVERLAPS),
                ],
                condition=~Q(status="cancelled") & Q(room__isnull=False),
                violation_error_message="That room has just been taken.",
            ),
            ExclusionConstraint(
                name="client_not_twice",
                expressions=[
                    (one_id_range("client"), RangeOperators.OVERLAPS),
                    (VisitSpan("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=~Q(status="cancelled") & Q(client__isnull=False),
                violation_error_message="This person already has a session then.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="visit_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(busy__contains=VisitSpan("starts_at", "ends_at"))
                & Q(busy__lower_inf=False)
                & Q(busy__upper_inf=False),
                name="busy_contains_visit",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__gte="2000-01-01T00:00:00Z")
                & Q(ends_at__lt="2101-01-01T00:00:00Z"),
                name="visit_within_calendar",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__second=0) & Q(ends_at__second=0), name="visit_whole_minutes"
            ),
            models.CheckConstraint(
                condition=Q(status="held") | Q(client__isnull=False), name="visit_has_client"
            ),
            models.CheckConstraint(
                condition=~Q(status="held") | (Q(held_until__isnull=False) & ~Q(held_by="")),
                name="hold_has_owner_and_end",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancelled_by=""),
                name="cancelled_names_who",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone

    @property
    def local_day(self) -> date:
        """The date on the wall where the visit takes place."""
        return self.starts_at.astimezone(self.zone).date()

    @property
    def minutes(self) -> int:
        """How long the visit itself takes: it may have been made longer or shorter than others."""
        return (self.ends_at - self.starts_at) // A_MINUTE

    @property
    def reference(self) -> str:
        """The short reference a client can read out on the phone."""
        return str(self.public_id)[:8].upper()

    @property
    def said_to_client(self) -> str:
        """How it stands in words for the client: a missed session is no accusation."""
        return "Missed" if self.status == self.Status.NO_SHOW else self.get_status_display()

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED
