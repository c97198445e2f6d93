"""Writing a treatment plan and changing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.models import Appointment, Client
from practitioners.clocks import clinic_zone
from treatment_plans import plan_start
from treatment_plans.errors import (
    EditedElsewhere,
    PlanError,
    ReasonMissing,
    SentBefore,
    TooFewSessions,
)
from treatment_plans.forms.plan import PlanForm, filled_from, with_home_care
from treatment_plans.forms.plan_rows import GoalForm, GoalFormSet, PhaseForm, PhaseFormSet
from treatment_plans.forms.rows import complain_not, with_another_row, with_rows_changed
from treatment_plans.models import (
    Assessment,
    HomeCareItem,
    OutcomeMeasure,
    PlanTemplate,
    TreatmentPlan,
)
from treatment_plans.proposals import preview
from treatment_plans.versions import changes_since
from treatment_plans.views.form_tokens import first_shown, token_of
from treatment_plans.views.refused import not_possible

ROWS = ("phases", "goals")
Status = TreatmentPlan.Status


@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start a plan from a client's newest assessment."""
    check_may_write(request)
    client = get_object_or_404(Client.objects.record_open_to(request.user), public_id=public_id)
    now = timezone.now()
    newest = Assessment.objects.visible_to(request.user).filter(client=client).first()
    person = plan_start.whose_plan(request.user, client, newest)
    if person is None:
        sentence = "Nobody has treated this person yet. Book a first session for them."
        heading = "There is nobody whose plan it would be"
        return not_possible(request, sentence, back=client, heading=heading)
    draft = TreatmentPlan(
        client=client,
        practitioner=person,
        assessment=newest,
        start_on=now.astimezone(clinic_zone()).date(),
    )
    before = None if request.method == "POST" else _saved_by(request, draft)
    if before is not None:
        return redirect("desk_plan", public_id=before.public_id)
    return _edit(
        request,
        draft,
        now=now,
        todays=plan_start.todays_visit(client, person, now=now),
        earlier=plan_start.earlier_visits(client, request.user, now=now),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change a plan; the change is its next version."""
    return _edit(request, plan_to_change(request, public_id), now=timezone.now())


def check_may_write(request: HttpRequest) -> None:
    """Plans are written by whoever treats, and by the clinical lead. Raises PermissionDenied."""
    user: Any = request.user
    if not (user.is_practitioner or user.is_clinical_lead):
        raise PermissionDenied


def plan_to_change(request: HttpRequest, public_id: UUID) -> TreatmentPlan:
    """A plan that this user may change: of a client they treat. Raises PermissionDenied, Http404."""
    check_may_write(request)
    plans = TreatmentPlan.objects.visible_to(request.user).with_people()
    return get_object_or_404(plans, public_id=public_id)


def own_plan(request: HttpRequest, public_id: UUID) -> TreatmentPlan:
    """The same for what only whoever treats may do."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    return plan_to_change(request, public_id)


def plans_beside(request: HttpRequest, draft: TreatmentPlan) -> list[TreatmentPlan]:
    """What whoever starts a draft should know: other plans of the client that are active.

    One query for a draft, none for a plan that runs.
    """
    if draft.status != TreatmentPlan.Status.DRAFT:
        return []
    return list(TreatmentPlan.objects.visible_to(request.user).active_beside(draft))


def _edit(
    request: HttpRequest,
    draft: TreatmentPlan,
    *,
    now: datetime,
    todays: Appointment | None = None,
    earlier: list[Appointment] | None = None,
) -> HttpResponse:
    """The form, changed as its row buttons ask, or saved."""
    templates, home_care = _library()
    data, saves = _answers(request, templates, home_care)
    if saves and draft.pk is None and (before := _saved_by(request, draft)):
        return _sent_again(request, before)
    form = PlanForm(
        data,
        instance=draft,
        initial={"expected_version": draft.version if draft.pk else 0, **first_shown(request)},
        today=draft.start_on if draft.pk is None else now.astimezone(draft.location.zone).date(),
        todays=todays,
        earlier=earlier or (),
        templates=templates,
        home_care=home_care,
    )
    rows = _rows(data, draft)
    page = {"form": form, **rows, "templates": templates, "status": 200}
    if data is None or not saves:
        complain_not(form, *rows.values())
        return _page(request, draft, page)
    if not all([form.is_valid(), rows["phases"].is_valid(), rows["goals"].is_valid()]):
        return _page(request, draft, {**page, "status": 422})
    if "preview" in request.POST:
        phases = [PhaseForm.phase(row) for row in rows["phases"].filled()]
        found = preview(form.instance, phases, first=form.cleaned_data["first_visit"], now=now)
        return _page(request, draft, {**page, "preview": found})
    return _tried(request, draft, page, now=now)


def _tried(
    request: HttpRequest, draft: TreatmentPlan, page: dict[str, Any], *, now: datetime
) -> HttpResponse:
    """The plan as it is saved; or what is in the way, with everything as it was typed."""
    form = page["form"]
    try:
        return _save(request, page, now=now)
    except SentBefore as problem:
        before = _saved_by(request, draft)
        if before is None:
            raise PermissionDenied from problem
        return _sent_again(request, before)
    except EditedElsewhere as problem:
        return _conflict(request, draft, page, problem)
    except ReasonMissing as problem:
        form.add_error("reason", ValidationError(problem.sentence, problem.code))
        return _page(request, draft, {**page, "status": 422})
    except TooFewSessions as problem:
        last = page["phases"].filled_forms()[-1]
        last.add_error("length", ValidationError(problem.sentence, problem.code))
        return _page(request, draft, {**page, "status": 422})
    except PlanError as problem:
        said = [(problem.sentence, "id_reason")]
        return _page(request, draft, {**page, "problems": said, "status": 422})


def _library() -> tuple[list[PlanTemplate], list[HomeCareItem]]:
    """What a plan may be made of."""
    return list(PlanTemplate.objects.offered()), list(HomeCareItem.objects.offered())


def _answers(
    request: HttpRequest, templates: list[PlanTemplate], home_care: list[HomeCareItem]
) -> tuple[QueryDict | None, bool]:
    """What was posted, as its buttons and what was picked change it, and whether it is to be saved."""
    if request.method != "POST":
        return None, False
    changed = with_rows_changed(request.POST, ROWS)
    if changed is not None:
        return changed, False
    for name in ROWS:
        if f"add_{name}" in request.POST:
            return with_another_row(request.POST, name), False
    if "use_template" in request.POST:
        chosen = next((one for one in templates if one.slug == request.POST.get("template")), None)
        return (filled_from(chosen, request.POST, templates) if chosen else request.POST), False
    picked = request.POST.get("home_care_item")
    item = next((one for one in home_care if str(one.pk) == picked), None)
    data = with_home_care(item, request.POST) if item else request.POST
    return data, "add_home_care" not in request.POST


def _rows(data: QueryDict | None, draft: TreatmentPlan) -> dict[str, Any]:
    """Phases and goals: as posted, as stored, or as the assessment suggests them."""
    scored = {"measures": list(OutcomeMeasure.objects.for_goals_of(draft))}
    if data is not None:
        return {
            "phases": PhaseFormSet(data, prefix="phases"),
            "goals": GoalFormSet(data, prefix="goals", form_kwargs=scored),
        }
    if draft.pk is None:
        phases, goals = [], plan_start.goals_from(draft.assessment)
    else:
        phases = [PhaseForm.row(phase) for phase in draft.phases.all()]
        goals = [GoalForm.row(goal) for goal in draft.goals.select_related("outcome")]
    return {
        "phases": PhaseFormSet(prefix="phases", initial=phases),
        "goals": GoalFormSet(prefix="goals", initial=goals, form_kwargs=scored),
    }


def _save(request: HttpRequest, page: dict[str, Any], *, now: datetime) -> HttpResponse:
    form, data = page["form"], page["form"].cleaned_data
    is_new = form.instance.pk is None
    if is_new:
        form.instance.form_token = data["form_token"]
    saved = plan_start.save_plan(
        form.save(commit=False),
        phases=[PhaseForm.phase(row) for row in page["phases"].filled()],
        goals=[GoalForm.goal(row) for row in page["goals"].filled()],
        techniques=data["techniques"],
        regions=data["regions"],
        by=request.user,
        now=now,
        reason=data["reason"],
        expected_version=None if is_new else data["expected_version"],
        first_visit=data["first_visit"],
        starts="start" in request.POST,
    )
    messages.success(request, _said_of(saved, is_new=is_new))
    return redirect("desk_plan", public_id=saved.public_id)


def _said_of(saved: TreatmentPlan, *, is_new: bool) -> str:
    """What has become of a plan by saving it."""
    if not is_new:
        return "The change is saved."
    became: dict[str, str] = {Status.DRAFT: " as a draft", Status.ACTIVE: ", and it runs"}
    return f"The plan is saved{became.get(saved.status, '')}."


def _saved_by(request: HttpRequest, draft: TreatmentPlan) -> TreatmentPlan | None:
    """The plan that this very form has written already, if it is to be written again."""
    token = token_of(request)
    if token is None or "preview" in request.POST:
        return None
    found = TreatmentPlan.objects.visible_to(request.user).filter(client=draft.client)
    return found.filter(form_token=token).first()


def _sent_again(request: HttpRequest, before: TreatmentPlan) -> HttpResponse:
    messages.info(request, SentBefore.sentence)
    return redirect("desk_plan", public_id=before.public_id)


def _conflict(
    request: HttpRequest, draft: TreatmentPlan, page: dict[str, Any], problem: EditedElsewhere
) -> HttpResponse:
    """Show what somebody else has saved meanwhile; saving again is then a choice."""
    form = page["form"]
    seen = form.cleaned_data["expected_version"] or 0
    form.data = form.data.copy()
    meanwhile = changes_since(draft, seen)
    form.data["expected_version"] = str(meanwhile[-1]["version"].number if meanwhile else seen)
    said = f"{problem.sentence} Look at what changed before you save."
    context = {**page, "meanwhile": meanwhile, "problems": [(said, "meanwhile")], "status": 409}
    return _page(request, draft, context)


def _page(request: HttpRequest, draft: TreatmentPlan, page: dict[str, Any]) -> HttpResponse:
    slug = page["form"]["template"].value() if "template" in page["form"].fields else ""
    context = {
        **page,
        "client": draft.client,
        "plan": draft,
        "is_new": draft.pk is None,
        "beside": plans_beside(request, draft),
        "forms": [page["goals"], page["phases"]],
        "has_errors": page["status"] != 200,
        "chosen": next((one for one in page["templates"] if one.slug == slug), None),
        "measured": plan_start.measured_in(draft.assessment) if draft.assessment else [],
    }
    return render(request, "treatment_plans/plan_form.html", context, status=page["status"])
