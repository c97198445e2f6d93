"""What a client wants to hear from us: in their own pages, and at the desk."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.clients import self_of
from bookings.consents import By, settle
from bookings.message_forms import MessageSettingsForm
from bookings.models import ChannelConsent, Client
from bookings.views.desk_joined import way_to_the_one_that_counts


@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Own settings, and those of a child; not those of another adult one books for."""
    people = Client.objects.own_record_of(request.user)
    client = get_object_or_404(people, public_id=public_id)
    return _settings(
        request, client, by=By.CLIENT, template="my_messages", way_on=reverse("my_sessions"),
        number_url=reverse("my_contact") if client == self_of(request.user) else "",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def desk_client_wishes(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What somebody has told the desk; practitioners do not change it."""
    if not request.user.is_desk_staff:
        raise PermissionDenied
    people = Client.objects.visible_to(request.user)
    client = get_object_or_404(people, public_id=public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_client_wishes")
    if elsewhere:
        return elsewhere
    return _settings(
        request, client, by=By.DESK, template="desk_client_wishes",
        way_on=reverse("desk_client", args=[public_id]),
        number_url=reverse("desk_client_edit", args=[public_id]),
    )  # fmt: skip


def _settings(
    request: HttpRequest, client: Client, *, by: str, template: str, way_on: str, number_url: str
) -> HttpResponse:
    form = MessageSettingsForm(request.POST if request.method == "POST" else None, client=client)
    if form.is_bound and form.is_valid():
        settle(client, wants=form.wants, preferred=form.liked, by=by, user=request.user,
               now=timezone.now())  # fmt: skip
        messages.success(request, f"Saved what {client.first_name} wants to hear from us.")
        return redirect(way_on)
    context = {
        "form": form,
        "client": client,
        "said": ChannelConsent.objects.of(client),
        "number_url": number_url,
    }
    status = form.wrong_status if form.is_bound else 200
    return render(request, f"bookings/{template}.html", context, status=status)
