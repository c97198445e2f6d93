"""What can be booked."""

from __future__ import annotations

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from practitioners.models.catalogue import Technique
from practitioners.models.site import ClinicSettings
from practitioners.once import once
from practitioners.prepared import PreparedQuery


class ServiceQuerySet(models.QuerySet["Service"]):
    """Words for choosing services."""

    def published(self) -> ServiceQuerySet:
        """Those that a visitor may book: shown, with published techniques only."""
        return self.filter(is_published=True).exclude(techniques__is_published=False)


class Service(models.Model):
    """Something that can be booked, with its length, price and turnover.

    A practitioner may give it only while certified in *all* its techniques.
    """

    class Kind(models.TextChoices):
        MEDICAL = "medical", "Medical"
        RELAXATION = "relaxation", "Relaxation"

    class VisitType(models.TextChoices):
        FIRST = "first", "First visit"
        FOLLOW_UP = "follow_up", "Follow-up"
        ANY = "any", "Any visit"

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    visit_type = models.CharField(max_length=10, choices=VisitType, default=VisitType.ANY)
    good_for = models.CharField(max_length=160, blank=True, help_text="One line for visitors.")
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    price = models.DecimalField(max_digits=8, decimal_places=2, validators=[MinValueValidator(0)])
    turnover_before = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(120)], help_text="Minutes blocked before."
    )
    turnover_after = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(120)], help_text="Minutes blocked after."
    )
    start_grid = models.PositiveSmallIntegerField(
        "starts every",
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(240)],
        help_text="Minutes between possible starts, counted from the start of the shift.",
    )
    min_notice_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the clinic's own notice."
    )
    horizon_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: the clinic's own horizon."
    )
    daily_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="At most so many a day for one practitioner."
    )
    needs_room = models.BooleanField(default=True)
    techniques = models.ManyToManyField(Technique, related_name="services")
    is_published = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__range=(5, 480)),
                name="service_minutes",
                violation_error_message="A service takes between 5 and 480 minutes.",
            ),
            models.CheckConstraint(
                condition=Q(start_grid__range=(5, 240)), name="service_start_grid"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="service_price"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def offered(cls) -> list[Service]:
        """Every session that a visitor may book, in order."""
        return once(cls, OFFERED.rows)

    @property
    def is_first(self) -> bool:
        """Tell whether it is for people who come for the first time."""
        return self.visit_type == self.VisitType.FIRST

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def notice(self, clinic: ClinicSettings) -> timedelta:
        """The shortest time between booking and visit for clients."""
        own = self.min_notice_minutes
        return timedelta(minutes=clinic.min_notice_minutes if own is None else own)

    def horizon(self, clinic: ClinicSettings) -> timedelta:
        """How many days ahead clients may book."""
        return timedelta(
            days=clinic.horizon_days if self.horizon_days is None else self.horizon_days
        )


OFFERED = PreparedQuery("offered_services", {}, lambda: Service.objects.published().distinct())
