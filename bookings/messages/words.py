"""Mails in words: neutral about health, with every link built from the site's own address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from bookings.messages.sources import Mail
from bookings.models import Appointment
from bookings.times import Words
from practitioners.models import ClinicSettings


def site_link(name: str, *args: Any) -> str:
    """An absolute address on our own site, never from a request's Host."""
    return settings.SITE_URL + reverse(name, args=args)


def write_mail(
    template: str,
    *,
    to: str,
    subject: str,
    clinic: ClinicSettings,
    attachments: tuple[tuple[str, bytes, str], ...] = (),
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Mail:
    """Render the text and the HTML of one template."""
    values = {"clinic": clinic, "subject": subject, "site_url": settings.SITE_URL, **context}
    return Mail(
        to=to,
        subject=subject,
        text="" + render_to_string(f"email/{template}.txt", values),  # no HTML: pages escape it
        html=render_to_string(f"email/{template}.html", values),
        attachments=attachments,
        headers=dict(headers or {}),
    )


def clinic_words(visit: Appointment, clinic: ClinicSettings) -> Words:
    """How this clinic says the times of a visit."""
    return Words(visit.zone, clinic.time_style)
