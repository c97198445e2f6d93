"""What the clinic gives clients to do at home."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower


class HomeCareItemQuerySet(models.QuerySet["HomeCareItem"]):
    """Words for choosing home care."""

    def offered(self) -> HomeCareItemQuerySet:
        """Those that a plan may be given, by name."""
        return self.filter(is_offered=True)


class HomeCareItem(models.Model):
    """Something to do at home, in the clinic's own words.

    It is copied into a plan when it is picked, so that a plan stays as it was agreed whatever
    becomes of the library.
    """

    name = models.CharField(max_length=80, help_text="For example “Doorway stretch”.")
    how = models.TextField(
        "how it is done", max_length=400, help_text="As the client reads it, in plain words."
    )
    dose = models.CharField(
        "how much and how often",
        max_length=120,
        help_text="For example “3 times 30 seconds, twice a day”. Each plan may change it.",
    )
    is_offered = models.BooleanField("offered when a plan is written", default=True)

    objects = HomeCareItemQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "home care"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_home_care_item_per_name",
                violation_error_message="There is home care of that name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def said(self) -> str:
        """All of it in one line, as it is copied into a plan."""
        how = self.how if self.how.endswith((".", "!", "?")) else f"{self.how}."
        return " ".join(f"{self.name}: {how} {self.dose}".split())
