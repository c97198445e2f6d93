"""The clinic's own words for messages: a list, and a page for each with a preview."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import own_words
from bookings.messages.texts import TEXTS, Words, label_of, our_words, words_of
from bookings.models import Client, MessageTemplate
from bookings.own_words_forms import OwnWordsForm
from practitioners.models import ClinicSettings

Channel = Client.Channel


def by_who_may_write(view: Callable[..., HttpResponse]) -> Any:
    """Admins and clinical leads write the clinic's texts; nobody else. 404 for no such text."""

    @wraps(view)
    def guarded(request: HttpRequest, **about: str) -> HttpResponse:
        if not (request.user.is_clinic_admin or request.user.is_clinical_lead):
            raise PermissionDenied
        if about and (about["kind"] not in TEXTS or about["channel"] not in Channel.values):
            raise Http404
        return view(request, **about)

    return guarded


@require_safe
@by_who_may_write
def desk_texts(request: HttpRequest) -> HttpResponse:
    """Every kind on every channel, and whether it is said in the clinic's own words."""
    own = {(row.kind, row.channel): row for row in MessageTemplate.objects.with_author()}
    rows = [
        {"kind": kind, "label": label_of(kind), "cells": [
            {"channel": channel, "words": channel.label, "own": own.get((kind, channel.value))}
            for channel in Channel
        ]}
        for kind in TEXTS
    ]  # fmt: skip
    return render(request, "bookings/desk_texts.html", {"rows": rows, "channels": Channel})


@require_http_methods(["GET", "HEAD", "POST"])
@by_who_may_write
def desk_text(request: HttpRequest, kind: str, channel: str) -> HttpResponse:
    """Write, look at and save the words of one message."""
    form = OwnWordsForm(
        request.POST if request.method == "POST" else None,
        text=kind, channel=channel, words=words_of(kind, channel),
    )  # fmt: skip
    shown, is_wrong = words_of(kind, channel), form.is_bound and not form.is_valid()
    if form.is_bound and not is_wrong:
        shown = form.words
        if "look" not in request.POST:
            own_words.save(kind, channel, shown, by=request.user, now=timezone.now())
            messages.success(request, f"Saved. {label_of(kind)} is said like this from now on.")
            return redirect("desk_text", kind=kind, channel=channel)
    return _page(request, form, kind, channel, shown, status=form.wrong_status if is_wrong else 200)


@require_POST
@by_who_may_write
def desk_text_restore(request: HttpRequest, kind: str, channel: str) -> HttpResponse:
    """Go back to the text that came with the product."""
    if own_words.restore(kind, channel):
        messages.success(request, f"{label_of(kind)} is said in our words again.")
    return redirect("desk_text", kind=kind, channel=channel)


def _page(
    request: HttpRequest, form: OwnWordsForm, kind: str, channel: str, shown: Words, *, status: int
) -> HttpResponse:
    clinic = ClinicSettings.current()
    context = {
        "form": form,
        "kind": kind,
        "channel": channel,
        "heading": f"{label_of(kind)}, {Channel(channel).label.lower()}",
        "preview": own_words.preview(kind, channel, shown, clinic),
        "is_ours": shown == our_words(kind, channel),
        "is_own": MessageTemplate.objects.with_author().of(kind, channel).first(),
    }
    return render(request, "bookings/desk_text.html", context, status=status)
