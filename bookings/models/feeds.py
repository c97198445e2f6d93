"""Secret addresses under which calendar programs read somebody's sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    """Words for choosing feeds."""

    def owned_by(self, user: Any) -> CalendarFeedQuerySet:
        """A login's own; nobody else's, whatever their role."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def of_kind(self, kind: str) -> CalendarFeedQuerySet:
        """Those of sessions given, or of sessions of the people a login books for."""
        return self.filter(kind=kind)


class CalendarFeed(models.Model):
    """An address for a calendar program: whoever knows it reads when and where, nothing else.

    The random token in it is shown once and stored nowhere; its digest finds the row again.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", "Sessions I give"
        CLIENT = "client", "My sessions"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    kind = models.CharField(max_length=6, choices=Kind)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_feed_per_login_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, since {self.created_at:%Y-%m-%d}"

    @property
    def is_alive(self) -> bool:
        """Whether the owner may still sign in and, for the sessions they give, still treats here."""
        return bool(self.user.is_practitioner if self.kind == "staff" else self.user.is_active)

    def was_read(self, *, now: datetime) -> None:
        """Remember the last use, for the owner to see. One statement."""
        type(self).objects.filter(pk=self.pk).update(last_used_at=now)
