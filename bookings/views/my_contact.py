"""A client's own contact details, and the codes without which they do not change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.clients import self_of
from bookings.contact import Details, addresses_to_prove, ask_codes, change_details
from bookings.errors import BookingError
from bookings.forms import CodeForm
from bookings.models import Client
from bookings.my_forms import DetailsForm, SecondCodeForm
from bookings.sign_in import TooManyTries
from bookings.throttle import seconds_to_wait
from bookings.visitors import visitor_key

WANTED = "contact_wanted"
AN_HOUR = timedelta(hours=1)


@require_http_methods(["GET", "HEAD", "POST"])
def my_contact(request: HttpRequest) -> HttpResponse:
    """Show what we know; keep what is typed until its codes have come."""
    client = _myself(request)
    form = DetailsForm(request.POST if request.method == "POST" else None, client=client)
    if not (form.is_bound and form.is_valid()):
        return _page(request, form, status=422 if form.is_bound else 200)
    if form.wanted == Details.of(client):
        messages.success(request, "Nothing was changed.")
        return redirect("my_sessions")
    return _ask(request, client, form.wanted, form)


@require_http_methods(["GET", "HEAD", "POST"])
def my_contact_code(request: HttpRequest) -> HttpResponse:
    """Take the codes, and change what was typed before."""
    client, now = _myself(request), timezone.now()
    wanted = _wanted(request, now=now)
    if wanted is None:
        return redirect("my_contact")
    if "again" in request.POST:
        answer = _ask(request, client, wanted)
        if answer.status_code == 302:
            messages.success(request, "We have sent new codes. Those before no longer work.")
        return answer
    forms = _code_forms(request, client, wanted)
    if request.method != "POST":
        return _code_page(request, client, wanted, forms)
    if not all(form.is_valid() for form in forms):
        return _code_page(request, client, wanted, forms, status=422)
    codes = [form.cleaned_data["code"] for form in forms]
    visitor = visitor_key(request)
    try:
        wait = seconds_to_wait("sign_in_try", request, visitor, address=request.user.email)
        if wait:
            raise TooManyTries(wait)
        change_details(request.user, client, wanted, codes, visitor=visitor, now=now)
    except BookingError as refusal:
        return _code_page(request, client, wanted, forms, refusal=refusal)
    del request.session[WANTED]
    request.session.cycle_key()
    messages.success(request, "Your details are changed.")
    return redirect("my_sessions")


def _myself(request: HttpRequest) -> Client:
    """The person behind this login; whoever has never booked for themselves has no details yet."""
    client = self_of(request.user)
    if client is None:
        raise Http404
    return client


def _ask(
    request: HttpRequest, client: Client, wanted: Details, form: DetailsForm | None = None
) -> HttpResponse:
    """Send the codes and remember what they are for."""
    now, visitor = timezone.now(), visitor_key(request)
    addresses = addresses_to_prove(request.user, client, wanted)
    waits = [seconds_to_wait("sign_in_code", request, visitor, address=one) for one in addresses]
    if any(waits):
        refusal = TooManyTries(max(waits))
        if form is not None:
            return _page(request, form, refusal=refusal)
        return _code_page(
            request, client, wanted, _code_forms(request, client, wanted), refusal=refusal
        )
    ask_codes(addresses, visitor=visitor, now=now)
    request.session[WANTED] = {**asdict(wanted), "at": now.isoformat()}
    return redirect("my_contact_code")


def _wanted(request: HttpRequest, *, now: datetime) -> Details | None:
    kept = dict(request.session.get(WANTED) or {})
    at = kept.pop("at", "")
    is_fresh = bool(at) and now - datetime.fromisoformat(at) < AN_HOUR
    return Details(**kept) if is_fresh else None


def _code_forms(request: HttpRequest, client: Client, wanted: Details) -> list[CodeForm]:
    """One box, or two when there is a new address."""
    sent = request.POST if request.method == "POST" and "again" not in request.POST else None
    forms = [CodeForm(sent), SecondCodeForm(sent)]
    return forms[: len(addresses_to_prove(request.user, client, wanted))]


def _page(
    request: HttpRequest,
    form: DetailsForm,
    *,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "problems": [(refusal.sentence, "")] if refusal else [],
        "hide_book_button": True,
    }
    return _answer(request, "bookings/my_contact.html", context, refusal, status)


def _code_page(
    request: HttpRequest,
    client: Client,
    wanted: Details,
    forms: list[CodeForm],
    *,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    addresses = addresses_to_prove(request.user, client, wanted)
    is_second = refusal and refusal.details.get("email") == addresses[-1] and len(addresses) > 1
    context = {
        "forms": forms,
        "boxes": list(zip(addresses, forms, strict=True)),
        "problems": [(refusal.sentence, "id_new-code" if is_second else "id_code")]
        if refusal
        else [],
        "has_errors": bool(refusal or any(form.errors for form in forms)),
        "hide_book_button": True,
    }
    return _answer(request, "bookings/my_contact_code.html", context, refusal, status)


def _answer(
    request: HttpRequest,
    template: str,
    context: dict[str, object],
    refusal: BookingError | None,
    status: int,
) -> HttpResponse:
    code = refusal.status if refusal else status
    response = render(request, template, context, status=code)
    if refusal and refusal.details.get("seconds"):
        response["Retry-After"] = str(refusal.details["seconds"])
    return response
