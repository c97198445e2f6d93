"""The waiting list at the desk: who waits, since when, and what they were offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.errors import BookingError
from bookings.instead import times_instead
from bookings.models import WaitlistEntry, WaitlistOffer
from bookings.paging import PageLinks
from bookings.timetable import Timetable
from bookings.views.desk_asked import person_at_the_desk
from bookings.views.desk_joined import way_to_the_one_that_counts
from bookings.waiting import answers, line
from bookings.waiting_forms import WaitForm, today_at
from practitioners.models import ClinicSettings, Service

PAGE = 50


@require_safe
def desk_waiting(request: HttpRequest) -> HttpResponse:
    """Everybody who waits, whoever came first first, with what is kept for them."""
    if not request.user.works_here:
        raise PermissionDenied
    return _page(request)


def _page(request: HttpRequest, **problem: Any) -> HttpResponse:
    entries = WaitlistEntry.objects.visible_to(request.user).in_line()
    rows = entries.with_details().with_open_offer()
    off = _taken_off(request)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    status = problem.pop("status", 200)
    return render(
        request, "bookings/desk_waiting.html", {"page": page, "off": off, **problem}, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def desk_wait(request: HttpRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Put somebody on the list."""
    client = person_at_the_desk(request, public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_wait", slug)
    if elsewhere:
        return elsewhere
    service = get_object_or_404(Service, slug=slug)
    now = timezone.now()
    asked = {name: request.GET.get(name, "") for name in ("practitioner", "location")}
    form = WaitForm(
        request.POST if request.method == "POST" else None,
        service=service,
        today=today_at(asked["location"], now=now),
        initial=asked,
    )
    context = {"client": client, "service": service, "form": form}
    if not (form.is_bound and form.is_valid()):
        status = 422 if form.is_bound else 200
        return render(request, "bookings/desk_wait.html", context, status=status)
    data = {**form.cleaned_data}
    try:
        line.join(client, service, data.pop("location"), **data, by=request.user, now=now)
    except BookingError as refusal:
        context["problems"] = [(refusal.said(to_staff=True), "")]
        return render(request, "bookings/desk_wait.html", context, status=refusal.status)
    return redirect("desk_waiting")


@require_POST
def desk_waiting_act(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an offer for somebody on the phone, leave it to the next, or take them off the list; and back again."""
    if not request.user.works_here:
        raise PermissionDenied
    entry = get_object_or_404(
        WaitlistEntry.objects.visible_to(request.user).with_open_offer(), public_id=public_id
    )
    now, act = timezone.now(), request.POST.get("act", "")
    kept = entry.open_offers[0] if entry.open_offers else None  # type: ignore[attr-defined]
    try:
        if act == "remove":
            line.leave(entry, by=request.user, now=now)
            return redirect(f"{reverse('desk_waiting')}?off={entry.public_id}")
        if act == "back":
            line.come_back(entry, by=request.user, now=now)
            messages.success(request, f"{entry.client.name} waits again in the old place.")
        elif kept and act == "take":
            visit = answers.accept(kept, by=request.user, now=now, for_staff=True)
            return redirect("desk_visit", visit.public_id)
        elif kept and act == "leave":
            answers.decline(kept, by=request.user, now=now)
            messages.success(request, f"That time is not kept for {entry.client.name} any more.")
    except BookingError as refusal:
        return _refused(request, entry, kept, refusal, now=now)
    return redirect("desk_waiting")


def _taken_off(request: HttpRequest) -> WaitlistEntry | None:
    """Who has just been taken off, as the address says; they may come back."""
    try:
        asked = UUID(request.GET.get("off", ""))
    except ValueError:
        return None
    entries = WaitlistEntry.objects.visible_to(request.user).filter(public_id=asked)
    return entries.filter(status=WaitlistEntry.Status.LEFT).with_details().first()


def _refused(
    request: HttpRequest,
    entry: WaitlistEntry,
    kept: WaitlistOffer | None,
    refusal: BookingError,
    *,
    now: datetime,
) -> HttpResponse:
    """The list again with the reason, and the next three times to book for them instead."""
    clinic = ClinicSettings.current()
    table = Timetable(
        entry.service, entry.location, clinic, now, entry.practitioner,
        moving=entry.visit, for_staff=True, client=entry.client,
    )  # fmt: skip
    path = (
        reverse("desk_visit_move", args=[entry.visit.public_id])
        if entry.visit
        else reverse("desk_book_time", args=[entry.client.public_id, entry.service.slug])
    )
    wished = kept.starts_at if kept else None
    return _page(
        request,
        problems=[(refusal.said(to_staff=True), "")],
        times=times_instead(table, wished, refusal, PageLinks(table, path)),
        status=refusal.status,
    )
