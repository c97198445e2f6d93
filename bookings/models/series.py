"""Visits that were booked together, at equal distances."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from bookings.models.clients import Client
from practitioners.models import Service


class Series(models.Model):
    """A row of visits booked at once, such as weekly, six times, the same time if possible.

    Each visit stays a visit of its own: moving one moves no other unless somebody says so.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="series")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    every_weeks = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    form_token = models.UUIDField(unique=True, editable=False)
    form_digest = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.service}, every {self.every_weeks} weeks"
