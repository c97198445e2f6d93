"""Reading a treatment plan: how it stands, how it came to be, and how it was on any day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookings.messages import codes
from bookings.times import BadTime, read_day
from bookings.wall_clock import moment
from treatment_plans import agreements, plans, recall, visits
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.models import CheckIn, TreatmentPlan
from treatment_plans.plan_facts import facts_from, missed_from, taken_of, visits_of, words_of
from treatment_plans.plan_past import facts_at, version_at
from treatment_plans.proposals import propose
from treatment_plans.stepping import pause_now, pauses_ahead, steps_of
from treatment_plans.versions import history, in_words
from treatment_plans.views.plan_edit import plan_to_change
from treatment_plans.views.refused import not_possible
from treatment_plans.why import STATUS_WORDS

DAY, MIDNIGHT = timedelta(days=1), time(0)


@require_safe
def plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read a plan with what is due and how it came to be."""
    readable = TreatmentPlan.objects.visible_to(request.user).with_people()
    found, now = get_object_or_404(readable, public_id=public_id), timezone.now()
    record_opened(found.client, request.user, "plan", now=now)
    past, problem = _as_it_was(found, request.GET.get("on", ""), now=now)
    user: Any = request.user
    may_change = user.is_practitioner or user.is_clinical_lead
    plan_reviews = list(found.reviews.all())
    upset = found.reproposals.open().select_related("appointment__location").first()
    context = {
        "plan": found,
        "client": found.client,
        "words": words_of(found),
        **_standing(found, now=now),
        "asked": agreements.asked(found),
        "replies": found.replies.all(),
        "history": history(list(found.versions.select_related("made_by"))),
        "first": found.versions.first(),
        "today": now.astimezone(found.location.zone).date(),
        "check_in": CheckIn.objects.visible_to(user).answered().filter(plan=found).first(),
        "plan_reviews": plan_reviews,
        "may_review": may_change and not any(one.is_open for one in plan_reviews),
        "may_change": may_change,
        "steps": steps_of(found, now=now) if may_change else [],
        "is_open": found.status in plans.OPEN,
        "asks_nothing": _asks_nothing(found, user),
        "upset": upset,
        "proposal": propose(found, now=now, for_staff=True) if upset else None,
        "loose": visits.loose(found, now=now) if may_change and found.status in plans.OPEN else [],
        "past": past,
        "typed": request.GET.get("on", ""),
        "problems": [(problem, "on")] if problem else [],
    }
    status = 422 if problem else 200
    return render(request, "treatment_plans/plan.html", context, status=status)


@require_POST
def plan_ask_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Mail the client the link to the plan once more."""
    found = plan_to_change(request, public_id)
    try:
        is_written = agreements.ask_again(found, now=timezone.now())
    except PlanError as problem:
        return not_possible(request, problem.sentence, back=found)
    who = found.client.first_name
    if is_written:
        messages.success(request, f"{who} gets the link to the plan by mail.")
    else:
        messages.info(request, f"{who} was sent the link within this hour. Nothing more is sent.")
    return redirect("desk_plan", public_id=found.public_id)


@require_POST
def plan_visit(request: HttpRequest, public_id: UUID, visit: UUID) -> HttpResponse:
    """Say that a visit belongs to this plan, or that it does not."""
    found, now = plan_to_change(request, public_id), timezone.now()
    try:
        if request.POST.get("belongs") == "yes":
            visits.take_in(found, visit, now=now)
        else:
            visits.let_go(found, visit, now=now)
    except PlanError as problem:
        return not_possible(request, problem.sentence, back=found)
    return redirect("desk_plan", public_id=found.public_id)


def _standing(found: TreatmentPlan, *, now: datetime) -> dict[str, Any]:
    """What has been done, what is due, and how much of the dose was taken."""
    rows = visits_of([found])[found.pk]
    facts, missed = facts_from(found, rows), missed_from(rows)
    decision, stands = recall.decided(found, now=now)
    today = now.astimezone(found.location.zone).date()
    return {
        "done": facts.done,
        "total": facts.total,
        "decision": decision,
        "stands": stands,
        "how_it_stands": STATUS_WORDS[stands.status],
        "reminder": codes.say(decision.code),
        "pause": pause_now(found, now=now),
        "pauses_ahead": pauses_ahead(found, now=now),
        "missed": missed,
        "adherence": taken_of(found, facts, rows, today=today),
        "visits": found.visits.select_related(
            "appointment__location", "appointment__practitioner", "version"
        ),
    }


def _asks_nothing(found: TreatmentPlan, user: Any) -> bool:
    """Whether this user should choose what to measure: an open plan measures nothing yet."""
    return user.is_practitioner and found.status in plans.OPEN and not found.measures.exists()


def _as_it_was(
    found: TreatmentPlan, typed: str, *, now: datetime
) -> tuple[dict[str, Any] | None, str]:
    """The plan at the end of a day, rebuilt from its versions; or what is wrong with the day."""
    if not typed.strip():
        return None, ""
    try:
        day = read_day(typed)
    except BadTime as problem:
        return None, problem.sentence
    zone = found.location.zone
    if day > now.astimezone(zone).date():
        return None, "Choose a day that is not to come."
    at = min(moment(day + DAY, MIDNIGHT, zone), now)
    version = version_at(found, at)
    if version is None:
        return {"day": day, "version": None}, ""
    facts = facts_at(found, version, at)
    return {
        "day": day,
        "version": version,
        "rows": in_words(version.content),
        "done": facts.done,
    }, ""
