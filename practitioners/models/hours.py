"""When a practitioner is in: weekly availability, extra hours, time off.

Weekly rows and extra hours are wall-clock times of their location, resolved per
date; time off is an interval of real time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from practitioners.models.people import Practitioner
from practitioners.models.places import WEEKDAYS, Location

LONGEST_OFF = timedelta(days=3 * 366)
TOO_LONG = (
    "Time off lasts three years at most. Check the year, or take the weekly hours away instead."
)


class Availability(models.Model):
    """One weekly shift of a practitioner at a location; several a day are normal."""

    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.CASCADE,
        related_name="availability",
        db_index=False,  # `hours_by_place` begins with it, and must be the one that is taken
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="availability")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    valid_from = models.DateField(null=True, blank=True, help_text="First day it counts.")
    valid_until = models.DateField(null=True, blank=True, help_text="Last day it counts.")

    class Meta:
        ordering = ["weekday", "starts_at"]
        verbose_name = "weekly hours"
        verbose_name_plural = "weekly hours"
        indexes = [models.Index(fields=["practitioner", "location"], name="hours_by_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="availability_end_after_start",
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="availability_valid_range",
                violation_error_message="The last day cannot be before the first.",
            ),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="availability_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M} to {self.ends_at:%H:%M}"


class ExtraHours(models.Model):
    """Hours on one date beyond the weekly ones."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="extra_hours"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="extra_hours")
    on = models.DateField("date")
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        ordering = ["on", "starts_at"]
        verbose_name_plural = "extra hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="extra_hours_end_after_start",
                violation_error_message="The end must be after the start.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.on.day} {self.on:%B %Y} {self.starts_at:%H:%M} to {self.ends_at:%H:%M}"


class TimeOff(models.Model):
    """An interval in which a practitioner is away, whatever the weekly hours say."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="time_off"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True, help_text="Seen by staff only.")

    class Meta:
        ordering = ["starts_at"]
        verbose_name_plural = "time off"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="time_off_end_after_start",
                violation_error_message="The end must be after the start.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.practitioner} away from {self.starts_at.day} {self.starts_at:%B %Y %H:%M}"

    def clean(self) -> None:
        """Refuse what can only be a slip in the year."""
        if self.starts_at and self.ends_at and self.is_too_long(self.starts_at, self.ends_at):
            raise ValidationError({"ends_at": ValidationError(TOO_LONG, code="too_long")})

    @staticmethod
    def is_too_long(starts_at: datetime, ends_at: datetime) -> bool:
        """Whether nobody is away for so long."""
        return ends_at - starts_at > LONGEST_OFF
