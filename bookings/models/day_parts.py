"""The parts of a day that somebody may prefer."""

from __future__ import annotations

from django.db import models


class DayPart(models.TextChoices):
    """A stretch of the day on the location's wall clock."""

    MORNING = "morning", "Morning, before 12"
    AFTERNOON = "afternoon", "Afternoon, 12 to 5"
    EVENING = "evening", "Evening, from 5"


# From which hour to before which; without a part, the whole day.
HOURS = {
    "": (0, 24),
    DayPart.MORNING: (0, 12),
    DayPart.AFTERNOON: (12, 17),
    DayPart.EVENING: (17, 24),
}
