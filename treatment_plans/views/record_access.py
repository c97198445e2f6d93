"""Who opened which record: for the clinical lead all, for clients their own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from practitioners.clocks import clinic_zone
from treatment_plans.models import RecordAccess

PAGE = 50
LONGEST_SEARCH = 60


@require_safe
def desk_record_access(request: HttpRequest) -> HttpResponse:
    """Every opening of a record, newest first."""
    user: Any = request.user
    if not (user.is_clinical_lead or user.is_superuser):
        raise PermissionDenied
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    rows = RecordAccess.objects.visible_to(user).matching(asked)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    query = urlencode({"q": asked}) if asked else ""
    context = {"page": page, "asked": asked, "query": query, "zone": clinic_zone()}
    return render(request, "treatment_plans/desk_record_access.html", context)


@require_safe
def my_record_access(request: HttpRequest) -> HttpResponse:
    """Who else has opened the client's own record."""
    rows = RecordAccess.objects.own_of(request.user).by_others(request.user)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "zone": clinic_zone()}
    return render(request, "treatment_plans/my_record_access.html", context)
