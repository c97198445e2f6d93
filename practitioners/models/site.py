"""The clinic's own settings, edited by its admin."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from practitioners.once import once
from practitioners.prepared import PreparedQuery


class ClinicSettings(models.Model):
    """The one row that holds the clinic's name, texts, notices and windows."""

    class TimeStyle(models.TextChoices):
        TWELVE = "12h", "10:15am"
        TWENTY_FOUR = "24h", "10:15"

    name = models.CharField(max_length=80, default="Our clinic")
    tagline = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    currency = models.CharField(max_length=3, default="GBP")
    time_style = models.CharField(max_length=3, choices=TimeStyle, default=TimeStyle.TWELVE)
    # booking
    min_notice_minutes = models.PositiveIntegerField(
        default=240, help_text="Shortest time between booking and visit."
    )
    horizon_days = models.PositiveSmallIntegerField(
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="How far ahead clients may book.",
    )
    hold_minutes = models.PositiveSmallIntegerField(default=10)
    hold_extension_minutes = models.PositiveSmallIntegerField(default=5)
    max_open_bookings = models.PositiveSmallIntegerField(default=5)
    longest_series = models.PositiveSmallIntegerField(
        "longest series online",
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text="Sessions that clients may book at once by themselves; 1: one at a time.",
    )
    travel_minutes = models.PositiveSmallIntegerField(
        default=60, help_text="Between two locations of one practitioner on one day."
    )
    packs_starts = models.BooleanField(
        default=False,
        help_text="Offer only starts that leave no unusable gap, where there are any.",
    )
    cancel_notice_hours = models.PositiveSmallIntegerField(default=24)
    policy = models.TextField(
        blank=True,
        default="You can move or cancel free of charge up to 24 hours before your session.",
    )
    late_fee_text = models.CharField(max_length=200, blank=True)
    prints_names = models.BooleanField(
        default=False, help_text="Print full names on the day's list; else initials only."
    )
    # follow-up reminders: lead, grace and lapsed days by gap length
    short_gap_lead = models.PositiveSmallIntegerField(default=1)
    short_gap_grace = models.PositiveSmallIntegerField(default=1)
    medium_gap_lead = models.PositiveSmallIntegerField(default=2)
    medium_gap_grace = models.PositiveSmallIntegerField(default=3)
    long_gap_lead = models.PositiveSmallIntegerField(default=7)
    long_gap_grace = models.PositiveSmallIntegerField(default=7)
    min_lapsed_days = models.PositiveSmallIntegerField(default=14)
    reminder_job_at = models.TimeField(default=time(9, 30))
    send_opens_at = models.TimeField(default=time(9, 0))
    send_closes_at = models.TimeField(default=time(19, 0))
    days_between_follow_ups = models.PositiveSmallIntegerField(default=3)
    # first run
    test_mail_sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "clinic settings"
        verbose_name_plural = "clinic settings"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="only_one_clinic")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> ClinicSettings:
        """Return the clinic's settings, or the defaults before the first save."""
        return once(cls, lambda: CURRENT.first() or cls(pk=1))


CURRENT = PreparedQuery("clinic_settings", {}, lambda: ClinicSettings.objects.filter(pk=1))
