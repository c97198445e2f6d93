"""Mails to clients: templates rendered once for all who read the same but for some values.

    templates + what all read ──► a form, kept: "Hello %(name)s, …" ──► a mail for each

To render two templates takes longer than all else that is done for a mail. They are
rendered with stand-ins for the values: they may show them and ask whether there is one,
but not compute from them.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string

from bookings.messages import texts
from bookings.messages.sources import Mail
from practitioners.models import ClinicSettings

STAND_IN = re.compile("\ue000([a-z_]+)\ue001")  # of characters that nobody types
KEPT = 64  # forms: some kinds, each for some places


class Clinic(NamedTuple):
    """What mails say of the clinic."""

    name: str
    phone: str
    policy: str


@dataclass(frozen=True, slots=True)
class Form:
    """A text and its HTML, with places for values."""

    text: str
    html: str


def fill_form(
    template: str,
    *,
    to: str,
    subject: str,
    opening: str,
    clinic: ClinicSettings,
    values: Mapping[str, str],
    attachments: tuple[tuple[str, bytes, str], ...] = (),
    headers: Mapping[str, str] | None = None,
    **known: Hashable,
) -> Mail:
    """A mail of a template; `opening` has values in braces, `known` is the same for many."""
    every = {**values, "subject": subject}
    fit = {name: value for name, value in every.items() if _fits(value)}
    others = tuple((name, value) for name, value in every.items() if name not in fit)
    form = _form(
        template,
        opening,
        tuple(fit),
        (*others, *known.items()),
        Clinic(clinic.name, clinic.phone, clinic.policy),
        settings.SITE_URL,
    )
    return Mail(
        to=to,
        subject=subject,
        text=form.text % fit,
        html=form.html % {name: escape(value) for name, value in fit.items()},
        attachments=attachments,
        headers=dict(headers or {}),
    )


def _fits(value: str) -> bool:
    """Whether templates show it as it is: nothing is left out, and no line is broken."""
    return bool(value) and "\n" not in value and "\r" not in value


@lru_cache(maxsize=KEPT)
def _form(
    template: str,
    opening: str,
    names: tuple[str, ...],
    known: tuple[tuple[str, Hashable], ...],
    clinic: Clinic,
    site_url: str,
) -> Form:
    """Render a template with a stand-in for each of these names."""
    said = {**dict(known), **{name: f"\ue000{name}\ue001" for name in names}}
    in_braces = {name: str(said[name]) for name in texts.VARIABLES if name in said}
    said |= {
        "opening": texts.fill(opening, in_braces),
        "clinic": clinic,
        "site_url": site_url,
    }
    return Form(_places(f"email/{template}.txt", said), _places(f"email/{template}.html", said))


def _places(template: str, said: Mapping[str, object]) -> str:
    """What a template says, with places where the stand-ins were."""
    rendered = str(render_to_string(template, dict(said)))
    return STAND_IN.sub(r"%(\1)s", rendered.replace("%", "%%"))
