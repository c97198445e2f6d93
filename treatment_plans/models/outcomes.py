"""What is measured, for which plan, and what came out.

    OutcomeMeasure ──► PlanMeasure ──► OutcomeScore
     the instrument     asked for       one value of one day
                        a plan when     ▲
                        PsfsActivity ───┘ the client's own words

A score is never changed and never deleted: a wrong one is marked as entered in error
and a new one is entered.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from bookings.models import Appointment, Client
from practitioners.models import BodyRegion, Condition
from practitioners.models.catalogue import CatalogueRow
from treatment_plans.models.assessments import Side
from treatment_plans.models.plans import TreatmentPlan
from treatment_plans.outcomes import Scale, bands_of

ACTIVITIES = 5  # of the client's own choosing, at most (Stratford 1995)


class Occasion(models.TextChoices):
    """When in a plan something is measured."""

    BASELINE = "baseline", "Before the first session"
    SESSION = "session", "At a session"
    REVIEW = "review", "At a review"
    DISCHARGE = "discharge", "At the end"


class OutcomeMeasureQuerySet(models.QuerySet["OutcomeMeasure"]):
    """Words for choosing measures."""

    def offered(self) -> OutcomeMeasureQuerySet:
        """Those that a plan of this clinic may ask."""
        return self.filter(is_offered=True)

    def for_goals_of(self, plan: TreatmentPlan) -> OutcomeMeasureQuerySet:
        """What a goal may be measured by: offered ones that are asked, and what a goal has already."""
        asked = Q(is_offered=True) & ~Q(entry_mode=OutcomeMeasure.Entry.ASSESSMENT)
        had = Q(pk__in=plan.goals.values("outcome")) if plan.pk else Q()
        return self.filter(asked | had).order_by("position", "name")

    def suggested_for(self, plan: TreatmentPlan) -> OutcomeMeasureQuerySet:
        """Offered ones made for what the client comes with, or for an area the plan treats."""
        fits = Q(body_regions__in=plan.regions.all())
        if plan.condition_id:
            fits |= Q(conditions=plan.condition_id)
        return self.offered().filter(fits).order_by("position").distinct()


class OutcomeMeasure(CatalogueRow):
    """A scale or a measurement that shows whether treatment helps, with what counts as change.

    The thresholds are the clinic's to set. Where the text of a questionnaire is not free,
    only its total is stored: `licence` says why.
    """

    class Direction(models.TextChoices):
        LOWER = "lower_better", "Lower is better"
        HIGHER = "higher_better", "Higher is better"

    class Entry(models.TextChoices):
        ITEM = "item_level", "Asked here"
        TOTAL = "total_only", "Total only"
        ASSESSMENT = "assessment", "Measured in an assessment"

    class AskedOf(models.TextChoices):
        CLIENT = "client", "The client"
        PRACTITIONER = "practitioner", "The practitioner"

    plain_name = models.CharField(
        "name for clients", max_length=60, blank=True, help_text="Empty: the name as it is."
    )
    measures = models.CharField("what it measures", max_length=200)
    minimum = models.DecimalField(max_digits=7, decimal_places=2)
    maximum = models.DecimalField(max_digits=7, decimal_places=2)
    step = models.DecimalField(max_digits=7, decimal_places=2)
    unit = models.CharField(max_length=20)
    direction = models.CharField(max_length=15, choices=Direction)
    entry_mode = models.CharField(max_length=10, choices=Entry)
    asked_of = models.CharField(max_length=12, choices=AskedOf)
    parts = models.TextField(blank=True, help_text="slug|name|question, one line each.")
    session_parts = models.CharField(
        max_length=60, blank=True, help_text="The parts asked at an ordinary session; empty: all."
    )
    has_sides = models.BooleanField(default=False)
    question = models.CharField(max_length=200, blank=True)
    low_words = models.CharField("words at the lowest", max_length=60, blank=True)
    high_words = models.CharField("words at the highest", max_length=60, blank=True)
    bands = models.TextField(blank=True, help_text="Lowest value and name, one line each.")
    measuring_error = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True,
        help_text="A smaller change is shown as no clear change.",
    )  # fmt: skip
    mcid_value = models.DecimalField(
        "meaningful change", max_digits=7, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="In the unit of the measure. Empty: no figure that the clinic trusts.",
    )  # fmt: skip
    mcid_percent = models.DecimalField(
        "meaningful change in percent", max_digits=5, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(100))],
        help_text="Of the first score. Reaching either figure counts.",
    )  # fmt: skip
    mcid_source = models.TextField("where the figures come from", blank=True)
    scoring = models.TextField(blank=True)
    licence = models.TextField(blank=True)
    occasions = ArrayField(
        models.CharField(max_length=10, choices=Occasion), default=list, blank=True
    )
    conditions = models.ManyToManyField(Condition, blank=True, related_name="measures")
    body_regions = models.ManyToManyField(BodyRegion, blank=True, related_name="measures")
    is_offered = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = OutcomeMeasureQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__lt=F("maximum"), step__gt=0), name="measure_has_a_range"
            )
        ]

    def clean(self) -> None:
        """A figure that counts needs the source it comes from."""
        if (self.mcid_value or self.mcid_percent) and not self.mcid_source.strip():
            raise ValidationError(
                {"mcid_source": ValidationError("Say where the figure comes from.", code="source")}
            )

    @property
    def called(self) -> str:
        """What a chart of it is called."""
        return self.plain_name or self.name

    @property
    def scale(self) -> Scale:
        """The measure as the rules of `outcomes` see it."""
        return Scale(
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            lower_is_better=self.direction == self.Direction.LOWER,
            unit=self.unit,
            mcid_value=self.mcid_value,
            mcid_percent=self.mcid_percent,
            source=self.mcid_source,
            error=self.measuring_error,
            bands=bands_of(self.bands),
        )

    def parts_at(self, occasion: str) -> list[tuple[str, str, str]]:
        """Slug, name and question of each part asked on an occasion; one without a slug if none."""
        lines = [line.split("|") for line in self.parts.splitlines() if line]
        if not lines:
            return [("", self.name, self.question or self.name)]
        wanted = self.session_parts.split() if occasion == Occasion.SESSION else []
        return [(slug, name, asked) for slug, name, asked in lines if not wanted or slug in wanted]

    def part_name(self, part: str) -> str:
        """What a part is called; the measure itself when it has no parts."""
        return next((name for slug, name, _ in self.parts_at("") if slug == part), self.name)


@pghistory.track(append_only=True)
class PlanMeasure(models.Model):
    """A plan asks a measure on some occasions."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="measures")
    measure = models.ForeignKey(OutcomeMeasure, on_delete=models.PROTECT, related_name="plans")
    occasions = ArrayField(models.CharField(max_length=10, choices=Occasion), default=list)

    class Meta:
        ordering = ["measure__position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "measure"], name="one_row_per_plan_measure")
        ]

    def __str__(self) -> str:
        return f"{self.measure} for {self.plan}"


@pghistory.track(append_only=True)
class PsfsActivity(models.Model):
    """Something the client finds hard, in their words. Once scored, the words stay."""

    plan = models.ForeignKey(TreatmentPlan, on_delete=models.CASCADE, related_name="activities")
    number = models.PositiveSmallIntegerField()
    wording = models.CharField(max_length=120)

    class Meta:
        ordering = ["number"]
        verbose_name_plural = "PSFS activities"
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_activity_per_number"),
            models.CheckConstraint(
                condition=Q(number__range=(1, ACTIVITIES)), name="one_to_five_activities"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="scored_activities_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF EXISTS (SELECT 1 FROM treatment_plans_outcomescore
                               WHERE activity_id = OLD.id) THEN
                        RAISE EXCEPTION 'A scored activity keeps its words.'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.wording


class OutcomeScoreQuerySet(models.QuerySet["OutcomeScore"]):
    """Words for choosing scores."""

    def visible_to(self, user: Any) -> OutcomeScoreQuerySet:
        """Those of clients whose record is open to this user."""
        return self.filter(plan__client__in=Client.objects.record_open_to(user))

    def own_of(self, user: Any) -> OutcomeScoreQuerySet:
        """Those of the plans whose shared part this client login may read."""
        return self.counted().filter(plan__in=TreatmentPlan.objects.own_of(user))

    def counted(self) -> OutcomeScoreQuerySet:
        """Without those entered in error."""
        return self.filter(is_entered_in_error=False)

    def replaced_by(self, made: Iterable[OutcomeScore]) -> OutcomeScoreQuerySet:
        """Those that have been entered in error since these were entered instead."""
        return self.filter(
            is_entered_in_error=True,
            plan__in={one.plan_id for one in made},
            error_at__in={one.entered_at for one in made},
        )

    def newest_first(self) -> OutcomeScoreQuerySet:
        """The latest day first, with everything that a line about a score names."""
        rows = self.select_related("measure", "activity", "user", "error_by")
        return rows.order_by("-taken_on", "-pk")

    def in_order(self) -> OutcomeScoreQuerySet:
        """By the day they were taken, with measure and activity in the same query."""
        return self.select_related("measure", "activity").order_by("taken_on", "pk")


@pghistory.track(append_only=True)
class OutcomeScore(models.Model):
    """One value of one measure on one day of a plan."""

    class EnteredBy(models.TextChoices):
        CLIENT = "client", "The client"
        PRACTITIONER = "practitioner", "The practitioner"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    plan = models.ForeignKey(TreatmentPlan, on_delete=models.PROTECT, related_name="scores")
    measure = models.ForeignKey(OutcomeMeasure, on_delete=models.PROTECT, related_name="scores")
    activity = models.ForeignKey(
        PsfsActivity, null=True, blank=True, on_delete=models.PROTECT, related_name="scores"
    )
    part = models.CharField(max_length=20, blank=True, help_text="Of a measure with parts.")
    side = models.CharField(max_length=7, choices=Side, blank=True)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    occasion = models.CharField(max_length=10, choices=Occasion)
    taken_on = models.DateField()
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="scores"
    )
    entered_by = models.CharField(max_length=12, choices=EnteredBy)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Empty when it came by the link of a mail.",
    )  # fmt: skip
    scale_note = models.CharField(
        max_length=120, blank=True, help_text="The scale and version that the value is of."
    )
    entered_at = models.DateTimeField()
    is_entered_in_error = models.BooleanField(default=False)
    error_reason = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)
    error_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OutcomeScoreQuerySet.as_manager()

    class Meta:
        ordering = ["taken_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "measure", "activity", "part", "side", "occasion", "taken_on"],
                condition=Q(is_entered_in_error=False),
                nulls_distinct=False,
                name="one_score_per_occasion",
            )
        ]
        indexes = [models.Index(fields=["measure", "taken_on"], name="scores_of_measure")]
        triggers = [
            pgtrigger.Protect(name="scores_are_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="scores_stay",
                exclude=["is_entered_in_error", "error_reason", "error_at", "error_by"],
            ),
            pgtrigger.Trigger(
                name="score_on_its_scale",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("scale", "treatment_plans_outcomemeasure%ROWTYPE")],
                func="""
                    SELECT * INTO scale FROM treatment_plans_outcomemeasure
                        WHERE id = NEW.measure_id;
                    IF NEW.value < scale.minimum OR NEW.value > scale.maximum
                        OR mod(NEW.value - scale.minimum, scale.step) <> 0 THEN
                        RAISE EXCEPTION 'A score lies on the scale of its measure.'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value.normalize():f}"

    @property
    def name(self) -> str:
        """What was scored: an activity, a part, or the measure."""
        return str(self.activity) if self.activity else self.measure.part_name(self.part)

    def mark_in_error(self, *, by: Any, now: datetime, reason: str) -> None:
        """Take a wrong score out of every figure; it stays readable with the reason."""
        self.is_entered_in_error, self.error_reason = True, reason
        self.error_at, self.error_by = now, by
        self.save(update_fields=["is_entered_in_error", "error_reason", "error_at", "error_by"])
