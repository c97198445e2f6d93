"""Hours, time off and closures in the administration, and the booked visits they leave outside."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment
from bookings.outside_hours import left_outside
from bookings.tests.factories import HOUR, SmallClinic, make_appointment, make_staff, make_user
from clinic.tests.admin_forms import filled
from practitioners.models import Availability, Closure, ExtraHours, Practitioner, TimeOff
from practitioners.tests.factories import make_location

pytestmark = pytest.mark.django_db
SPECIALIST = "/admin/practitioners/practitioner/{}/change/"


class World(SmallClinic):
    """A small clinic with a visit next Monday at ten, whatever day it is now."""

    def __init__(self) -> None:
        super().__init__()
        today = timezone.now().date()
        self.day = today + timedelta(days=7 - today.weekday())
        self.at = datetime(self.day.year, self.day.month, self.day.day, 10, tzinfo=self.place.zone)
        self.visit = self.stranger(self.at.astimezone(UTC))

    def outside(self) -> list[tuple[Appointment, str]]:
        found = left_outside([self.person.pk], now=timezone.now())
        return [(one.visit, one.reason) for one in found]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(client: Browser) -> Browser:
    client.force_login(make_staff("Front desk"))
    return client


@pytest.fixture
def admin(client: Browser) -> Browser:
    client.force_login(make_staff("Admin"))
    return client


def send(browser: Browser, path: str, data: Any) -> Any:
    return browser.post(
        path, data.urlencode(), content_type="application/x-www-form-urlencoded", follow=True
    )


def away(world: World, **changed: Any) -> dict[str, Any]:
    day = world.day.isoformat()
    return {
        "practitioner": world.person.pk,
        "starts_at_0": day, "starts_at_1": "09:00", "ends_at_0": day, "ends_at_1": "12:00",
        **changed,
    }  # fmt: skip


def test_a_visit_within_the_hours_is_not_named(world: World) -> None:
    assert world.outside() == []


def test_time_off_names_the_visits_inside_it_and_keeps_them(desk: Browser, world: World) -> None:
    answer = desk.post("/admin/practitioners/timeoff/add/", away(world), follow=True)
    page = answer.content.decode()
    assert TimeOff.objects.count() == 1
    assert "1 booked session must be moved or cancelled" in page
    assert "during time off" in page
    assert f"/desk/visits/{world.visit.public_id}/" in page
    assert world.outside() == [(world.visit, "away")]
    world.visit.refresh_from_db()
    assert world.visit.status == "booked"


def test_the_warning_names_no_client(desk: Browser, world: World) -> None:
    assert world.visit.client is not None
    answer = desk.post("/admin/practitioners/timeoff/add/", away(world))
    assert world.visit.client.name not in str(answer.cookies)
    assert world.visit.client.name not in desk.get("/admin/").content.decode()


def test_time_off_is_read_on_the_clock_of_the_place(desk: Browser, world: World) -> None:
    world.place.time_zone = "America/New_York"
    world.place.save()
    desk.post("/admin/practitioners/timeoff/add/", away(world))
    starts = TimeOff.objects.get().starts_at
    assert starts.astimezone(world.place.zone).strftime("%H:%M") == "09:00"


def test_a_closure_names_the_visits_of_that_day(desk: Browser, world: World) -> None:
    day = world.day.isoformat()
    data = {"kind": "closed", "name": "Stocktaking", "starts_on": day, "ends_on": day}
    page = desk.post("/admin/practitioners/closure/add/", data, follow=True).content.decode()
    assert "the clinic is closed" in page
    assert world.outside() == [(world.visit, "closed")]


def test_a_location_that_is_given_up_names_its_visits(admin: Browser, world: World) -> None:
    path = f"/admin/practitioners/location/{world.place.pk}/change/"
    page = send(admin, path, filled(admin, path, is_active=None)).content.decode()
    assert "the clinic is closed" in page
    assert world.outside() == [(world.visit, "closed")]


def test_what_is_wrong_stands_above_the_page(desk: Browser, world: World) -> None:
    page = desk.post("/admin/practitioners/timeoff/add/", {}).content.decode()
    assert "There is a problem" in page
    assert '<a href="#id_practitioner">Choose the practitioner</a>' in page
    assert '<a href="#id_starts_at_0">Enter the ' in page


def test_what_is_wrong_in_a_row_stands_there_too(admin: Browser, world: World) -> None:
    path = SPECIALIST.format(world.person.pk)
    data = filled(admin, path, name=None)
    data["availability-0-ends_at"] = "01:00"
    answer = send(admin, path, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#id_name">Enter the name</a>' in page
    assert "The end must be after the start." in page.partition("<h1>")[0]


def test_a_closure_elsewhere_warns_of_nothing(desk: Browser, world: World) -> None:
    day, other = world.day.isoformat(), make_location()
    data = {
        "kind": "closed", "name": "Painting", "starts_on": day, "ends_on": day,
        "location": other.pk,
    }  # fmt: skip
    page = desk.post("/admin/practitioners/closure/add/", data, follow=True).content.decode()
    assert Closure.objects.get().location == other
    assert "must be moved" not in page


def test_shorter_weekly_hours_name_the_visits_outside(desk: Browser, world: World) -> None:
    monday = Availability.objects.get(practitioner=world.person, weekday=1)
    path = f"/admin/practitioners/availability/{monday.pk}/change/"
    page = send(desk, path, filled(desk, path, starts_at="13:00")).content.decode()
    assert "outside the hours" in page
    assert world.outside() == [(world.visit, "outside")]


def test_deleting_weekly_hours_names_them_too(desk: Browser, world: World) -> None:
    monday = Availability.objects.get(practitioner=world.person, weekday=1)
    path = f"/admin/practitioners/availability/{monday.pk}/delete/"
    page = desk.post(path, {"post": "yes"}, follow=True).content.decode()
    assert "outside the hours" in page
    several = {"action": "delete_selected", "post": "yes", "_selected_action": []}
    keys = Availability.objects.values_list("pk", flat=True)
    several["_selected_action"] = list(keys)
    page = desk.post("/admin/practitioners/availability/", several, follow=True).content.decode()
    assert "1 booked session" in page
    assert not Availability.objects.exists()


def test_extra_hours_bring_a_visit_back_inside(desk: Browser, world: World) -> None:
    Availability.objects.filter(practitioner=world.person).delete()
    assert world.outside() == [(world.visit, "outside")]
    data = {
        "practitioner": world.person.pk, "location": world.place.pk, "on": world.day.isoformat(),
        "starts_at": "09:00", "ends_at": "12:00",
    }  # fmt: skip
    page = desk.post("/admin/practitioners/extrahours/add/", data, follow=True).content.decode()
    assert ExtraHours.objects.count() == 1
    assert "must be moved" not in page
    assert world.outside() == []


def test_two_rows_that_meet_hold_a_visit_between_them(world: World) -> None:
    monday = Availability.objects.get(practitioner=world.person, weekday=1)
    middle = (world.at + HOUR / 2).time()
    Availability.objects.create(
        practitioner=world.person, location=world.place, weekday=1,
        starts_at=middle, ends_at=monday.ends_at,
    )  # fmt: skip
    monday.ends_at = middle
    monday.save()
    assert world.outside() == []


def test_cancelled_past_and_other_peoples_visits_are_not_named(world: World) -> None:
    other = world.another()
    Availability.objects.all().delete()
    for person, at, status in (
        (world.person, world.at + 2 * HOUR, "cancelled"),
        (world.person, timezone.now().replace(second=0, microsecond=0) - 48 * HOUR, "booked"),
        (other, world.at, "booked"),
    ):
        by = {"cancelled_by": "client"} if status == "cancelled" else {}
        make_appointment(person, world.service, world.place, at, status=status, **by)
    assert world.outside() == [(world.visit, "outside")]


def test_hours_on_the_specialists_own_page_warn_as_well(admin: Browser, world: World) -> None:
    path = SPECIALIST.format(world.person.pk)
    data = filled(admin, path)
    for number in range(5):
        if data[f"availability-{number}-weekday"] == "1":
            data[f"availability-{number}-starts_at"] = "13:00"
    page = send(admin, path, data).content.decode()
    assert "outside the hours" in page


def test_hours_that_overlap_are_refused(desk: Browser, world: World) -> None:
    data = {
        "practitioner": world.person.pk, "location": world.place.pk, "weekday": 1,
        "starts_at": "16:00", "ends_at": "18:00",
    }  # fmt: skip
    answer = desk.post("/admin/practitioners/availability/add/", data)
    assert answer.status_code == 422
    assert "These hours overlap" in answer.content.decode()


@pytest.mark.parametrize("table", ["timeoff", "closure", "availability", "practitioner"])
def test_every_lock_is_taken_before_the_first_write(
    table: str, admin: Browser, world: World
) -> None:
    TimeOff.objects.create(practitioner=world.person, starts_at=world.at, ends_at=world.at + HOUR)
    Closure.objects.create(name="Closed", starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 1))
    rows: dict[str, Any] = {
        "timeoff": TimeOff, "closure": Closure, "availability": Availability,
        "practitioner": Practitioner,
    }  # fmt: skip
    row = rows[table].objects.earliest("pk")
    path = f"/admin/practitioners/{table}/{row.pk}/change/"
    data = filled(admin, path)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        send(admin, path, data)
    asked = [query["sql"] for query in seen.captured_queries]
    locks = [number for number, sql in enumerate(asked) if "pg_advisory_xact_lock" in sql]
    writes = [
        number
        for number, sql in enumerate(asked)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "practitioners_" in sql
    ]
    assert locks
    assert not writes or locks[0] < writes[0]


@pytest.mark.django_db(transaction=True)
def test_nobody_books_while_hours_are_being_changed() -> None:
    world, boss = World(), make_user(is_superuser=True)
    taken: list[bool] = []

    def a_rival_asks_for_the_lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(1, %s)", [world.person.pk])
            taken.append(cursor.fetchone()[0])
        connection.close()

    def change() -> None:
        rival = threading.Thread(target=a_rival_asks_for_the_lock)
        rival.start()
        rival.join()

    calendar.change_hours([world.person.pk], change, by=boss, now=timezone.now())
    change()
    assert taken == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_day_off_is_saved_in_one_transaction_of_its_own(client: Browser) -> None:
    world = World()
    client.force_login(make_user(is_superuser=True))
    answer = client.post("/admin/practitioners/timeoff/add/", away(world))
    assert answer.status_code == 302
    assert world.outside() == [(world.visit, "away")]
