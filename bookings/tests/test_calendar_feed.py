"""The secret calendar addresses: what they show, to whom, and when they stop."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.feeds import close_feeds, renew_feed
from bookings.models import CalendarFeed, ClientAccess
from bookings.tests.booking_world import World
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from clinic.logs import PatternsOnly
from clinic.staff import part_with
from practitioners.tests.factories import make_location, make_practitioner

Kind = CalendarFeed.Kind
DAY = timedelta(days=1)


@pytest.fixture
def dana(world: World) -> Any:
    """The specialist's own login."""
    world.person.user = user = make_user(name="Dana")
    world.person.save()
    return user


@pytest.fixture
def robin(world: World) -> Any:
    """A client's login, with a session at ten and one of a child at two."""
    user = make_user(name="Robin")
    own = make_client(user, name="Robin Known")
    child = make_client(name="Little Known")
    ClientAccess.objects.create(user=user, client=child, relation="guardian", scope="record")
    make_appointment(world.person, world.service, world.place, world.start, client=own)
    later = world.start + timedelta(hours=4)
    make_appointment(world.person, world.service, world.place, later, client=child)
    return user


def path_for(user: Any, kind: str) -> str:
    return f"/calendar/{renew_feed(user, kind, now=timezone.now())}.ics"


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.status_code
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def test_a_practitioner_reads_when_and_where_with_initials_only(
    world: World, dana: Any, robin: Any
) -> None:
    answer = Browser().get(path_for(dana, Kind.STAFF))
    found = events(answer)
    assert [str(one["SUMMARY"]) for one in found] == ["Session, R. K.", "Session, L. K."]
    assert [one["DTSTART"].dt for one in found] == [
        world.start,
        world.start + timedelta(hours=4),
    ]
    assert str(found[0]["LOCATION"]) == f"{world.place.name}, 1 Test Street"
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    for word in ("Robin", "Known", "Little", world.service.name, "/v/", "DESCRIPTION"):
        assert word not in text


def test_a_client_reads_the_sessions_of_everybody_they_book_for(world: World, robin: Any) -> None:
    make_appointment(
        world.person, world.service, world.place, world.start + DAY, client=make_client()
    )
    found = events(Browser().get(path_for(robin, Kind.CLIENT)))
    title = "Session at Willow Street Clinic"
    assert [str(one["SUMMARY"]) for one in found] == [f"{title}, R. K.", f"{title}, L. K."]


def test_somebody_who_books_for_nobody_else_reads_no_initials(world: World) -> None:
    user = make_user()
    make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(user)
    )
    (event,) = events(Browser().get(path_for(user, Kind.CLIENT)))
    assert str(event["SUMMARY"]) == "Session at Willow Street Clinic"


def test_it_reaches_from_a_month_ago_to_a_year_ahead(world: World, dana: Any) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    for days in (-31, -29, 364, 366):
        make_appointment(world.person, world.service, world.place, now + days * DAY)
    found = events(Browser().get(path_for(dana, Kind.STAFF)))
    assert [one["DTSTART"].dt - now for one in found] == [-29 * DAY, 364 * DAY]


def test_a_cancelled_session_is_said_to_be_and_a_kept_time_is_not_there(
    world: World, dana: Any
) -> None:
    make_appointment(
        world.person, world.service, world.place, world.start,
        status="cancelled", cancelled_by="client", version=2,
    )  # fmt: skip
    world.choose(Browser(), world.start + DAY)
    (event,) = events(Browser().get(path_for(dana, Kind.STAFF)))
    said = (str(event["STATUS"]), event["SEQUENCE"], str(event["TRANSP"]))
    assert said == ("CANCELLED", 1, "TRANSPARENT")


def test_an_empty_calendar_is_a_calendar(world: World, dana: Any) -> None:
    answer = Browser().get(path_for(dana, Kind.STAFF))
    assert events(answer) == []
    found = icalendar.Calendar.from_ical(answer.content)
    assert (found["METHOD"], found["X-WR-CALNAME"]) == ("PUBLISH", "Willow Street Clinic")


def test_nobody_in_between_keeps_it(world: World, dana: Any) -> None:
    for path in (path_for(dana, Kind.STAFF), "/calendar/nothing.ics"):
        answer = Browser().get(path)
        assert answer["Cache-Control"] == "no-store, private"
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] == "no-referrer"


def test_only_the_digest_is_stored(world: World, dana: Any) -> None:
    token = renew_feed(dana, Kind.STAFF, now=timezone.now())
    assert len(token) == 43  # 256 bits
    row = CalendarFeed.objects.get()
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(f)::text FROM bookings_calendarfeed f")
        assert token not in cursor.fetchone()[0]


def test_wrong_revoked_and_cut_addresses_get_the_same_bytes(world: World, dana: Any) -> None:
    revoked = path_for(dana, Kind.STAFF)
    close_feeds(dana)
    close_feeds(dana)
    renewed = path_for(dana, Kind.STAFF)
    works = path_for(dana, Kind.STAFF)
    cut = (works[:-1], works[:-4], works[:-5], works[:-20] + ".ics", works + "x", works + "/x.ics")
    digest = f"/calendar/{CalendarFeed.objects.get().digest}.ics"
    wrong = (revoked, renewed, *cut, digest, "/calendar/nothing.ics", "/calendar/a/b.ics")
    answers = {(one.status_code, one.content) for one in map(Browser().get, wrong)}
    assert answers == {(404, b"Not found\n")}
    assert Browser().get(works).status_code == 200


def test_being_signed_in_gives_nothing_and_changes_nothing(
    world: World, dana: Any, robin: Any
) -> None:
    works, wrong = path_for(dana, Kind.STAFF), "/calendar/nothing.ics"
    admin = make_staff("Admin", is_superuser=True)
    for user in (dana, robin, admin, make_staff("Clinical lead")):
        browser = Browser()
        browser.force_login(user)
        answer = browser.get(wrong)
        assert (answer.status_code, answer.content) == (404, b"Not found\n")
        assert len(events(browser.get(works))) == 2


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_can_only_be_read(world: World, dana: Any, method: str) -> None:
    for path in (path_for(dana, Kind.STAFF), "/calendar/nothing.ics"):
        assert getattr(Browser(), method)(path).status_code == 405
    assert Browser().head(path_for(dana, Kind.STAFF)).status_code == 200


def test_it_stops_for_good_when_its_owner_may_no_longer_sign_in(world: World, robin: Any) -> None:
    path = path_for(robin, Kind.CLIENT)
    robin.is_active = False
    robin.save()
    assert Browser().get(path).status_code == 404
    robin.is_active = True
    robin.save()
    assert Browser().get(path).status_code == 404


def test_it_stops_for_good_when_a_practitioner_no_longer_treats(world: World, dana: Any) -> None:
    path = path_for(dana, Kind.STAFF)
    world.person.is_active = False
    world.person.save()
    assert Browser().get(path).status_code == 404
    world.person.is_active = True
    world.person.save()
    assert Browser().get(path).status_code == 404


def test_whoever_leaves_loses_every_address_at_once(world: World, dana: Any) -> None:
    make_client(dana)
    paths = [path_for(dana, kind) for kind in Kind]
    part_with(dana, by=make_staff("Admin"), now=timezone.now())
    assert not CalendarFeed.objects.exists()
    assert [Browser().get(path).status_code for path in paths] == [404, 404]


def test_a_login_that_books_for_nobody_any_more_reads_nothing(world: World, robin: Any) -> None:
    path = path_for(robin, Kind.CLIENT)
    ClientAccess.objects.filter(user=robin).delete()
    assert events(Browser().get(path)) == []


def test_two_people_read_only_their_own(world: World, dana: Any, robin: Any) -> None:
    other = make_user()
    make_practitioner(world.service, at=world.place, user=other)
    assert events(Browser().get(path_for(other, Kind.STAFF))) == []
    assert len(events(Browser().get(path_for(dana, Kind.STAFF)))) == 2


def test_sixty_reads_an_hour_are_enough(world: World, dana: Any, robin: Any, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "feed": (2, 3600)}
    path = path_for(dana, Kind.STAFF)
    assert [Browser().get(path).status_code for _ in range(3)] == [200, 200, 429]
    answer = Browser().get(path)
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert Browser().get(path_for(robin, Kind.CLIENT)).status_code == 200
    assert Browser().get("/calendar/nothing.ics").status_code == 404


def test_the_owner_learns_when_it_was_last_read(world: World, dana: Any) -> None:
    path = path_for(dana, Kind.STAFF)
    assert CalendarFeed.objects.get().last_used_at is None
    before = timezone.now()
    Browser().get(path)
    read_at = CalendarFeed.objects.get().last_used_at
    assert read_at is not None
    assert read_at >= before


@pytest.mark.parametrize("kind", list(Kind))
def test_its_queries_do_not_grow_with_the_sessions(
    world: World, dana: Any, robin: Any, kind: str
) -> None:
    user = dana if kind == Kind.STAFF else robin
    path, mine = path_for(user, kind), robin.client_access.first().client
    other = make_location(time_zone="Asia/Kathmandu")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Browser().get(path).status_code == 200
        return len(queries)

    few = count()
    for day in range(1, 20):
        place = other if day % 2 else world.place
        make_appointment(world.person, world.service, place, world.start + day * DAY, client=mine)
    assert count() == few
    assert few <= 5


def test_the_log_never_says_an_address(
    world: World, dana: Any, monkeypatch: Any, caplog: Any
) -> None:
    """Django logs the path of an error and of a refused form; ours shows the pattern."""
    path = path_for(dana, Kind.STAFF)
    caplog.handler.addFilter(PatternsOnly())
    monkeypatch.setattr("bookings.views.feeds.feed_calendar", lambda *_, **__: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        answer = Browser(raise_request_exception=False).get(path)
        Browser(enforce_csrf_checks=True).post("/v/secret-token/cancel/", {"x": "y"})
    assert answer.status_code == 500
    said = [record.getMessage() for record in caplog.records]
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    assert any("/calendar/<path:name>" in line for line in said)
    assert any("/v/<str:token>/cancel/" in line for line in said)
    assert not any(token in line or "secret-token" in line for line in said)


def test_the_log_of_the_site_is_filtered(settings: Any) -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["patterns"]
