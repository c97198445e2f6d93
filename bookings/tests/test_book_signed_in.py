"""Screen 3 for somebody we know: one press, for me or for one of my people."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.calendar.taking import lock_kept
from bookings.errors import Refused
from bookings.models import Appointment, Client, ClientAccess, SignInCode
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner, make_service


@pytest.fixture
def me(client: Browser) -> Any:
    """A login with its own client and somebody else it books for, signed in."""
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    partner = make_client(name="Pat Known")
    ClientAccess.objects.create(user=user, client=partner, relation="partner", scope="booking")
    client.force_login(user)
    return user


def form(**changed: Any) -> dict[str, Any]:
    return {"for_whom": "me", "form_token": str(uuid.uuid4()), **changed}


def test_one_press_books_for_me(world: World, client: Browser, me: Any) -> None:
    world.choose(client)
    page = text_of(client.get(world.you_url))
    assert "Me, Robin Known" in page
    assert "Pat Known" in page
    assert "Send me a code" not in page
    answer = client.post(world.you_url, form())
    visit = Appointment.objects.get()
    assert answer.url == f"/book/done/{visit.public_id}/"
    assert (visit.client.name, visit.booked_by) == ("Robin Known", me)
    assert not SignInCode.objects.exists()


def test_one_press_books_for_somebody_of_mine(world: World, client: Browser, me: Any) -> None:
    world.choose(client)
    pat = Client.objects.get(name="Pat Known")
    client.post(world.you_url, form(for_whom=str(pat.public_id)))
    assert Appointment.objects.get().client == pat


def test_somebody_new_is_added_while_booking(world: World, client: Browser, me: Any) -> None:
    world.choose(client)
    client.post(world.you_url, form(for_whom="other", other_name="Gran Known", relation="other"))
    visit = Appointment.objects.get()
    assert visit.client.name == "Gran Known"
    assert ClientAccess.objects.get(client=visit.client).scope == "booking"


def test_a_login_without_a_client_is_asked_for_a_name_once(world: World, client: Browser) -> None:
    client.force_login(make_user())
    world.choose(client)
    assert "Your name" in text_of(client.get(world.you_url))
    assert not Client.objects.exists()
    assert client.post(world.you_url, form()).status_code == 422
    client.post(world.you_url, form(name="Robin New"))
    assert Appointment.objects.get().client.name == "Robin New"
    world.choose(client, world.start + timedelta(hours=2))
    assert "Your name" not in text_of(client.get(world.you_url))


@pytest.mark.parametrize("whom", ["stranger", "nonsense", "0", ""])
def test_nobody_else_can_be_booked_for(world: World, client: Browser, me: Any, whom: str) -> None:
    stranger = make_client(make_user())
    world.choose(client)
    chosen = str(stranger.public_id) if whom == "stranger" else whom
    answer = client.post(world.you_url, form(for_whom=chosen))
    assert answer.status_code == 422
    assert not Appointment.objects.filter(status="booked").exists()


def test_the_note_is_kept_when_something_is_missing(world: World, client: Browser, me: Any) -> None:
    world.choose(client)
    answer = client.post(world.you_url, form(for_whom="other", note="Second floor, please"))
    assert answer.status_code == 422
    assert "Second floor, please" in text_of(answer)


@pytest.mark.parametrize("role", ["Front desk", "practitioner"])
def test_staff_book_for_themselves_like_anybody(world: World, role: str) -> None:
    user = make_user(name="Dana Staff") if role == "practitioner" else make_staff(role, name="Rory")
    if role == "practitioner":
        make_practitioner(user=user)
    browser = Browser()
    browser.force_login(user)
    world.choose(browser)
    assert "Book this time" in text_of(browser.get(world.you_url))
    answer = browser.post(world.you_url, form(name="Dana Staff"))
    assert answer.status_code == 302
    assert Appointment.objects.get().client.access.get().user == user


def test_one_press_takes_six_statements_however_much_is_booked(
    world: World, client: Browser, me: Any
) -> None:
    world.clinic.max_open_bookings = 9
    world.clinic.save()
    counts = set()
    for hours in range(3):
        world.choose(client, world.start + timedelta(hours=2 * hours))
        with CaptureQueriesContext(connection) as sent:
            assert client.post(world.you_url, form()).status_code == 302
        # Inside the test's own transaction BEGIN and COMMIT are those of a savepoint.
        counts.add(sum("SAVEPOINT" not in one["sql"] for one in sent.captured_queries))
    assert counts == {6}


@pytest.mark.parametrize("change", ["practitioner", "room"])
def test_what_changed_between_the_look_and_the_locks_is_not_booked(
    world: World, client: Browser, me: Any, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window chooses something else while this one waits for the locks."""
    world.choose(client)
    other = {
        "practitioner": make_practitioner(world.service, at=world.place),
        "room": world.rooms[1],
    }

    def meanwhile(*wanted: Any) -> str:
        theirs = f"UPDATE bookings_appointment SET {change}_id = {other[change].pk}; "
        return lock_kept(*wanted) + theirs

    monkeypatch.setattr("bookings.calendar.booking.lock_kept", meanwhile)
    answer = client.post(world.you_url, form())
    assert answer.status_code == 409
    assert "Nothing is booked yet: book now, or choose another." in text_of(answer)
    assert Appointment.objects.get().status == "held"


def test_a_form_never_books_what_another_window_has_chosen(
    world: World, client: Browser, me: Any
) -> None:
    world.choose(client)
    Appointment.objects.update(service=make_service(start_grid=60))
    world.person.services.add(Appointment.objects.get().service)
    answer = client.post(world.you_url, form())
    assert (answer.status_code, answer.url) == (302, world.time_url)
    assert Appointment.objects.get().status == "held"


def shown_on(page: Any) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_of_two_windows_the_older_never_books_the_time_of_the_newer(
    world: World, client: Browser, me: Any
) -> None:
    world.choose(client)
    older = form(shown=shown_on(client.get(world.you_url)), note="My neck is stiff")
    world.choose(client, world.start + timedelta(hours=4))
    answer = client.post(world.you_url, older)
    assert answer.status_code == 409
    assert "chosen something else in another window. Nothing was booked" in text_of(answer)
    assert "My neck is stiff" in text_of(answer)
    assert Appointment.objects.get().status == "held"
    again = form(shown=shown_on(answer))
    first, second = (client.post(world.you_url, again) for _ in range(2))
    visit = Appointment.objects.get()
    assert (visit.status, visit.starts_at) == ("booked", world.start + timedelta(hours=4))
    assert first.url == second.url == f"/book/done/{visit.public_id}/"


@pytest.mark.parametrize("shown", ["", "x", "1.2", "1.2.3.4", f"{'9' * 30}.1.1", "1.1.9999999999"])
def test_what_no_page_has_shown_changes_nothing(
    world: World, client: Browser, me: Any, shown: str
) -> None:
    world.choose(client)
    client.post(world.you_url, form(shown=shown))
    visit = Appointment.objects.get()
    assert (visit.status, visit.starts_at) == ("booked", world.start)


class TestSentTwice:
    def test_the_same_form_is_one_visit_and_the_same_answer(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.choose(client)
        sent = form(for_whom="other", other_name="Gran Known", relation="other")
        answers = [client.post(world.you_url, sent) for _ in range(2)]
        visit = Appointment.objects.get()
        assert [(one.status_code, one.url) for one in answers] == [
            (302, f"/book/done/{visit.public_id}/")
        ] * 2
        assert Client.objects.filter(name="Gran Known").count() == 1

    def test_with_other_answers_it_is_422_with_the_visit(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.choose(client)
        sent = form()
        client.post(world.you_url, sent)
        pat = Client.objects.get(name="Pat Known")
        answer = client.post(world.you_url, {**sent, "for_whom": str(pat.public_id)})
        page = text_of(answer)
        assert answer.status_code == 422
        assert "This form was already used." in page
        assert f"/my/visits/{Appointment.objects.get().public_id}/" in page

    def test_a_stranger_with_the_same_form_learns_nothing(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.choose(client)
        sent = form()
        client.post(world.you_url, sent)
        stranger = Browser()
        other = make_user()
        make_client(other)
        stranger.force_login(other)
        world.choose(stranger, world.start + timedelta(hours=3))
        answer = stranger.post(world.you_url, sent)
        assert answer.status_code == 422
        assert str(Appointment.objects.get(status="booked").public_id) not in text_of(answer)

    def test_the_newcomer_s_form_again_leads_to_the_visit(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        first = client.post(world.you_url, sent)
        again = client.post(world.you_url, sent)
        assert (again.status_code, again.url) == (302, first.url)
        assert Appointment.objects.count() == 1

    def test_the_lost_half_of_a_double_click_leads_to_the_visit(
        self, world: World, settings: Any
    ) -> None:
        """The second press still carries the cookie from before signing in."""
        browser = Browser()
        sent = world.ask(browser)
        old_cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
        first = browser.post(world.you_url, sent)
        late = Browser()
        late.cookies[settings.SESSION_COOKIE_NAME] = old_cookie
        second = late.post(world.you_url, sent)
        assert (second.status_code, second.url) == (302, first.url)
        assert late.get(second.url).status_code == 200

    @pytest.mark.parametrize("stolen", ["form", "code"])
    def test_form_or_code_alone_open_nothing(self, world: World, stolen: str) -> None:
        sent = world.ask(Browser())
        browser = Browser()
        browser.post(world.you_url, sent)  # no time chosen here, so nothing is booked
        owner = Browser()
        done = world.ask(owner, email="owner@example.com")
        owner.post(world.you_url, done)
        thief = {**done, "code": "000000"} if stolen == "form" else {**done, "form_token": ""}
        answer = Browser().post(world.you_url, thief)
        assert (answer.status_code, answer.url) == (302, world.time_url)

    @pytest.mark.parametrize("email", ["", "\0", "robin\0@example.com", "x" * 1000])
    def test_a_used_form_with_an_address_that_is_none_opens_nothing(
        self, world: World, email: str
    ) -> None:
        owner = Browser()
        done = world.ask(owner)
        owner.post(world.you_url, done)
        answer = Browser().post(world.you_url, {**done, "email": email})
        assert (answer.status_code, answer.url) == (302, world.time_url)

    def test_the_back_button_leads_to_the_visit_and_not_to_a_second_one(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.choose(client)
        done = client.post(world.you_url, form())
        assert client.get(world.you_url).url == done.url
        world.choose(client, world.start + timedelta(hours=2))
        assert client.get(world.you_url).status_code == 200


class TestRefusals:
    def test_a_person_who_is_elsewhere_then_gets_other_times(
        self, world: World, client: Browser, me: Any
    ) -> None:
        own = Client.objects.get(name="Robin Known")
        other = make_practitioner(world.service, at=world.place)
        half_past = world.start + timedelta(minutes=30)
        make_appointment(other, world.service, world.place, half_past, client=own)
        world.choose(client)
        answer = client.post(world.you_url, form())
        page = text_of(answer)
        assert answer.status_code == 409
        assert "already has a session at that time" in page
        near = page.split("Next free:")[1].split("</ul>")[0]
        hour = 3600
        start = int(world.start.timestamp())
        assert [f"at={start + by * hour}" in near for by in (-1, 0, 1, 2, 3)] == [
            True, False, False, True, True,
        ]  # fmt: skip

    def test_who_shall_call_to_book_is_told_the_phone(
        self, world: World, client: Browser, me: Any
    ) -> None:
        Client.objects.update(is_call_to_book=True)
        world.choose(client)
        answer = client.post(world.you_url, form())
        assert (answer.status_code, "call 020 7946 0000" in text_of(answer)) == (422, True)

    def test_five_open_visits_are_enough(self, world: World, client: Browser, me: Any) -> None:
        own = Client.objects.get(name="Robin Known")
        for day in range(5):
            make_appointment(
                world.person,
                world.service,
                world.place,
                world.start + timedelta(days=10 + day),
                client=own,
            )
        world.choose(client)
        answer = client.post(world.you_url, form())
        assert (answer.status_code, "as can be booked online" in text_of(answer)) == (422, True)

    def test_a_gate_s_own_words_are_said(
        self, world: World, client: Browser, me: Any, settings: Any
    ) -> None:
        settings.BOOKING_GATES = ["bookings.tests.test_book_signed_in.closed_gate"]
        world.choose(client)
        answer = client.post(world.you_url, form())
        assert answer.status_code == 422
        assert "Please speak to us first." in text_of(answer)
        assert not Appointment.objects.filter(status="booked").exists()


def closed_gate(**_: Any) -> None:
    """A gate that lets nobody through."""
    raise Refused("test", "Please speak to us first.")
