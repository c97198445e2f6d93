"""Two entries of one person, made one."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.models.clients import Client


class ClientMergeQuerySet(models.QuerySet["ClientMerge"]):
    """Words for choosing merges."""

    def of(self, client: Client) -> ClientMergeQuerySet:
        """Those that an entry took part in and that stand, latest first."""
        here = Q(kept=client) | Q(absorbed=client)
        return self.filter(here, undone_at=None).select_related("kept", "absorbed", "by")


class ClientMerge(models.Model):
    """Somebody found two entries to be one person.

    Nothing is deleted: the entry given up stays and points to the one kept, and what was
    moved is listed here, row by row, so that it can go back.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kept = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict, help_text="Ids of rows by app, model and field.")
    filled = models.JSONField(default=dict, help_text="What the kept entry lacked before.")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ClientMergeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("absorbed")), name="merge_of_two"),
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at=None), name="absorbed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} into {self.kept_id}"
