"""Who opened whose record, when and why."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models import Client

OWN = "own "  # how the pages of clients are named


class RecordAccessQuerySet(models.QuerySet["RecordAccess"]):
    """Words for choosing openings of records."""

    def visible_to(self, user: Any) -> RecordAccessQuerySet:
        """All of them, for whoever watches over the records."""
        is_watching = user.is_authenticated and (user.is_clinical_lead or user.is_superuser)
        return self.select_related("user", "client") if is_watching else self.none()

    def own_of(self, user: Any) -> RecordAccessQuerySet:
        """Openings of the records that this client login may read itself."""
        own = Client.objects.own_record_of(user)
        rows = self.filter(Q(client__in=own) | Q(client__merged_into__in=own))
        return rows.select_related("user", "client")

    def by_others(self, user: Any) -> RecordAccessQuerySet:
        """Without what somebody has opened themself."""
        return self.exclude(user=user)

    def matching(self, asked: str) -> RecordAccessQuerySet:
        """Those where the name of the client or of the reader holds what was typed."""
        found = Q(client__name__icontains=asked) | Q(user__name__icontains=asked)
        return self.filter(found | Q(user__email__icontains=asked)) if asked else self


class RecordAccess(models.Model):
    """One opening of a clinical record; rows are only ever added."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="record_access")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="record_access"
    )
    what = models.CharField(max_length=40, help_text="The page: assessment, plan, client.")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects = RecordAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "record access"
        indexes = [models.Index(fields=["client", "-at"], name="access_of_client")]
        triggers = [
            pgtrigger.Protect(
                name="record_access_stays", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    @property
    def is_own(self) -> bool:
        """Whether it was opened on a page of clients, by who may read it as their own."""
        return self.what.startswith(OWN)

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M} UTC"
