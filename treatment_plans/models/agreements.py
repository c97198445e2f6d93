"""What the client has said yes to, and what has to be asked again because a date changed."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models import Appointment
from treatment_plans.models.plans import PlanVersion, TreatmentPlan


class PlanAgreement(models.Model):
    """Somebody agreed to the plan in plain words as it stood in one version; rows only stay."""

    class Way(models.TextChoices):
        OWN_PAGE = "own_page", "On their own page"
        DESK = "desk", "At the clinic"

    version = models.OneToOneField(PlanVersion, on_delete=models.PROTECT, related_name="agreement")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The login that recorded it: the client's own, or staff at the clinic.",
    )
    name = models.CharField("who agreed", max_length=120)
    way = models.CharField(max_length=10, choices=Way)
    agreed_at = models.DateTimeField()

    class Meta:
        ordering = ["agreed_at"]
        triggers = [
            pgtrigger.Protect(
                name="plan_agreements_stay", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"Agreed to {self.version}"


class PlanReply(models.Model):
    """What a client has written about a plan instead of a yes, or after it; rows only stay."""

    class Kind(models.TextChoices):
        QUESTION = "question", "I have a question"
        NO = "no", "I do not agree"

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="replies")
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.TextField(max_length=600)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name_plural = "plan replies"
        triggers = [
            pgtrigger.Protect(
                name="plan_replies_stay", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.plan}"


class ReproposalQuerySet(models.QuerySet["Reproposal"]):
    """Words for choosing reasons to propose again."""

    def open(self) -> ReproposalQuerySet:
        """Those that nobody has answered yet."""
        return self.filter(outcome=Reproposal.Outcome.OPEN)


class Reproposal(models.Model):
    """A visit of a plan moved, was missed or cancelled, so the rest is proposed anew.

    Nothing moves by itself: the row waits until somebody accepts the new dates or
    leaves the old ones. What is proposed is worked out when it is looked at.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", "Waits for an answer"
        ACCEPTED = "accepted", "New dates accepted"
        LEFT = "left", "Old dates left"
        OVER = "over", "No longer needed"

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="reproposals")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="+", help_text="The visit that changed."
    )
    event = models.CharField(max_length=10, help_text="moved, cancelled or no_show")
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ReproposalQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"], condition=Q(outcome="open"), name="one_open_reproposal"
            )
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()
