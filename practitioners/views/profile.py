"""Specialists keep their own public page up to date."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from practitioners.forms import ProfileForm
from practitioners.photos import drop_replaced


@require_http_methods(["GET", "HEAD", "POST"])
def desk_profile(request: HttpRequest) -> HttpResponse:
    """What visitors read about the person who is signed in."""
    user: Any = request.user
    if not user.is_practitioner:
        raise PermissionDenied
    person = user.practitioner
    old_photo = person.photo.name
    is_sent = request.method == "POST"
    form = ProfileForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, instance=person
    )
    if form.is_valid():
        drop_replaced(old_photo, form.save().photo)
        messages.success(request, "Your profile is saved.")
        return redirect("desk_profile")
    context = {
        "form": form,
        "address": person.get_absolute_url() if person.is_shown(on=timezone.now().date()) else "",
    }
    return render(
        request, "practitioners/desk_profile.html", context, status=422 if form.errors else 200
    )
