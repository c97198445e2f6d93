"""Changing when people are in: nobody books into hours that are being taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.locks import PRACTITIONER, lock

Result = TypeVar("Result")


@in_one_transaction
def change_hours(
    practitioners: Collection[int], change: Callable[[], Result], *, by: Any
) -> Result:
    """Change hours, time off or closures while nobody can book with these people.

    The change runs under the same locks as every booking, so a visit is either booked
    before it, and found afterwards by `left_outside`, or refused by what it wrote.
    Raises Busy when the locks cannot be had.
    """
    lock(*((PRACTITIONER, key) for key in practitioners))
    return change()
