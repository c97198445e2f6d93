"""Whether a client can choose dates of a plan now, and if not, in a sentence why.

booked  ●  ●  ●  │  the third has the review    nothing to choose: "The other 4 are …"
booked  ●  ○  ○  │                              two dates to choose
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bookings.times import say_day
from practitioners.models import ClinicSettings
from treatment_plans.models import TreatmentPlan
from treatment_plans.papers import Papers, papers_of
from treatment_plans.plan_facts import windows_of
from treatment_plans.schedule import Booked, Layout, is_past_review, lay_out


@dataclass(frozen=True, slots=True)
class Bookable:
    """What there is to choose; with nothing, why and whether the client books as they like."""

    can_choose: bool
    as_needed: bool
    why_not: str


def bookable(plan: TreatmentPlan, *, now: datetime) -> Bookable:
    """Look at a plan without its free times. One query, none when it was read with its papers."""
    papers, clinic = papers_of(plan, now=now), ClinicSettings.current()
    today = papers.calendar.day_of(now)
    last_day = today + plan.service.horizon(clinic)
    done_until = max(papers.facts.completed_on, default=date.min)
    days = sorted(on for on in papers.coming_on(but=None) if on >= done_until)
    layout = lay_out(
        papers.facts,
        papers.calendar,
        windows_of(clinic),
        today=today,
        last_day=last_day,
        booked=[Booked(number, on) for number, on in enumerate(days)],
    )
    if not papers.may_book_past:
        layout = layout.before_review(papers.facts, papers.last_review)
    if any(one.booked is None for one in layout.sessions):
        return Bookable(True, False, "")
    why = _why_not(layout, papers, days, today=today, last_day=last_day)
    return Bookable(False, layout.ends == "as_needed", why)


def _why_not(
    layout: Layout, papers: Papers, days: Sequence[date], *, today: date, last_day: date
) -> str:
    facts = papers.facts
    left = 0 if facts.total is None else facts.total - facts.done - len(days)
    others = f"The other {left} are" if left > 1 else "The other one is" if left else "The next are"
    if layout.ends == "review":
        having = (on for on in days if is_past_review(facts, days, on, papers.last_review))
        on = next(having, None)
        return f"{others} planned {_at_review(on, today)}."
    if layout.ends == "horizon":
        until = say_day(last_day, today=today)
        return f"{others} booked later: times can be booked until {until} so far."
    return {
        "as_needed": "Sessions are as needed: book one whenever you like.",
        "enough": "The plan goes on after these. Further dates follow once they are under way.",
    }.get(layout.ends, "Every session is booked.")


def _at_review(on: date | None, today: date) -> str:
    """When the review is; one that has no session yet is only named."""
    return f"at your review on {say_day(on, today=today)}" if on else "at your review"
