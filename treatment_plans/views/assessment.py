"""Recording and reading an assessment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.models import Appointment, Client
from treatment_plans import assessments
from treatment_plans.access import record_opened
from treatment_plans.errors import EditedElsewhere
from treatment_plans.forms.assessment import (
    AssessmentForm,
    MarkFormSet,
    RomFormSet,
    movements,
    places,
)
from treatment_plans.forms.rows import complain_not, with_another_row
from treatment_plans.models import Assessment
from treatment_plans.views.form_tokens import first_shown, token_of


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start an assessment of a client whom the practitioner treats.

    A form that has saved one already leads to it or goes on with it, and begins no second.
    """
    client = _client(request, public_id)
    practitioner = request.user.practitioner
    begun = _begun(request)
    if begun is not None:
        if (begun.client, begun.practitioner) != (client, practitioner):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("desk_assessment", public_id=begun.public_id)
        return _edit(request, begun, is_new=True)
    visit = (
        Appointment.objects.visible_to(request.user)
        .filter(client=client, public_id__in=_uuids(request.GET.get("visit")), assessment=None)
        .first()
    )
    today = timezone.now().astimezone(visit.zone if visit else None).date()
    draft = Assessment(
        client=client, practitioner=practitioner, appointment=visit, assessed_on=today
    )
    return _edit(request, draft, is_new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def assessment_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go on with an own assessment."""
    found = get_object_or_404(
        Assessment.objects.visible_to(request.user).select_related("client"), public_id=public_id
    )
    if not request.user.is_practitioner or found.practitioner != request.user.practitioner:
        raise PermissionDenied
    return _edit(request, found)


@require_safe
def assessment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read an assessment; opening it is written down."""
    found = get_object_or_404(
        Assessment.objects.visible_to(request.user)
        .select_related("client", "practitioner")
        .prefetch_related("marks__region", "rom"),
        public_id=public_id,
    )
    record_opened(found.client, request.user, "assessment", now=timezone.now())
    is_own = request.user.is_practitioner and found.practitioner == request.user.practitioner
    context = {"assessment": found, "client": found.client, "is_own": is_own}
    return render(request, "treatment_plans/assessment.html", context)


def _begun(request: HttpRequest) -> Assessment | None:
    """The assessment that this very form has saved already."""
    token = token_of(request)
    found = Assessment.objects.select_related("client", "practitioner")
    return found.filter(form_token=token).first() if token else None


def _edit(request: HttpRequest, draft: Assessment, *, is_new: bool = False) -> HttpResponse:
    """The form, or what it has saved. The page of a new one has shown no stored row."""
    adding = next((name for name in ("marks", "rom") if f"add_{name}" in request.POST), None)
    data = with_another_row(request.POST, adding) if adding else request.POST or None
    form = AssessmentForm(
        data, instance=draft, initial={"version": draft.version, **first_shown(request)}
    )
    marks, rom = _rows(data, [] if is_new else _marks(draft), [] if is_new else _rom(draft))
    problems: list[tuple[str, str]] = []
    meanwhile: list[tuple[str, str]] | None = None
    status = 200
    if data is not None and not adding:
        if all([form.is_valid(), marks.is_valid(), rom.is_valid()]):
            if draft.pk is None:
                draft.form_token = form.cleaned_data["form_token"]
            try:
                saved = assessments.save(
                    form.save(commit=False),
                    marks=marks.filled(),
                    rom=rom.filled(),
                    expected_version=form.cleaned_data.get("version"),
                )
                messages.success(request, "The assessment is saved.")
                return redirect("desk_assessment", public_id=saved.public_id)
            except EditedElsewhere as problem:
                stored = Assessment.objects.visible_to(request.user).get(pk=draft.pk)
                meanwhile = form.meanwhile(stored)
                said = f"{problem.sentence} Look at what theirs says before you save yours."
                problems, status = [(said, "meanwhile")], 409
        else:
            status = 422
    else:
        complain_not(form, marks, rom)
    context = {
        "form": form,
        "marks": marks,
        "rom": rom,
        "client": draft.client,
        "problems": problems,
        "meanwhile": meanwhile,
        "assessment": draft,
        "forms": [marks, rom],
        "has_errors": status != 200,
    }
    return render(request, "treatment_plans/assessment_form.html", context, status=status)


def _rows(data: Any, marks: list[dict[str, Any]], rom: list[dict[str, Any]]) -> tuple[Any, Any]:
    """Body chart and measurements, as posted or as they are stored."""
    shown, measured = {"place_choices": places()}, {"movement_choices": movements()}
    return (
        MarkFormSet(data, prefix="marks", initial=marks, form_kwargs=shown),
        RomFormSet(data, prefix="rom", initial=rom, form_kwargs=measured),
    )


def _marks(draft: Assessment) -> list[dict[str, Any]]:
    return [
        {
            "place": f"{mark.region.slug}|{mark.side}",
            "symptom": mark.symptom,
            "intensity": mark.intensity,
            "note": mark.note,
        }
        for mark in draft.marks.select_related("region")
    ]


def _rom(draft: Assessment) -> list[dict[str, Any]]:
    return [
        {
            "movement": f"{row.joint}|{row.movement}|{row.side}",
            "degrees": row.degrees,
            "motion": row.motion,
            "end_feel": row.end_feel,
            "has_pain": row.has_pain,
        }
        for row in draft.rom.all()
    ]


def _client(request: HttpRequest, public_id: UUID) -> Client:
    """A client whom this practitioner treats; others are not there, other staff may not."""
    if not request.user.works_here:
        raise PermissionDenied
    if not request.user.is_practitioner:
        raise PermissionDenied
    return get_object_or_404(Client.objects.record_open_to(request.user), public_id=public_id)


def _uuids(text: str | None) -> list[UUID]:
    """The id that a link carries, if it carries one."""
    try:
        return [UUID(text or "")]
    except ValueError:
        return []
