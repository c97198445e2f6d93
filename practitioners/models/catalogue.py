"""What can be treated, with what, and where on the body."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from practitioners.paths import path_to


class CatalogueRow(models.Model):
    """A row that ships with the product and that staff may edit afterwards.

    `loaded_digest` is the digest of the values as last loaded; a row whose
    values no longer match it has been edited and is never overwritten.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class BodyRegion(CatalogueRow):
    """A named area of the body that can be marked on the body chart."""

    class View(models.TextChoices):
        FRONT = "front", "Front"
        BACK = "back", "Back"

    is_paired = models.BooleanField(
        "has a left and a right", help_text="Unpaired regions lie on the midline."
    )
    view = models.CharField(max_length=5, choices=View)
    group = models.CharField(max_length=30)
    needs_extra_consent = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order from head to foot.")

    class Meta:
        ordering = ["position", "name"]


class TechniqueQuerySet(models.QuerySet["Technique"]):
    """Words for choosing techniques."""

    def published(self) -> TechniqueQuerySet:
        """Those that visitors may read about and book."""
        return self.filter(is_published=True)


class Technique(CatalogueRow):
    """A way of working with the hands that a practitioner can be certified in."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", "Medical"
        RELAXATION = "relaxation", "Relaxation"
        BOTH = "both", "Medical or relaxation"

    class Pressure(models.TextChoices):
        LIGHT = "light", "Light"
        MODERATE = "moderate", "Moderate"
        FIRM = "firm", "Firm"
        VARIES = "varies", "Varies"

    kind = models.CharField(max_length=10, choices=Kind)
    summary = models.TextField(help_text="One or two honest sentences for visitors.")
    suits = models.TextField("who it suits", blank=True)
    pressure = models.CharField(max_length=10, choices=Pressure)
    typical_minutes = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    works_everywhere = models.BooleanField(default=False)
    body_regions = models.ManyToManyField(BodyRegion, blank=True, related_name="techniques")
    needs_training = models.BooleanField(
        "needs evidence of extra training",
        default=False,
        help_text="A practitioner can be booked for it only with evidence on file.",
    )
    is_published = models.BooleanField(default=True)

    objects = TechniqueQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        return path_to("technique", self.slug)


class ConditionQuerySet(models.QuerySet["Condition"]):
    """Words for choosing conditions."""

    def offered(self) -> ConditionQuerySet:
        """Those that visitors may search by; the rest are only ever recorded."""
        return self.exclude(offer=Condition.Offer.RECORD_ONLY)


class Condition(CatalogueRow):
    """A complaint that a client may come with."""

    class Offer(models.TextChoices):
        OFFER = "offer", "Offered"
        WITH_CARE = "offer_with_care", "Offered, with a safety line"
        RECORD_ONLY = "record_only", "Only recorded, never marketed"

    offer = models.CharField(max_length=20, choices=Offer)
    summary = models.TextField(blank=True, help_text="Honest and short; no promise of a cure.")
    safety_line = models.TextField(blank=True)
    note_for_staff = models.TextField(blank=True)
    icd10 = models.CharField("ICD-10 (WHO)", max_length=10, blank=True)
    icd10cm = models.CharField("ICD-10-CM (US)", max_length=10, blank=True)
    affects_whole_body = models.BooleanField(default=False)
    body_regions = models.ManyToManyField(BodyRegion, blank=True, related_name="conditions")
    techniques = models.ManyToManyField(Technique, blank=True, related_name="conditions")

    objects = ConditionQuerySet.as_manager()

    def get_absolute_url(self) -> str:
        return path_to("condition", self.slug)
