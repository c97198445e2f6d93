"""Asking once, two days after the first session of a plan, how the client has been.

    first session done ──► CheckIn.ask_at ──► sweep ──► message ──► the rules again ──► mail
                                                                                         │
                 a task for whoever treats, when somebody is worse or wants a call ◄── answer

Who may read the record is asked, nobody else. The mail says nothing about why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from bookings.extensions import Event
from bookings.links import BadLink, OldLink
from bookings.messages import outbox
from bookings.messages.letters import write_letter
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Appointment, Client, Message, Task
from practitioners.models import ClinicSettings
from practitioners.prepared import PreparedQuery
from treatment_plans.asking import AT_REST, PLAN_CODES, may_be_asked
from treatment_plans.models import CheckIn, PlanVisit, TreatmentPlan
from treatment_plans.plan_facts import calendar_of, sending_of
from treatment_plans.schedule import check_in_at

KIND = SOURCE = "check_in"
SALT = "clinic.check-in-link"
BATCH = 500
LATEST = timedelta(days=3)  # asked later than this, it would be about something else
OPEN_FOR = timedelta(days=14)  # after the session
FRONT_DESK = "Front desk"
DONE = Appointment.Status.COMPLETED
DUE = PreparedQuery(
    "check_ins_due",
    {"now": "timestamptz"},
    lambda now: (
        CheckIn.objects.filter(ask_at__lte=now)
        .order_by("ask_at")
        .select_related("appointment", "plan__client")
        .select_for_update(of=("self",), skip_locked=True)[:BATCH]
    ),
)


def follow_appointment(event: Event, appointment: Appointment, *, now: datetime) -> None:
    """Note when to ask, once the first session of a plan is done; forget it when that is undone."""
    if event == "undone":
        unanswered = CheckIn.objects.filter(appointment=appointment, answered_at=None)
        unanswered.update(ask_at=None)
    if event != "completed":
        return
    visits = PlanVisit.objects.select_related("plan__location")
    visit = visits.filter(appointment=appointment).first()
    if visit is None or not _is_first(visit):
        return
    at = _moment(visit.plan, appointment, now=now)
    kept, is_new = CheckIn.objects.get_or_create(
        plan=visit.plan, defaults={"appointment": appointment, "ask_at": at}
    )
    if not is_new and kept.answered_at is None:
        kept.appointment, kept.ask_at = appointment, at
        kept.save(update_fields=["appointment", "ask_at"])


def _is_first(visit: PlanVisit) -> bool:
    """Whether no other session of the plan has been done."""
    done = PlanVisit.objects.filter(plan=visit.plan, appointment__status=DONE)
    return not done.exclude(pk=visit.pk).exists()


def _moment(plan: TreatmentPlan, appointment: Appointment, *, now: datetime) -> datetime | None:
    """When to ask; never about a session that the desk enters long afterwards."""
    sending = sending_of(ClinicSettings.current())
    at = check_in_at(appointment.ends_at, calendar_of(plan.location, now=now), sending)
    return at if now <= at + LATEST else None


def look_again(plan: TreatmentPlan, *, now: datetime) -> None:
    """A plan goes on, or is no longer held: what was not asked for that is, while it is not too late."""
    keys = list(CheckIn.objects.filter(plan=plan, answered_at=None).values_list("pk", flat=True))
    outbox.reopen(SOURCE, keys, codes=AT_REST, now=now)


def sweep(*, now: datetime) -> int:
    """Write the messages whose moment has come; returns how many."""
    total = 0
    while True:
        with transaction.atomic():
            found = DUE.rows(now=now)
            outbox.write_all([_message(one, now=now) for one in found])
            CheckIn.objects.filter(pk__in=[one.pk for one in found]).update(ask_at=None)
        total += len(found)
        if len(found) < BATCH:
            return total


def _message(check_in: CheckIn, *, now: datetime) -> outbox.NewMessage:
    return outbox.message(
        KIND,
        source_type=SOURCE,
        source_id=check_in.pk,
        occurrence=str(check_in.appointment.version),
        client=check_in.client,
        now=now,
    )


@transaction.atomic
def answer(
    check_in: CheckIn, feeling: str, *, words: str, wants_call: bool, by: Any, now: datetime
) -> CheckIn:
    """Keep what a client says; a second answer changes nothing. Whoever treats hears of what cannot wait."""
    kept = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if kept.answered_at is not None:
        return kept
    kept.feeling, kept.words, kept.wants_call = feeling, words, wants_call
    kept.answered_at, kept.answered_by, kept.ask_at = now, by, None
    kept.save()
    outbox.cancel_open(SOURCE, kept.pk, code="answered")
    if wants_call or feeling == CheckIn.Feeling.WORSE:
        _tell_who_treats(check_in, now=now)
    return kept


def _tell_who_treats(check_in: CheckIn, *, now: datetime) -> None:
    """One task; the front desk's, where whoever treats has no login."""
    owner = check_in.plan.practitioner.user
    Task.objects.get_or_create(
        reason_key=f"check_in:{check_in.pk}",
        defaults={
            "kind": KIND,
            "title": "Call a client: they have answered after their first session",
            "link": reverse("desk_client", args=[check_in.client.public_id]),
            "owner": owner,
            "role": "" if owner else FRONT_DESK,
            "client": check_in.client,
            "due_at": now,
        },
    )


def check_in_link(check_in: CheckIn) -> str:
    """The path of the mail: it asks, and shows nothing of the record."""
    return reverse("check_in", args=[signing.dumps(str(check_in.public_id), salt=SALT)])


def read_check_in_link(token: str, *, now: datetime) -> CheckIn:
    """The check-in of a link. Raises BadLink, or OldLink with the visit when it is too late."""
    rows = CheckIn.objects.select_related(
        "plan__client", "plan__practitioner__user", "appointment__location"
    )
    try:
        found = rows.get(public_id=signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValidationError, ValueError, TypeError, CheckIn.DoesNotExist):
        raise BadLink from None
    if found.answered_at is None and now > found.appointment.ends_at + OPEN_FOR:
        raise OldLink(found.appointment)
    return found


class CheckInSource:
    """The mail that asks a client once how they have been."""

    @staticmethod
    def lock(message: Message) -> CheckIn | None:
        """The check-in, with its client locked until the decision stands."""
        rows = CheckIn.objects.select_related("appointment", "plan__location")
        found = rows.filter(pk=int(message.source_id)).first()
        if found is not None:
            people = Client.objects.select_for_update(of=("self",), no_key=True)
            found.plan.client = people.get(plans=found.plan)
        return found

    @staticmethod
    def decide(message: Message, row: CheckIn, *, now: datetime) -> Send | Stop:
        """Stop when it was answered, the session was undone, or the plan does not run."""
        if row.answered_at is not None:
            return Stop("answered")
        if row.appointment.status != DONE:
            return Stop("not_done")
        if row.plan.status != TreatmentPlan.Status.ACTIVE:
            return Stop(PLAN_CODES.get(row.plan.status, "plan_not_active"))
        if row.plan.hold_reason:
            return Stop("clinical_hold")
        return Send() if may_be_asked(message, row.client) else Stop("not_for_them")

    @staticmethod
    def link(message: Message, row: CheckIn) -> str:
        return check_in_link(row)

    @staticmethod
    def render(message: Message, row: CheckIn, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        why = "You get this question because you have sessions planned with us."
        return write_letter(message, row.client, clinic=clinic, link=check_in_link(row), why=why)
