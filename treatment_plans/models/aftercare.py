"""What a client is advised to do after a session."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models

from bookings.models import Appointment, Client


class AftercareQuerySet(models.QuerySet["Aftercare"]):
    """Words for choosing advice."""

    def own_of(self, user: Any) -> AftercareQuerySet:
        """What this client login may read, the newest first, with the session it is about."""
        mine = self.filter(appointment__client__in=Client.objects.own_record_of(user))
        return mine.select_related(
            "appointment__client", "appointment__practitioner", "appointment__location"
        )


class Aftercare(models.Model):
    """Advice for one client after one session, as it was sent; what is added is a row of its own."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="aftercare")
    text = models.TextField(max_length=2000)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = AftercareQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        triggers = [
            pgtrigger.Protect(name="aftercare_stays", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"Advice of {self.written_at.day} {self.written_at:%B %Y}"

    @property
    def client(self) -> Client:
        """Whom it is for; only a visit of somebody has advice."""
        client = self.appointment.client
        assert client is not None
        return client
