"""First run, staff and to-dos."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.messages import outbox
from bookings.models import Task
from clinic.checklist import steps
from clinic.first_admin import has_admin, is_ours, link_works, make_first_admin
from clinic.forms import InviteForm, PersonForm
from clinic.staff import invite, left_behind, part_with
from practitioners.models import ClinicSettings
from practitioners.pages import page_of

MOST_DONE = 3  # tasks that can be taken back at a time


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first admin; the link works once."""
    if not is_ours(token):
        raise Http404
    if not link_works(token):
        over = {"has_admin": has_admin(), "hide_book_button": True}
        return render(request, "clinic/setup_over.html", over, status=410)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = make_first_admin(**form.cleaned_data)
        login(request, user)
        return redirect("checklist")
    status = 422 if form.errors else 200
    context = {"form": form, "has_errors": bool(form.errors), "hide_book_button": True}
    return render(request, "clinic/setup.html", context, status=status)


@require_safe
def checklist(request: HttpRequest) -> HttpResponse:
    """What is left to do before the first client can book."""
    _admins_only(request)
    return render(request, "clinic/checklist.html", {"steps": steps()})


@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """Send a mail to the admin through the ledger and the worker, as any other."""
    _admins_only(request)
    now = timezone.now()
    outbox.write(
        "staff_notice",
        source_type="staff_invitation",
        source_id=request.user.pk,
        occurrence=f"test:{now.isoformat()}",
        user_key=request.user.pk,
        now=now,
    )
    outbox.kick()
    clinic = ClinicSettings.current()
    clinic.test_mail_sent_at = now
    clinic.save()
    messages.success(request, "A test mail is on its way to you.")
    return redirect("checklist")


@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, and a form to invite somebody."""
    _admins_only(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = invite(**form.cleaned_data, by=request.user, now=timezone.now())
        messages.success(request, f"{user.name} can now sign in and has been told by mail.")
        return redirect("staff")
    people = get_user_model().objects.working_here()
    page = page_of(people, request.GET.get("page", ""), 50)
    context = {"form": form, "page": page, "has_errors": bool(form.errors)}
    return render(request, "clinic/staff.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def staff_leaves(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether somebody leaves, with what they leave behind; then close their login at once.

    Never one's own.
    """
    _admins_only(request)
    user = get_object_or_404(get_user_model().objects.working_here(), pk=pk)
    if user == request.user or (user.is_superuser and not request.user.is_superuser):
        raise PermissionDenied
    now = timezone.now()
    if request.method != "POST":
        open_plans, coming = left_behind(user, now=now)
        context = {"person": user, "open_plans": open_plans, "coming": coming}
        return render(request, "clinic/staff_leaves.html", context)
    part_with(user, by=request.user, now=now)
    messages.success(request, f"{user} can no longer sign in.")
    return redirect("staff")


@require_safe
def todo(request: HttpRequest) -> HttpResponse:
    """What there is to do for this person and their roles."""
    _staff_only(request)
    tasks = Task.objects.visible_to(request.user).open().select_related("client")
    page = Paginator(tasks, 50).get_page(request.GET.get("page"))
    since = _now() - timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)
    done = Task.objects.visible_to(request.user).just_done(by=request.user, since=since)
    context = {"page": page, "done": done.select_related("client")[:MOST_DONE]}
    return render(request, "clinic/todo.html", context)


@require_POST
def todo_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick a task off."""
    _staff_only(request)
    task = get_object_or_404(Task.objects.visible_to(request.user).open(), pk=pk)
    task.finish(by=request.user, now=_now())
    return redirect("todo")


@require_POST
def todo_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that a task is done; once it waits again that stays so."""
    _staff_only(request)
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    if task.done_at and task.done_by_id != request.user.pk:
        raise Http404  # somebody else has done it meanwhile
    if task.done_at:
        task.open_again()
        messages.success(request, f"It waits for you again: {task.title}.")
    return redirect("todo")


def _now() -> datetime:
    return timezone.now()


def _admins_only(request: HttpRequest) -> None:
    user: Any = request.user
    if not user.is_clinic_admin:
        raise PermissionDenied


def _staff_only(request: HttpRequest) -> None:
    user: Any = request.user
    if not user.works_here:
        raise PermissionDenied
