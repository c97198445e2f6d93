"""The question behind the link of a mail. Looking changes nothing, and shows no earlier answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.links import BadLink, OldLink
from bookings.views.visit_link import wrong_link
from treatment_plans.check_ins import answer, read_check_in_link
from treatment_plans.forms.check_in import CheckInForm
from treatment_plans.models import CheckIn

View = Callable[[HttpRequest, str, CheckIn], HttpResponse]


def behind_link(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the check-in of a token, or answer for one that has ended."""

    @wraps(view)
    def run(request: HttpRequest, token: str) -> HttpResponse:
        try:
            found = read_check_in_link(token, now=timezone.now())
        except OldLink:
            context = {"hide_book_button": True}
            return render(request, "treatment_plans/check_in_over.html", context, status=410)
        except BadLink:
            return wrong_link(request)
        return view(request, token, found)

    return run


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def check_in(request: HttpRequest, token: str, found: CheckIn) -> HttpResponse:
    """Ask; one press keeps the answer."""
    if found.answered_at is not None:
        return redirect("check_in_thanks", token)
    form = CheckInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        user = request.user if request.user.is_authenticated else None
        answer(found, by=user, now=timezone.now(), **form.cleaned_data)
        return redirect("check_in_thanks", token)
    context = {"check_in": found, "form": form, "hide_book_button": True}
    status = 422 if form.errors else 200
    return render(request, "treatment_plans/check_in.html", context, status=status)


@login_not_required
@require_safe
@behind_link
def check_in_thanks(request: HttpRequest, token: str, found: CheckIn) -> HttpResponse:
    """Say that the answer has come, and who reads it."""
    if found.answered_at is None:
        return redirect("check_in", token)
    context = {"check_in": found, "hide_book_button": True}
    return render(request, "treatment_plans/check_in_thanks.html", context)
