"""Signing in by a mailed code, signing out, and where each role starts."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.errors import BookingError
from bookings.forms import CodeForm, EmailForm
from bookings.sign_in import (
    OTHER_ADDRESS,
    TooManyTries,
    ask_code,
    check_code,
    has_changed,
    login_of,
    said_of_new_code,
)
from bookings.throttle import seconds_to_wait
from bookings.visitors import visitor_key
from clinic import demo, typed

ASKED = "sign_in_email"
# What a link of a mail leads to, told by its address alone: nothing of whose it is, or whether it is any.
TO_SEE = {"plan_link": "your plan", "letter_link": "your letter", "aftercare_link": "your advice"}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the address, then for the code; the same for everybody."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    if request.method != "POST":
        asked = request.session.get(ASKED, "")
        return _page(request, EmailForm(initial={"email": asked}), asks_code=bool(asked))
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _page(request, form, asks_code="code" in request.POST, status=422)
    wants_code = "code" not in request.POST or "again" in request.POST
    return _ask(request, form) if wants_code else _check(request, form)


def _ask(request: HttpRequest, form: EmailForm) -> HttpResponse:
    email, visitor = form.cleaned_data["email"], visitor_key(request)
    wait = seconds_to_wait("sign_in_code", request, visitor, address=email)
    if wait:
        has_code = bool(request.session.get(ASKED))
        return _page(request, form, asks_code=has_code, refusal=TooManyTries(wait))
    ask_code(email, visitor=visitor, now=timezone.now())
    if "again" in request.POST:
        before = request.session.get(ASKED, "")
        messages.success(request, said_of_new_code(email, before=before))
    request.session[ASKED] = email
    wanted = _next(request, "")
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return redirect(f"{reverse('sign_in')}{query}")


def _check(request: HttpRequest, form: EmailForm) -> HttpResponse:
    code_form = CodeForm(request.POST)
    if not code_form.is_valid():
        return _page(request, form, asks_code=True, code_form=code_form, status=422)
    email, code = form.cleaned_data["email"], code_form.cleaned_data["code"]
    visitor = visitor_key(request)
    wait = seconds_to_wait("sign_in_try", request, visitor, address=email)
    if wait:
        return _page(request, form, asks_code=True, refusal=TooManyTries(wait))
    try:
        user = check_code(visitor, email, code, now=timezone.now())
    except BookingError as refusal:
        return _wrong(request, form, code_form, refusal)
    login(request, user)
    request.session.pop(ASKED, None)
    return redirect(_next(request))


def _wrong(
    request: HttpRequest, form: EmailForm, code_form: CodeForm, refusal: BookingError
) -> HttpResponse:
    """Say at its box that a code is wrong, or that it went to another address."""
    asked = request.session.get(ASKED, "")
    if has_changed(form.cleaned_data["email"], asked=asked):
        form.add_error("email", OTHER_ADDRESS.format(address=asked))
    else:
        code_form.refuse(refusal.sentence)
    return _page(request, form, asks_code=True, code_form=code_form, status=refusal.status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    user = request.user
    logout(request)
    if user.is_authenticated and user.works_here:
        typed.session_is_over(request, user.pk)
    return redirect("landing")


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send each role to its first page."""
    return redirect("desk_day" if request.user.works_here else "my_sessions")


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Continue as one of the demo people; only where the demo runs."""
    email = request.POST.get("email", "")
    if not settings.DEMO or email not in {address for _, address in demo.people_here()}:
        raise Http404
    login(request, login_of(email))
    return redirect(_next(request))


def _page(
    request: HttpRequest,
    form: EmailForm,
    *,
    asks_code: bool = False,
    code_form: CodeForm | None = None,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    code_form = code_form or CodeForm()
    context = {
        "form": form,
        "forms": [code_form],
        "code_form": code_form,
        "asks_code": asks_code,
        "sent_to": request.session.get(ASKED) or form["email"].value(),
        "problems": [(refusal.sentence, "id_code" if asks_code else "id_email")] if refusal else [],
        "has_errors": bool(refusal or form.errors or code_form.errors),
        "next": _next(request, ""),
        "to_see": _to_see(_next(request, "")),
        "demo_people": demo.people_here() if settings.DEMO else [],
        "hide_book_button": True,
    }
    response = render(
        request, "clinic/sign_in.html", context, status=refusal.status if refusal else status
    )
    if refusal and refusal.details.get("seconds"):
        response["Retry-After"] = str(refusal.details["seconds"])
    return response


def _to_see(path: str) -> str:
    """What the page after the sign-in is, for links that mails carry; else nothing."""
    try:
        return TO_SEE.get(resolve(path.partition("?")[0]).url_name or "", "")
    except Resolver404:
        return ""


def _next(request: HttpRequest, default: str = "/start/") -> str:
    """Where to go then; only ever a page of our own."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else default
