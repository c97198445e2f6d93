"""Screen 3 of booking: who it is for. The code proves the address and books at once.

    not signed in:  details ─► "Send me a code" ─► the same page with the code's box ─► booked
    signed in:      one press ─► booked

Whoever asks for a code gets the same answer. What was typed waits in the session.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings import calendar
from bookings.booking_for import book_for
from bookings.errors import BookingError, Changed, HoldExpired, Taken
from bookings.forms import CodeForm, EmailForm, SignedInForm, WhomForm
from bookings.models import Appointment
from bookings.picking import read_shown, value_of
from bookings.remembered import (
    asked_address,
    finish,
    forget_choice,
    invitation,
    is_as_seen,
    just_booked,
    remember_asking,
    remember_choice,
    remember_typed,
    said_finish,
)
from bookings.sign_in import (
    TooManyTries,
    WrongCode,
    ask_code,
    check_code,
    proved_before,
    said_of_new_code,
)
from bookings.throttle import seconds_to_wait
from bookings.views.you_page import (
    blank_form,
    details_form,
    is_over,
    kept_time,
    links_from,
    refused,
    run_out,
    signed_in_form,
    you_page,
)
from bookings.visitors import visitor_key

GIVEN_BACK = "We no longer keep that time for you. Nothing is booked."


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book_you(request: HttpRequest, slug: str) -> HttpResponse:
    """Say who comes, and book the time that is kept."""
    now = timezone.now()
    if request.method == "POST":
        return _sent(request, slug, now=now)
    kept = kept_time(request, slug)
    if kept is None:
        return _nothing_kept(request, slug)
    if is_over(kept, now=now) and (answer := run_out(request, kept, now=now)):
        return answer
    return you_page(request, kept, blank_form(request, now=now), now=now)


def _nothing_kept(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody came by the back button, or by typing the address."""
    booked = just_booked(request.session, slug)
    if booked and request.user.is_authenticated:
        return redirect("booked", public_id=booked)
    return redirect("book_time", slug=slug)


def _sent(request: HttpRequest, slug: str, *, now: datetime) -> HttpResponse:
    earlier = _sent_before(request, now=now)
    if earlier:
        return redirect("booked", public_id=earlier.public_id)
    is_known = request.user.is_authenticated
    form = signed_in_form(request) if is_known else details_form(request)
    if is_known and not {"give_back", "keep", "email"}.intersection(request.POST):
        return _book_known(request, slug, form, now=now)
    _remember(request, form, now=now)
    kept = kept_time(request, slug)
    if "give_back" in request.POST:
        return _give_back(request, kept, slug, now=now)
    if "keep" in request.POST and kept:
        return _keep_longer(request, kept, now=now)
    if is_known and "email" not in request.POST:  # nothing is kept to be kept longer
        return _book_known(request, slug, form, now=now)
    if kept is None:
        return _nothing_kept(request, slug)
    if is_known:  # the page is from before signing in: show it as it is now
        return redirect("book_you", slug=slug)
    return _book_with_code(request, kept, form, now=now)


def _remember(request: HttpRequest, form: WhomForm, *, now: datetime) -> None:
    """Keep what was typed, for whatever page comes next."""
    remember_typed(request.session, request.POST, _boxes(form), now=now)


def _boxes(form: WhomForm) -> list[str]:
    """The names of every box but the hidden ones, as the browser sends them."""
    dates = [f"date_of_birth_{number}" for number in range(3)]
    return [*(field.name for field in form.visible_fields()), *dates]


def _sent_before(request: HttpRequest, *, now: datetime) -> Appointment | None:
    """The visit that this very form has booked already, for whoever booked it.

    A double click sends a form twice, and the browser shows only the second answer,
    perhaps without having heard that it is signed in; then the code speaks for it.
    """
    if request.user.is_authenticated and "email" not in request.POST:
        return None  # the booking itself finds what its form has booked
    try:
        token = UUID(request.POST.get("form_token", ""))
    except ValueError:
        return None
    visit = Appointment.objects.booked_by_form(token).first()
    if visit is None or request.user.is_authenticated:
        return visit if visit and visit.booked_by_id == request.user.pk else None
    sent = EmailForm(request.POST)
    if not sent.is_valid():
        return None
    code = request.POST.get("code", "")
    user = proved_before(sent.cleaned_data["email"], code, now=now)
    if user is None or user.pk != visit.booked_by_id:
        return None
    login(request, user)
    return visit


def _keep_longer(request: HttpRequest, kept: Appointment, *, now: datetime) -> HttpResponse:
    """Keep the time five minutes more; nothing that was typed is lost."""
    try:
        calendar.extend_hold(visitor_key(request), now=now)
    except BookingError:
        return run_out(request, kept, now=now) or redirect("book_you", slug=kept.service.slug)
    return redirect("book_you", slug=kept.service.slug)


def _give_back(
    request: HttpRequest, kept: Appointment | None, slug: str, *, now: datetime
) -> HttpResponse:
    """Keep the time no longer, unless another one was chosen in another window since then.

    A second press finds nothing kept and says the same.
    """
    if kept is None and just_booked(request.session, slug):
        return _nothing_kept(request, slug)
    if kept and request.POST["give_back"] != value_of(kept.starts_at):
        return redirect("book_you", slug=slug)
    messages.info(request, GIVEN_BACK)
    if kept is None:
        return redirect("book_time", slug=slug)
    calendar.release_hold(visitor_key(request))
    times = links_from(request, kept, now=now).day(kept.local_day)
    forget_choice(request.session)
    return redirect(times)


def _book_known(request: HttpRequest, slug: str, form: WhomForm, *, now: datetime) -> HttpResponse:
    """Somebody we know: one press. Only a page that is shown again needs what was kept and typed."""
    refusal: BookingError | None = None
    if form.is_valid() and not _is_series(form):
        try:
            visit = _book(request, slug, form, request.user, now=now)
            return redirect("booked", public_id=visit.public_id)
        except BookingError as problem:
            refusal = problem
    _remember(request, form, now=now)
    if not form.is_valid():
        kept = kept_time(request, slug)
        page = you_page(request, kept, form, now=now, status=422) if kept else None
        return page or _nothing_kept(request, slug)
    if refusal is None:
        return redirect("book_series", slug=slug)
    kept = kept_time(request, slug)
    return refused(request, kept, refusal, now=now) or _nothing_kept(request, slug)


def _is_series(form: WhomForm) -> bool:
    """Whether more than one session is asked for: that goes on to the page of dates."""
    return isinstance(form, SignedInForm) and form.how_many > 1


def _book_with_code(
    request: HttpRequest, kept: Appointment, form: WhomForm, *, now: datetime
) -> HttpResponse:
    """Somebody who is not signed in: first the details, then the code."""
    if not form.is_valid():
        return you_page(request, kept, form, now=now, status=422)
    if "code" not in request.POST or "again" in request.POST:
        return _ask(request, kept, form, now=now)
    code_form = CodeForm(request.POST)
    if not code_form.is_valid():
        return you_page(request, kept, form, now=now, code_form=code_form, status=422)
    email = form.cleaned_data["email"]
    wait = seconds_to_wait("sign_in_try", request, visitor_key(request), address=email)
    if wait:
        return you_page(request, kept, form, now=now, refusal=TooManyTries(wait))
    return _prove_and_book(request, kept, form, code_form, now=now)


def _ask(request: HttpRequest, kept: Appointment, form: WhomForm, *, now: datetime) -> HttpResponse:
    """Mail a code and show the page again, whoever this is."""
    email, visitor = form.cleaned_data["email"], visitor_key(request)
    wait = seconds_to_wait("sign_in_code", request, visitor, address=email)
    if wait:
        return you_page(request, kept, form, now=now, refusal=TooManyTries(wait))
    ask_code(email, visitor=visitor, now=now)
    if "again" in request.POST:
        before = asked_address(request.session, now=now)
        messages.success(request, said_of_new_code(email, before=before))
    remember_asking(request.session, email, now=now)
    return redirect("book_you", slug=kept.service.slug)


def _prove_and_book(
    request: HttpRequest, kept: Appointment, form: WhomForm, code_form: CodeForm, *, now: datetime
) -> HttpResponse:
    """Check the code, sign in and book as one.

    The lock on the code's row lasts until the visit is there, so the second half of
    a double click waits and then finds it.
    """
    email, code = form.cleaned_data["email"], code_form.cleaned_data["code"]
    visit, refusal = _prove_book(request, kept, form, email, code, now=now)
    if visit is not None:
        return redirect("booked", public_id=visit.public_id)
    if isinstance(refusal, WrongCode):
        earlier = _sent_before(request, now=now)
        if earlier:
            return redirect("booked", public_id=earlier.public_id)
        return you_page(request, kept, form, now=now, code_form=code_form, refusal=refusal)
    assert refusal is not None  # there is a visit, or a reason why not
    return refused(request, kept, refusal, now=now) or redirect("book_service")


@calendar.in_one_transaction
def _prove_book(
    request: HttpRequest, kept: Appointment, form: WhomForm, email: str, code: str, *, now: datetime
) -> tuple[Appointment | None, BookingError | None]:
    """The visit, or why not; a refusal is no reason to forget that a code was tried."""
    try:
        user = check_code(visitor_key(request), email, code, now=now)
        login(request, user)
        if is_over(kept, now=now) and "hold_again" not in request.POST:
            _keep_as_seen(request, kept, now=now)
        return _book(request, kept.service.slug, form, user, now=now), None
    except BookingError as problem:
        return None, problem


def _book(
    request: HttpRequest,
    slug: str,
    form: WhomForm,
    user: Any,
    *,
    now: datetime,
) -> Appointment:
    """Book the kept time; one that has run out is kept again first, if that was the button."""
    visitor = visitor_key(request)
    wait = seconds_to_wait("book", request, visitor)
    if wait:
        raise TooManyTries(wait)
    if "hold_again" in request.POST:
        _hold_again(request, slug, visitor, now=now)
    whom = form.whom
    has_session = whom.client is not None  # who books for somebody known has been here before
    visit = book_for(
        visitor,
        whom,
        by=user,
        form_token=form.cleaned_data["form_token"],
        client_note=form.cleaned_data["note"],
        source_ref=invitation(request.session, slug),
        now=now,
        slug=slug,
        expected=read_shown(request.POST.get("shown", "")),
        with_it=partial(said_finish, request.session) if has_session else None,
    )
    finish(request.session, visit, is_saved=has_session)
    return visit


def _hold_again(request: HttpRequest, slug: str, visitor: str, *, now: datetime) -> None:
    kept = kept_time(request, slug)
    if kept and is_over(kept, now=now):
        remember_choice(request.session, _hold(kept, visitor, now=now))


def _keep_as_seen(request: HttpRequest, kept: Appointment, *, now: datetime) -> None:
    """Keep once more what ran out while the code was on its way.

    Raises HoldExpired when it has been taken, or Changed when it is not what was seen.
    """
    try:
        again = _hold(kept, visitor_key(request), now=now)
    except Taken as problem:
        raise HoldExpired from problem
    if not is_as_seen(request.session, again):
        raise Changed


def _hold(kept: Appointment, visitor: str, *, now: datetime) -> Appointment:
    return calendar.hold(
        kept.service,
        kept.starts_at,
        practitioner=kept.practitioner,
        location=kept.location,
        visitor=visitor,
        now=now,
    )
