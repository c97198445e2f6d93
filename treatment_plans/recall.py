"""Follow-up reminders: what is due is an index on the plan, what goes is decided twice.

Every change of a plan or of one of its visits stores the next message and its moment
(`refresh`). The sweep turns what has become due into messages by one statement and
moves each plan on to its next kind. When a message is about to go, the rules are
asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from bookings.consents import keep_said, said_by
from bookings.links import booking_link
from bookings.messages.letters import write_letter
from bookings.messages.sources import Mail, Send, Stop, Wait
from bookings.models import Client, Message, Task
from bookings.times import say_day
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings
from practitioners.prepared import Prepared, PreparedQuery
from treatment_plans.models import PlanVisit, TreatmentPlan
from treatment_plans.papers import Papers, papers_of, since, with_papers
from treatment_plans.plan_facts import (
    TO_COME,
    calendar_of,
    facts_of,
    history_of,
    history_with,
    sending_of,
    windows_of,
)
from treatment_plans.schedule import (
    KINDS,
    Decision,
    current_cycle,
    decide,
    is_complete,
    planned_messages,
    review_due_on,
    standing,
)

REVIEW = "At this session we look together at how things are going."
FRONT_DESK = "Front desk"
LATER = ("rate_limited", "quiet_hours", "not_yet")
BATCH = 1000

# One statement, and so one transaction: the plans whose moment has come, their messages, and
# their next moment.
SWEEP = Prepared(
    "sweep_of_follow_ups",
    f"""
WITH due AS (
    SELECT id, client_id, cycle_key, next_message_kind AS kind, next_message_at AS at
    FROM treatment_plans_treatmentplan
    WHERE status = 'active' AND next_message_at <= %(now)s
    ORDER BY next_message_at
    LIMIT {BATCH}
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE treatment_plans_treatmentplan plan SET
        next_message_kind = CASE
            WHEN plan.next_message_kind = 'due_soon' AND plan.overdue_at IS NOT NULL THEN 'overdue'
            WHEN plan.next_message_kind IN ('due_soon', 'overdue') AND plan.lapsed_at IS NOT NULL THEN 'lapsed'
            ELSE '' END,
        next_message_at = CASE
            WHEN plan.next_message_kind = 'due_soon' AND plan.overdue_at IS NOT NULL THEN plan.overdue_at
            WHEN plan.next_message_kind IN ('due_soon', 'overdue') THEN plan.lapsed_at
            ELSE NULL END
    WHERE plan.id = ANY(ARRAY(SELECT id FROM due))  -- a join would read every plan of a small clinic
    RETURNING plan.id
)
INSERT INTO bookings_message (public_id, source_type, source_id, kind, occurrence, channel,
    recipient, client_id, lane, state, send_after, expires_at, attempts, claims, claim_no,
    claimed_by, sent_to, via, is_ambiguous, provider_ref, last_code, created_at)
SELECT gen_random_uuid(), 'treatment_plan', due.id::text, due.kind, due.cycle_key, '',
    'client:' || due.client_id, due.client_id, 2, 'pending', due.at,
    %(now)s + interval '14 days', 0, 0, 0, '', '', '', false, '', '', %(now)s
FROM due JOIN moved ON moved.id = due.id
-- A reason that passes (a booking, a hold, a pause) took it back before it was handed over.
ON CONFLICT (source_type, source_id, kind, occurrence, channel, recipient) DO UPDATE
SET state = 'pending', send_after = excluded.send_after, expires_at = excluded.expires_at,
    last_code = 'reopened'
WHERE bookings_message.state = 'cancelled' AND bookings_message.sending_at IS NULL
  AND bookings_message.last_code IN ('already_booked', 'clinical_hold', 'plan_paused')
""",  # noqa: S608  a number of ours
    {"now": "timestamptz"},
)


def sweep(*, now: datetime) -> int:
    """Write every follow-up that has become due; returns how many plans were moved on."""
    total = 0
    while True:
        written = SWEEP.written({"now": now})
        total += written
        if written < BATCH:
            return total


def refresh(plan: TreatmentPlan, *, now: datetime) -> None:
    """Store what is due on the plan: the one place that knows when to look next."""
    plan.cycle_key = plan.next_message_kind = ""
    plan.due_on = plan.target_on = plan.next_message_at = None
    plan.due_soon_at = plan.overdue_at = plan.lapsed_at = plan.next_review_at = None
    if plan.status == TreatmentPlan.Status.ACTIVE:
        _index(plan, now=now)
    plan.save(
        update_fields=[
            "status", "ended_on", "cycle_key", "due_on", "target_on", "due_soon_at", "overdue_at",
            "lapsed_at", "next_message_kind", "next_message_at", "next_review_at",
        ]
    )  # fmt: skip


def _index(plan: TreatmentPlan, *, now: datetime) -> None:
    papers = papers_of(plan, now=now)
    facts, calendar = papers.facts, papers.calendar
    if is_complete(facts):
        plan.status = TreatmentPlan.Status.COMPLETED
        plan.ended_on = now.astimezone(plan.location.zone).date()
        return
    clinic = ClinicSettings.current()
    if not papers.has_open_review:
        plan.next_review_at = calendar.moment(review_due_on(facts, papers.last_review))
    windows, sending = windows_of(clinic), sending_of(clinic)
    cycle = current_cycle(facts, calendar, windows, today=calendar.day_of(now))
    if cycle is None:
        return
    plan.cycle_key = papers.cycle_key
    plan.due_on, plan.target_on = cycle.due_on, cycle.target_on
    coming = planned_messages(
        facts, papers.history, calendar, now=now, windows=windows, sending=sending
    )
    for planned in coming:
        setattr(plan, f"{planned.kind}_at", planned.send_at)
    if coming:
        plan.next_message_kind, plan.next_message_at = coming[0].kind, coming[0].send_at


def decision(plan: TreatmentPlan, *, now: datetime) -> Decision:
    """What the rules say about a plan at a moment."""
    return decided(plan, now=now)[0]


def decided(plan: TreatmentPlan, *, now: datetime) -> tuple[Decision, Decision]:
    """The same, and how the plan stands whether or not its client may be told."""
    clinic, facts = ClinicSettings.current(), facts_of(plan)
    history, calendar = history_of(plan, facts, now=now), calendar_of(plan.location, now=now)
    windows = windows_of(clinic)
    said = decide(facts, history, calendar, now=now, windows=windows, sending=sending_of(clinic))
    return said, standing(facts, history, calendar, windows, now=now)


LOCKED = PreparedQuery(
    "plan_locked_to_remind",
    {"key": "bigint"},
    lambda key: (
        TreatmentPlan.objects.filter(pk=key)
        .select_for_update(of=("self", "client"), no_key=True)
        .select_related("client")
        .only("client__id")
    ),
)


def _to_remind(key: int, closed_since: date) -> QuerySet[TreatmentPlan]:
    """A plan with all that the rules and the words of a reminder ask for."""
    plans = TreatmentPlan.objects.filter(pk=key)
    coming = PlanVisit.objects.filter(plan=OuterRef("pk"), appointment__status__in=TO_COME)
    follow_ups = Message.objects.filter(
        client=OuterRef("client"), kind__in=KINDS, state__in=Message.GONE_STATES
    )
    went_at = Coalesce("sent_at", "sending_at")
    return with_papers(
        plans.select_related("client", "location", "practitioner", "service"), closed_since
    ).annotate(
        coming_until=ArraySubquery(
            coming.order_by("appointment_id").values("appointment__ends_at")
        ),
        last_follow_up_at=Subquery(follow_ups.order_by(went_at.desc()).values(went_at=went_at)[:1]),
        **said_by("client"),
    )


TO_REMIND = PreparedQuery("plan_to_remind", {"key": "bigint", "closed_since": "date"}, _to_remind)


@dataclass(slots=True)
class Due:
    """A plan that a message is about, with what the rules have just said of it."""

    plan: Any  # as TO_REMIND reads it
    answer: Decision | None = None

    @property
    def client(self) -> Client:
        client: Client = self.plan.client
        return client

    def decide(self, papers: Papers, *, now: datetime) -> Decision:
        """What the rules say, from what was read with the plan."""
        clinic = ClinicSettings.current()
        zone = self.plan.location.zone
        coming = zip(self.plan.coming_at, self.plan.coming_until, strict=True)
        history = history_with(
            self.plan,
            booked_on=sorted(at.astimezone(zone).date() for at, until in coming if until > now),
            sent=papers.history.sent,
            last_follow_up_at=self.plan.last_follow_up_at,
        )
        self.answer = decide(
            papers.facts,
            history,
            papers.calendar,
            now=now,
            windows=windows_of(clinic),
            sending=sending_of(clinic),
        )
        return self.answer


class PlanSource:
    """Follow-up messages about one plan."""

    keeps_hours = True  # its rules know the client's hours and the clinic's send days

    @staticmethod
    def lock(message: Message) -> Due | None:
        """The plan and its client: read once they no longer change."""
        key = int(message.source_id)
        plan = TO_REMIND.first(
            after=LOCKED.said(key=key), key=key, closed_since=since(message.send_after)
        )
        if plan is None:
            return None
        keep_said(plan.client, plan)
        return Due(plan)

    @staticmethod
    def decide(message: Message, row: Due, *, now: datetime) -> Send | Wait | Stop:
        """Ask the rules again: another cycle or kind stops, quiet hours wait."""
        plan = row.plan
        papers = papers_of(plan, now=now)
        if message.occurrence != papers.cycle_key:
            return Stop("cycle_over")
        found = row.decide(papers, now=now)
        if found.code in LATER and found.send_at is not None and found.kind == message.kind:
            return Wait(found.send_at, found.code)
        if found.is_booked_late:
            _tell_of_late_booking(plan, now=now)
        if found.action != "send" or found.kind != message.kind:
            return Stop(found.code or "another_kind")
        if found.tells_practitioner:
            _tell_practitioner(plan, now=now)
        return Send()

    @staticmethod
    def link(message: Message, row: Due) -> str:
        plan = row.plan
        ref = f"plan:{plan.public_id}"
        return booking_link(plan.service, plan.practitioner, plan.location, source_ref=ref)

    @staticmethod
    def render(message: Message, row: Due, *, now: datetime) -> Mail:
        """Say when a session is due; never what for."""
        plan = row.plan
        found = row.answer or decision(plan, now=now)
        due = say_day(found.target_on or plan.start_on, today=day_of(now, plan.location.zone))
        return write_letter(
            message,
            plan.client,
            clinic=ClinicSettings.current(),
            link=PlanSource.link(message, row),
            values={"due": due},
            button="Book your next session",
            why="You get these reminders because you have sessions planned with us.",
            more=REVIEW if found.is_review else "",
        )


def _tell_practitioner(plan: TreatmentPlan, *, now: datetime) -> None:
    """Give whoever treats a task when a client has not come for long."""
    title = "A client has not come for long: call, or end the plan"
    _task(plan, "lapsed", title, "desk_client_messages", plan.client, now=now)


def _tell_of_late_booking(plan: TreatmentPlan, *, now: datetime) -> None:
    """Let whoever treats know of a booking that is later than the plan wants."""
    title = "A client has booked later than planned: look at the dates"
    _task(plan, "booked_late", title, "desk_plan_dates", plan, now=now)


def _task(
    plan: TreatmentPlan, kind: str, title: str, page: str, about: Any, *, now: datetime
) -> None:
    """One task per cycle; the front desk's, where whoever treats has no login."""
    owner = plan.practitioner.user
    Task.objects.get_or_create(
        reason_key=f"{kind}:{plan.pk}:{plan.cycle_key}",
        defaults={
            "kind": kind,
            "title": title,
            "link": reverse(page, args=[about.public_id]),
            "owner": owner,
            "role": "" if owner else FRONT_DESK,
            "client": plan.client,
            "due_at": now,
        },
    )
