"""Pages of the waiting list: joining, the link of an offer, the desk's list."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.links import offer_link
from bookings.models import Appointment, Client, WaitlistEntry, WaitlistOffer
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.waiting import line, offers
from practitioners.models import ClinicSettings
from practitioners.tests.factories import make_location, make_practitioner


@pytest.fixture
def me(client: Browser) -> Any:
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    client.force_login(user)
    return user


@pytest.fixture
def entry(world: World) -> WaitlistEntry:
    today = timezone.now().date()
    return line.join(
        make_client(), world.service, world.place, practitioner=None, first_day=today,
        last_day=today + timedelta(days=9), by=None, now=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def kept(entry: WaitlistEntry) -> WaitlistOffer:
    """What was offered, whatever the hour the tests run at."""
    assert offers.offer_something(entry, now=timezone.now())
    return entry.offers.get()


def boxes(name: str, day: date) -> dict[str, Any]:
    return {f"{name}_{part}": number for part, number in enumerate((day.day, day.month, day.year))}


def wish(world: World, **changed: Any) -> dict[str, Any]:
    day = world.start.date()
    sent = {"location": world.place.slug, "practitioner": "", "part": "morning",
            **boxes("first_day", day), **boxes("last_day", day + timedelta(days=7))}  # fmt: skip
    return {**sent, **changed}


def test_the_page_of_times_leads_to_the_list(world: World, client: Browser, me: Any) -> None:
    page = text_of(client.get(world.time_url))
    assert f"/my/waiting/{world.service.slug}/?location={world.place.slug}" in page


def test_a_client_joins_sees_it_and_leaves(world: World, client: Browser, me: Any) -> None:
    url = f"/my/waiting/{world.service.slug}/"
    assert client.get(url).status_code == 200
    assert client.post(url, wish(world))["Location"] == "/my/"
    entry = WaitlistEntry.objects.get()
    assert (entry.client.name, entry.practitioner, entry.part) == ("Robin Known", None, "morning")
    page = text_of(client.get("/my/"))
    assert "Waiting list" in page
    client.post(f"/my/waiting/{entry.public_id}/leave/")
    entry.refresh_from_db()
    assert entry.status == "left"


def test_somebody_without_a_session_yet_joins_too(world: World, client: Browser) -> None:
    user = make_user(name="Nora New")
    client.force_login(user)
    client.post(f"/my/waiting/{world.service.slug}/", wish(world))
    assert WaitlistEntry.objects.get().client.name == "Nora New"
    assert Client.objects.acted_for_by(user).count() == 1


def test_a_parent_says_for_whom(world: World, client: Browser, me: Any) -> None:
    child = make_client(name="Little Known")
    me.client_access.create(client=child, relation="guardian", scope="record")
    sent = wish(world, for_whom=str(child.public_id))
    client.post(f"/my/waiting/{world.service.slug}/", sent)
    assert WaitlistEntry.objects.get().client == child
    strange = wish(world, for_whom=str(make_client().public_id))
    assert client.post(f"/my/waiting/{world.service.slug}/", strange).status_code == 422


def test_a_parent_stands_first_among_their_people(world: World, client: Browser, me: Any) -> None:
    child = make_client(name="Aaron Known")
    me.client_access.create(client=child, relation="guardian", scope="record")
    own = me.client_access.get(relation="self").client
    page = text_of(client.get(f"/my/waiting/{world.service.slug}/"))
    first = f'<option value="{own.public_id}" selected>Me, {own.name}</option>'
    assert page.index(first) < page.index("Aaron Known")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_day_is_today_where_the_session_would_be(
    world: World, client: Browser, me: Any, zone: str
) -> None:
    far = make_location(time_zone=zone)
    make_practitioner(world.service, at=far)
    before = timezone.now().astimezone(far.zone).date()
    at_the_desk = f"/desk/clients/{make_client().public_id}/wait"
    for user, url in ((me, "/my/waiting"), (make_staff("Front desk"), at_the_desk)):
        client.force_login(user)
        page = client.get(f"{url}/{world.service.slug}/?location={far.slug}")
        today = timezone.now().astimezone(far.zone).date()
        assert page.context["form"]["first_day"].value() in (before, today)  # at midnight, either


def test_an_earlier_time_than_that_of_a_visit(world: World, client: Browser, me: Any) -> None:
    person = me.client_access.get().client
    visit = make_appointment(world.person, world.service, world.place, world.start, client=person)
    url = f"/my/visits/{visit.public_id}/earlier/"
    assert "an earlier time opens" in text_of(client.get(url))
    assert url in text_of(client.get(f"/my/visits/{visit.public_id}/"))
    client.post(url, wish(world))
    assert WaitlistEntry.objects.get().visit == visit
    theirs = make_appointment(
        world.person, world.service, world.place, world.start + timedelta(hours=1)
    )
    assert client.get(f"/my/visits/{theirs.public_id}/earlier/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"location": "nowhere"}, "Choose a place from the list"),
        ({"practitioner": "nobody"}, "Choose a specialist from the list"),
        ({"part": "night"}, "Select a valid choice"),
        ({"first_day_0": ""}, "First day must include a day"),
        (boxes("last_day", date(2020, 1, 1)), "must not be before the first"),
        (boxes("last_day", date(2090, 1, 1)), "within a year"),
    ],
)
def test_what_cannot_be_waited_for_is_named(
    world: World, client: Browser, me: Any, changed: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"/my/waiting/{world.service.slug}/", wish(world, **changed))
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not WaitlistEntry.objects.exists()


def test_only_the_own_entries_are_left(world: World, client: Browser, entry: Any) -> None:
    path = f"/my/waiting/{entry.public_id}/leave/"
    assert client.post(path).status_code == 302
    client.force_login(make_user())
    assert client.post(path).status_code == 404
    entry.refresh_from_db()
    assert entry.status == "waiting"


def test_the_link_shows_the_offer_and_changes_nothing(client: Browser, kept: Any) -> None:
    ClinicSettings.objects.update(cancel_notice_hours=0)
    answer = client.get(offer_link(kept))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = text_of(answer)
    assert "<title>A time has opened - " in page
    before = page.split("Take this time")[0]
    for said in ("60 minutes", "£58", kept.entry.location.name, ClinicSettings.current().policy):
        assert said in before
    assert kept.entry.service.name not in text_of(answer)
    assert Appointment.objects.get().status == "held"
    client.post(offer_link(kept), {"answer": "something"})
    assert Appointment.objects.get().status == "held"


def test_the_link_takes_the_time(client: Browser, kept: Any) -> None:
    ClinicSettings.objects.update(cancel_notice_hours=0)
    answer = client.post(offer_link(kept), {"answer": "take"}, follow=True)
    page = text_of(answer)
    visit = Appointment.objects.get()
    assert (visit.status, visit.client) == ("booked", kept.entry.client)
    assert "<title>Booked - " in page
    for said in ("1 Test Street", visit.reference, ">Change or cancel</a>", "Booked by mistake?"):
        assert said in page
    change = re.search(r'href="(/v/[^"]+)">Change or cancel', page)
    assert change
    assert visit.reference in text_of(client.get(change[1]))
    assert client.post(offer_link(kept), {"answer": "take"}).status_code == 302
    assert Appointment.objects.count() == 1


def test_a_time_that_is_near_says_before_and_after_that_it_is_changed_by_phone(
    client: Browser, kept: Any
) -> None:
    ClinicSettings.objects.update(cancel_notice_hours=14 * 24)
    said = "This session is less than 336 hours away: to move or cancel it, call us on"
    assert said in text_of(client.get(offer_link(kept)))
    page = text_of(client.post(offer_link(kept), {"answer": "take"}, follow=True))
    assert (said in page, "Change or cancel" in page) == (True, False)


def test_what_was_taken_by_mistake_is_taken_back_within_three_minutes(
    client: Browser, kept: Any
) -> None:
    link = offer_link(kept)
    client.post(link, {"answer": "undo"})  # nothing is taken yet
    client.post(link, {"answer": "take"})
    Appointment.objects.update(booked_at=timezone.now() - timedelta(minutes=4))
    assert "by mistake?" not in text_of(client.get(link))
    client.post(link, {"answer": "undo"})
    assert Appointment.objects.get().status == "booked"
    Appointment.objects.update(booked_at=timezone.now())
    page = text_of(client.post(link, {"answer": "undo"}, follow=True))
    assert "This session is cancelled" in page
    assert Appointment.objects.get().status == "cancelled"


def test_the_link_shows_nothing_of_what_has_become_of_the_session_since(
    client: Browser, kept: Any
) -> None:
    client.post(offer_link(kept), {"answer": "take"})
    visit, now = Appointment.objects.get(), timezone.now()
    later = visit.starts_at + timedelta(days=1)
    calendar.move(visit, starts_at=later, by=None, now=now, for_staff=True)
    page = text_of(client.get(offer_link(kept)))
    assert "This session has changed since" in page
    assert ("/v/" in page, visit.reference in page) == (False, False)


def test_the_link_leaves_the_time(client: Browser, kept: Any) -> None:
    page = text_of(client.post(offer_link(kept), {"answer": "leave"}, follow=True))
    assert "You left this time to the next person" in page
    assert not Appointment.objects.exists()
    assert client.post(offer_link(kept), {"answer": "take"}).status_code == 409


def test_a_link_that_ran_out_explains_itself(client: Browser, kept: Any) -> None:
    over = timezone.now() - timedelta(minutes=1)
    WaitlistOffer.objects.update(until=over)
    Appointment.objects.update(held_until=over)
    assert "We no longer keep this time" in text_of(client.get(offer_link(kept)))
    answer = client.post(offer_link(kept), {"answer": "take"})
    assert answer.status_code == 409
    assert "You are still on the waiting list." in text_of(answer)


@pytest.mark.parametrize("token", ["x", "eyJ4Ijox", "a:b:c"])
def test_a_made_up_link_shows_nothing(world: World, client: Browser, token: str) -> None:
    assert client.get(f"/w/{token}/").status_code == client.get(f"/v/{token}/").status_code
    assert client.post(f"/w/{token}/", {"answer": "take"}).status_code in (404, 410)


def test_the_desk_sees_the_line_and_acts(world: World, client: Browser, kept: Any) -> None:
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/waiting/"))
    assert kept.entry.client.name in page
    assert "Book it" in page
    answer = client.post(f"/desk/waiting/{kept.entry.public_id}/act/", {"act": "take"})
    visit = Appointment.objects.get()
    assert answer["Location"] == f"/desk/visits/{visit.public_id}/"
    assert "Nobody is waiting." in text_of(client.get("/desk/waiting/"))


def test_at_the_desk_an_offer_that_ran_out_is_theirs(client: Browser, kept: Any) -> None:
    client.force_login(make_staff("Front desk"))
    Appointment.objects.update(held_until=timezone.now() - timedelta(minutes=1))
    answer = client.post(f"/desk/waiting/{kept.entry.public_id}/act/", {"act": "take"})
    said = "We no longer keep this time for them. They are still on the waiting list."
    assert (answer.status_code, said in text_of(answer)) == (409, True)


def test_the_desk_puts_somebody_on_and_off(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    person = make_client()
    path = f"/desk/clients/{person.public_id}/wait/{world.service.slug}/"
    assert client.get(path).status_code == 200
    assert client.post(path, {}).status_code == 422
    assert client.post(path, wish(world))["Location"] == "/desk/waiting/"
    entry = WaitlistEntry.objects.get()
    for act, status in (
        ("", "waiting"),
        ("take", "waiting"),
        ("leave", "waiting"),
        ("remove", "left"),
    ):
        client.post(f"/desk/waiting/{entry.public_id}/act/", {"act": act})
        entry.refresh_from_db()
        assert entry.status == status


def test_strangers_have_no_business_with_the_line(
    world: World, client: Browser, entry: Any
) -> None:
    other, colleague = make_user(), make_user()
    make_client(other)
    world.person.user = colleague
    world.person.save()
    act = f"/desk/waiting/{entry.public_id}/act/"
    put = f"/desk/clients/{entry.client.public_id}/wait/{world.service.slug}/"
    assert client.get("/desk/waiting/").status_code == 302
    client.force_login(other)
    for path in ("/desk/waiting/", put):
        assert client.get(path).status_code == 403
    assert client.post(act, {"act": "remove"}).status_code == 403
    client.force_login(colleague)
    assert entry.client.name not in text_of(client.get("/desk/waiting/"))
    assert client.get(put).status_code == 404
    assert client.post(act, {"act": "remove"}).status_code == 404
    entry.refresh_from_db()
    assert entry.status == "waiting"


def test_the_list_asks_a_constant_number_of_questions(
    world: World, client: Browser, kept: Any, django_assert_max_num_queries: Any
) -> None:
    today = timezone.now().date()
    for _ in range(8):
        line.join(
            make_client(), world.service, world.place, practitioner=world.person,
            first_day=today, last_day=today, by=None, now=timezone.now(),
        )  # fmt: skip
    client.force_login(make_staff("Front desk"))
    client.get("/desk/waiting/")  # the session is new
    with django_assert_max_num_queries(10):
        client.get("/desk/waiting/")


def test_who_was_taken_off_by_mistake_comes_back_to_the_old_place(
    world: World, client: Browser, kept: WaitlistOffer
) -> None:
    client.force_login(make_staff("Front desk"))
    entry, act = kept.entry, f"/desk/waiting/{kept.entry.public_id}/act/"
    page = text_of(client.post(act, {"act": "remove"}, follow=True))
    assert f"{entry.client.name}</span> is off the list for {entry.service.name}." in page
    assert "Nobody is waiting." in page
    for _ in range(2):  # twice is fine
        page = text_of(client.post(act, {"act": "back"}, follow=True))
        assert f"{entry.client.name} waits again in the old place." in page
        assert "is off the list" not in page
    again = WaitlistEntry.objects.get()
    assert (again.status, again.created_at) == ("waiting", entry.created_at)
    assert not Appointment.objects.filter(status="held").exists()
    for asked in ("", "12", f"{entry.public_id}"):
        assert "is off the list" not in text_of(client.get("/desk/waiting/", {"off": asked}))


def test_nobody_comes_back_to_days_that_are_over(
    world: World, client: Browser, entry: WaitlistEntry
) -> None:
    client.force_login(make_staff("Front desk"))
    act = f"/desk/waiting/{entry.public_id}/act/"
    client.post(act, {"act": "remove"})
    past = timezone.now().date() - timedelta(days=3)
    WaitlistEntry.objects.update(first_day=past, last_day=past)
    answer = client.post(act, {"act": "back"})
    assert answer.status_code == 422
    assert "Choose days that are not over." in text_of(answer)


def test_whoever_may_not_see_the_client_reads_of_nobody_taken_off(
    world: World, client: Browser, entry: WaitlistEntry
) -> None:
    line.leave(entry, by=None, now=timezone.now())
    world.person.user = make_user()
    world.person.save()
    client.force_login(world.person.user)
    page = text_of(client.get("/desk/waiting/", {"off": f"{entry.public_id}"}))
    assert entry.client.name not in page
    act = f"/desk/waiting/{entry.public_id}/act/"
    assert client.post(act, {"act": "back"}).status_code == 404
