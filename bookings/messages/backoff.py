"""How long to wait before the next try.

    try    1      2      3       4      5      6      7       8
    wait   1 min  5 min  15 min  1 h    3 h    6 h    12 h    give up

The waits are the setting MESSAGE_BACKOFF_MINUTES.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

SPREAD = 0.2  # of the wait, so that a crowd does not come back at the same second


def wait_after(tries: int, waits: Sequence[float], *, chance: float) -> timedelta | None:
    """The wait after so many failed tries; None when there is to be no other.

    `waits` are minutes; `chance` from 0 to 1 picks a point within 20 % either way.
    """
    if tries > len(waits):
        return None
    return timedelta(minutes=waits[max(tries, 1) - 1]) * (1 + SPREAD * (2 * chance - 1))
