"""Everything that takes or gives back time. Nothing else inserts a visit or moves one.

Every verb is one transaction with one strategy: locks in a fixed order, expired holds
out of the way, everything derived again from the database, gates asked, one write that
the constraints guard, messages written, commit. A refusal names its reason.
"""

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.booking import book, confirm
from bookings.calendar.changes import cancel, mark, move, undo
from bookings.calendar.holds import extend_hold, hold, kept_for, live_hold, release_hold
from bookings.calendar.hours import change_hours
from bookings.calendar.lengths import change_length
from bookings.calendar.own_series import book_own_series, undo_series
from bookings.calendar.putting_back import put_back
from bookings.calendar.series import book_series
from bookings.calendar.series_changes import cancel_each, cancel_from, move_from, rearrange

__all__ = [
    "book",
    "book_own_series",
    "book_series",
    "cancel",
    "cancel_each",
    "cancel_from",
    "change_hours",
    "change_length",
    "confirm",
    "extend_hold",
    "hold",
    "in_one_transaction",
    "kept_for",
    "live_hold",
    "mark",
    "move",
    "move_from",
    "put_back",
    "rearrange",
    "release_hold",
    "undo",
    "undo_series",
]
