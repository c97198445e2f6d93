"""Proof that an e-mail address belongs to whoever is at the browser."""

from __future__ import annotations

import uuid

from django.db import models


class SignInCode(models.Model):
    """One request for a mailed code.

    The code itself is stored nowhere: it is derived from the random id and the
    site's secret, both when the mail is written and when the code is checked.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    visitor = models.CharField(max_length=64, help_text="The browser session that asked.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["visitor", "-created_at"], name="codes_of_visitor")]

    def __str__(self) -> str:
        return f"Code of {self.created_at:%Y-%m-%d %H:%M} UTC"
