"""The results of the clinic over a stretch of time: plans and what their reminders led to.

Every figure is counted from the rows themselves at the moment of asking; the number of
queries does not depend on how many plans there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import BigIntegerField, Count, Exists, OuterRef, Q
from django.db.models.functions import Cast

from bookings.models import Message
from bookings.wall_clock import DAY, MIDNIGHT, moment
from practitioners.clocks import clinic_zone
from practitioners.models import ClinicSettings
from treatment_plans.models import PlanVisit, TreatmentPlan
from treatment_plans.outcomes import Change, Series
from treatment_plans.plan_facts import (
    SOURCE,
    calendar_of,
    facts_of_all,
    is_to_come,
    taken_of,
    visits_of,
    windows_of,
)
from treatment_plans.progress import series_of_all
from treatment_plans.schedule import (
    KINDS,
    ClinicCalendar,
    Facts,
    Windows,
    current_cycle,
    is_complete,
    status_on,
)
from treatment_plans.tallies import (
    LEAST,
    Figure,
    Group,
    PlanResult,
    Table,
    by_condition,
    by_technique,
    drop_outs,
    small,
    together,
    total,
)

CONVERSION = timedelta(days=14)  # a booking this soon after a reminder counts as its fruit
KIND_WORDS = {"due_soon": "Due soon", "overdue": "Overdue", "lapsed": "Lapsed"}
Status = TreatmentPlan.Status


@dataclass(frozen=True, slots=True)
class Conversion:
    """Reminders of one kind, and how many were followed by a booking of the same plan."""

    kind: str
    sent: int
    booked: int

    @property
    def words(self) -> str:
        return KIND_WORDS[self.kind]

    @property
    def share(self) -> int | None:
        """Percent; None when none was sent."""
        return round(100 * self.booked / self.sent) if self.sent else None

    @property
    def figures(self) -> list[Figure]:
        """How many were sent, and booked, and the share; empty where too few stand behind it."""
        booked = small(self.booked) if self.sent >= LEAST else None
        return [small(self.sent), booked, self.share if isinstance(booked, int) else None]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the page shows."""

    first: date
    last: date
    all_plans: Group
    conditions: Table
    techniques: Table
    drop_outs: list[tuple[str, int]]
    conversions: list[Conversion]

    @property
    def totals(self) -> list[Figure]:
        """The cells of all plans together, as far as they can be told."""
        return self.conditions.total(self.all_plans)

    @property
    def broken_off(self) -> list[tuple[str, Figure]]:
        """Where plans broke off; empty when nothing can be told of how many did."""
        told = self.totals[-1]
        if not isinstance(told, int) or not told:
            return []
        words, counts = zip(*self.drop_outs, strict=True)
        return list(zip(words, together(counts), strict=True))


def results_of(first: date, last: date, *, now: datetime) -> Results:
    """Count the plans that were started from `first` to `last`, and the reminders sent then."""
    plans = list(TreatmentPlan.objects.started_between(first, last))
    rows = plan_results(plans, now=now)
    return Results(
        first=first,
        last=last,
        all_plans=total(rows),
        conditions=by_condition(rows),
        techniques=by_technique(rows),
        drop_outs=drop_outs(rows),
        conversions=conversions(first, last),
    )


def plan_results(plans: Collection[TreatmentPlan], *, now: datetime) -> list[PlanResult]:
    """One row for each plan. Seven queries, and two for each location."""
    visits = visits_of(plans)
    facts, series = facts_of_all(plans, visits), series_of_all(plans)
    windows = windows_of(ClinicSettings.current())
    calendars = {place: calendar_of(place, now=now) for place in {plan.location for plan in plans}}
    return [
        _result(
            plan,
            facts[plan.pk],
            visits[plan.pk],
            series[plan.pk],
            calendars[plan.location],
            windows,
            now=now,
        )
        for plan in plans
    ]


def _result(
    plan: TreatmentPlan,
    facts: Facts,
    visits: Collection[PlanVisit],
    series: list[Series],
    calendar: ClinicCalendar,
    windows: Windows,
    *,
    now: datetime,
) -> PlanResult:
    until = min(calendar.day_of(now), plan.ended_on or date.max)
    taken = taken_of(plan, facts, visits, today=until)
    is_booked = any(is_to_come(row.appointment, now=now) for row in visits)
    judged = [one for one in series if one.is_judged and one.scale.has_threshold]
    changed_on = first_change(judged)
    return PlanResult(
        condition=plan.condition.name if plan.condition else "",
        techniques=tuple(sorted(one.name for one in plan.techniques.all())),
        completed=facts.done,
        expected=taken.expected,
        band=taken.band,
        is_measured=any(one.change is not None for one in judged),
        until_change=(
            None if changed_on is None else sum(day <= changed_on for day in facts.completed_on)
        ),
        is_dropped=not is_booked and has_broken_off(facts, calendar, windows, today=until),
    )


def first_change(series: Iterable[Series]) -> date | None:
    """The day on which any measure was first better by what usually counts."""
    days = [
        point.on
        for one in series
        for point in one.points[1:]
        if Change(one.first.value, point.value, one.scale).reading == "better"
    ]
    return min(days, default=None)


def has_broken_off(
    facts: Facts, calendar: ClinicCalendar, windows: Windows, *, today: date
) -> bool:
    """A plan that was cancelled, or whose client has not come until it counted as lapsed."""
    if facts.status == Status.CANCELLED:
        return True
    if facts.status != Status.ACTIVE or is_complete(facts):
        return False
    cycle = current_cycle(facts, calendar, windows, today=today)
    return cycle is not None and status_on(cycle, today) == "lapsed"


def conversions(first: date, last: date) -> list[Conversion]:
    """What follow-ups led to: booked within `CONVERSION` of one that was sent.

    Days are those of the desk's clock. Two queries.
    """
    zone = clinic_zone()
    fruit = PlanVisit.objects.filter(
        plan=OuterRef("plan_key"),
        appointment__booked_at__gt=OuterRef("sent_at"),
        appointment__booked_at__lte=OuterRef("sent_at") + CONVERSION,
    )
    sent = Message.objects.filter(
        source_type=SOURCE,
        kind__in=KINDS,
        state=Message.State.SENT,
        sent_at__gte=moment(first, MIDNIGHT, zone),
        sent_at__lt=moment(last + DAY, MIDNIGHT, zone),
    ).annotate(plan_key=Cast("source_id", BigIntegerField()))
    counted = (
        sent.annotate(is_fruitful=Exists(fruit))
        .order_by()
        .values("kind")
        .annotate(sent=Count("pk"), booked=Count("pk", filter=Q(is_fruitful=True)))
    )
    found = {row["kind"]: (row["sent"], row["booked"]) for row in counted}
    return [Conversion(kind, *found.get(kind, (0, 0))) for kind in KINDS]
