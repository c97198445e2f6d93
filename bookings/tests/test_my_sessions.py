"""The client's own pages: what comes next, what was, and whose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, ClientAccess
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner


@pytest.fixture
def me(client: Browser) -> Any:
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    client.force_login(user)
    return user


def visit_of(world: World, user: Any, start: Any = None, **fields: Any) -> Appointment:
    person = user.client_access.get(relation="self").client
    return make_appointment(
        world.person, world.service, world.place, start or world.start, client=person, **fields
    )


def test_the_next_session_comes_first_with_what_can_be_done(
    world: World, client: Browser, me: Any
) -> None:
    later = visit_of(world, me, world.start + timedelta(days=7))
    soon = visit_of(world, me)
    page = text_of(client.get("/my/"))
    first, rest = page.split("After that")
    assert f"/my/visits/{soon.public_id}/" in first
    assert f"/book/done/{soon.public_id}/calendar.ics" in first
    assert "1 Test Street" in first
    assert f"/my/visits/{later.public_id}/" in rest


def test_an_empty_page_names_the_next_step(world: World, client: Browser, me: Any) -> None:
    page = text_of(client.get("/my/"))
    assert "No session is booked." in page
    assert 'href="/book/">Book a session' in page
    assert "Past and cancelled" not in page
    assert "Your family, each with their own record" in page


def test_past_and_cancelled_sessions_are_listed(world: World, client: Browser, me: Any) -> None:
    visit_of(world, me, world.start - timedelta(days=30), status="completed")
    visit_of(world, me, status="cancelled", cancelled_by="client")
    page = text_of(client.get("/my/")).split("Past and cancelled</h2>")[1]
    assert page.count("<tr>") == 3
    assert "Done" in page
    assert "Cancelled" in page


def test_a_missed_session_is_called_missed(world: World, client: Browser, me: Any) -> None:
    missed = visit_of(world, me, world.start - timedelta(days=30), status="no_show")
    for path in ("/my/", f"/my/visits/{missed.public_id}/"):
        page = client.get(path).content.decode()
        assert '<span class="state state-missed">Missed</span>' in page
        assert "No-show" not in page


def test_the_last_five_are_shown_and_a_way_to_all(world: World, client: Browser, me: Any) -> None:
    for day in range(25):
        visit_of(world, me, world.start - timedelta(days=30 + day), status="completed")
    page = client.get("/my/").content.decode()
    assert page.count("state-completed") == 5
    assert '<a href="?past=all#past">All 25 past and cancelled sessions</a>' in page
    page = client.get("/my/?past=all").content.decode()
    assert (page.count("state-completed"), "All 25" in page) == (20, False)
    assert "?past=all&amp;page=2" in page
    assert client.get("/my/?past=all&page=2").content.decode().count("state-completed") == 5


@pytest.mark.parametrize("page", ["abc", "0", "-1", "9" * 25, ""])
def test_any_page_number_shows_a_page(world: World, client: Browser, me: Any, page: str) -> None:
    for day in range(25):
        visit_of(world, me, world.start - timedelta(days=30 + day), status="completed")
    assert client.get("/my/", {"page": page}).status_code == 200


def test_people_i_book_for_are_named_without_me(world: World, client: Browser, me: Any) -> None:
    child = make_client(name="Little Known")
    ClientAccess.objects.create(user=me, client=child, relation="guardian", scope="record")
    make_appointment(world.person, world.service, world.place, world.start, client=child)
    page = text_of(client.get("/my/"))
    assert 'for <span dir="auto">Little Known</span>' in page
    people = page.split("People I book for")[1]
    assert people.split("</li>")[0].count('<span dir="auto">') == 1


def test_sessions_of_others_are_not_there(world: World, client: Browser, me: Any) -> None:
    other = make_user()
    make_client(other, name="Somebody Else")
    theirs = visit_of(world, other)
    page = text_of(client.get("/my/"))
    assert str(theirs.public_id) not in page
    assert "Somebody Else" not in page


class TestOneVisit:
    def test_it_can_be_moved(self, world: World, client: Browser, me: Any) -> None:
        visit = visit_of(world, me)
        url = f"/my/visits/{visit.public_id}/"
        page = text_of(client.get(f"{url}move/", {"at": value_of(world.start)}))
        assert "It stays there until you choose another time" in page
        assert f'href="{url}">Your session' in page
        later = world.start + timedelta(hours=2)
        answer = client.post(f"{url}move/", {"start": value_of(later)})
        visit.refresh_from_db()
        assert (answer.url, visit.starts_at, visit.version) == (url, later, 2)
        assert "Your session has moved. The new time is below." in text_of(client.get(url))

    def test_moved_it_takes_the_usual_time_which_is_said_before(
        self, world: World, client: Browser, me: Any
    ) -> None:
        visit = visit_of(world, me)
        longer = timedelta(minutes=90)
        calendar.change_length(visit, length=longer, by=None, now=timezone.now(), keeps_hours=False)
        url = f"/my/visits/{visit.public_id}/move/"
        assert "At the new time it takes 60 minutes." in text_of(client.get(url))
        later = world.start + timedelta(hours=2)
        client.post(url, {"start": value_of(later)})
        visit.refresh_from_db()
        assert visit.ends_at == later + timedelta(minutes=60)

    def test_moving_onto_a_taken_time_is_409_and_it_stays(
        self, world: World, client: Browser, me: Any
    ) -> None:
        visit = visit_of(world, me)
        taken = world.start + timedelta(hours=2)
        make_appointment(world.person, world.service, world.place, taken)
        url = f"/my/visits/{visit.public_id}/move/"
        answer = client.post(url, {"start": value_of(taken)})
        page = text_of(answer)
        assert answer.status_code == 409
        assert "has just been taken" in page
        assert f'href="{url}?at=' in page
        visit.refresh_from_db()
        assert visit.starts_at == world.start

    def test_a_moved_visit_does_not_block_itself(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.service.start_grid = 30
        world.service.save()
        visit = visit_of(world, me)
        half = world.start + timedelta(minutes=30)
        client.post(f"/my/visits/{visit.public_id}/move/", {"start": value_of(half)})
        visit.refresh_from_db()
        assert visit.starts_at == half

    def test_cancelling_is_asked_once(self, world: World, client: Browser, me: Any) -> None:
        visit = visit_of(world, me)
        url = f"/my/visits/{visit.public_id}/cancel/"
        asked = client.get(url)
        assert "Nothing has been cancelled yet" in text_of(asked)
        visit.refresh_from_db()
        assert visit.status == "booked"
        for _ in range(2):
            answer = client.post(url)
            assert (answer.status_code, answer.url) == (302, f"/my/visits/{visit.public_id}/")
            assert "Your session is cancelled" in text_of(client.get(answer.url))
        visit.refresh_from_db()
        assert (visit.status, visit.cancelled_by) == ("cancelled", "client")
        assert visit.version == 2

    @pytest.mark.parametrize("what", ["move", "cancel"])
    def test_too_late_names_the_phone_and_the_policy(
        self, world: World, client: Browser, me: Any, what: str
    ) -> None:
        start = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=5)
        visit = visit_of(world, me, start)
        url = f"/my/visits/{visit.public_id}/{what}/"
        looked = text_of(client.get(url))
        assert "This session is less than 24 hours away: to move or cancel it, call us" in looked
        assert "Choose another time" not in looked
        answer = client.post(url, {"start": value_of(world.start)})
        page = text_of(answer)
        assert answer.status_code == 422
        assert "call us on 020 7946 0000" in page
        assert world.clinic.policy in page

    @pytest.mark.parametrize("what", ["", "move/", "cancel/"])
    def test_a_visit_that_is_over_can_only_be_looked_at(
        self, world: World, client: Browser, me: Any, what: str
    ) -> None:
        visit = visit_of(world, me, world.start - timedelta(days=10), status="completed")
        url = f"/my/visits/{visit.public_id}/{what}"
        page = text_of(client.get(url))
        assert "Cancel this session" not in page
        if what:
            assert client.post(url, {"start": value_of(world.start)}).status_code == 422


@pytest.mark.parametrize("path", ["", "move/", "cancel/"])
def test_strangers_find_no_visit(world: World, path: str) -> None:
    owner = make_user()
    make_client(owner)
    visit = visit_of(world, owner)
    url = f"/my/visits/{visit.public_id}/{path}"
    other, colleague, treats = make_user(), make_user(), make_user()
    make_client(other)
    make_practitioner(user=colleague)
    world.person.user = treats
    world.person.save()
    for user in (other, colleague, treats, make_staff("Front desk"), make_staff("Admin")):
        browser = Browser()
        browser.force_login(user)
        missing = browser.get("/my/visits/00000000-0000-4000-8000-000000000000/")
        assert missing.status_code == 404
        assert browser.get(url).status_code == 404
        if path:
            assert browser.post(url).status_code == 404
    anonymous = Browser().get(url)
    assert (anonymous.status_code, anonymous.url.startswith("/sign-in/")) == (302, True)
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 1)


def test_a_shut_login_sees_nothing_any_more(world: World, client: Browser, me: Any) -> None:
    assert client.get("/my/").status_code == 200
    me.is_active = False
    me.save()
    assert client.get("/my/").status_code == 302


def test_htmx_without_sign_in_is_401_with_the_way(world: World, client: Browser) -> None:
    answer = client.get("/my/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/sign-in/")


def test_pages_of_a_person_are_not_kept_anywhere(world: World, client: Browser, me: Any) -> None:
    visit = visit_of(world, me)
    for path in ("/my/", f"/my/visits/{visit.public_id}/", f"/book/done/{visit.public_id}/"):
        assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_what_is_over_is_booked_again_with_the_same_specialist(
    world: World, client: Browser, me: Any, status: str
) -> None:
    by = {"cancelled_by": "client"} if status == "cancelled" else {}
    visit = visit_of(world, me, world.start - timedelta(days=30), status=status, **by)
    page = text_of(client.get(f"/my/visits/{visit.public_id}/"))
    again = f"{world.time_url}?practitioner={world.person.slug}&amp;location={world.place.slug}"
    assert f'href="{again}">Book' in page
    assert "Moving and cancelling" not in page
    assert client.get(again.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize("changed", [{"visit_type": "first"}, {"is_published": False}])
def test_a_first_visit_or_what_is_no_longer_offered_leads_to_all_sessions(
    world: World, client: Browser, me: Any, changed: dict[str, Any]
) -> None:
    type(world.service).objects.update(**changed)
    visit = visit_of(world, me, world.start - timedelta(days=30), status="completed")
    assert 'href="/book/">Book again' in text_of(client.get(f"/my/visits/{visit.public_id}/"))


def test_what_is_to_come_is_not_offered_again(world: World, client: Browser, me: Any) -> None:
    page = text_of(client.get(f"/my/visits/{visit_of(world, me).public_id}/"))
    assert "Book again" not in page
    assert "Moving and cancelling" in page
