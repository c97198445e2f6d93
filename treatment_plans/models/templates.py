"""Doses from published trials, as starting points for a plan."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from practitioners.models import Condition
from practitioners.models.catalogue import CatalogueRow
from treatment_plans.models.plans import PhaseRow, TreatmentPlan


class PlanTemplateQuerySet(models.QuerySet["PlanTemplate"]):
    """Words for choosing templates."""

    def offered(self) -> PlanTemplateQuerySet:
        """Those a plan may start from, by condition, with their phases. Two queries."""
        shown = self.filter(is_offered=True).select_related("condition")
        return shown.prefetch_related("phases").order_by("condition__name", "name")


class PlanTemplate(CatalogueRow):
    """The dose of one published trial for one condition: a starting point, no promise.

    Staff may edit it; a row that was edited is never overwritten by a later load.
    """

    condition = models.ForeignKey(
        Condition, on_delete=models.PROTECT, related_name="plan_templates"
    )
    source = models.CharField(max_length=200, help_text="The study, so that it can be looked up.")
    link = models.URLField(blank=True, help_text="Where the study can be read.")
    dose = models.TextField("dose in the study", max_length=500)
    finding = models.TextField("what was found", max_length=500)
    limits = models.TextField(
        "what not to promise", max_length=500, help_text="Shown wherever the template is."
    )
    pressure = models.CharField(max_length=10, choices=TreatmentPlan.Pressure, blank=True)
    precautions = models.CharField(max_length=300, blank=True)
    review_after_sessions = models.PositiveSmallIntegerField(
        default=6, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    review_after_weeks = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(52)]
    )
    is_offered = models.BooleanField("offered when a plan is written", default=True)

    objects = PlanTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["condition__name", "name"]


class TemplatePhase(PhaseRow):
    """A stretch of a template with one frequency."""

    template = models.ForeignKey(PlanTemplate, on_delete=models.CASCADE, related_name="phases")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "order"],
                name="one_template_phase_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(rate_kind="per_week", rate_value__range=(1, 5))
                | (~Q(rate_kind="per_week") & Q(rate_value__gte=1)),
                name="template_phase_rate_in_range",
                violation_error_message="A week has 1 to 5 sessions.",
            ),
            models.CheckConstraint(
                condition=Q(session_count__isnull=True) | Q(session_count__gte=1),
                name="template_phase_has_sessions",
                violation_error_message="A phase needs at least 1 session.",
            ),
        ]
