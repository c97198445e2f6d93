"""Why did she (not) get a message? The rules' answer for any client and moment.

For a moment to come, as if nothing happened until then; for one that is over, with what was
known by then. Nothing here says what a plan is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bookings.messages import codes
from bookings.messages.kinds import KINDS
from bookings.models import Client
from practitioners.models import ClinicSettings
from treatment_plans.models import TreatmentPlan
from treatment_plans.plan_facts import calendar_of, facts_of, history_of, sending_of, windows_of
from treatment_plans.plan_past import facts_at, history_at, version_at
from treatment_plans.schedule import (
    Decision,
    Facts,
    History,
    Planned,
    decide,
    planned_messages,
    standing,
)

STATUS_WORDS = {
    "upcoming": "upcoming",
    "due_soon": "due soon",
    "due": "due",
    "overdue": "overdue",
    "lapsed": "lapsed",
    "paused": "paused",
    "completed": "completed",
    "": "",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say about one plan at a moment, and what they rest on.

    `stands` says what is due, also where that is not asked because nothing may go out.
    """

    plan: TreatmentPlan
    decision: Decision
    stands: Decision
    sent: list[tuple[str, datetime]]
    coming: list[Planned]

    @property
    def words(self) -> str:
        """The decision in one sentence."""
        found = self.decision
        if found.action == "send":
            return f"“{kind_words(found.kind)}” goes out at this moment."
        reason = codes.say(found.code) or "Nothing is due"
        return f"No follow-up reminder goes out at this moment. {reason}."

    @property
    def status(self) -> str:
        return STATUS_WORDS[self.stands.status]

    @property
    def next(self) -> list[tuple[str, datetime]]:
        """What would come next, if nothing stood against it."""
        return [(kind_words(one.kind), one.send_at) for one in self.coming]


def kind_words(kind: str | None) -> str:
    return KINDS[kind].label if kind else ""


def explain(client: Client, *, at: datetime, now: datetime) -> list[Answer]:
    """Ask the rules about every plan of a client. About twenty queries a plan.

    Plans that had not been written by a moment that is over are left out.
    """
    clinic = ClinicSettings.current()
    plans = client.plans.select_related("client", "location", "practitioner").order_by("pk")
    answers = [_answer(plan, clinic, at=at, now=now) for plan in plans]
    return [answer for answer in answers if answer is not None]


def _answer(
    plan: TreatmentPlan, clinic: ClinicSettings, *, at: datetime, now: datetime
) -> Answer | None:
    known = _known_by(plan, at) if at < now else _known_now(plan, at)
    if known is None:
        return None
    facts, history = known
    calendar = calendar_of(plan.location, now=at)
    rules = {"windows": windows_of(clinic), "sending": sending_of(clinic)}
    return Answer(
        plan,
        decide(facts, history, calendar, now=at, **rules),  # type: ignore[arg-type]
        standing(facts, history, calendar, windows_of(clinic), now=at),
        sorted(
            ((kind_words(kind), went) for kind, went in history.sent.items()),
            key=lambda one: one[1],
        ),
        planned_messages(facts, history, calendar, now=at, **rules),  # type: ignore[arg-type]
    )


def _known_now(plan: TreatmentPlan, at: datetime) -> tuple[Facts, History]:
    facts = facts_of(plan)
    return facts, history_of(plan, facts, now=at)


def _known_by(plan: TreatmentPlan, at: datetime) -> tuple[Facts, History] | None:
    version = version_at(plan, at)
    if version is None:
        return None
    return facts_at(plan, version, at), history_at(plan, version, at)
