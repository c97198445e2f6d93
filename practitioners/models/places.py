"""Where the clinic works: locations with their own time zone, hours and rooms."""

from __future__ import annotations

import zoneinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from practitioners.once import once
from practitioners.prepared import PreparedQuery

WEEKDAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
]


def check_zone(name: str) -> None:
    """Refuse anything that is not the name of an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "Choose a time zone from the list, for example Europe/London.", code="unknown_zone"
        )


class LocationQuerySet(models.QuerySet["Location"]):
    """Words for choosing locations."""

    def active(self) -> LocationQuerySet:
        """Those where visits take place."""
        return self.filter(is_active=True)

    def worked_at_by(self, practitioner: Any) -> LocationQuerySet:
        """Those where a practitioner has weekly or extra hours."""
        return self._with_hours_of(practitioner=practitioner)

    def offering(self, service: Any) -> LocationQuerySet:
        """Active ones where somebody who gives the service has weekly or extra hours."""
        return self.active()._with_hours_of(practitioner__services=service)

    def _with_hours_of(self, **whose: Any) -> LocationQuerySet:
        """Looks for one row of each place: a join would read those of everybody."""
        here = self.model.objects.filter(pk=OuterRef("pk"))
        weekly = here.filter(**{f"availability__{name}": one for name, one in whose.items()})
        extra = here.filter(**{f"extra_hours__{name}": one for name, one in whose.items()})
        return self.filter(Exists(weekly) | Exists(extra))


class Location(models.Model):
    """One of the clinic's sites. Its wall clock rules everything that happens there."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=64, default="Europe/London", validators=[check_zone])
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    access_notes = models.TextField("access and parking", blank=True)
    is_active = models.BooleanField(default=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def every(cls) -> list[Location]:
        """Every location, also those given up: visits there still count."""
        return once(cls, EVERY.rows)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


EVERY = PreparedQuery("every_place", {}, Location.objects.all)


class OpeningHours(models.Model):
    """A stretch of one weekday during which a location is open, on its wall clock."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        ordering = ["location", "weekday", "opens_at"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="opening_hours_end_after_start",
                violation_error_message="Closing time must be after opening time.",
            ),
            models.CheckConstraint(
                condition=Q(weekday__range=(1, 7)), name="opening_hours_weekday"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M} to {self.closes_at:%H:%M}"


class Closure(models.Model):
    """Whole local days on which a location, or the whole clinic, is closed."""

    class Kind(models.TextChoices):
        CLOSED = "closed", "Closed"
        PUBLIC_HOLIDAY = "public_holiday", "Public holiday"

    location = models.ForeignKey(
        Location,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="closures",
        help_text="Leave empty for every location.",
    )
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CLOSED)
    name = models.CharField(max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last closed day.")

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="closure_end_not_before_start",
                violation_error_message="The last day cannot be before the first.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A treatment room; one visit at a time."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["location", "name"]
        constraints = [
            models.UniqueConstraint(fields=["location", "name"], name="one_room_name_per_location")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.location}"
