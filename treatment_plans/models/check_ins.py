"""How a client has been since the first session of a plan, in their own words."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models import Appointment, Client
from treatment_plans.models.plans import TreatmentPlan


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    """Words for choosing check-ins."""

    def visible_to(self, user: Any) -> CheckInQuerySet:
        """Those of clients whose record is open to this user."""
        return self.filter(plan__client__in=Client.objects.record_open_to(user))

    def own_of(self, user: Any) -> CheckInQuerySet:
        """Those of the plans whose shared part this client login may read."""
        return self.filter(plan__in=TreatmentPlan.objects.own_of(user))

    def answered(self) -> CheckInQuerySet:
        return self.exclude(answered_at=None)


class CheckIn(models.Model):
    """One question to a client after the first session of a plan; an answer stays as it was given."""

    class Feeling(models.TextChoices):
        BETTER = "better", "Better"
        SAME = "same", "About the same"
        WORSE = "worse", "Worse"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.OneToOneField(TreatmentPlan, on_delete=models.PROTECT, related_name="check_in")
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="check_ins")
    ask_at = models.DateTimeField(null=True, help_text="Empty once the sweep has looked.")
    feeling = models.CharField(max_length=6, choices=Feeling, blank=True)
    words = models.TextField(max_length=1000, blank=True)
    wants_call = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Empty when it came by the link of a mail.",
    )  # fmt: skip

    objects = CheckInQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(feeling="", answered_at__isnull=True)
                | (~Q(feeling="") & Q(answered_at__isnull=False)),
                name="check_in_answered_with_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["ask_at"], condition=Q(ask_at__isnull=False), name="check_ins_to_ask"
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="answered_check_ins_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__answered_at__isnull=False),
            ),
            pgtrigger.Protect(name="check_ins_are_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Check-in of {self.plan}"

    @property
    def client(self) -> Client:
        """Whom it asks; with the plan read and its client locked, that very row."""
        return self.plan.client
