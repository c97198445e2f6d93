"""What becomes of the sessions of somebody who stops working here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from bookings import calendar
from bookings.admin.changing_hours import link_to
from bookings.errors import BookingError
from bookings.feeds import close_feed_of
from bookings.models import Appointment
from practitioners.models import ClinicSettings, Practitioner

STAY, KEEP, CANCEL = "stay", "keep", "cancel"
REASON = "The specialist is no longer with us"


class LeavingForm(forms.Form):
    """What shall become of the sessions."""

    sessions = forms.ChoiceField(
        label="What should happen to these sessions?",
        choices=(
            (STAY, "They take place. Stop new bookings now, stay active until they are over"),
            (KEEP, "They stay in the calendar for the desk to move. Make inactive now"),
            (CANCEL, "Cancel them all and tell every client by mail. Make inactive now"),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what should happen to the sessions"},
    )


def leaving_page(admin: Any, request: HttpRequest, key: int) -> HttpResponse:
    """Ask, and do what was answered."""
    person = Practitioner.objects.filter(pk=key).first()
    if person is None:
        raise Http404
    if not admin.has_change_permission(request, person):
        raise PermissionDenied
    form = LeavingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        text = part_from_calendar(person, form.cleaned_data["sessions"], by=request.user)
        admin.log_change(request, person, text)
        admin.message_user(request, text, messages.SUCCESS)
        return redirect(admin._address(person))
    visits, style = coming(person), ClinicSettings.current().time_style
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"{person} still has {len(visits)} session{'' if len(visits) == 1 else 's'}",
        "person": person,
        "visits": [link_to(visit, style) for visit in visits],
        "form": form,
        "errors": form.errors,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/leaving.html", context, status=status)


def coming(*people: Practitioner) -> list[Appointment]:
    """The sessions that people still have, soonest first."""
    visits = Appointment.objects.upcoming(now=timezone.now()).filter(practitioner__in=people)
    return list(visits.select_related("practitioner", "service", "location"))


def part_from_calendar(person: Practitioner, answer: str, *, by: Any) -> str:
    """Stop bookings with somebody, then do with the sessions as answered; returns what was done.

    The person is closed to bookings under the locks of the calendar, so no session is
    booked between the question and the last cancellation.
    """
    fields = {"is_bookable_online": False, **({} if answer == STAY else {"is_active": False})}
    row = Practitioner.objects.filter(pk=person.pk)
    calendar.change_hours([person.pk], lambda: row.update(**fields), by=by, now=timezone.now())
    if answer == STAY:
        return f"{person} is hidden from booking and stays active."
    close_feed_of(person)
    done = f"{person} is inactive."
    return f"{done} {_cancel_all(person, by=by)}" if answer == CANCEL else done


def _cancel_all(person: Practitioner, *, by: Any) -> str:
    cancelled, refused = 0, 0
    for visit in coming(person):
        try:
            calendar.cancel(
                visit,
                cancelled_by=Appointment.CancelledBy.CLINIC,
                by=by,
                now=timezone.now(),
                reason=REASON,
                for_staff=True,
            )
            cancelled += 1
        except BookingError:  # begun, or cancelled by the client a moment ago
            refused += 1
    said = f"{cancelled} session{'' if cancelled == 1 else 's'} cancelled."
    return f"{said} {refused} could not be cancelled; see the desk." if refused else said
