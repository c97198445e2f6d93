"""From a plan and the free times to dates that could be booked, and booking them.

    facts, visits, closures ─┐
    free times of the span  ─┼─► schedule.lay_out ──► a page ──► book_dates: all or none
    what suits the client   ─┘

Whatever the plan asks for, the free times of its whole span are read by one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bookings import calendar
from bookings.models import Appointment, Client
from bookings.models.day_parts import HOURS
from bookings.timetable import Timetable
from practitioners.models import ClinicSettings
from treatment_plans import reproposing, reviews
from treatment_plans.elsewhere import is_elsewhere
from treatment_plans.errors import WrongState
from treatment_plans.models import PlanPhase, PlanVisit, Reproposal, TreatmentPlan
from treatment_plans.plan_facts import (
    TO_COME,
    WITH_AND_WHERE,
    booked_from,
    calendar_of,
    facts_from,
    last_review_of,
    phase_of,
    visits_of,
    windows_of,
)
from treatment_plans.schedule import Booked, Facts, Free, Layout, Proposed, Wishes, lay_out

SLACK = timedelta(days=21)  # beyond the last right day, for other times


@dataclass(frozen=True, slots=True)
class Proposal:
    """The dates that could be, with whom they are and which visits they start from.

    `free` are all starts that can be had in the span, proposed or not.
    """

    plan: TreatmentPlan
    table: Timetable
    layout: Layout
    visits: Mapping[int, Appointment]
    free: frozenset[datetime]

    @property
    def with_visits(self) -> list[tuple[Proposed, Appointment | None]]:
        """Each session that was laid out, with the visit that is booked for it."""
        return [
            (one, self.visits[one.booked.key] if one.booked else None)
            for one in self.layout.sessions
        ]


def propose(
    plan: TreatmentPlan,
    *,
    now: datetime,
    for_staff: bool,
    wanted: Collection[datetime] = (),
) -> Proposal:
    """Lay out the sessions still to come. Thirteen queries, however many they are.

    For a client neither beyond the horizon nor past a review that has to come first. What
    was chosen already (`wanted`) stays the proposal while it is free.
    """
    rows = visits_of([plan], *WITH_AND_WHERE)[plan.pk]
    facts = facts_from(plan, rows)
    have = booked_from(plan, rows, facts, fixed=reproposing.moved_visit(plan))
    table, layout, free = _lay(plan, facts, have, now=now, for_staff=for_staff, wanted=wanted)
    if not for_staff and not reviews.may_book_past(plan):
        layout = layout.before_review(facts, last_review_of(plan))
    visits = {row.appointment_id: row.appointment for row in rows}
    return Proposal(plan, table, layout, visits, free)


def preview(
    plan: TreatmentPlan,
    phases: Sequence[PlanPhase],
    *,
    first: Appointment | None = None,
    now: datetime,
) -> Proposal:
    """The same for a plan as it is being written; nothing of it has to be stored.

    `first` is the visit that is to count as session 1, done or not.
    """
    rows = visits_of([plan], *WITH_AND_WHERE)[plan.pk] if plan.pk else []
    if first is not None:
        rows = [*rows, PlanVisit(appointment=first)]
    facts = replace(facts_from(plan, rows), phases=tuple(phase_of(phase) for phase in phases))
    have = booked_from(plan, rows, facts)
    table, layout, free = _lay(plan, facts, have, now=now, for_staff=True)
    visits = {row.appointment_id: row.appointment for row in rows}
    return Proposal(plan, table, layout, visits, free)


def _lay(
    plan: TreatmentPlan,
    facts: Facts,
    have: Sequence[Booked],
    *,
    now: datetime,
    for_staff: bool,
    wanted: Collection[datetime] = (),
) -> tuple[Timetable, Layout, frozenset[datetime]]:
    clinic = ClinicSettings.current()
    table = Timetable(
        plan.service, plan.location, clinic, now, plan.practitioner, for_staff=for_staff
    )
    known: dict[str, Any] = {
        "calendar": calendar_of(plan.location, now=now),
        "windows": windows_of(clinic),
        "today": table.today,
        "last_day": table.last_day,
        "booked": have,
        "wishes": wishes_of(plan.client),
        "wanted": wanted,
    }
    free = _free(table, lay_out(facts, **known))
    layout = lay_out(facts, **known, free=free)
    return table, layout, frozenset(one.starts_at for one in free)


def wishes_of(client: Client) -> Wishes:
    """The days and hours that suit a client."""
    hours = tuple(HOURS[part] for part in client.preferred_parts if part in HOURS)
    return Wishes(frozenset(client.preferred_weekdays), hours)


def _free(table: Timetable, rough: Layout) -> Sequence[Free]:
    """The free times from today to beyond the last session that is to come."""
    ends = [one.days.last_on for one in rough.sessions]
    if not ends:
        return ()
    last = min(max(ends) + SLACK, table.last_day)
    slots = table.free(table.today, days=(last - table.today).days + 1)
    zone = table.location.zone
    locals_ = ((slot.starts_at, slot.starts_at.astimezone(zone)) for slot in slots)
    return [Free(at, local.date(), local.time()) for at, local in locals_]


@calendar.in_one_transaction
def book_dates(
    plan: TreatmentPlan,
    *,
    moves: Mapping[UUID, datetime],
    starts: Sequence[datetime],
    by: Any,
    form_token: UUID,
    now: datetime,
    for_staff: bool,
    reason: str | None = None,
    along: Callable[[], object] | None = None,
) -> list[Appointment]:
    """Move visits of a plan and book the others, all or none; they belong to the plan.

    What is written `along` stands and falls with them; it comes last, behind the locks of
    the calendar. The same form sent again changes nothing. Raises WrongState when the plan
    does not run or a visit is none of its own or elsewhere, or what `calendar.rearrange`
    raises. Whoever was not asked why has no `reason`, not even an empty one.
    """
    if plan.status != TreatmentPlan.Status.ACTIVE:
        raise WrongState("Dates can be booked while a plan is active.")
    own = Appointment.objects.filter(plan_visit__plan=plan, status__in=TO_COME)
    here = [one for one in own.filter(public_id__in=moves) if not is_elsewhere(plan, one)]
    found = {visit.public_id: visit for visit in here}
    if len(found) != len(moves):
        raise WrongState("One of these sessions has changed meanwhile. Look at the dates again.")
    booked = calendar.rearrange(
        [(found[key], at) for key, at in moves.items()],
        plan.service,
        [(plan.practitioner, plan.location, at) for at in starts],
        client=plan.client,
        by=by,
        form_token=form_token,
        now=now,
        source_ref=f"plan:{plan.public_id}",
        for_staff=for_staff,
        reason=reason,
    )
    reproposing.settle(plan, Reproposal.Outcome.ACCEPTED, by=by, now=now)
    if along:
        along()
    return booked
