"""Messages decided and put into words some at a time, a moment before the turn of each.

    read ahead ──► draft, draft, … ──► mark, hand over, result; the next ──► draft, draft, …

Between two answers of the database each letter would be written by code that the processor
has forgotten meanwhile, which takes twice as long as one after the other. A draft is
nothing but the decision and the letter: it is marked in its turn, by a commit of its own, only
if all that it was made of is still so, and it is made anew once it is older than FRESH.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookings.messages import deciding
from bookings.messages.ahead import Known, asking_nothing
from bookings.messages.claim import Mark
from bookings.messages.deciding import Letter
from bookings.messages.sources import Send
from bookings.models import Message

TOGETHER = 10  # letters; while they are written no other thread goes on
FRESH = 1.0  # seconds; the locks of a message may be waited for longer


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that goes, and how its message is marked then; decided at a moment of the machine's clock."""

    letter: Letter
    mark: Mark
    at: float

    def is_old(self) -> bool:
        """Whether the decision has waited for its turn too long."""
        return time.monotonic() > self.at + FRESH


class Drafts:
    """The drafts of a batch, of what is `known` of its messages."""

    def __init__(
        self,
        batch: Sequence[Message],
        known: Mapping[int, Known],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._batch, self._known, self._clock = batch, known, clock
        self._drafts: dict[int, Draft | None] = {}

    def of(self, place: int) -> Draft | None:
        """A draft of this moment; None for what has to be decided under its lock."""
        draft = self._drafts.get(place)
        if place not in self._drafts or (draft and draft.is_old()):
            with asking_nothing():
                for coming in range(place, min(place + TOGETHER, len(self._batch))):
                    self._drafts[coming] = self._draft(self._batch[coming])
        return self._drafts[place]

    def _draft(self, message: Message) -> Draft | None:
        """Decide and write from what is known."""
        known = self._known.get(message.pk)
        if not known:
            return None
        now, at = self._clock(), time.monotonic()
        try:
            written = _written(message, known.row, now=now)
        except Exception:  # what is wrong will be so under its lock, too, and is written down there
            return None
        if not written:
            return None
        mark = deciding.mark_of(message, written, now=now, proviso=known.proviso())
        return Draft(written, mark, at)


def _written(message: Message, row: Any, *, now: datetime) -> Letter | None:
    """The letter, if it goes."""
    if not isinstance(deciding.decide(message, row, now=now), Send):
        return None
    return deciding.write(message, row, now=now)
