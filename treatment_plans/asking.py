"""Asking a client before a visit: what a plan measures, a day ahead, by a link in a mail.

    visit linked or moved ──► PlanVisit.ask_at ──► sweep ──► message ──► the rules again ──► mail
                                                   (often nothing is asked)

Only who may read the record is asked: the client at their own address, or somebody with the
record in their scope. The mail says nothing about why.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bookings.extensions import Event
from bookings.messages import outbox
from bookings.messages.letters import write_letter
from bookings.messages.routes import route_of
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Appointment, Client, ClientAccess, Message
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings
from practitioners.prepared import PreparedQuery
from treatment_plans.links import measures_link
from treatment_plans.models import (
    Occasion,
    OutcomeMeasure,
    OutcomeScore,
    PlanVisit,
    TreatmentPlan,
)
from treatment_plans.plan_facts import calendar_of, facts_of, last_review_of, sending_of
from treatment_plans.schedule import ClinicCalendar, ask_at, asked_before
from treatment_plans.scores import Question, questions_of

SOURCE = "plan_visit"
KIND = "measures"
BATCH = 500
PLAN_CODES: dict[str, str] = {
    TreatmentPlan.Status.PAUSED: "plan_paused",
    TreatmentPlan.Status.COMPLETED: "plan_completed",
    TreatmentPlan.Status.DISCHARGED: "plan_discharged",
    TreatmentPlan.Status.CANCELLED: "plan_cancelled",
}
AT_REST = ("plan_paused", "clinical_hold")  # what these stop may still go when they are over
DUE = PreparedQuery(
    "visits_to_ask_about",
    {"now": "timestamptz"},
    lambda now: (
        PlanVisit.objects.filter(ask_at__lte=now)
        .order_by("ask_at")
        .select_related("appointment", "plan__client", "plan__location")
        .select_for_update(of=("self",), skip_locked=True)[:BATCH]
    ),
)
OF_APPOINTMENT = PreparedQuery(
    "plan_visit_of_appointment",
    {"appointment": "bigint"},
    lambda appointment: PlanVisit.objects.filter(appointment=appointment).select_related(
        "appointment", "plan__location"
    ),
)
# After these a visit begins when it began so many versions ago.
AS_BEFORE: dict[Event, int] = {"length": 1, "put_back": 2}
COMING = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)


def follow_appointment(event: Event, appointment: Appointment, *, now: datetime) -> None:
    """Note when to look whether something is asked before a visit of a plan.

    A new one has it noted with its link, see `visits.link`.
    """
    if event not in ("moved", "length", "completed", "cancelled", "put_back"):
        return
    visit = OF_APPOINTMENT.first(appointment=appointment.pk)
    if visit is None:
        return
    if event == "completed":  # what is asked before the next one may be known only now
        visits = PlanVisit.objects.select_related("appointment", "plan__location")
        later = visits.filter(plan=visit.plan, appointment__status=Appointment.Status.BOOKED)
        visit = later.filter(appointment__starts_at__gt=now).first()
    if visit is not None:
        calendar = calendar_of(visit.plan.location, now=now)
        is_asked = event in AS_BEFORE and _was_asked(visit, back=AS_BEFORE[event])
        visit.ask_at = None if is_asked else when_to_ask(calendar, visit.appointment, now=now)
        visit.save(update_fields=["ask_at"])


def _was_asked(visit: PlanVisit, *, back: int) -> bool:
    """Whether the client was asked before this visit so many versions ago."""
    before = str(visit.appointment.version - back)
    about = Message.objects.about(SOURCE, visit.appointment_id)
    return about.filter(kind=KIND, occurrence=before).exclude(sending_at=None).exists()


def look_again(plan: TreatmentPlan, *, now: datetime) -> None:
    """A plan starts or goes on, or is no longer held: what its sessions ask may have passed meanwhile.

    What was taken back because it rested goes after all; what has gone out is not asked twice.
    """
    rows = PlanVisit.objects.filter(plan=plan, appointment__status=Appointment.Status.BOOKED)
    visits = list(rows.filter(appointment__starts_at__gt=now).select_related("appointment"))
    calendar = calendar_of(plan.location, now=now)
    for visit in visits:
        visit.ask_at = when_to_ask(calendar, visit.appointment, now=now)
    PlanVisit.objects.bulk_update(visits, ["ask_at"])
    keys = [visit.appointment_id for visit in visits]
    outbox.reopen(SOURCE, keys, codes=AT_REST, now=now)


def when_to_ask(
    calendar: ClinicCalendar, appointment: Appointment, *, now: datetime
) -> datetime | None:
    """When to look whether something is asked before a visit; never for one that is no longer to come."""
    if appointment.status != Appointment.Status.BOOKED or appointment.starts_at <= now:
        return None
    sending = sending_of(ClinicSettings.current())
    return ask_at(appointment.starts_at, calendar, sending)


def sweep(*, now: datetime) -> int:
    """Write the messages for visits whose moment to be asked has come; returns how many."""
    total = 0
    while True:
        with transaction.atomic():
            visits = DUE.rows(now=now)
            rows = [row for visit in visits if (row := _message(visit, now=now))]
            outbox.write_all(rows)
            PlanVisit.objects.filter(pk__in=[one.pk for one in visits]).update(ask_at=None)
        total += len(rows)
        if len(visits) < BATCH:
            return total


def _message(visit: PlanVisit, *, now: datetime) -> outbox.NewMessage | None:
    appointment = visit.appointment
    if not still_asked(visit, now=now):
        return None
    return outbox.message(
        KIND,
        source_type=SOURCE,
        source_id=appointment.pk,
        occurrence=str(appointment.version),
        client=visit.plan.client,
        now=now,
        expires_at=appointment.starts_at,
    )


def occasion_before(visit: PlanVisit) -> str:
    """What a visit is asked about, or nothing. Four queries."""
    day = day_of(visit.appointment.starts_at, visit.plan.location.zone)
    return asked_before(facts_of(visit.plan), day, last_review_of(visit.plan))


def still_asked(visit: PlanVisit, *, now: datetime) -> list[Question]:
    """The questions to the client that have no answer yet; none when nothing is asked."""
    plan, appointment = visit.plan, visit.appointment
    is_coming = appointment.status in COMING and appointment.starts_at > now
    if plan.status != TreatmentPlan.Status.ACTIVE or not is_coming:
        return []
    occasion = occasion_before(visit)
    return unanswered(plan, occasion) if occasion else []


def unanswered(plan: TreatmentPlan, occasion: str) -> list[Question]:
    """What the client has not been asked yet on an occasion, of the current review. Four queries."""
    asked = questions_of(plan, occasion, of=OutcomeMeasure.AskedOf.CLIENT)
    given = OutcomeScore.objects.counted().filter(plan=plan, occasion=occasion).in_order()
    decided_on = last_review_of(plan).decided_on
    if occasion == Occasion.REVIEW and decided_on:
        given = given.filter(taken_on__gt=decided_on)
    known = {Question.of(score).key for score in given}
    return [one for one in asked if one.key not in known]


def may_be_asked(message: Message, client: Client) -> bool:
    """Whether the address that a message goes to belongs to somebody who may know."""
    way = route_of(message, client)
    if way.is_own or not way.address:
        return True
    people = ClientAccess.objects.filter(client=client, scope=ClientAccess.Scope.RECORD)
    return people.filter(user__email__iexact=way.address, user__is_active=True).exists()


class MeasuresSource:
    """The mail that asks a client something before one visit of a plan."""

    @staticmethod
    def lock(message: Message) -> Appointment | None:
        """The visit and its client: neither changes until the decision stands."""
        return (
            Appointment.objects.filter(plan_visit__isnull=False, client__isnull=False)
            .select_for_update(of=("self", "client"), no_key=True)
            .select_related("client", "location", "plan_visit__plan__location")
            .filter(pk=int(message.source_id))
            .first()
        )

    @staticmethod
    def decide(message: Message, row: Appointment, *, now: datetime) -> Send | Stop:
        """Stop when the visit is not that one any more, or nothing is left to ask."""
        assert row.client is not None  # lock() leaves out holds
        if message.occurrence != str(row.version):
            return Stop("moved")
        if row.is_cancelled:
            return Stop("cancelled")
        if row.starts_at <= now or row.status not in COMING:
            return Stop("visit_over")
        if row.plan_visit.plan.status != TreatmentPlan.Status.ACTIVE:
            return Stop(PLAN_CODES.get(row.plan_visit.plan.status, "plan_not_active"))
        if row.plan_visit.plan.hold_reason:
            return Stop("clinical_hold")
        if not still_asked(row.plan_visit, now=now):
            return Stop("nothing_to_ask")
        return Send() if may_be_asked(message, row.client) else Stop("not_for_them")

    @staticmethod
    def link(message: Message, row: Appointment) -> str:
        return measures_link(row, occasion_before(row.plan_visit) or "session")

    @staticmethod
    def render(message: Message, row: Appointment, *, now: datetime) -> Mail:
        """Ask to answer; never say about what."""
        assert row.client is not None  # lock() leaves out holds
        return write_letter(
            message,
            row.client,
            clinic=ClinicSettings.current(),
            link=MeasuresSource.link(message, row),
            why="You get these questions because you have sessions planned with us.",
        )
