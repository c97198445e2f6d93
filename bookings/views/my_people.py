"""The people a login books for: adding somebody, and no longer booking for somebody."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.clients import other_client, stop_acting_for
from bookings.models import Appointment, ClientAccess
from bookings.my_forms import PersonForm


@require_http_methods(["GET", "HEAD", "POST"])
def my_people(request: HttpRequest) -> HttpResponse:
    """Everybody this login books for, with a form for one more."""
    now = timezone.now()
    sent = request.POST if request.method == "POST" else None
    form = PersonForm(sent)
    if form.is_bound and form.is_valid():
        person = other_client(request.user, **form.cleaned_data, now=now)
        messages.success(request, f"You can now book for {person.name}.")
        return redirect("my_people")
    context = {"form": form, "people": ClientAccess.objects.of_others(request.user)}
    return render(request, "bookings/my_people.html", context, status=422 if sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def my_person_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask once, with what becomes of their sessions, then stop booking for somebody."""
    others = ClientAccess.objects.of_others(request.user)
    access = get_object_or_404(others, client__public_id=public_id)
    if request.method == "POST":
        stop_acting_for(access)
        messages.success(request, f"You no longer book for {access.client.name}.")
        return redirect("my_people")
    visits = Appointment.objects.filter_for([access.client]).upcoming(now=timezone.now())
    context = {"access": access, "coming": visits.count(), "hide_book_button": True}
    return render(request, "bookings/my_person_remove.html", context)
