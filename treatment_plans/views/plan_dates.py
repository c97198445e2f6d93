"""Proposing the dates of a plan and booking them, at the desk and by the client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.clients import prefer
from bookings.errors import BookingError, NeedsReason
from bookings.models import Appointment
from bookings.sign_in import TooManyTries
from bookings.throttle import seconds_to_wait
from bookings.times import Words
from bookings.visitors import visitor_key
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings
from treatment_plans import pressed, reproposing
from treatment_plans.booked_already import is_booked_already, still_asked
from treatment_plans.date_rows import (
    answer_to,
    call_before,
    ending,
    late_words,
    price_line,
    rows_of,
)
from treatment_plans.errors import PlanError
from treatment_plans.forms.plan_dates import DatesForm, DeskDatesForm, WishesForm, chosen_times
from treatment_plans.models import TreatmentPlan
from treatment_plans.proposals import book_dates, propose

SAY_WHY = (
    "Please say why: a session that would move is within the notice for changes."
    " None of these sessions was booked or moved."
)


@dataclass(frozen=True, slots=True)
class Way:
    """Who looks at the dates, and where they come from and go to."""

    show: str
    back: str
    back_words: str
    is_desk: bool

    def form(self, sent: Any = None) -> DatesForm:
        """What they fill in: only the desk moves within the notice, and says why."""
        return DeskDatesForm(sent) if self.is_desk else DatesForm(sent)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_plan_dates(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The dates of a plan for whoever books: nothing of what it is for."""
    user: Any = request.user
    if not user.works_here:
        raise PermissionDenied
    plans = TreatmentPlan.objects.dates_open_to(user).with_people()
    plan = get_object_or_404(plans, public_id=public_id)
    back = reverse("desk_client", args=[plan.client.public_id])
    show = reverse("desk_plan_dates", args=[plan.public_id])
    return dates_page(request, plan, Way(show, back, plan.client.name, is_desk=True))


@require_http_methods(["GET", "HEAD", "POST"])
def my_plan_dates(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The dates of one's own plan."""
    plans = TreatmentPlan.objects.own_of(request.user).with_people()
    plan = get_object_or_404(plans, public_id=public_id)
    back = reverse("my_plan", args=[plan.public_id])
    show = reverse("my_plan_dates", args=[plan.public_id])
    return dates_page(request, plan, Way(show, back, "Your plan", is_desk=False))


def dates_page(request: HttpRequest, plan: TreatmentPlan, way: Way) -> HttpResponse:
    """Show the dates, or do what was asked: keep wishes, leave the old dates, book."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, plan, way, now=now)
    if "wishes" in request.POST:
        return _keep_wishes(request, plan, way, now=now)
    if "undo" in request.POST:
        return _take_back(request, plan, way, now=now)
    if "leave" in request.POST:
        reproposing.leave(plan, by=request.user, now=now)
        messages.success(request, "The dates stay as they are.")
        return redirect(way.back)
    form = way.form(request.POST)
    if not form.is_valid():
        return _page(request, plan, way, now=now, form=form, status=422)
    try:
        booked = book_chosen(request, plan, form, for_staff=way.is_desk, now=now)
    except NeedsReason as refusal:
        form.add_error("reason", SAY_WHY)
        return _page(request, plan, way, now=now, form=form, status=refusal.status)
    except BookingError as refusal:
        return _page(request, plan, way, now=now, form=form, refusal=refusal)
    except PlanError as problem:
        return _page(request, plan, way, now=now, form=form, status=422, said=problem.sentence)
    say_booked(request, plan, form, booked, now=now)
    return redirect(way.show)


def say_booked(
    request: HttpRequest,
    plan: TreatmentPlan,
    form: DatesForm,
    booked: list[Appointment],
    *,
    now: datetime,
    before: str = "",
) -> None:
    """Say how many are booked; the page of the dates names them, and takes them back."""
    data = form.cleaned_data
    at = booked[-1].booked_at if data["starts"] else now
    assert at is not None  # they were booked, now or when the same form was sent before
    pressed.note(request.session, plan, data["form_token"], at)
    standing = sum(not visit.is_cancelled for visit in booked)
    messages.success(request, f"{before}{done_words(standing)}")


def _take_back(
    request: HttpRequest, plan: TreatmentPlan, way: Way, *, now: datetime
) -> HttpResponse:
    """Undo all of the last press of whoever asks; without one there is nothing to undo."""
    at = pressed.noted(request.session, plan)
    if at is None:
        return redirect(way.show)
    press = pressed.press_of(plan, at)
    try:
        pressed.take_back(plan, press, by=request.user, now=now, for_staff=way.is_desk)
    except BookingError as refusal:
        return _page(request, plan, way, now=now, said=refusal.sentence, status=refusal.status)
    messages.success(request, "The dates are again as they were before.")
    return redirect(way.show)


def book_chosen(
    request: HttpRequest,
    plan: TreatmentPlan,
    form: DatesForm,
    *,
    for_staff: bool,
    now: datetime,
    along: Callable[[], object] | None = None,
) -> list[Appointment]:
    """Book what a form chose, all or none, with what is written along. Raises BookingError, PlanError."""
    wait = 0 if for_staff else seconds_to_wait("book", request, visitor_key(request))
    if wait:
        raise TooManyTries(wait)
    data = form.cleaned_data
    return book_dates(
        plan,
        moves=data["moves"],
        starts=data["starts"],
        by=request.user,
        form_token=data["form_token"],
        now=now,
        for_staff=for_staff,
        reason=data.get("reason"),
        along=along,
    )


def dates_context(
    request: HttpRequest,
    plan: TreatmentPlan,
    *,
    for_staff: bool,
    now: datetime,
    refusal: BookingError | None = None,
) -> dict[str, Any]:
    """The proposal as rows, for a page of its own or a part of another one.

    With a refusal also what is wrong, at its row, and the next three times of that row.
    """
    proposal = propose(plan, now=now, for_staff=for_staff, wanted=chosen_times(request.POST))
    rows = rows_of(proposal, still_asked(request.POST, proposal))
    wrong: dict[str, Any] = {}
    if refusal and is_booked_already(refusal, plan):
        wrong = {"problems": [(said_of(refusal, plan), "dates")]}
    elif refusal:
        answer = answer_to(refusal, rows, proposal, request.POST)
        rows = answer.rows
        wrong = {"problems": [(said_of(refusal, plan), answer.place)], "times": answer.times}
    first = proposal.layout.sessions[0].days.target_on if rows else None
    return {
        "rows": rows,
        "open_rows": sum(row.is_open for row in rows),
        "to_book": sum(row.can_be_had for row in rows),
        "price": price_line(proposal, rows),
        "call_before": "" if for_staff else call_before(proposal, rows),
        "stays": proposal.layout.stays,
        "moves": any(row.step == "move" for row in rows),
        "late": late_words(rows) if for_staff else "",
        "ending": ending(proposal),
        "zone_line": proposal.table.words.zone_line(now) if first else "",
        "is_running": plan.status == TreatmentPlan.Status.ACTIVE,
        **wrong,
    }


def said_of(refusal: BookingError, plan: TreatmentPlan) -> str:
    """Which date it is about, and that nothing was booked."""
    at = refusal.details.get("starts_at")
    zone = plan.location.zone
    words, today = Words(zone, ClinicSettings.current().time_style), day_of(timezone.now(), zone)
    when = words.short(at, today=today) if at else ""
    said = refusal.sentence.replace(" Nothing was booked for you.", "")
    said = f"{when}: {said}" if when else said
    if is_booked_already(refusal, plan):
        said = f"{when} is booked for this plan already."
    return f"{said} None of these sessions was booked or moved."


def done_words(count: int) -> str:
    if count == 0:
        return "Nothing is booked: these dates were taken back."
    return f"{count} session{' is' if count == 1 else 's are'} booked."


def _keep_wishes(
    request: HttpRequest, plan: TreatmentPlan, way: Way, *, now: datetime
) -> HttpResponse:
    wishes = WishesForm(request.POST)
    if not wishes.is_valid():
        return _page(request, plan, way, now=now, wishes=wishes, status=422)
    prefer(plan.client, **wishes.cleaned_data, by=request.user)
    return redirect(way.show)


def _page(
    request: HttpRequest,
    plan: TreatmentPlan,
    way: Way,
    *,
    now: datetime,
    form: DatesForm | None = None,
    wishes: WishesForm | None = None,
    said: str = "",
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    status = refusal.status if refusal else status
    suits = {"weekdays": plan.client.preferred_weekdays, "parts": plan.client.preferred_parts}
    context = {
        "plan": plan,
        "client": plan.client,
        "way": way,
        "form": form or way.form(),
        "forms": [wishes] if wishes else [],
        "wishes": wishes or WishesForm(initial=suits),
        "upset": plan.reproposals.open().first(),
        "problems": [(said, "dates")] if said else [],
        "has_errors": status != 200,
        "hide_book_button": True,
        "pressed": pressed.to_undo(request.session, plan, now=now),
        **dates_context(request, plan, for_staff=way.is_desk, now=now, refusal=refusal),
    }
    return render(request, "treatment_plans/plan_dates.html", context, status=status)
