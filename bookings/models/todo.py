"""What staff have to do because of something that happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.clients import Client


class TaskQuerySet(models.QuerySet["Task"]):
    """Words for choosing tasks."""

    def open(self) -> TaskQuerySet:
        """Those not done yet."""
        return self.filter(done_at__isnull=True)

    def just_done(self, *, by: Any, since: datetime) -> TaskQuerySet:
        """Those that somebody has ticked off lately, the last one first."""
        return self.filter(done_by=by, done_at__gt=since).order_by("-done_at", "-pk")

    def visible_to(self, user: Any) -> TaskQuerySet:
        """Own tasks, and those of a role the user holds."""
        if not user.is_authenticated or not user.works_here:
            return self.none()
        mine = Q(owner=user) | Q(role__in=user.roles)
        return self if user.is_superuser else self.filter(mine)


class Task(models.Model):
    """A to-do for one member of staff or for a role; never holds clinical text."""

    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=160)
    link = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="tasks",
    )
    role = models.CharField(max_length=30, blank=True)
    client = models.ForeignKey(
        Client, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks"
    )
    reason_key = models.CharField(
        max_length=120, unique=True, help_text="One task per reason, however often it is found."
    )
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False) | ~Q(role=""), name="task_has_owner"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def open_again(self) -> None:
        """Take back that it was done."""
        self.done_at, self.done_by = None, None
        self.save(update_fields=["done_at", "done_by"])

    def finish(self, *, by: Any, now: datetime) -> None:
        """Say that it is done, and who did it."""
        self.done_at, self.done_by = now, by
        self.save(update_fields=["done_at", "done_by"])
