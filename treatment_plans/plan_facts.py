"""From rows to what the pure rules of `schedule` work on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce

from bookings.messages.routes import route
from bookings.models import Appointment, Message
from practitioners.models import ClinicSettings, Closure, Location
from treatment_plans.errors import BadPhases
from treatment_plans.models import PlanPause, PlanPhase, PlanVisit, TreatmentPlan
from treatment_plans.schedule import (
    KINDS,
    ClinicCalendar,
    Facts,
    History,
    LastReview,
    Pause,
    Phase,
    Sending,
    Windows,
    check_phases,
    describe,
)

Status = Appointment.Status
SOURCE = "treatment_plan"


def phase_of(row: PlanPhase) -> Phase:
    """A stored phase as the rules see it."""
    return Phase(
        rate_kind=row.rate_kind,  # type: ignore[arg-type]
        rate_value=row.rate_value,
        session_count=row.session_count,
        session_minutes=row.session_minutes,
        label=row.label,
    )


def check_plan_phases(rows: Iterable[PlanPhase]) -> None:
    """Raise BadPhases with the first thing wrong with a list of phases."""
    problems = check_phases([phase_of(row) for row in rows])
    if problems:
        raise BadPhases(problems[0].sentence)


def words_of(plan: TreatmentPlan) -> str:
    """The frequency of a plan in a sentence."""
    phases = [phase_of(row) for row in plan.phases.all()]
    sentence = describe(phases) if phases else "no frequency yet"
    return sentence[0].upper() + sentence[1:]


def facts_of(plan: TreatmentPlan) -> Facts:
    """The plan itself: phases, pauses and the local dates of completed visits. Three queries."""
    return facts_of_all([plan])[plan.pk]


def facts_of_all(plans: Collection[TreatmentPlan]) -> dict[int, Facts]:
    """The facts of many plans by their ids. Three queries, however many there are."""
    keys = [plan.pk for plan in plans]
    phases, pauses, done = defaultdict(list), defaultdict(list), defaultdict(list)
    for phase in PlanPhase.objects.filter(plan__in=keys):
        phases[phase.plan_id].append(phase_of(phase))
    for pause in PlanPause.objects.filter(plan__in=keys):
        pauses[pause.plan_id].append(Pause(pause.starts_on, pause.ends_on))
    completed = PlanVisit.objects.filter(
        plan__in=keys, appointment__status=Status.COMPLETED
    ).order_by("appointment__starts_at")
    for key, at in completed.values_list("plan", "appointment__starts_at"):
        done[key].append(at)
    return {
        plan.pk: Facts(
            status=plan.status,
            start_on=plan.start_on,
            phases=tuple(phases[plan.pk]),
            pauses=tuple(pauses[plan.pk]),
            completed_on=tuple(at.astimezone(plan.location.zone).date() for at in done[plan.pk]),
            activated_on=plan.activated_on,
            review_after_sessions=plan.review_after_sessions,
            review_after_weeks=plan.review_after_weeks,
        )
        for plan in plans
    }


def last_review_of(plan: TreatmentPlan) -> LastReview:
    """What the next review of a plan counts from. One query."""
    last = plan.reviews.decided().last()
    if last is None or last.decided_at is None:
        return LastReview()
    decided_on = last.decided_at.astimezone(plan.location.zone).date()
    return LastReview(decided_on, last.sessions_before)


def history_of(plan: TreatmentPlan, facts: Facts, *, now: datetime) -> History:
    """What happened around the plan: bookings, messages, the client. Five queries."""
    zone = plan.location.zone
    booked = (
        plan.visits.filter(
            appointment__status__in=(Status.BOOKED, Status.ARRIVED, Status.STARTED),
            appointment__ends_at__gt=now,
        )
        .order_by("appointment__starts_at")
        .values_list("appointment__starts_at", flat=True)
    )
    client = plan.client
    follow_ups = Message.objects.filter(
        client=client, kind__in=KINDS, state__in=Message.GONE_STATES
    )
    went_at = Coalesce("sent_at", "sending_at")
    in_cycle = follow_ups.about(SOURCE, plan.pk).filter(occurrence=cycle_key(plan, facts))  # type: ignore[attr-defined]
    last = follow_ups.order_by(went_at.desc()).values_list(went_at, flat=True).first()
    way = route(client, "due_soon")
    return History(
        booked_on=tuple(at.astimezone(zone).date() for at in booked),
        sent=dict(in_cycle.values_list("kind", went_at)),
        last_follow_up_at=last,
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
    return ClinicCalendar.build(
        location.zone,
        open_weekdays=weekdays or range(1, 7),
        closures=[
            (row.starts_on, row.ends_on, row.kind == Closure.Kind.PUBLIC_HOLIDAY)
            for row in closures
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
