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
    page = text_of(client.get(f"{CLIENTS}?{wanted}&q=Nora+New"))
    assert f'formaction="{CLIENTS}new/">New client<' in page  # with what stands in the form
    assert f'name="practitioner" value="{world.person.slug}"' in page
    (new,) = links(page, "Enter a new client")
    assert new == f"{CLIENTS}new/?{wanted}&q=Nora+New"
    assert 'name="name" value="Nora New"' in text_of(client.get(new))
    answer = client.post(new, {"name": "Nora New", "phone": "", "email": ""})
    nora = Client.objects.get()
    assert answer["Location"] == f"{CLIENTS}{nora.public_id}/book/?{wanted}"
    again = text_of(client.post(new, {"name": "N New", "phone": "", "email": nora.email or "x"}))
    assert f"{CLIENTS}?{wanted}" in links(again, "Clients<")


def test_who_may_be_the_same_is_booked_there_as_well(
    world: World, client: Browser, desk: Any
) -> None:
    known = make_client(email="nora@example.com")
    wanted = f"from={world.start:%Y-%m-%d}"
    sent = {"name": "N New", "phone": "", "email": "nora@example.com"}
    page = text_of(client.post(f"{CLIENTS}new/?{wanted}", sent))
    assert links(page, "Book for ") == [f"{CLIENTS}{known.public_id}/book/?{wanted}"]


@pytest.mark.parametrize(
    ("typed", "box"),
    [("nora new", "name"), ("nora@example.com", "email"), ("07700 900123", "phone"),
     ("+44 (0)7700", "phone"), ("Nora 2", "name")],
)  # fmt: skip
def test_what_was_searched_for_stands_in_the_box_that_it_is_for(
    world: World, client: Browser, desk: Any, typed: str, box: str
) -> None:
    page = text_of(client.get(f"{CLIENTS}new/", {"q": typed}))
    assert re.search(
        rf'name="{box}"[^>]* value="{re.escape(typed)}"|name="{box}" value="{re.escape(typed)}"',
        page,
    )
    assert page.count(f'value="{typed}"') == 1


def test_the_search_waits_for_a_name(world: World, client: Browser, desk: Any) -> None:
    """What was found is looked at, not typed over."""
    assert re.search(r'<input[^>]*id="q"[^>]* autofocus>', text_of(client.get(CLIENTS)))
    assert "autofocus" not in text_of(client.get(f"{CLIENTS}?q=nora"))


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
