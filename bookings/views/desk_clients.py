"""Entering and editing a person at the desk, with a look at who may be the same."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from bookings.client_forms import ClientForm, NewClientForm, what_was_typed
from bookings.clients import enter, likely_same
from bookings.models import Client
from bookings.views.desk import LONGEST_SEARCH
from bookings.views.desk_asked import carried
from bookings.views.desk_joined import way_to_the_one_that_counts


@require_http_methods(["GET", "HEAD", "POST"])
def desk_client_new(request: HttpRequest) -> HttpResponse:
    """Enter somebody new; people who may be the same are shown before anything is saved."""
    if not request.user.is_desk_staff:
        raise PermissionDenied
    known = what_was_typed(request.GET.get("q", "").strip()[:LONGEST_SEARCH])
    form = NewClientForm(request.POST if request.method == "POST" else None, initial=known)
    likely: list[Client] = []
    to_book = f"?{urlencode(wanted)}" if (wanted := carried(request)) else ""
    if form.is_bound and form.is_valid():
        likely = list(likely_same(form.instance)[:10])
        if not likely or form.cleaned_data["is_another"]:
            client = enter(form.instance, by=request.user, now=timezone.now())
            return redirect(f"{reverse('desk_book', args=[client.public_id])}{to_book}")
        form.add_error("is_another", NewClientForm.LOOK)
    context = {"form": form, "likely": likely, "to_book": to_book}
    status = 422 if form.is_bound else 200
    return render(request, "bookings/desk_client_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def desk_client_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change how somebody is reached and booked."""
    if not request.user.is_desk_staff:
        raise PermissionDenied
    people = Client.objects.visible_to(request.user)
    if request.method == "POST":
        people = people.select_for_update(of=("self",), no_key=True)
    client = get_object_or_404(people, public_id=public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_client_edit")
    if elsewhere:
        return elsewhere
    form = ClientForm(request.POST if request.method == "POST" else None, instance=client)
    if form.is_bound and form.is_valid():
        enter(form.instance, by=request.user, now=timezone.now())
        messages.success(request, f"The contact data of {client.name} is saved.")
        return redirect("desk_client", client.public_id)
    context = {"form": form, "client": client}
    status = form.wrong_status if form.is_bound else 200
    return render(request, "bookings/desk_client_edit.html", context, status=status)
