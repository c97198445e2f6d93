"""The planned look at whether a plan helps, and what was decided."""

from __future__ import annotations

import uuid
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models import Client
from treatment_plans.models.plans import TreatmentPlan


class ReviewQuerySet(models.QuerySet["Review"]):
    """Words for choosing reviews."""

    def visible_to(self, user: Any) -> ReviewQuerySet:
        """Reviews of plans whose record is open to this user."""
        return self.filter(plan__client__in=Client.objects.record_open_to(user))

    def open(self) -> ReviewQuerySet:
        """Due and not decided yet, oldest first."""
        return self.filter(decision="").order_by("due_on", "pk")

    def decided(self) -> ReviewQuerySet:
        """Those that have ended in a decision, oldest first."""
        return self.exclude(decision="").order_by("decided_at", "pk")

    def with_plan(self) -> ReviewQuerySet:
        """Each with its plan and the people of it, in the same query."""
        return self.select_related(
            "plan__client",
            "plan__practitioner__user",
            "plan__service",
            "plan__location",
            "plan__assessment",
            "decided_by",
            "overridden_by",
        )

    def waiting_for(self, user: Any) -> ReviewQuerySet:
        """Open ones, unless the plan was ended without it: a practitioner's own, all for the lead."""
        ended = (TreatmentPlan.Status.DISCHARGED, TreatmentPlan.Status.CANCELLED)
        waiting = self.visible_to(user).open().exclude(plan__status__in=ended).with_plan()
        if user.is_clinical_lead or not user.is_practitioner:
            return waiting
        return waiting.filter(plan__practitioner=user.practitioner)


@pghistory.track(append_only=True)
class Review(models.Model):
    """One planned re-measuring of a plan. It falls due by the plan and ends in a decision.

    While it is open, clients cannot book sessions past the one it takes place in,
    unless staff allow it and say why. Once decided, the row never changes again.
    """

    class Decision(models.TextChoices):
        CONTINUE = "continue", "Go on as planned"
        TAPER = "taper", "Go on to the next phase"
        CHANGE = "change", "Change the plan"
        REFER = "refer", "Refer"
        DISCHARGE = "discharge", "Discharge"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="reviews")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    sessions_before = models.PositiveSmallIntegerField(
        default=0, help_text="Completed sessions when it fell due; the next counts from here."
    )
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    suggested = models.CharField(
        max_length=20, blank=True, help_text="What the scores suggested; never an automatic action."
    )
    reasoning = models.TextField(max_length=4000, blank=True)
    shared_summary = models.TextField(
        max_length=1000, blank=True, help_text="For the client, in plain words."
    )
    findings = models.JSONField(
        default=dict, blank=True, help_text="Adherence and changes as they stood at the decision."
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    override_reason = models.CharField(
        max_length=300, blank=True, help_text="Why clients may book past it before it is decided."
    )
    overridden_at = models.DateTimeField(null=True, blank=True)
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_row_per_review"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(decision=""), name="one_open_review_per_plan"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="review_decided_with_time",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decided_reviews_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__decided_at__isnull=False),
            ),
            pgtrigger.Protect(name="reviews_are_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Review {self.number}"

    @property
    def is_open(self) -> bool:
        return not self.decision
