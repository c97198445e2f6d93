"""Signing in by a mailed code, signing out, and where each role starts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.errors import BookingError
from bookings.forms import CodeForm, EmailForm
from bookings.sign_in import TooManyTries, ask_code, check_code, login_of
from bookings.throttle import seconds_to_wait
from bookings.visitors import visitor_key
from clinic import demo

ASKED = "sign_in_email"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the address, then for the code; the same for everybody."""
    if request.user.is_authenticated:
        return redirect("start")
    asked = request.session.get(ASKED, "")
    form = EmailForm(request.POST or None, initial={"email": asked})
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    visitor, now = visitor_key(request), timezone.now()
    email = form.cleaned_data["email"]
    try:
        if "code" not in request.POST or "again" in request.POST:
            _slow_down("sign_in_code", request, visitor)
            ask_code(email, visitor=visitor, now=now)
            request.session[ASKED] = email
            return _page(request, form, asks_code=True)
        code_form = CodeForm(request.POST)
        if not code_form.is_valid():
            return _page(request, form, asks_code=True, code_form=code_form, status=422)
        _slow_down("sign_in_try", request, visitor)
        user = check_code(visitor, email, code_form.cleaned_data["code"], now=now)
    except BookingError as refusal:
        return _page(request, form, asks_code=True, refusal=refusal)
    login(request, user)
    request.session.pop(ASKED, None)
    return redirect(_next(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
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
    if not settings.DEMO or email not in {address: who for who, address in demo.people()}:
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
    context = {
        "form": form,
        "code_form": code_form or CodeForm(),
        "asks_code": asks_code,
        "problems": [(refusal.sentence, "id_code")] if refusal else [],
        "has_errors": bool(refusal or form.errors),
        "next": _next(request, "") if request.GET.get("next") or request.POST.get("next") else "",
        "demo_people": demo.people() if settings.DEMO else [],
        "hide_book_button": True,
    }
    response = render(
        request, "clinic/sign_in.html", context, status=refusal.status if refusal else status
    )
    if refusal and refusal.details.get("seconds"):
        response["Retry-After"] = str(refusal.details["seconds"])
    return response


def _slow_down(name: str, request: HttpRequest, visitor: str) -> None:
    wait = seconds_to_wait(name, request, visitor)
    if wait:
        raise TooManyTries(wait)


def _next(request: HttpRequest, default: str = "/start/") -> str:
    """Where to go then; only ever a page of our own."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else default
