"""A form with values put in says the same as its templates rendered for that one mail."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test.utils import override_settings

from bookings.messages.forms import fill_form
from bookings.messages.texts import fill
from bookings.messages.words import write_mail
from practitioners.models import ClinicSettings

OPENING = "Hello {name},\n\nyour session: {when}, 100% sure.\n\n{phone}\n\n{nothing} at {clinic}"
NASTY = {
    "name": "<b>O'Neil & {link} %(link)s \ue000when\ue001</b>",
    "when": "Tuesday 1 December, 10:15am",
    "link": "https://clinic.example/v/a:b/?c=1&d=2",
    "clinic": "Willow & Sons",
    "phone": "",
    "reference": "K7QM2X",
    "practitioner": 'Dana "D" Demo',
    "place": "Willow\nStreet",
    "unsubscribe": "https://clinic.example/u/x/",
}
KNOWN = {
    "kind": "moved",
    "button": "Open 100%",
    "address": "1 Willow Street\nLondon",
    "access_notes": "Ring <twice>",
    "others": ("Monday, 9am", "Friday, 9am"),
}
CLINIC = ClinicSettings(name="Willow & Sons", phone="", policy="50% is due.\nWe mean it.")


def both(template: str, values: Mapping[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Text and HTML by the form, and by the templates."""
    about = {"to": "maya@example.com", "subject": f"About {values['when']}", "clinic": CLINIC}
    ours = fill_form(template, **about, opening=OPENING, values=values, **KNOWN)  # type: ignore[arg-type]
    opening = fill(OPENING, values)
    shown = {name: value for name, value in values.items() if name != "clinic"}
    plain = write_mail(template, **about, opening=opening, **shown, **KNOWN)  # type: ignore[arg-type]
    return (ours.text, ours.html), (plain.text, plain.html)


@pytest.mark.parametrize("template", ["visit", "to_client", "waiting_list_offer"])
@pytest.mark.parametrize("change", [{}, {"name": "Maya"}, {"name": "Ma\nya"}, {"unsubscribe": ""}])
def test_a_form_says_what_its_templates_say(template: str, change: dict[str, str]) -> None:
    values = {**NASTY, "until": "11am", **change}
    for _ in range(2):  # the second is put into a form that is kept
        ours, plain = both(template, values)
        assert ours == plain


def test_a_form_follows_the_clinic_and_the_site() -> None:
    def said() -> str:
        return fill_form(
            "visit",
            to="",
            subject="",
            opening="{clinic}",
            clinic=CLINIC,
            values={},
            kind="cancelled",
        ).text

    before = said()
    try:
        CLINIC.phone = "020 7946 0000"
        assert said() == before.replace("Willow & Sons\n", "Willow & Sons, 020 7946 0000\n")
    finally:
        CLINIC.phone = ""
    with override_settings(SITE_URL="https://other.example"):
        assert "https://other.example/" in said()
