"""A proposal in words: one row per session, with what can be chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bookings.models import Appointment
from bookings.picking import value_of
from bookings.times import Words, say_day
from treatment_plans.forms.plan_dates import BOOK, KEPT, LEFT_OUT, MOVE
from treatment_plans.proposals import Proposal
from treatment_plans.schedule import Proposed


@dataclass(frozen=True, slots=True)
class Row:
    """One session to come as the page shows it."""

    name: str
    number: int
    step: str
    due: str
    was: str
    choices: list[tuple[str, str]]
    chosen: str
    otherwise: tuple[str, str]

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return self.step != "keep"


def rows_of(proposal: Proposal, posted: Mapping[str, Any]) -> list[Row]:
    """Every session that was laid out, with the answers given so far."""
    return [_row(proposal, one, posted) for one in proposal.layout.sessions]


def _row(proposal: Proposal, one: Proposed, posted: Mapping[str, Any]) -> Row:
    words, today = proposal.table.words, proposal.table.today
    visit = proposal.visits[one.booked.key] if one.booked else None
    starts = [found.starts_at for found in (one.free, *one.others) if found]
    choices = [(value_of(at), words.short(at)) for at in sorted(starts)]
    name = f"{MOVE}{visit.public_id}" if visit else f"{BOOK}{one.days.session}"
    proposed = value_of(one.free.starts_at) if one.free else ""
    return Row(
        name=name,
        number=one.days.session,
        step=one.step,
        due=say_day(one.days.target_on, today=today),
        was=_said(visit, words) if visit else "",
        choices=choices,
        chosen=posted.get(name) or proposed,
        otherwise=(KEPT, f"Keep {_said(visit, words)}")
        if visit
        else (LEFT_OUT, "Leave this one out"),
    )


def _said(visit: Appointment, words: Words) -> str:
    return words.short(visit.starts_at)


def ending(proposal: Proposal) -> str:
    """Why the dates end where they do, in a sentence; empty when all are there."""
    table, layout = proposal.table, proposal.layout
    last = say_day(table.last_day, today=table.today)
    return {
        "complete": "",
        "as_needed": "After that sessions are as needed: book one whenever you like.",
        "horizon": f"Times can be booked until {last}. Further sessions follow when they are closer.",
        "enough": "The plan goes on after that. Further dates follow once these are under way.",
        "review": "The last of these sessions has a review: together we look at whether it helps."
        " The sessions after it are booked then.",
    }[layout.ends]
