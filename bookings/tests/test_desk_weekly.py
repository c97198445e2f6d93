"""Weekly hours at the desk: practitioners change their own, the desk everybody's."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.errors import Busy
from bookings.outside_hours import MOST
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.hours import are_inside
from practitioners.models import Availability, TimeOff
from practitioners.tests.factories import make_location, make_practitioner

WEEKLY = "/desk/hours/weekly/"
NEW = f"{WEEKLY}new/"
DAY = timedelta(days=1)


@pytest.fixture
def own(world: World, client: Browser) -> Any:
    """The specialist, signed in."""
    world.person.user = make_user(name="Sam Specialist")
    world.person.save()
    client.force_login(world.person.user)
    return world.person.user


def boxes(name: str, day: date) -> dict[str, Any]:
    return {f"{name}_{part}": number for part, number in enumerate((day.day, day.month, day.year))}


def hours(world: World, **changed: Any) -> dict[str, Any]:
    sent = {"weekdays": ["1", "3"], "starts_at": "18:00", "ends_at": "8pm"}
    return {**sent, "location": world.place.slug, **changed}


def in_words(world: World) -> list[str]:
    return [str(row) for row in Availability.objects.filter(practitioner=world.person)]


def nobody_in_yet(world: World) -> None:
    Availability.objects.filter(practitioner=world.person).delete()


def test_hours_are_added_on_several_days_at_once(world: World, client: Browser, own: Any) -> None:
    nobody_in_yet(world)
    assert "nobody can book with" in text_of(client.get(WEEKLY))
    answer = client.post(NEW, hours(world))
    assert answer["Location"] == f"{WEEKLY}?practitioner={world.person.slug}"
    assert in_words(world) == ["Monday 18:00 to 20:00", "Wednesday 18:00 to 20:00"]
    page = text_of(client.get(answer["Location"]))
    assert "The weekly hours of" in page
    assert page.count("18:00 to 20:00") == 2


def test_the_same_again_is_the_same(world: World, client: Browser, own: Any) -> None:
    nobody_in_yet(world)
    for _ in range(2):
        assert client.post(NEW, hours(world)).status_code == 302
    assert len(in_words(world)) == 2


def test_what_is_added_can_be_booked_and_what_is_taken_away_cannot(
    world: World, client: Browser, own: Any
) -> None:
    nobody_in_yet(world)
    assert world.choose(Browser()).status_code == 200  # no times at all
    every_day = [str(day) for day in WHOLE_WEEK]
    client.post(NEW, hours(world, weekdays=every_day, starts_at="9:00", ends_at="17:00"))
    assert world.choose(Browser()).status_code == 302
    for row in Availability.objects.filter(practitioner=world.person):
        assert client.post(f"{WEEKLY}{row.pk}/remove/").status_code == 302
    assert in_words(world) == []


def test_times_place_and_dates_are_changed(world: World, client: Browser, own: Any) -> None:
    row = Availability.objects.filter(practitioner=world.person, weekday=1).earliest("pk")
    other = make_location()
    path, until = f"{WEEKLY}{row.pk}/", timezone.now().date() + 30 * DAY
    page = text_of(client.get(path))
    assert f'value="{row.starts_at:%H:%M}"' in page
    assert "Days of the week" not in page
    sent = hours(world, starts_at="7:00", ends_at="8:00", location=other.slug)
    assert client.post(path, {**sent, **boxes("valid_until", until)}).status_code == 302
    row.refresh_from_db()
    assert (row.weekday, row.starts_at, row.ends_at) == (1, time(7), time(8))
    assert (row.location, row.valid_from, row.valid_until) == (other, None, until)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"weekdays": []}, "Choose at least one day of the week"),
        ({"weekdays": ["8"]}, "Choose days from the list"),
        ({"starts_at": ""}, "Enter a time like 9:00"),
        ({"starts_at": "25:00"}, "time like"),
        ({"ends_at": "17:59"}, "The end must be after the start"),
        ({"location": "nowhere"}, "Choose a place from the list"),
        (boxes("valid_until", date(2020, 1, 1)), "Choose a last day that is not over"),
        ({**boxes("valid_from", date(2030, 2, 2)), **boxes("valid_until", date(2030, 2, 1))},
         "The last day must not be before the first"),
        (boxes("valid_from", date(1, 1, 1)), "First day must"),
        ({"starts_at": "9\x00"}, "Null characters are not allowed"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_and_nothing_typed_is_lost(
    world: World, client: Browser, own: Any, changed: dict[str, Any], sentence: str
) -> None:
    nobody_in_yet(world)
    answer = client.post(NEW, {**hours(world, ends_at="19:17"), **changed})
    page = text_of(answer)
    assert (answer.status_code, in_words(world)) == (422, [])
    assert sentence in page
    assert f'value="{changed.get("ends_at", "19:17")}"' in page


def test_hours_that_overlap_are_refused_all_of_them(
    world: World, client: Browser, own: Any
) -> None:
    before = in_words(world)
    sent = hours(world, weekdays=["1", "2"], starts_at="16:00", ends_at="20:00")
    answer = client.post(NEW, sent)
    assert (answer.status_code, in_words(world)) == (422, before)
    assert "These hours overlap with others of the same person" in text_of(answer)
    assert 'value="16:00"' in text_of(answer)
    rows = Availability.objects.filter(practitioner=world.person)
    client.post(NEW, hours(world, weekdays=["1"]))
    late = rows.get(starts_at=time(18))
    refused = client.post(f"{WEEKLY}{late.pk}/", hours(world, starts_at="16:00"))
    late.refresh_from_db()
    assert (refused.status_code, late.starts_at) == (422, time(18))


def test_sessions_left_outside_are_named_at_once(world: World, client: Browser, own: Any) -> None:
    make_appointment(world.person, world.service, world.place, world.start, client=make_client())
    weekday = world.start.astimezone(world.place.zone).isoweekday()
    row = Availability.objects.get(practitioner=world.person, weekday=weekday)
    answer = client.post(f"{WEEKLY}{row.pk}/remove/")
    assert answer["Location"] == "/desk/hours/#outside"
    page = text_of(client.get("/desk/hours/"))
    assert "Some booked sessions are outside of them now" in page
    assert "outside the hours" in page


def test_before_hours_are_taken_away_it_is_said_what_would_be_left(
    world: World, client: Browser, own: Any
) -> None:
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(name="Pat Booked")
    )
    rows = Availability.objects.filter(practitioner=world.person)
    rows.update(valid_until=date(2090, 2, 1))
    row = rows.get(weekday=visit.local_day.isoweekday())
    path = f"{WEEKLY}{row.pk}/remove/"
    assert f'href="{path}"' in text_of(client.get(WEEKLY))
    page = text_of(client.get(path))
    for words in (
        f"{row.get_weekday_display()}, {row.starts_at:%H:%M} to {row.ends_at:%H:%M}",
        world.place.name, "until Wednesday 1 February 2090", "Pat Booked",
        f'href="/desk/visits/{visit.public_id}/"', f'href="{WEEKLY}{row.pk}/"',
        f'href="{WEEKLY}?practitioner={world.person.slug}">Keep them',
        "These sessions would be outside the hours",
    ):  # fmt: skip
        assert words in page, words
    assert client.head(path).status_code == 200
    other = rows.exclude(pk=row.pk).first()
    assert "No booked session would be outside" in text_of(
        client.get(f"{WEEKLY}{other.pk}/remove/")
    )
    assert len(in_words(world)) == len(WHOLE_WEEK)
    assert client.post(path).status_code == 302
    assert not rows.filter(pk=row.pk).exists()
    assert client.get(path).status_code == client.post(path).status_code == 404


def test_hours_that_cannot_be_taken_away_now_stay(
    world: World, client: Browser, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(*_: Any, **__: Any) -> None:
        raise Busy

    monkeypatch.setattr("bookings.views.desk_weekly.remove_weekly", too_many)
    row = Availability.objects.filter(practitioner=world.person).earliest("pk")
    answer = client.post(f"{WEEKLY}{row.pk}/remove/")
    assert answer.status_code == 503
    assert Busy.sentence in text_of(answer)
    assert "Take these hours away" in text_of(answer)


def test_many_sessions_left_outside_cost_no_more_and_are_counted(
    world: World, client: Browser, own: Any
) -> None:
    weekday = world.start.astimezone(world.place.zone).isoweekday()
    row = Availability.objects.get(practitioner=world.person, weekday=weekday)
    path, counts = f"{WEEKLY}{row.pk}/remove/", []
    client.get(path)
    for weeks in (range(1), range(1, MOST + 3)):
        for week in weeks:
            at = world.start + 7 * week * DAY
            make_appointment(world.person, world.service, world.place, at)
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client.get(path))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert page.count('href="/desk/visits/') == MOST
    assert "And 3 more after these." in page


def test_hours_that_are_over_are_not_shown(world: World, client: Browser, own: Any) -> None:
    Availability.objects.filter(practitioner=world.person).update(valid_until=date(2020, 1, 1))
    assert "No weekly hours yet" in text_of(client.get(WEEKLY))


def test_the_desk_chooses_whose(world: World, client: Browser) -> None:
    other = make_practitioner(world.service, at=world.place, weekdays=(2,))
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get(f"{WEEKLY}?practitioner={other.slug}"))
    assert f'<option value="{other.slug}" selected>' in page
    assert page.count("Take away") == 1
    client.post(f"{NEW}?practitioner={other.slug}", hours(world))
    assert Availability.objects.filter(practitioner=other).count() == 3


@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 302), ("client", 403), ("lead", 403), ("colleague", 404), ("admin", 200)],
)
def test_strangers(world: World, client: Browser, who: str, status: int) -> None:
    row = Availability.objects.filter(practitioner=world.person).earliest("pk")
    user = make_user()
    if who == "client":
        make_client(user)
    elif who == "colleague":
        make_practitioner(world.service, at=world.place, user=user)
    elif who != "anonymous":
        user = make_staff({"lead": "Clinical lead", "admin": "Admin"}[who])
    if who != "anonymous":
        client.force_login(user)
    named = f"practitioner={world.person.slug}"
    for path in (
        f"{WEEKLY}?{named}",
        f"{NEW}?{named}",
        f"{WEEKLY}{row.pk}/",
        f"{WEEKLY}{row.pk}/remove/",
    ):
        assert client.get(path).status_code == status
    if status != 200:
        for path in (f"{NEW}?{named}", f"{WEEKLY}{row.pk}/", f"{WEEKLY}{row.pk}/remove/"):
            assert client.post(path, hours(world)).status_code == status
        assert len(in_words(world)) == len(WHOLE_WEEK)


def test_the_page_costs_the_same_for_many_hours(world: World, client: Browser, own: Any) -> None:
    client.get(WEEKLY)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(WEEKLY)
        counts.append(len(queries))
        client.post(NEW, hours(world, weekdays=[str(day) for day in WHOLE_WEEK]))
    assert counts[0] == counts[1]


class TestBeyondOpeningHours:
    """The place is open from 8 to 20 on all days but Sunday: more can be entered, but is pointed out."""

    def said(self, client: Browser, path: str, sent: dict[str, Any]) -> bool:
        answer = client.post(path, sent, follow=True)
        assert answer.redirect_chain
        return "look whether you meant it" in text_of(answer)

    @pytest.mark.parametrize(
        ("changed", "is_said"),
        [
            ({"ends_at": "20:00"}, False),
            ({"ends_at": "20:01"}, True),
            ({"starts_at": "7:59", "ends_at": "8:30"}, True),
            ({"weekdays": ["6", "7"]}, True),
        ],
    )
    def test_weekly_hours(
        self, world: World, client: Browser, own: Any, changed: dict[str, Any], is_said: bool
    ) -> None:
        nobody_in_yet(world)
        assert self.said(client, NEW, hours(world, **changed)) == is_said
        assert in_words(world)

    def test_extra_hours(self, world: World, client: Browser, own: Any) -> None:
        sunday = date(timezone.now().year + 1, 1, 1)
        sunday += timedelta(days=7 - sunday.isoweekday())
        sent = {"practitioner": world.person.slug, "starts_at": "9:00", "ends_at": "10:00"}
        for day, is_said in ((sunday, True), (sunday + DAY, False)):
            assert self.said(client, "/desk/hours/extra/", {**sent, **boxes("on", day)}) == is_said

    def test_a_place_that_tells_no_hours_is_not_judged(
        self, world: World, client: Browser, own: Any
    ) -> None:
        world.place.opening_hours.all().delete()
        nobody_in_yet(world)
        assert not self.said(client, NEW, hours(world, weekdays=["7"]))


@pytest.mark.parametrize(
    ("opening", "inside"),
    [
        ([(time(8), time(18))], True),
        ([(time(8), time(12)), (time(12), time(18))], True),
        ([(time(13), time(18)), (time(8), time(14))], True),
        ([(time(8), time(12)), (time(13), time(18))], False),
        ([(time(10), time(18))], False),
        ([], False),
    ],
)
def test_hours_lie_inside_what_is_open_without_a_gap(
    opening: list[tuple[time, time]], inside: bool
) -> None:
    assert are_inside(time(9), time(17), opening) == inside


def test_sessions_in_a_time_off_are_not_called_outside_the_hours(
    world: World, client: Browser, own: Any
) -> None:
    make_appointment(world.person, world.service, world.place, world.start, client=make_client())
    weekday = world.start.astimezone(world.place.zone).isoweekday()
    row = Availability.objects.get(practitioner=world.person, weekday=weekday)
    TimeOff.objects.create(
        practitioner=world.person, starts_at=world.start, ends_at=world.start + DAY
    )
    sent = {"starts_at": f"{row.starts_at:%H:%M}", "ends_at": "21:00", "location": world.place.slug}
    page = text_of(client.post(f"{WEEKLY}{row.pk}/", sent, follow=True))
    assert "Some booked sessions stay in a time off: they are listed below." in page
    assert "outside of them now" not in page
    page = text_of(client.post(f"{WEEKLY}{row.pk}/remove/", follow=True))
    assert "stay in a time off" in page
