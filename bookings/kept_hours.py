"""Hours of people that a process keeps, because they hardly ever change.

The statement of free times (`starts.py`) tells the hours that it has found together with the sum
of the changes that were noted by then (`practitioners/together.py`). A page that has just read the
same sum with its facts has them back:

    of few people    they are sent with the question
    of many          they stand in a statement that each session reads once, if it is asked again

The statement looks at the sum itself: where it has become another, the hours count for nothing and
are found anew.
Whatever depends on a clock (notice, horizon, holds) is not among them; dates of papers are, as dates.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from practitioners.prepared import Prepared

# What the hours depend on beside the practitioners' tables: the rest comes with each question.
DEPENDS_ON = (
    "services", "practitioners", "places", "first_day", "last_day", "looked_from", "looked_until",
    "for_staff", "clock_places", "since", "until", "ahead", "ahead_before",
)  # fmt: skip
# As arrays: whose, where, for which turnover before, the windows, when away; who gives which service when.
TYPES = {
    "known": "text",
    "hours_of": "bigint[]",
    "hours_at": "bigint[]",
    "before": "interval[]",
    "windows": "tstzmultirange[]",
    "away": "tstzmultirange[]",
    "givers": "bigint[]",
    "given": "bigint[]",
    "dates": "daterange[]",
}
FEW = 200  # days of people: to send more takes longer than to find them anew
KEPT = 128  # questions about few in each process; a crawler may ask for any
IN_STATEMENTS = 16  # questions about many
MOST = 40_000  # days of people in all statements: some 12 MB in each session
Question = tuple[Any, ...]


@dataclass(slots=True)
class Hours:
    """The hours of one question, of so many days of people: `values` to send, or to write into statements."""

    known: str
    values: Mapping[str, str | None]
    size: int
    number: int | None = None
    written: dict[Prepared, Prepared] = field(default_factory=dict)

    def in_statement(self, told: Prepared) -> Prepared:
        """What to execute with the values of the question and these: the statement, or one that has them in it."""
        if self.number is None:
            return told
        if told not in self.written:
            self.written[told] = told.with_values(self.number, self.values)
        return self.written[told]


class KeptHours:
    """Under each question its hours, for all threads of a process."""

    def __init__(self) -> None:
        self._few: dict[Question, Hours] = {}
        self._many: OrderedDict[Question, Hours] = OrderedDict()
        self._asked: deque[Question] = deque(maxlen=2 * IN_STATEMENTS)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._few) + len(self._many)

    def of(self, values: Mapping[str, Any]) -> Hours | None:
        """What is known for a question, if anything."""
        question = _question(values)
        with self._lock:
            if question in self._many:
                self._many.move_to_end(question)
            return self._many.get(question) or self._few.get(question)

    def are_wanted(self, values: Mapping[str, Any]) -> bool:
        """Tell whether to keep what will be found: of many people only what has been asked lately."""
        size, question = _size(values), _question(values)
        if size <= FEW or size > MOST:
            return size <= FEW
        with self._lock:
            if question in self._asked:
                return True
            self._asked.append(question)
            return False

    def keep(self, values: Mapping[str, Any], changes: str, told: Sequence[str | None]) -> None:
        """Keep what the statement has told for it."""
        hours = Hours(changes, dict(zip(TYPES, (changes, *told), strict=True)), _size(values))
        with self._lock:
            if hours.size > FEW:
                self._keep_many(_question(values), hours)
                return
            if len(self._few) >= KEPT:
                self._few.clear()
            self._few[_question(values)] = hours

    def _keep_many(self, question: Question, hours: Hours) -> None:
        """Under a number that is free: a session forgets the statement that had it before."""
        kept = self._many
        kept.pop(question, None)
        while kept and (
            len(kept) >= IN_STATEMENTS or hours.size + sum(one.size for one in kept.values()) > MOST
        ):
            kept.popitem(last=False)
        hours.number = min(set(range(IN_STATEMENTS)) - {one.number for one in kept.values()})
        kept[question] = hours

    def forget(self) -> None:
        """Find all of them anew."""
        with self._lock:
            self._few.clear()
            self._many.clear()
            self._asked.clear()


def _question(values: Mapping[str, Any]) -> Question:
    return tuple(values[name] for name in DEPENDS_ON)


def _size(values: Mapping[str, Any]) -> int:
    """Days of people."""
    people = values["practitioners"].count(",") + 1
    return int(people * ((values["last_day"] - values["first_day"]).days + 1))
