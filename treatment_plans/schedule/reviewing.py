"""When a plan is looked at again, and which session that happens in.

    session   1    2    3    4    5    6  │  7    8    9
    done      ●    ●    ●    ●    ●    ●  │
                                          ▲  └─ the review takes place in this one;
                       review falls due ──┘     nothing past it until it is decided

The sessions that count for a review are those since the review before it fell due;
the weeks run from the start or from the day the last one was decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from treatment_plans.schedule.due import Facts

# A plan without an end is looked at at least this often, so that nobody is booked
# forever without a goal (our default).
MOST_WEEKS_WITHOUT_END = 26


@dataclass(frozen=True, slots=True)
class LastReview:
    """What the next review counts from: the decision's day, and the sessions done when it fell due."""

    decided_on: date | None = None
    sessions_before: int = 0


NEVER = LastReview()


def review_due_on(facts: Facts, last: LastReview = NEVER) -> date:
    """The day of the next review, as far as the completed sessions tell.

    The session that fills `review_after_sessions` since the last one fell due, or
    `review_after_weeks` after the start or the last decision, whichever comes first.
    """
    by_weeks = _by_weeks(facts, last)
    counted = sorted(facts.completed_on)[last.sessions_before :]
    if len(counted) < facts.review_after_sessions:
        return by_weeks
    return min(by_weeks, counted[facts.review_after_sessions - 1])


def is_past_review(
    facts: Facts, booked_on: Iterable[date], wanted_on: date, last: LastReview = NEVER
) -> bool:
    """Tell whether a session wanted on a day would come after the one with the review.

    The review takes place in the first session that follows a full count, or that
    lies on or after the day by weeks. `booked_on` are the sessions to come.
    """
    by_weeks = _by_weeks(facts, last)
    counted = sorted(facts.completed_on)[last.sessions_before :]
    days = [day for day in sorted([*counted, *booked_on]) if day <= wanted_on]
    return any(
        place >= facts.review_after_sessions or day >= by_weeks for place, day in enumerate(days)
    )


def _by_weeks(facts: Facts, last: LastReview) -> date:
    weeks = facts.review_after_weeks
    if facts.phases and facts.phases[-1].session_count is None:
        weeks = min(weeks, MOST_WEEKS_WITHOUT_END)
    return (last.decided_on or facts.start_on) + timedelta(weeks=weeks)
