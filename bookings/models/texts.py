"""What the clinic says in its own words, and how the machinery of messages is doing."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models

from bookings.models.clients import Client


class MessageTemplateQuerySet(models.QuerySet["MessageTemplate"]):
    """Words for choosing texts."""

    def with_author(self) -> MessageTemplateQuerySet:
        """Each with who changed it last."""
        return self.select_related("changed_by")

    def of(self, kind: str, channel: str) -> MessageTemplateQuerySet:
        """The one for a kind on a channel, if the clinic has one."""
        return self.filter(kind=kind, channel=channel)


@pghistory.track(append_only=True)
class MessageTemplate(models.Model):
    """The clinic's own words for one kind of message on one channel, instead of ours."""

    kind = models.CharField(max_length=30)
    channel = models.CharField(max_length=5, choices=Client.Channel)
    subject = models.CharField(max_length=120, blank=True)
    text = models.TextField(max_length=1500)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = MessageTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "channel"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel"], name="one_text_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.get_channel_display()})"


class Heartbeat(models.Model):
    """When something that has to happen every minute last happened."""

    name = models.CharField(max_length=30, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M} UTC"
