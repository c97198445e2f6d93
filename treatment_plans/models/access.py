"""Who opened whose record, when and why."""

import pgtrigger
from django.conf import settings
from django.db import models

from bookings.models import Client


class RecordAccess(models.Model):
    """One opening of a clinical record; rows are only ever added."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="record_access")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="record_access"
    )
    what = models.CharField(max_length=40, help_text="The page: assessment, plan, client.")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "record access"
        indexes = [models.Index(fields=["client", "-at"], name="access_of_client")]
        triggers = [
            pgtrigger.Protect(
                name="record_access_stays", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M} UTC"
