"""How long to wait before a message is tried again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

JITTER = 0.2


def next_attempt(
    now: datetime, attempts: int, minutes: Sequence[int], *, chance: random.Random | None = None
) -> datetime | None:
    """When to try again after so many tries, give or take a fifth; None when it is enough."""
    if attempts > len(minutes):
        return None
    spread = 1 + JITTER * (2 * (chance or random.Random()).random() - 1)  # noqa: S311
    return now + timedelta(minutes=minutes[attempts - 1] * spread)
