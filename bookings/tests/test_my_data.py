"""Taking home what we hold: everything of one's own, and no word of anybody else."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.consents import opt_out
from bookings.messages import outbox
from bookings.models import ClientAccess, WaitlistEntry
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user

URL, JSON, CSV = "/my/data/", "/my/data/my-data.json", "/my/data/my-sessions.csv"


@pytest.fixture
def me(world: World, client: Browser) -> Any:
    user = make_user(name="Robin Known", email="robin@example.com")
    own = make_client(
        user, name="Robin Known", called="Rob", phone="+447700900111",
        date_of_birth=date(1984, 3, 27), desk_note="desk words",
    )  # fmt: skip
    make_appointment(
        world.person, world.service, world.place, world.start, client=own,
        client_note="Hard stairs", desk_note="desk words", booked_at=timezone.now(),
    )  # fmt: skip
    pat = make_client(name="Pat Known", phone="+447700900222", date_of_birth=date(1985, 1, 2))
    ClientAccess.objects.create(user=user, client=pat, relation="partner", scope="booking")
    later = world.start + timedelta(hours=3)
    make_appointment(world.person, world.service, world.place, later, client=pat)
    client.force_login(user)
    return user


def own_of(user: Any) -> Any:
    return user.client_access.get(relation="self").client


def test_everything_of_ones_own_is_there(world: World, client: Browser, me: Any) -> None:
    own = own_of(me)
    opt_out(own, now=timezone.now())
    outbox.write("letter", source_type="test", source_id=1, client=own, now=timezone.now())
    today = timezone.now().date()
    WaitlistEntry.objects.create(
        client=own, service=world.service, location=world.place, first_day=today, last_day=today
    )
    answer = client.get(JSON)
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    robin, pat = json.loads(answer.content)["people"]
    assert (robin["name"], robin["called"], robin["phone"]) == (
        "Robin Known",
        "Rob",
        "+447700900111",
    )
    assert robin["date_of_birth"] == "1984-03-27"
    (visit,) = robin["sessions"]
    assert (visit["time"], visit["time_zone"], visit["price"]) == (
        "10:00",
        "Europe/London",
        "58.00",
    )
    assert (visit["your_note"], visit["state"]) == ("Hard stairs", "Booked")
    assert [one["wanted"] for one in robin["reminders"]] == [False, False]
    assert [one["state"] for one in robin["waiting_list"]] == ["Waiting"]
    assert [one["kind"] for one in robin["messages"]] == ["letter"]
    assert set(pat) == {"relation", "name", "sessions"}
    assert len(pat["sessions"]) == 1


def test_the_table_has_a_row_per_session(world: World, client: Browser, me: Any) -> None:
    answer = client.get(CSV)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["person"] for row in rows] == ["Pat Known", "Robin Known"]
    assert rows[1]["date"] == f"{world.start:%Y-%m-%d}"
    assert rows[1]["session"] == world.service.name


def test_no_cell_is_a_formula(world: World, client: Browser, me: Any) -> None:
    own = own_of(me)
    own.name = '=HYPERLINK("http://evil")'
    own.save()
    rows = list(csv.reader(io.StringIO(client.get(CSV).content.decode("utf-8-sig"))))
    assert rows[2][0] == '\'=HYPERLINK("http://evil")'


@pytest.mark.parametrize("path", [JSON, CSV])
def test_no_word_of_the_desk_or_of_anybody_else(
    world: World, client: Browser, me: Any, path: str
) -> None:
    stranger = make_client(make_user(), name="Somebody Else", phone="+447700900999")
    at = world.start + timedelta(days=1)
    visit = make_appointment(world.person, world.service, world.place, at, client=stranger)
    text = client.get(path).content.decode()
    for word in ("desk words", "Somebody Else", "900999", str(visit.public_id), "900222", "1985"):
        assert word not in text


@pytest.mark.parametrize("path", [URL, JSON, CSV])
def test_nobody_in_between_keeps_it(client: Browser, me: Any, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert Browser().get(path).url.startswith("/sign-in/")
    assert client.post(path).status_code == 405


def test_somebody_without_bookings_takes_home_an_empty_table(world: World) -> None:
    for user in (make_user(), make_staff("Admin")):
        browser = Browser()
        browser.force_login(user)
        assert json.loads(browser.get(JSON).content)["people"] == []
        assert browser.get(CSV).content.decode("utf-8-sig").count("\n") == 1
        assert "Your data" in text_of(browser.get(URL))


@pytest.mark.parametrize("path", [JSON, CSV])
def test_its_queries_do_not_grow(world: World, client: Browser, me: Any, path: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    count()
    few = count()
    for number in range(1, 6):
        child = make_client(name=f"Child {number}")
        ClientAccess.objects.create(user=me, client=child, relation="guardian", scope="record")
        at = world.start + timedelta(days=number)
        make_appointment(world.person, world.service, world.place, at, client=child)
    assert count() == few
