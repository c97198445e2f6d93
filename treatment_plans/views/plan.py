"""Writing, reading and ending a treatment plan."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.models import Appointment, Client
from treatment_plans import plans, recall, reviews, visits
from treatment_plans.access import record_opened
from treatment_plans.errors import BadPhases, EditedElsewhere, PlanError
from treatment_plans.forms.plan import GoalForm, GoalFormSet, PhaseForm, PhaseFormSet, PlanForm
from treatment_plans.forms.rows import with_another_row
from treatment_plans.models import Assessment, TreatmentPlan
from treatment_plans.plan_facts import facts_of, words_of
from treatment_plans.schedule import adherence
from treatment_plans.versions import differences


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start a plan from a client's newest assessment."""
    client = _client(request, public_id)
    practitioner = request.user.practitioner
    today = timezone.now().date()
    newest = Assessment.objects.visible_to(request.user).filter(client=client).first()
    draft = TreatmentPlan(
        client=client, practitioner=practitioner, assessment=newest, start_on=today
    )
    return _edit(request, draft, todays=_todays_visit(client, practitioner, today))


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change a plan; the change is its next version."""
    return _edit(request, own_plan(request, public_id), todays=None)


@require_safe
def plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read a plan with what is due and how it came to be."""
    found = get_object_or_404(
        TreatmentPlan.objects.visible_to(request.user).select_related(
            "client", "practitioner", "service", "location"
        ),
        public_id=public_id,
    )
    now = timezone.now()
    record_opened(found.client, request.user, "plan", now=now)
    versions = list(found.versions.select_related("made_by"))
    changes = [
        {"version": new, "changes": differences(old.content, new.content)}
        for old, new in itertools.pairwise(versions)
    ]
    facts = facts_of(found)
    context = {
        "plan": found,
        "client": found.client,
        "words": words_of(found),
        "decision": recall.decision(found, now=now),
        "done": facts.done,
        "adherence": adherence(facts, today=now.astimezone(found.location.zone).date()),
        "visits": found.visits.select_related("appointment__location", "version"),
        "versions": versions,
        "changes": changes,
        "plan_reviews": found.reviews.all(),
        "may_review": request.user.is_practitioner or request.user.is_clinical_lead,
        "is_own": request.user.is_practitioner and found.practitioner == request.user.practitioner,
    }
    return render(request, "treatment_plans/plan.html", context)


@require_POST
def plan_act(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start, pause or end a plan."""
    found = own_plan(request, public_id)
    now, by, reason = timezone.now(), request.user, request.POST.get("reason", "")[:200]
    try:
        match request.POST.get("action"):
            case "start":
                plans.activate(found, by=by, now=now)
            case "discharge":
                plans.end(found, TreatmentPlan.Status.DISCHARGED, by=by, now=now, reason=reason)
            case "cancel":
                plans.end(found, TreatmentPlan.Status.CANCELLED, by=by, now=now, reason=reason)
    except PlanError as problem:
        context = {"heading": "That is not possible", "sentences": [problem.sentence]}
        return render(request, "errors/page.html", context, status=422)
    return redirect("desk_plan", public_id=found.public_id)


def _edit(
    request: HttpRequest, draft: TreatmentPlan, *, todays: Appointment | None
) -> HttpResponse:
    adding = next((name for name in ("phases", "goals") if f"add_{name}" in request.POST), None)
    data = with_another_row(request.POST, adding) if adding else request.POST or None
    is_new = draft.pk is None
    form = PlanForm(
        data,
        instance=draft,
        initial={"expected_version": draft.version if not is_new else 0},
        practitioner=draft.practitioner,
        today=timezone.now().date(),
        counts_today=todays is not None,
    )
    phases = PhaseFormSet(data, prefix="phases", initial=[] if is_new else _phase_rows(draft))
    goals = GoalFormSet(data, prefix="goals", initial=[] if is_new else _goal_rows(draft))
    problems: list[tuple[str, str]] = []
    status = 200
    if data is not None and not adding:
        if all([form.is_valid(), phases.is_valid(), goals.is_valid()]):
            try:
                return _save(request, form, phases, goals, todays)
            except BadPhases as problem:
                problems, status = [(problem.sentence, "phases")], 422
            except EditedElsewhere as problem:
                problems, status = [(problem.sentence, "")], 409
            except PlanError as problem:
                problems, status = [(problem.sentence, "id_reason")], 422
        else:
            status = 422
    context = {
        "form": form,
        "phases": phases,
        "goals": goals,
        "client": draft.client,
        "problems": problems,
        "forms": [goals, phases],
        "has_errors": status != 200,
        "is_new": is_new,
        "plan": draft,
    }
    return render(request, "treatment_plans/plan_form.html", context, status=status)


def _save(
    request: HttpRequest, form: PlanForm, phases: Any, goals: Any, todays: Appointment | None
) -> HttpResponse:
    data, now = form.cleaned_data, timezone.now()
    is_new = form.instance.pk is None
    saved = plans.save(
        form.save(commit=False),
        phases=[PhaseForm.phase(row) for row in phases.filled()],
        goals=[GoalForm.goal(row) for row in goals.filled()],
        techniques=data["techniques"],
        regions=data["regions"],
        by=request.user,
        now=now,
        reason=data["reason"],
        expected_version=None if is_new else data["expected_version"],
    )
    if not is_new:
        reviews.plan_changed(saved, by=request.user, now=now)
    if "start" in request.POST:
        saved = plans.activate(saved, by=request.user, now=now)
    if todays is not None and data.get("counts_today"):
        visits.link(saved, todays)
        recall.refresh(saved, now=now)
    return redirect("desk_plan", public_id=saved.public_id)


def _phase_rows(draft: TreatmentPlan) -> list[dict[str, Any]]:
    return [PhaseForm.row(phase) for phase in draft.phases.all()]


def _goal_rows(draft: TreatmentPlan) -> list[dict[str, Any]]:
    return [
        {
            "sentence": goal.sentence,
            "measure": goal.measure,
            "baseline": goal.baseline,
            "target": goal.target,
        }
        for goal in draft.goals.all()
    ]


def _todays_visit(client: Client, practitioner: Any, today: date) -> Appointment | None:
    """Today's visit of this client here, if it belongs to no plan yet."""
    return (
        Appointment.objects.standing()
        .filter(client=client, practitioner=practitioner, starts_at__date=today, plan_visit=None)
        .order_by("starts_at")
        .first()
    )


def own_plan(request: HttpRequest, public_id: UUID) -> TreatmentPlan:
    """A plan that this practitioner may change: of a client they treat."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    return get_object_or_404(
        TreatmentPlan.objects.visible_to(request.user).select_related(
            "client", "practitioner", "service", "location"
        ),
        public_id=public_id,
    )


def _client(request: HttpRequest, public_id: UUID) -> Client:
    if not request.user.is_practitioner:
        raise PermissionDenied
    return get_object_or_404(Client.objects.record_open_to(request.user), public_id=public_id)
