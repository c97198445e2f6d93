"""Changing when people are in: nobody books into hours that are being taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.locks import PRACTITIONER, lock
from bookings.outside_hours import call_for

Result = TypeVar("Result")


@in_one_transaction
def change_hours(
    practitioners: Collection[int], change: Callable[[], Result], *, by: Any, now: datetime
) -> Result:
    """Change hours, time off or closures while nobody can book with these people.

    The change runs under the same locks as every booking, so a visit is either booked
    before it, and found afterwards by `left_outside`, or refused by what it wrote. The desk
    has a task for whom it leaves outside. Raises Busy when the locks cannot be had.
    """
    lock(*((PRACTITIONER, key) for key in practitioners))
    result = change()
    call_for(practitioners, now=now)
    return result
