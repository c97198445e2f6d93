"""The results of the clinic: a page and a table to take home. Never a person."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.spreadsheets import csv_answer
from practitioners.clocks import clinic_zone
from treatment_plans.forms.results import PeriodForm
from treatment_plans.results import CONVERSION, Results, results_of
from treatment_plans.tallies import LEAST

HEADS = (
    "Told apart by", "Name", "Plans", "With two scores", "Meaningful change", "Sessions until then",
    "Adherent", "Partial", "Low", "Broke off", "Reminders sent", "Booked after a reminder",
)  # fmt: skip

EMPTY: list[Any] = [None] * 8  # what a row has no figure for


@require_safe
def desk_results(request: HttpRequest) -> HttpResponse:
    """Figures over a chosen stretch, with what each of them means."""
    form, results = _asked(request)
    context = {
        "form": form,
        "results": results,
        "least": LEAST,
        "days": CONVERSION.days,
        "has_errors": bool(form.errors),
    }
    return render(
        request, "treatment_plans/desk_results.html", context, status=422 if form.errors else 200
    )


@require_safe
def desk_results_csv(request: HttpRequest) -> HttpResponse:
    """The same groups as a table; what the page hides is not in it either."""
    form, results = _asked(request)
    if results is None:
        return render(
            request,
            "treatment_plans/desk_results.html",
            {"form": form, "results": None, "has_errors": True},
            status=422,
        )
    rows = _rows(results) if results.all_plans.plans >= LEAST else []
    return csv_answer("results.csv", HEADS, rows)


def _rows(results: Results) -> list[list[Any]]:
    """All plans, the groups, where plans broke off and what reminders led to, under their heads."""
    groups = [("Condition", group) for group in results.conditions.groups]
    groups += [("Technique", group) for group in results.techniques.groups]
    counted = [[kind, group.name, *group.figures, None, None] for kind, group in groups]
    broken = [["Broke off", at, *EMPTY[:7], count, None, None] for at, count in results.broken_off]
    led = [["Reminder", one.words, *EMPTY, *one.figures[:2]] for one in results.conversions]
    return [["", results.all_plans.name, *results.totals, None, None], *counted, *broken, *led]


def _asked(request: HttpRequest) -> tuple[PeriodForm, Results | None]:
    """The stretch that was asked for, or the last year; no results when it makes no sense."""
    user: Any = request.user
    if not (user.is_clinic_admin or user.is_clinical_lead):
        raise PermissionDenied
    now = timezone.now()
    today: date = now.astimezone(clinic_zone()).date()
    form = PeriodForm(request.GET or None, today=today)
    if form.is_bound and not form.is_valid():
        return form, None
    first, last = form.period()
    return form, results_of(first, last, now=now)
