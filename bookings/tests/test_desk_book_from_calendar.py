"""From a day of the calendar to a booking on that day: what was pressed goes along."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Client
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff

CLIENTS = "/desk/clients/"


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


def links(page: str, words: str) -> list[str]:
    found = re.findall(r'href="([^"]*)"[^>]*>' + words, page)
    return [one.replace("&amp;", "&") for one in found]


def test_a_day_of_the_week_leads_to_a_booking_on_that_day(
    world: World, client: Browser, desk: Any
) -> None:
    person = make_client(name="Robin Known")
    day = world.start.astimezone(world.place.zone).date()
    week = text_of(client.get(f"/desk/week/?day={day}&practitioner={world.person.slug}"))
    wanted = f"practitioner={world.person.slug}&from={day}"
    assert f"{CLIENTS}?{wanted}" in links(week, "Book<")
    found = text_of(client.get(f"{CLIENTS}?{wanted}&q=robin"))
    book = f"{CLIENTS}{person.public_id}/book/?{wanted}"
    assert links(found, "Book<") == [book]
    what = text_of(client.get(book))
    assert f'value="{world.person.slug}" selected' in what
    assert f'<input type="hidden" name="from" value="{day}">' in what
    sent = {"service": world.service.slug, "practitioner": world.person.slug, "from": str(day)}
    times = client.get(book.split("?")[0], sent)["Location"]
    assert times.endswith(f"/book/{world.service.slug}/?{wanted}")
    page = text_of(client.get(times))
    assert page.index(f"<legend>{day:%A}<span>{day.day} ") == page.index("<legend>")


def test_somebody_new_is_booked_there_as_well(world: World, client: Browser, desk: Any) -> None:
    wanted = f"practitioner={world.person.slug}&from={world.start:%Y-%m-%d}"
    new = f"{CLIENTS}new/?{wanted}"
    assert new in links(text_of(client.get(f"{CLIENTS}?{wanted}")), "New client")
    answer = client.post(new, {"name": "Nora New", "phone": "", "email": ""})
    assert answer["Location"] == f"{CLIENTS}{Client.objects.get().public_id}/book/?{wanted}"


def test_days_that_are_over_lead_nowhere(world: World, client: Browser, desk: Any) -> None:
    past = timezone.now().date() - timedelta(days=14)
    week = text_of(client.get(f"/desk/week/?day={past}&practitioner={world.person.slug}"))
    assert not [one for one in links(week, "Book<") if "from=" in one]


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "\uff12\uff10", "1" * 500, "%00"])
def test_what_is_no_day_is_left_behind(world: World, client: Browser, desk: Any, bad: str) -> None:
    person = make_client()
    page = text_of(client.get(CLIENTS, {"from": bad}))
    assert links(page, "Book<") == [f"{CLIENTS}{person.public_id}/book/"]
    assert "Find who the session is for" not in page
