"""The client's yes to a plan in plain words: asked for, recorded, asked again.

A yes belongs to one version and holds for every later one with the same dose and
treatment. A version that changes either is asked about anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from bookings.messages import outbox
from bookings.messages.letters import write_letter
from bookings.messages.recipients import Reach
from bookings.messages.routes import route_of
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Client, ClientAccess, Message
from practitioners.models import ClinicSettings
from treatment_plans.errors import EditedElsewhere, WrongState
from treatment_plans.models import PlanAgreement, PlanVersion, TreatmentPlan
from treatment_plans.plan_links import plan_link

SOURCE, KIND = "plan_version", "plan_to_agree"
# What a client has agreed to: how often, for how long, and what is done to which areas.
AGREED_ON = ("service", "phases", "techniques", "regions", "pressure")
RUNNING = (TreatmentPlan.Status.ACTIVE, TreatmentPlan.Status.PAUSED)
Way = PlanAgreement.Way


@dataclass(frozen=True, slots=True)
class Asked:
    """How things stand with the client's yes: the version it is about, and the yes if there is one."""

    newest: PlanVersion
    agreement: PlanAgreement | None
    agreed_before: bool

    @property
    def is_open(self) -> bool:
        return self.agreement is None


def asked(plan: TreatmentPlan) -> Asked | None:
    """The newest version with the yes that covers it; None before the first. One query."""
    return asked_of([plan]).get(plan.pk)


def asked_of(plans: Collection[TreatmentPlan]) -> dict[int, Asked]:
    """The same for many plans, by plan. One query."""
    rows = PlanVersion.objects.filter(plan__in=plans).select_related("agreement")
    by_plan: dict[int, list[PlanVersion]] = {}
    for row in rows.order_by("plan", "-number"):
        by_plan.setdefault(row.plan_id, []).append(row)
    return {plan: _asked(versions) for plan, versions in by_plan.items()}


def _asked(versions: list[PlanVersion]) -> Asked:
    """Newest first: the latest yes holds if it was to the same as the newest version."""
    newest = versions[0]
    latest = next((row for row in versions if hasattr(row, "agreement")), None)
    holds = latest is not None and is_same(latest.content, newest.content)
    return Asked(newest, latest.agreement if latest and holds else None, latest is not None)


def is_same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a yes to one content is a yes to the other."""
    return all(before.get(key) == after.get(key) for key in AGREED_ON)


@transaction.atomic
def agree(
    plan: TreatmentPlan, number: int, *, name: str, way: str, by: Any, now: datetime
) -> PlanAgreement:
    """Record that somebody agreed to the version they read; a second time changes nothing.

    Raises EditedElsewhere when a newer version has other treatment, WrongState when
    the plan does not run.
    """
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    found = asked(plan)
    if plan.status not in RUNNING or found is None:
        raise WrongState("This plan does not run, so there is nothing to agree to.")
    if found.agreement:
        return found.agreement
    read = plan.versions.filter(number=number).first()
    if read is None or not is_same(read.content, found.newest.content):
        raise EditedElsewhere("The plan has changed since you opened it. Please read it again.")
    made = PlanAgreement.objects.create(
        version=found.newest, user=by, name=name, way=way, agreed_at=now
    )
    outbox.cancel_open(SOURCE, found.newest.pk, code="agreed")
    return made


def ask(plan: TreatmentPlan, new: PlanVersion, *, now: datetime) -> None:
    """Mail the client a link to a version that has to be agreed to; the rest asks nothing."""
    found = asked(plan)
    if plan.status != TreatmentPlan.Status.ACTIVE or found is None or found.agreement:
        return
    before = plan.versions.filter(number=new.number - 1).first()
    was_asked = before is not None and before.content.get("status") == plan.status
    if was_asked and is_same(before.content, new.content):  # type: ignore[union-attr]
        return
    grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)
    _write(plan, new, str(new.number), now=now, send_after=now + grace)


def ask_again(plan: TreatmentPlan, *, now: datetime) -> bool:
    """Mail the link once more, at most once an hour; tells whether it does.

    Raises WrongState when nothing is open.
    """
    found = asked(plan)
    if found is None or found.agreement or plan.status != TreatmentPlan.Status.ACTIVE:
        raise WrongState("There is nothing to ask the client for.")
    again = f"{found.newest.number} again {now:%Y%m%d%H}"
    asked_before = Message.objects.about(SOURCE, found.newest.pk).filter(occurrence=again)
    if asked_before.exists():
        return False
    _write(plan, found.newest, again, now=now, send_after=now)
    outbox.kick()
    return True


def _write(
    plan: TreatmentPlan,
    version: PlanVersion,
    occurrence: str,
    *,
    now: datetime,
    send_after: datetime,
) -> None:
    outbox.write(
        KIND,
        source_type=SOURCE,
        source_id=version.pk,
        occurrence=occurrence,
        client=plan.client,
        now=now,
        send_after=send_after,
    )


def may_be_read_at(client: Client, way: Reach) -> bool:
    """Tell whether whoever gets a message may read the record: the client, or a guardian's login.

    Somebody who only books for a client gets no mail about the plan.
    """
    if way.is_own:
        return True
    access = ClientAccess.objects.filter(client=client, scope=ClientAccess.Scope.RECORD)
    return access.filter(user__email__iexact=way.address, user__is_active=True).exists()


class AgreementSource:
    """The mail that asks a client to read and agree to one version of a plan."""

    @staticmethod
    def lock(message: Message) -> PlanVersion | None:
        """The version, with its plan and client locked until the decision stands."""
        found = PlanVersion.objects.filter(pk=int(message.source_id)).first()
        if found is not None:
            rows = TreatmentPlan.objects.select_for_update(of=("self", "client"), no_key=True)
            found.plan = rows.select_related("client").get(pk=found.plan_id)
        return found

    @staticmethod
    def decide(message: Message, row: PlanVersion, *, now: datetime) -> Send | Stop:
        """Stop when it was agreed to, has been overtaken, or nobody may read it."""
        plan = row.plan
        if plan.status not in RUNNING:
            return Stop(f"plan_{plan.status}")
        found = asked(plan)
        if found is None or found.agreement:
            return Stop("agreed")
        if not is_same(row.content, found.newest.content):
            return Stop("newer_version")
        way = route_of(message, plan.client)
        if way.address and not may_be_read_at(plan.client, way):
            return Stop("nobody_may_read_it")
        return Send()

    @staticmethod
    def link(message: Message, row: PlanVersion) -> str:
        return plan_link(row.plan)

    @staticmethod
    def render(message: Message, row: PlanVersion, *, now: datetime) -> Mail:
        """A link and nothing else: the plan is read behind it."""
        link = AgreementSource.link(message, row)
        return write_letter(message, row.plan.client, clinic=ClinicSettings.current(), link=link)
