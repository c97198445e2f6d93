"""What was found: the assessment with its body chart and ranges of motion."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from bookings.models import Appointment, Client
from practitioners.models import BodyRegion, Practitioner
from treatment_plans.rom import say_movement

ZERO_TO_TEN = [MinValueValidator(0), MaxValueValidator(10)]
ACUTE_WEEKS = 6  # under 6 weeks acute, 6 to 12 subacute, over 12 chronic: our labels
CHRONIC_WEEKS = 12


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    """Words for choosing assessments."""

    def visible_to(self, user: Any) -> AssessmentQuerySet:
        """Those of clients whose record is open to this user."""
        return self.filter(client__in=Client.objects.record_open_to(user))


@pghistory.track(append_only=True)
class Assessment(models.Model):
    """A structured examination on a date. Empty means not examined, never normal."""

    class Onset(models.TextChoices):
        SUDDEN = "sudden", "Sudden"
        GRADUAL = "gradual", "Gradual"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="assessments")
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="assessments"
    )
    appointment = models.OneToOneField(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="assessment"
    )
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    assessed_on = models.DateField()
    complaint = models.TextField("reason for coming, in the person's words", max_length=4000)
    onset_on = models.DateField("when it began", null=True, blank=True)
    onset = models.CharField("how it began", max_length=10, choices=Onset, blank=True)
    cause = models.CharField(max_length=300, blank=True)
    is_recurrent = models.BooleanField("has had it before", null=True, blank=True)
    aggravating = models.TextField("what makes it worse", max_length=2000, blank=True)
    easing = models.TextField("what eases it", max_length=2000, blank=True)
    pain_now = models.PositiveSmallIntegerField(null=True, blank=True, validators=ZERO_TO_TEN)
    pain_worst = models.PositiveSmallIntegerField(null=True, blank=True, validators=ZERO_TO_TEN)
    pain_average = models.PositiveSmallIntegerField(null=True, blank=True, validators=ZERO_TO_TEN)
    day_pattern = models.TextField("pattern over 24 hours", max_length=2000, blank=True)
    observation = models.TextField("observation and palpation", max_length=4000, blank=True)
    reported_diagnosis = models.CharField(max_length=300, blank=True)
    clinical_impression = models.TextField(max_length=4000, blank=True)
    agreed_goals = models.TextField(max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(pain_now__isnull=True) | Q(pain_now__lte=10))
                & (Q(pain_worst__isnull=True) | Q(pain_worst__lte=10))
                & (Q(pain_average__isnull=True) | Q(pain_average__lte=10)),
                name="pain_zero_to_ten",
            )
        ]

    def __str__(self) -> str:
        return f"Assessment of {self.assessed_on.day} {self.assessed_on:%B %Y}"

    @property
    def stage(self) -> str:
        """Acute under 6 weeks, subacute to 12, chronic beyond; empty without an onset date."""
        if self.onset_on is None:
            return ""
        return stage(self.onset_on, on=self.assessed_on)


def stage(onset_on: date, *, on: date) -> str:
    """Name the stage of a complaint by its age in weeks."""
    weeks = (on - onset_on).days / 7
    if weeks < ACUTE_WEEKS:
        return "acute"
    return "subacute" if weeks <= CHRONIC_WEEKS else "chronic"


class Side(models.TextChoices):
    """The person's own left and right."""

    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    MIDLINE = "midline", "Midline"


@pghistory.track(append_only=True)
class BodyMark(models.Model):
    """One symptom at one region and side of the body chart; both sides are two rows."""

    class Symptom(models.TextChoices):
        PAIN = "pain", "Pain"
        ACHE = "ache", "Ache"
        NUMB = "numb", "Numb"
        TINGLING = "tingling", "Tingling"
        STIFF = "stiff", "Stiff"
        SWOLLEN = "swollen", "Swollen"
        SKIN = "skin", "Bruise or skin change"
        SCAR = "scar", "Scar"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="marks")
    region = models.ForeignKey(BodyRegion, on_delete=models.PROTECT, related_name="marks")
    side = models.CharField(max_length=7, choices=Side)
    symptom = models.CharField(max_length=10, choices=Symptom, default=Symptom.PAIN)
    intensity = models.PositiveSmallIntegerField(null=True, blank=True, validators=ZERO_TO_TEN)
    quality = models.CharField(max_length=60, blank=True)
    is_deep = models.BooleanField(null=True, blank=True)
    radiates_to = models.ForeignKey(
        BodyRegion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["region__position", "side"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "region", "side", "symptom"], name="one_mark_per_symptom"
            ),
            models.CheckConstraint(
                condition=Q(intensity__isnull=True) | Q(intensity__lte=10),
                name="mark_zero_to_ten",
            ),
        ]

    def __str__(self) -> str:
        side = "" if self.side == Side.MIDLINE else f", {self.get_side_display().lower()}"
        return f"{self.region}{side}: {self.get_symptom_display().lower()}"


@pghistory.track(append_only=True)
class RomMeasurement(models.Model):
    """One measured range of motion in degrees; a joint not measured has no row."""

    class Motion(models.TextChoices):
        ACTIVE = "active", "Active"
        PASSIVE = "passive", "Passive"

    class EndFeel(models.TextChoices):
        SOFT = "soft", "Soft"
        FIRM = "firm", "Firm"
        HARD = "hard", "Hard"
        SPASM = "spasm", "Spasm"
        EMPTY = "empty", "Empty"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="rom")
    joint = models.CharField(max_length=30)
    movement = models.CharField(max_length=30)
    side = models.CharField(max_length=7, choices=Side)
    motion = models.CharField(max_length=10, choices=Motion, default=Motion.ACTIVE)
    degrees = models.SmallIntegerField(validators=[MinValueValidator(-30), MaxValueValidator(180)])
    end_feel = models.CharField(max_length=10, choices=EndFeel, blank=True)
    has_pain = models.BooleanField("pain on movement", null=True, blank=True)

    class Meta:
        ordering = ["joint", "movement", "side"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "joint", "movement", "side", "motion"],
                name="one_measurement_per_movement",
            ),
            models.CheckConstraint(
                condition=Q(degrees__range=(-30, 180)), name="rom_minus_30_to_180"
            ),
        ]

    def __str__(self) -> str:
        side = "" if self.side == Side.MIDLINE else f", {self.get_side_display().lower()}"
        return f"{say_movement(self.joint, self.movement)}{side}: {self.degrees}\N{DEGREE SIGN}"
