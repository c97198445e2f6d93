"""What we do about it: the plan, its phases, goals and versions, and its visits."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from bookings.models import Appointment, Client
from practitioners.models import (
    BodyRegion,
    Condition,
    Location,
    Practitioner,
    Service,
    Technique,
)
from treatment_plans.models.assessments import Assessment


class TreatmentPlanQuerySet(models.QuerySet["TreatmentPlan"]):
    """Words for choosing plans."""

    def visible_to(self, user: Any) -> TreatmentPlanQuerySet:
        """Plans of clients whose record is open to this user."""
        return self.filter(client__in=Client.objects.record_open_to(user))

    def dates_open_to(self, user: Any) -> TreatmentPlanQuerySet:
        """Plans whose dates this user may propose and book at the desk: no word of what for."""
        if user.is_authenticated and user.is_desk_staff:
            return self
        return self.visible_to(user)

    def own_of(self, user: Any) -> TreatmentPlanQuerySet:
        """Plans whose plain-words part this client login may read."""
        return self.filter(client__in=Client.objects.own_record_of(user)).exclude(
            status=TreatmentPlan.Status.DRAFT
        )

    def open_with(self, practitioner: Practitioner) -> TreatmentPlanQuerySet:
        """Those that somebody would have to go on with, by the client's name."""
        status = TreatmentPlan.Status
        mine = self.filter(
            practitioner=practitioner, status__in=(status.DRAFT, status.ACTIVE, status.PAUSED)
        )
        return mine.select_related("client", "service", "location").order_by("client__name", "pk")

    def holds_back(self, client: Client) -> bool:
        """Tell whether follow-ups to a client are held, without saying why."""
        return self.held().filter(client=client).exists()

    def held(self) -> TreatmentPlanQuerySet:
        """Running plans whose follow-ups are held back."""
        return self.exclude(hold_reason="").active()

    def active(self) -> TreatmentPlanQuerySet:
        """Those that run now."""
        return self.filter(status=TreatmentPlan.Status.ACTIVE)

    def active_beside(self, plan: TreatmentPlan) -> TreatmentPlanQuerySet:
        """Other plans of the same client that run now, each with whose it is."""
        others = self.active().filter(client=plan.client_id).exclude(pk=plan.pk)
        return others.select_related("practitioner")

    def running(self) -> TreatmentPlanQuerySet:
        """Those that somebody goes on with: active or at rest."""
        return self.filter(status__in=(TreatmentPlan.Status.ACTIVE, TreatmentPlan.Status.PAUSED))

    def with_people(self) -> TreatmentPlanQuerySet:
        """Each with everybody and everything that a page about it names first."""
        return self.select_related(
            "client", "practitioner__user", "service", "location", "condition"
        )

    def started_between(self, first: Any, last: Any) -> TreatmentPlanQuerySet:
        """Those that were started on these days, with what results are told apart by."""
        rows = self.filter(activated_on__range=(first, last))
        return rows.select_related("condition", "location", "assessment").prefetch_related(
            "techniques"
        )

    def to_review(self, *, now: Any) -> TreatmentPlanQuerySet:
        """Running plans whose next review has fallen due, the longest due first."""
        due = self.active().filter(next_review_at__lte=now).order_by("next_review_at")
        return due.with_people()


@pghistory.track(append_only=True)
class TreatmentPlan(models.Model):
    """What a practitioner recommends to one client, with how often and until when."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        DISCHARGED = "discharged", "Discharged"
        CANCELLED = "cancelled", "Cancelled"

    class Pressure(models.TextChoices):
        LIGHT = "light", "Light"
        MODERATE = "moderate", "Moderate"
        FIRM = "firm", "Firm"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="plans")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="plans")
    assessment = models.ForeignKey(
        Assessment, null=True, blank=True, on_delete=models.PROTECT, related_name="plans"
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="plans", help_text="What its sessions are."
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        related_name="plans",
        help_text="Its clock, hours and closures give due dates and send days.",
    )
    condition = models.ForeignKey(
        Condition,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="plans",
        help_text="What the client comes with; the practitioner's words, not a diagnosis.",
    )
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    start_on = models.DateField("first session due on")
    activated_on = models.DateField(null=True, blank=True)
    paused_on = models.DateField(
        null=True, editable=False, help_text="Since when it rests, while its state is paused."
    )
    ended_on = models.DateField(null=True, blank=True)
    techniques = models.ManyToManyField(Technique, blank=True, related_name="plans")
    regions = models.ManyToManyField(BodyRegion, blank=True, related_name="plans")
    pressure = models.CharField(max_length=10, choices=Pressure, blank=True)
    precautions = models.TextField(max_length=2000, blank=True)
    home_care = models.TextField(max_length=2000, blank=True)
    review_after_sessions = models.PositiveSmallIntegerField(
        default=6, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    review_after_weeks = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(52)]
    )
    hold_reason = models.CharField(
        "clinical hold", max_length=200, blank=True, help_text="While set, no follow-up goes out."
    )
    version = models.PositiveIntegerField(default=1)
    # The due index: computed from the rules at every change, read by the sweep.
    cycle_key = models.CharField(max_length=64, blank=True, editable=False)
    due_on = models.DateField(null=True, editable=False)
    target_on = models.DateField(null=True, editable=False)
    due_soon_at = models.DateTimeField(null=True, editable=False)
    overdue_at = models.DateTimeField(null=True, editable=False)
    lapsed_at = models.DateTimeField(null=True, editable=False)
    next_message_kind = models.CharField(max_length=10, blank=True, editable=False)
    next_message_at = models.DateTimeField(null=True, editable=False)
    next_review_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the next review falls due; empty while one is open.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TreatmentPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-start_on", "-pk"]
        indexes = [
            models.Index(
                fields=["next_message_at"],
                condition=Q(status="active", next_message_at__isnull=False),
                name="plans_due",
            ),
            models.Index(
                fields=["next_review_at"],
                condition=Q(status="active", next_review_at__isnull=False),
                name="plans_to_review",
            ),
            models.Index(fields=["practitioner", "status"], name="plans_of_practitioner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(next_message_at__isnull=True) & Q(next_message_kind=""))
                | (Q(next_message_at__isnull=False) & ~Q(next_message_kind="")),
                name="next_message_kind_with_time",
            )
        ]

    def __str__(self) -> str:
        return f"Plan from {self.start_on.day} {self.start_on:%B %Y}"

    def visits_to_come(self, *, now: Any) -> list[Appointment]:
        """Its booked visits that have not ended, soonest first. One query."""
        visits = Appointment.objects.filter(plan_visit__plan=self).upcoming(now=now)
        return list(visits.select_related("location", "practitioner", "service"))


class PhaseRow(models.Model):
    """One frequency for so many sessions, stored; the rules see it as `schedule.Phase`."""

    class Rate(models.TextChoices):
        PER_WEEK = "per_week", "times a week"
        EVERY_N_WEEKS = "every_n_weeks", "every so many weeks"
        EVERY_N_MONTHS = "every_n_months", "every so many months"
        AS_NEEDED = "as_needed", "as needed"

    order = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=40, blank=True)
    rate_kind = models.CharField(max_length=20, choices=Rate)
    rate_value = models.PositiveSmallIntegerField(default=1)
    session_count = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: open-ended, last phase only."
    )
    session_minutes = models.PositiveSmallIntegerField(default=60)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Phase {self.order}"


@pghistory.track(append_only=True)
class PlanPhase(PhaseRow):
    """A stretch of a plan with one frequency; its sessions end it, not the calendar."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="phases")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "order"],
                name="one_phase_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(rate_kind="per_week", rate_value__range=(1, 5))
                | (~Q(rate_kind="per_week") & Q(rate_value__gte=1)),
                name="phase_rate_in_range",
            ),
            models.CheckConstraint(
                condition=Q(session_count__isnull=True) | Q(session_count__gte=1),
                name="phase_has_sessions",
            ),
        ]


class PlanPauseQuerySet(models.QuerySet["PlanPause"]):
    """Words for choosing pauses."""

    def coming(self, today: date) -> PlanPauseQuerySet:
        """Those that have not begun, the next one first."""
        return self.filter(starts_on__gt=today).order_by("starts_on", "pk")


@pghistory.track(append_only=True)
class PlanPause(models.Model):
    """Days, both inclusive, in which a plan rests."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="pauses")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    objects = PlanPauseQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="pause_end_not_before_start",
                violation_error_message="The last day cannot be before the first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


@pghistory.track(append_only=True)
class Goal(models.Model):
    """What the client wants to be able to do, measurable where possible."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="goals")
    sentence = models.CharField(max_length=200)
    outcome = models.ForeignKey(
        "treatment_plans.OutcomeMeasure",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="goals",
        help_text="What is scored for it: its chart shows the target.",
    )
    measure = models.CharField(
        max_length=60, blank=True, help_text="What shows it in other words, scored or not."
    )
    baseline = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    target = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    target_on = models.DateField("by", null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.sentence

    @property
    def measured_by(self) -> str:
        """What shows it, in the words that were typed or those of the measure."""
        return self.measure or (self.outcome.called if self.outcome else "")


class PlanVersion(models.Model):
    """The plan exactly as it was at one saving; the database refuses to change it."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_row_per_plan_version")
        ]
        triggers = [
            pgtrigger.Protect(
                name="plan_versions_stay", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"


@pghistory.track(append_only=True, exclude=["ask_at"])
class PlanVisit(models.Model):
    """A visit that belongs to a plan; only completed ones count as dose."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="visits")
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="plan_visit"
    )
    version = models.ForeignKey(
        PlanVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="visits"
    )
    # When to look whether the plan asks the client something before it; read by the sweep.
    ask_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["appointment__starts_at"]
        indexes = [
            models.Index(
                fields=["ask_at"], condition=Q(ask_at__isnull=False), name="visits_to_ask_about"
            )
        ]

    def __str__(self) -> str:
        return f"Visit of {self.plan}"
