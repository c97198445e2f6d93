"""From rows to what the pure rules of `schedule` work on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce

from bookings.messages.routes import route
from bookings.models import Appointment, Message
from practitioners.models import ClinicSettings, Closure, Location
from treatment_plans.elsewhere import is_elsewhere
from treatment_plans.errors import BadPhases
from treatment_plans.models import PlanPause, PlanPhase, PlanVisit, TreatmentPlan
from treatment_plans.models.plans import PhaseRow
from treatment_plans.schedule import (
    KINDS,
    Adherence,
    Booked,
    ClinicCalendar,
    Facts,
    History,
    LastReview,
    Pause,
    Phase,
    Sending,
    Windows,
    adherence,
    check_phases,
    describe,
)

Status = Appointment.Status
TO_COME = (Status.BOOKED, Status.ARRIVED, Status.STARTED)
SOURCE = "treatment_plan"
WITH_AND_WHERE = ("practitioner", "location")


def phase_of(row: PhaseRow) -> Phase:
    """A stored phase as the rules see it."""
    return Phase(
        rate_kind=row.rate_kind,  # type: ignore[arg-type]
        rate_value=row.rate_value,
        session_count=row.session_count,
        session_minutes=row.session_minutes,
        label=row.label,
    )


def check_plan_phases(rows: Iterable[PhaseRow]) -> None:
    """Raise BadPhases with the first thing wrong with a list of phases."""
    problems = check_phases([phase_of(row) for row in rows])
    if problems:
        raise BadPhases(problems[0].sentence)


def words_of(plan: TreatmentPlan) -> str:
    """The frequency of a plan in a sentence."""
    phases = [phase_of(row) for row in plan.phases.all()]
    sentence = describe(phases) if phases else "no frequency yet"
    return sentence[0].upper() + sentence[1:]


def visits_of(plans: Collection[TreatmentPlan], *also: str) -> dict[int, list[PlanVisit]]:
    """The visits of some plans by plan, in order, each with its appointment. One query.

    What is read `also` are relations of the appointment, such as WITH_AND_WHERE.
    """
    found: dict[int, list[PlanVisit]] = {plan.pk: [] for plan in plans}
    related = ("appointment", *(f"appointment__{one}" for one in also))
    rows = PlanVisit.objects.filter(plan__in=found).select_related(*related)
    for row in rows.order_by("appointment__starts_at", "pk"):
        found[row.plan_id].append(row)
    return found


def facts_of(plan: TreatmentPlan) -> Facts:
    """The plan itself: phases, pauses and the local dates of completed visits. Three queries."""
    return facts_of_all([plan])[plan.pk]


def facts_from(plan: TreatmentPlan, visits: Sequence[PlanVisit]) -> Facts:
    """The same from visits in hand. Two queries."""
    return facts_of_all([plan], {plan.pk: visits})[plan.pk]


def facts_of_all(
    plans: Collection[TreatmentPlan], visits: Mapping[int, Sequence[PlanVisit]] | None = None
) -> dict[int, Facts]:
    """The facts of many plans by their ids. Three queries, two when their visits are in hand."""
    keys = [plan.pk for plan in plans]
    phases, pauses, done = defaultdict(list), defaultdict(list), defaultdict(list)
    for phase in PlanPhase.objects.filter(plan__in=keys):
        phases[phase.plan_id].append(phase_of(phase))
    for pause in PlanPause.objects.filter(plan__in=keys):
        pauses[pause.plan_id].append(Pause(pause.starts_on, pause.ends_on))
    for key, at in _completed(keys) if visits is None else _completed_of(visits):
        done[key].append(at)
    return {
        plan.pk: facts_with(plan, phases[plan.pk], pauses[plan.pk], done[plan.pk]) for plan in plans
    }


def facts_with(
    plan: TreatmentPlan,
    phases: Iterable[Phase],
    pauses: Iterable[Pause],
    completed_at: Iterable[datetime],
) -> Facts:
    """The facts of a plan from what belongs to it."""
    return Facts(
        status=plan.status,
        start_on=plan.start_on,
        phases=tuple(phases),
        pauses=tuple(pauses),
        completed_on=tuple(at.astimezone(plan.location.zone).date() for at in completed_at),
        activated_on=plan.activated_on,
        paused_on=plan.paused_on,
        review_after_sessions=plan.review_after_sessions,
        review_after_weeks=plan.review_after_weeks,
    )


def _completed(keys: list[int]) -> Iterable[tuple[int, datetime]]:
    rows = PlanVisit.objects.filter(plan__in=keys, appointment__status=Status.COMPLETED)
    return rows.order_by("appointment__starts_at").values_list("plan", "appointment__starts_at")


def _completed_of(visits: Mapping[int, Sequence[PlanVisit]]) -> Iterable[tuple[int, datetime]]:
    for key, rows in visits.items():
        for row in rows:
            if row.appointment.status == Status.COMPLETED:
                yield key, row.appointment.starts_at


def last_review_of(plan: TreatmentPlan) -> LastReview:
    """What the next review of a plan counts from. One query."""
    last = plan.reviews.decided().last()
    if last is None:
        return LastReview()
    return last_review_with(plan, last.decided_at, last.sessions_before)


def last_review_with(
    plan: TreatmentPlan, decided_at: datetime | None, sessions_before: int
) -> LastReview:
    """The same from its decision."""
    if decided_at is None:
        return LastReview()
    return LastReview(decided_at.astimezone(plan.location.zone).date(), sessions_before)


def booked_from(
    plan: TreatmentPlan,
    visits: Iterable[PlanVisit],
    facts: Facts,
    *,
    fixed: Appointment | None = None,
) -> list[Booked]:
    """The visits that stand after the last completed one; what was never marked counts, too."""
    zone = plan.location.zone
    last = max(facts.completed_on, default=date.min)
    local = [
        (row.appointment, row.appointment.starts_at.astimezone(zone))
        for row in visits
        if row.appointment.status in TO_COME
    ]
    return [
        Booked(visit.pk, at.date(), at.time(), visit == fixed, is_elsewhere(plan, visit))
        for visit, at in local
        if at.date() >= last
    ]


@dataclass(frozen=True, slots=True)
class Missed:
    """Visits that never count as dose, by whose doing."""

    no_shows: int = 0
    late: int = 0
    by_client: int = 0
    by_clinic: int = 0

    @property
    def words(self) -> str:
        """1 no-show, 2 cancelled late; empty when none was missed."""
        counted = (
            (self.no_shows, "no-show" if self.no_shows == 1 else "no-shows"),
            (self.late, "cancelled late"),
            (self.by_client, "cancelled by the client"),
            (self.by_clinic, "cancelled by the clinic"),
        )
        return ", ".join(f"{count} {words}" for count, words in counted if count)


def missed_from(visits: Iterable[PlanVisit]) -> Missed:
    """Count no-shows and cancellations; a late one is the client's own and counts as late only."""
    counts = Counter(_how_missed(row.appointment) for row in visits)
    return Missed(counts["no_show"], counts["late"], counts["client"], counts["clinic"])


def is_to_come(visit: Appointment, *, now: datetime) -> bool:
    """Tell whether a visit stands and has not ended."""
    return visit.status in TO_COME and visit.ends_at > now


def taken_of(
    plan: TreatmentPlan, facts: Facts, visits: Iterable[PlanVisit], *, today: date
) -> Adherence:
    """The dose taken by a day, or by the end of the plan.

    Nothing is expected of a plan that was never started. What the clinic has cancelled of
    the sessions up to then is excused; what it cancelled for a pause is not expected anyway.
    """
    if plan.activated_on is None:
        return Adherence(completed=facts.done, expected=0)
    until = min(today, plan.ended_on or today)
    zone = plan.location.zone
    meant = [
        row
        for row in visits
        if (day := row.appointment.starts_at.astimezone(zone).date()) <= until
        and not facts.rests_on(day)
    ]
    return adherence(facts, today=until, excused=missed_from(meant).by_clinic)


def _how_missed(visit: Appointment) -> str:
    if visit.status == Status.NO_SHOW:
        return "no_show"
    if visit.status != Status.CANCELLED:
        return ""
    return "late" if visit.is_late_cancellation else visit.cancelled_by


def history_of(plan: TreatmentPlan, facts: Facts, *, now: datetime) -> History:
    """What happened around the plan: bookings, messages, the client. Five queries."""
    zone = plan.location.zone
    booked = (
        plan.visits.filter(
            appointment__status__in=TO_COME,
            appointment__ends_at__gt=now,
        )
        .order_by("appointment__starts_at")
        .values_list("appointment__starts_at", flat=True)
    )
    follow_ups = Message.objects.filter(
        client=plan.client, kind__in=KINDS, state__in=Message.GONE_STATES
    )
    went_at = Coalesce("sent_at", "sending_at")
    in_cycle = follow_ups.about(SOURCE, plan.pk).filter(occurrence=cycle_key(plan, facts))  # type: ignore[attr-defined]
    return history_with(
        plan,
        booked_on=[at.astimezone(zone).date() for at in booked],
        sent=dict(in_cycle.values_list("kind", went_at)),
        last_follow_up_at=follow_ups.order_by(went_at.desc())
        .values_list(went_at, flat=True)
        .first(),
    )


def history_with(
    plan: TreatmentPlan,
    *,
    booked_on: Iterable[date],
    sent: Mapping[str, datetime],
    last_follow_up_at: datetime | None,
) -> History:
    """The same from bookings and messages in hand. At most two queries, for the way to the client."""
    client = plan.client
    way = route(client, "due_soon")
    return History(
        booked_on=tuple(booked_on),
        sent=sent,
        last_follow_up_at=last_follow_up_at,
        is_deceased=client.is_deceased,
        has_opted_out=way.code == "client_opted_out",
        has_consented_channel=bool(way.address),
        has_clinical_hold=bool(plan.hold_reason),
        zone=ZoneInfo(client.time_zone) if client.time_zone else None,
    )


def cycle_key(plan: TreatmentPlan, facts: Facts) -> str:
    """What names the current cycle: the visit that anchors it, or the start."""
    anchor = (
        plan.visits.filter(appointment__status=Status.COMPLETED)
        .order_by("-appointment__starts_at")
        .values_list("appointment_id", flat=True)
        .first()
    )
    return f"visit:{anchor}" if anchor else "start"


def calendar_of(location: Location, *, now: datetime) -> ClinicCalendar:
    """The location's days from last year on. Two queries."""
    weekdays = set(location.opening_hours.values_list("weekday", flat=True))
    closures = Closure.objects.filter(
        Q(location=location) | Q(location=None), ends_on__year__gte=now.year - 1
    )
    closed = [(row.starts_on, row.ends_on, row.kind) for row in closures]
    return calendar_from(location, weekdays, closed)


def calendar_from(
    location: Location, weekdays: Iterable[int], closures: Iterable[tuple[date, date, str]]
) -> ClinicCalendar:
    """The same from its hours, and from closures with first and last day and kind."""
    return ClinicCalendar.build(
        location.zone,
        open_weekdays=set(weekdays) or range(1, 7),
        closures=[
            (first, last, kind == Closure.Kind.PUBLIC_HOLIDAY) for first, last, kind in closures
        ],
    )


def windows_of(clinic: ClinicSettings) -> Windows:
    """The clinic's own leads, graces and lapses."""
    return Windows(
        short_lead=clinic.short_gap_lead,
        short_grace=clinic.short_gap_grace,
        medium_lead=clinic.medium_gap_lead,
        medium_grace=clinic.medium_gap_grace,
        long_lead=clinic.long_gap_lead,
        long_grace=clinic.long_gap_grace,
        min_lapsed=clinic.min_lapsed_days,
    )


def sending_of(clinic: ClinicSettings) -> Sending:
    """When this clinic sends follow-ups."""
    return Sending(
        job_at=clinic.reminder_job_at,
        opens_at=clinic.send_opens_at,
        closes_at=clinic.send_closes_at,
        days_between=clinic.days_between_follow_ups,
    )
