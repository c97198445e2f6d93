"""Letters about a client to those who treat them elsewhere."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models

from bookings.models import Client
from treatment_plans.models.reviews import Review


class LetterQuerySet(models.QuerySet["Letter"]):
    """Words for choosing letters."""

    def visible_to(self, user: Any) -> LetterQuerySet:
        """Those about clients whose record is open to this user."""
        return self.filter(review__plan__client__in=Client.objects.record_open_to(user))

    def own_of(self, user: Any) -> LetterQuerySet:
        """Those about the people whose record this client login may read."""
        return self.filter(review__plan__client__in=Client.objects.own_record_of(user)).with_plan()

    def with_plan(self) -> LetterQuerySet:
        """Each with the plan and its people, in the same query."""
        return self.select_related(
            "review__plan__client", "review__plan__practitioner", "review__plan__location"
        )


class Letter(models.Model):
    """A letter to a doctor after a review that ended in referring, as it was written."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="letters")
    to_whom = models.TextField(max_length=300)
    text = models.TextField(max_length=6000)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        triggers = [
            pgtrigger.Protect(name="letters_stay", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"Letter of {self.written_at.day} {self.written_at:%B %Y}"

    @property
    def client(self) -> Client:
        """Whom it is about; with the plan read and its client locked, that very row."""
        return self.review.plan.client
