"""The pages behind the link of a mail. Looking changes nothing; the link dies with its time.

A link that is ours but has ended may ask for a new one, which goes to the address
we have. Anything else gets the page of a wrong link, whatever is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.forms import EmailForm
from bookings.instead import soonest_times
from bookings.links import (
    BadLink,
    OldLink,
    read_undo_link,
    read_visit_link,
    visit_link,
    visit_token,
)
from bookings.models import Appointment
from bookings.new_links import send_for_address, send_for_link
from bookings.throttle import seconds_to_wait
from bookings.views.booked import calendar_response
from bookings.views.changing import (
    Way,
    cancel_visit,
    move_visit,
    show_visit,
    undo_change,
    undo_of,
)
from bookings.views.times import too_many
from bookings.visitors import visitor_key

MOVED_HERE = "moved_by_link"  # in the session: which visit, and the version of its link since
View = Callable[[HttpRequest, Appointment, Way], HttpResponse]


def behind_link(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the visit of a token, or answer for one that has ended or never was."""

    @wraps(view)
    def run(request: HttpRequest, token: str) -> HttpResponse:
        try:
            visit = read_visit_link(token, now=timezone.now())
        except OldLink as old:
            now_at = _moved_here(request, old.visit) or _just_cancelled(request, old)
            return now_at or _ended(request, old.visit, token)
        except BadLink:
            return wrong_link(request)
        return view(request, visit, way_by(token))

    return run


def way_by(token: str) -> Way:
    """What the link of a token leads to."""
    names = ("visit_link", "visit_link_move", "visit_link_cancel", "visit_link_file")
    show, move, cancel, file = (reverse(name, args=[token]) for name in names)
    return Way(show, move, cancel, file, is_link=True)


@login_not_required
@require_safe
@behind_link
def visit_by_link(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Show the visit. No other site, and no other page of ours, hears the address."""
    return show_visit(request, visit, way)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def visit_by_link_cancel(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Ask, then cancel."""
    return cancel_visit(request, visit, way)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def visit_by_link_move(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Choose another time."""
    answer = move_visit(request, visit, way)
    if answer.status_code == 302:
        request.session[MOVED_HERE] = [str(visit.public_id), visit.link_version]
    return answer


@login_not_required
@require_POST
def visit_by_link_undo(request: HttpRequest, token: str) -> HttpResponse:
    """Undo what was done by a mail's link a moment ago; the page after it has the address."""
    try:
        visit = read_undo_link(token)
    except BadLink:
        return wrong_link(request)
    return undo_change(request, visit, way_by(visit_token(visit)))


@login_not_required
@require_safe
@behind_link
def visit_by_link_file(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """The calendar file."""
    return calendar_response(visit)


@login_not_required
@require_POST
def visit_link_renew(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new link for an old one; the same answer whatever the link was."""
    wait = seconds_to_wait("sign_in_code", request, visitor_key(request))
    if wait:
        return too_many(request, wait)
    send_for_link(token, now=timezone.now())
    return _on_its_way(request)


@login_not_required
@require_POST
def visit_link_new(request: HttpRequest) -> HttpResponse:
    """Send new links to an address; the same answer whether or not we know it."""
    form = EmailForm(request.POST)
    if not form.is_valid():
        return wrong_link(request, form=form, status=422)
    email = form.cleaned_data["email"]
    wait = seconds_to_wait("sign_in_code", request, visitor_key(request), address=email)
    if wait:
        return too_many(request, wait)
    send_for_address(email, now=timezone.now())
    return _on_its_way(request)


def _on_its_way(request: HttpRequest) -> HttpResponse:
    return render(request, "bookings/link_sent.html", {"hide_book_button": True})


def _moved_here(request: HttpRequest, visit: Appointment) -> HttpResponse | None:
    """The back button of the browser that has moved a visit leads to where it is now.

    Not after another change, and in no other browser: an old link shows nobody the new time.
    """
    is_here = request.session.get(MOVED_HERE) == [str(visit.public_id), visit.link_version]
    return redirect(visit_link(visit)) if is_here else None


def _just_cancelled(request: HttpRequest, old: OldLink) -> HttpResponse | None:
    """While it can be undone, the link that cancelled a visit says so; a second press leads there."""
    visit, way = old.visit, way_by(visit_token(old.visit))
    if not (old.is_last and visit.is_cancelled and undo_of(visit, way, now=timezone.now())):
        return None
    return redirect(way.show) if request.method == "POST" else show_visit(request, visit, way)


def _ended(request: HttpRequest, visit: Appointment, token: str) -> HttpResponse:
    """The link was ours: say why it has ended, and change nothing."""
    now = timezone.now()
    is_to_come = visit.status == Appointment.Status.BOOKED and visit.starts_at > now
    context = {
        "is_cancelled": visit.is_cancelled,
        "is_to_come": is_to_come,
        "renew": reverse("visit_link_renew", args=[token]),
        "times": soonest_times(visit.service, visit.location, now=now),
        "hide_book_button": True,
    }
    return render(request, "bookings/link_over.html", context, status=410)


def wrong_link(
    request: HttpRequest, *, form: EmailForm | None = None, status: int = 404
) -> HttpResponse:
    """Not a link of ours, or cut off on the way: offer to send a new one."""
    context = {"form": form or EmailForm(), "hide_book_button": True}
    return render(request, "bookings/link_wrong.html", context, status=status)
