"""What pages have said, held against what the database has noted of every visit.

A change is noted with its moment and with who made it. Whoever sits at a browser does one thing
at a time, so it belongs to the one press of theirs in whose time it was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bookings.models import Appointment, VisitChange
from bookings.tests.http_people import Said
from bookings.wall_clock import MINUTE


@dataclass(frozen=True)
class State:
    """How a visit stood."""

    status: str
    starts_at: datetime
    minutes: int
    person: str
    client: int


@dataclass
class Change:
    """What one press has done, with how each of its visits stood then, and before that."""

    event: str
    at: datetime
    by: int
    states: dict[str, State] = field(default_factory=dict)
    two_before: dict[str, State | None] = field(default_factory=dict)


class Ledger:
    """All that has become of all visits."""

    def __init__(self) -> None:
        history: Any = Appointment.pgh_event_model  # type: ignore[attr-defined]
        rows = history.objects.exclude(status="held").order_by("pgh_id")
        self.versions: dict[tuple[str, int], State] = {}
        self.last: dict[str, int] = {}
        self.series: dict[str, Any] = {}
        whose = {}
        for row in rows.select_related("practitioner", "pgh_context"):
            key = str(row.public_id), row.version
            self.versions[key], self.last[key[0]] = _state(row), row.version
            self.series[key[0]] = row.series_id
            whose[key] = row.pgh_context.metadata["user"]
        self.noted: set[tuple[str, int]] = set()
        changes: dict[Any, Change] = {}
        for one in VisitChange.objects.select_related("appointment"):
            visit = str(one.appointment.public_id)
            self.noted.add((visit, one.version))
            about = (one.event, one.at, whose[visit, one.version])
            change = changes.setdefault(about, Change(*about))
            change.states[visit] = self.versions[visit, one.version]
            change.two_before[visit] = self.versions.get((visit, one.version - 2))
        self.changes = list(changes.values())

    def unnoted(self) -> list[Any]:
        """Visits that stand otherwise than their last change has left them, and states without a change."""
        rows = Appointment.objects.exclude(status="held").select_related("practitioner")
        now = {(str(one.public_id), one.version): _state(one) for one in rows}
        left = {(visit, last): self.versions[visit, last] for visit, last in self.last.items()}
        return [*(now.items() ^ left.items()), *(self.noted ^ set(self.versions))]

    def disagreements(self, said: Collection[Said]) -> list[Any]:
        """Changes of which nobody was told, and what somebody was told though it never was."""
        of_one = defaultdict(list)
        for one in said:
            of_one[one.by].append(one)
        wrong: list[Any] = []
        told = set()
        for change in self.changes:
            then = [one for one in of_one[change.by] if one.begins <= change.at <= one.ends]
            if len(then) == 1 and self._agree(change, then[0]):
                told.add(then[0])
            else:
                wrong.append((change, then))
        return wrong + [one for one in said if one not in told and not self._was_so(one)]

    def _agree(self, change: Change, said: Said) -> bool:
        """Whether visits stood then just as was said of them."""
        states, named = change.states, said.visits[0]
        if (
            change.event != said.event
            or len({self.series.get(one, one) for one in (*states, named)}) > 1
        ):
            return False
        if said.event == "booked":
            starts = sorted(one.starts_at for one in states.values())
            is_whole = states.keys() == set(said.visits) and starts == sorted(said.starts)
            return is_whole and all(_is_like(one, said) for one in states.values())
        if said.event == "put_back" and states != change.two_before:
            return False
        if named in states:
            return _is_like(states[named], said) and (said.several or len(states) == 1)
        return said.several and self._was_so(said)  # others of its series were not

    def _was_so(self, said: Said) -> bool:
        """Whether a press that has changed nothing found what it asked for."""
        named = said.visits[0]
        return any(
            change.at <= said.ends
            and named in change.states
            and _is_like(change.states[named], said)
            and (
                said.event not in ("booked", "put_back")
                or said.event == change.event
                or (said.event == "put_back" and _is_back(change, named))
            )
            for change in self.changes
        )


def _is_back(change: Change, visit: str) -> bool:
    """Whether a change, like a move to where it came from, has left a visit as it stood before."""
    return change.states[visit] == change.two_before[visit]


def _state(row: Any) -> State:
    minutes = (row.ends_at - row.starts_at) // MINUTE
    return State(row.status, row.starts_at, minutes, row.practitioner.slug, row.client_id)


def _is_like(state: State, said: Said) -> bool:
    """Whether a visit stood so, as far as it was said."""
    status = "cancelled" if said.event == "cancelled" else "booked"
    return (
        (said.event == "put_back" or state.status == status)
        and (len(said.starts) != 1 or said.starts[0] == state.starts_at)
        and said.person in ("", state.person)
        and said.client in (None, state.client)
        and said.minutes in (None, state.minutes)
    )
