"""A proposal in words: one row per session, with what can be chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import inf
from typing import Any

from bookings.calendar.changes import is_in_time
from bookings.errors import BookingError
from bookings.instead import MOST, instead_of, offers_others
from bookings.models import Appointment
from bookings.notice import call_us, near_until
from bookings.picking import read_start, value_of
from bookings.times import Words, money, say_day
from treatment_plans.elsewhere import with_words
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
    where: str  # with whom and where the visit is, if not as the plan says
    choices: list[tuple[str, str]]
    chosen: str
    otherwise: tuple[str, str]
    is_late: bool  # it would move, and is within the notice for changes

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return self.step != "keep"

    @property
    def can_be_had(self) -> bool:
        """Whether there is a time to choose."""
        return self.is_open and bool(self.choices)


def rows_of(proposal: Proposal, posted: Mapping[str, Any]) -> list[Row]:
    """Every session that was laid out, with the answers given so far."""
    return [_row(proposal, one, visit, posted) for one, visit in proposal.with_visits]


def _row(
    proposal: Proposal, one: Proposed, visit: Appointment | None, posted: Mapping[str, Any]
) -> Row:
    words, today = proposal.table.words, proposal.table.today
    name = f"{MOVE}{visit.public_id}" if visit else f"{BOOK}{one.days.session}"
    starts = {found.starts_at for found in (one.free, *one.others) if found}
    starts |= proposal.free & {read_start(posted.get(name, ""))}
    choices = [(value_of(at), words.short(at, today=today)) for at in sorted(starts)]
    otherwise = (
        (KEPT, f"Keep {_said(visit, words, today)}") if visit else (LEFT_OUT, "Leave this one out")
    )
    proposed = value_of(one.free.starts_at) if one.free else "" if choices else otherwise[0]
    return Row(
        name=name,
        number=one.days.session,
        step=one.step,
        due=_due(one, today),
        was=_said(visit, replace(words, zone=visit.zone), today) if visit else "",
        where=with_words(proposal.plan, visit) if visit else "",
        choices=choices,
        chosen=posted.get(name) or proposed,
        otherwise=otherwise,
        is_late=visit is not None and one.step == "move" and not _is_in_time(visit, proposal),
    )


def _is_in_time(visit: Appointment, proposal: Proposal) -> bool:
    return is_in_time(visit, now=proposal.table.now, clinic=proposal.table.clinic)


def late_words(rows: list[Row]) -> str:
    """Which sessions cannot be moved without a reason, in a sentence; empty for none."""
    late = [str(row.number) for row in rows if row.is_late]
    if not late:
        return ""
    if len(late) == 1:
        return f"Session {late[0]} is within the notice for changes. If you move it, say why."
    named = f"{', '.join(late[:-1])} and {late[-1]}"
    return f"Sessions {named} are within the notice for changes. If you move any of them, say why."


def price_line(proposal: Proposal, rows: list[Row]) -> str:
    """What a new session costs and what all would; empty when none is new.

    True whatever is chosen: the page does not follow what is left out.
    """
    new = sum(row.can_be_had and not row.was for row in rows)
    price, currency = proposal.plan.service.price, proposal.table.clinic.currency
    if new == 0:
        return ""
    if new == 1:
        return f"{money(price, currency)} for the session."
    together = "both" if new == 2 else f"all {new}"
    each, sum_of_all = money(price, currency), money(price * new, currency)
    return f"{each} for each new session, {sum_of_all} if {together} are booked."


def call_before(proposal: Proposal, rows: list[Row]) -> str:
    """Which sessions are too near to be changed online, and whom to call; empty if none is."""
    table = proposal.table
    until = near_until(table.clinic, now=table.now)
    starts = (int(value) for row in rows if row.is_open for value, _ in row.choices)
    if min(starts, default=inf) >= until.timestamp():
        return ""
    return call_us(table.clinic, what=f"A session before {table.words.short(until)}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows after a refusal: which of them it is about, and the next three times of that one."""

    rows: list[Row]
    place: str
    times: list[dict[str, str]]


def answer_to(
    refusal: BookingError, rows: list[Row], proposal: Proposal, posted: Mapping[str, Any]
) -> Answer:
    """Add the times nearest to the one refused to its row, as buttons to choose there."""
    at = refusal.details.get("starts_at")
    row = _refused(rows, posted, at)
    if row is None or not offers_others(refusal):
        return Answer(rows, row.name if row else "dates", [])
    words = proposal.table.words
    near = instead_of(at, proposal.table, refusal) if at else []
    today = proposal.table.today
    more = [(value_of(one.starts_at), words.short(one.starts_at, today=today)) for one in near]
    wider = replace(row, choices=sorted({*row.choices, *more}, key=lambda one: int(one[0])))
    others = more or [one for one in row.choices if one[0] != row.chosen][:MOST]
    return Answer(
        [wider if one is row else one for one in rows],
        row.name,
        [{"words": said, "url": f"#{row.name}-{value}"} for value, said in others],
    )


def _refused(rows: list[Row], posted: Mapping[str, Any], at: datetime | None) -> Row | None:
    """The row that a time was chosen in; the first to choose for when it is about none."""
    about = (row for row in rows if at and posted.get(row.name) == value_of(at))
    return next(about, next((row for row in rows if row.is_open), None))


def _due(one: Proposed, today: date) -> str:
    """When a session is due; honest about one that should have been."""
    if one.days.due_on < today:
        return f"was due on {say_day(one.days.due_on, today=today)}"
    return f"due around {say_day(one.days.target_on, today=today)}"


def _said(visit: Appointment, words: Words, today: date) -> str:
    return words.short(visit.starts_at, today=today)


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
