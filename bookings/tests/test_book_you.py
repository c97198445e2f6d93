"""Screen 3 for somebody who is not signed in: details, then the code, then booked."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment, Client, ClientAccess, Message, SignInCode, Task
from bookings.picking import shown_value, value_of
from bookings.tests.booking_world import World, newest_code, text_of
from bookings.tests.factories import make_appointment, make_client, make_user

CHILD = {
    "for_whom": "other", "other_name": "Little Newcomer", "relation": "guardian",
    "date_of_birth_0": "1", "date_of_birth_1": "2", "date_of_birth_2": str(timezone.now().year - 7),
}  # fmt: skip


def test_a_newcomer_books_with_a_code(world: World, client: Browser) -> None:
    done = world.book(client)
    visit = Appointment.objects.get()
    assert (done.status_code, done.url) == (302, f"/book/done/{visit.public_id}/")
    assert (visit.status, visit.client.name) == ("booked", "Robin Newcomer")
    assert visit.booked_by.email == "robin@example.com"
    assert set(Message.objects.values_list("kind", flat=True)) >= {"sign_in_code", "confirmation"}
    assert client.get(done.url).status_code == 200


def test_the_page_says_what_is_booked_and_until_when_it_is_kept(
    world: World, client: Browser
) -> None:
    world.choose(client)
    page = text_of(client.get(world.you_url))
    until = Appointment.objects.get().held_until.astimezone(world.place.zone)
    # In the night when an hour comes twice, the time carries its offset.
    assert re.search(rf"Kept for you until {until:%H:%M}( \(\w+\))?, London time\.", page)
    for said in (world.service.name, world.person.name, world.place.name, "£58"):
        assert said in page
    assert "Keep 5 more minutes" in page


def test_asking_for_a_code_shows_its_box_on_the_same_page(world: World, client: Browser) -> None:
    world.ask(client)
    page = text_of(client.get(world.you_url))
    assert 'We sent a code to <strong dir="auto">robin@example.com</strong>' in page
    assert 'autocomplete="one-time-code"' in page
    assert 'value="Robin Newcomer"' in page
    assert "Book this time" in page


def test_known_and_unknown_addresses_get_the_same_answer(world: World) -> None:
    make_client(make_user(email="robin@example.com"), email="robin@example.com")
    texts = []
    for number, email in enumerate(("robin@example.com", "nobody@example.com")):
        browser = Browser()
        world.choose(browser, world.start + timedelta(hours=number))
        asked = browser.post(world.you_url, world.details(email=email))
        assert (asked.status_code, asked.url) == (302, world.you_url)
        page = text_of(browser.get(world.you_url)).replace(email, "EMAIL")
        texts.append(
            re.sub(
                r'value="[^"]*"|"X-CSRFToken": "[^"]*"|Kept for you until [^<]*|at=\d+|\d\d:00'
                r'|data-kept-until="\d+"',
                "",
                page,
            )
        )
    assert texts[0] == texts[1]
    assert Message.objects.filter(kind="sign_in_code").count() == 2


def test_what_was_typed_is_gone_from_the_session_after_booking(
    world: World, client: Browser
) -> None:
    world.book(client)
    assert "robin@example.com" not in str(dict(client.session))
    assert "Newcomer" not in str(dict(client.session))


def test_what_was_typed_is_forgotten_after_an_hour(world: World, client: Browser) -> None:
    world.ask(client)
    session = client.session
    typed = session["booking_typed"]
    typed["at"] = (timezone.now() - timedelta(minutes=61)).isoformat()
    session["booking_typed"] = typed
    session.save()
    assert "Robin Newcomer" not in text_of(client.get(world.you_url))


def test_nothing_about_a_person_stands_in_an_address(world: World, client: Browser) -> None:
    world.choose(client)
    details = world.details()
    for answer in (
        client.post(world.you_url, details),
        client.post(world.you_url, {**details, "code": newest_code()}),
    ):
        assert "robin" not in answer.url.lower()


class TestWhom:
    def test_a_child_is_a_person_of_their_own_under_one_login(
        self, world: World, client: Browser
    ) -> None:
        world.book(client, **CHILD)
        visit = Appointment.objects.get()
        assert visit.client.name == "Little Newcomer"
        assert not visit.client.email
        scopes = dict(ClientAccess.objects.values_list("relation", "scope"))
        assert scopes == {"self": "record", "guardian": "record"}

    def test_another_adult_is_booked_for_without_their_record(
        self, world: World, client: Browser
    ) -> None:
        world.book(client, for_whom="other", other_name="Pat Newcomer", relation="partner")
        assert ClientAccess.objects.get(relation="partner").scope == "booking"

    def test_somebody_of_the_same_name_is_not_me(self, world: World, client: Browser) -> None:
        world.book(client, for_whom="other", other_name="Robin Newcomer", relation="other")
        assert Client.objects.filter(name="Robin Newcomer").count() == 2
        relation = ClientAccess.objects.get(client=Appointment.objects.get().client).relation
        assert relation == "other"

    def test_a_child_who_has_grown_up_is_an_adult(self, world: World, client: Browser) -> None:
        world.choose(client)
        grown = {**CHILD, "date_of_birth_2": str(timezone.now().year - 20)}
        answer = client.post(world.you_url, world.details(**grown))
        assert answer.status_code == 422
        assert "At 18 they book as an adult" in text_of(answer)

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"other_name": ""}, "Enter their name"),
            ({"date_of_birth_0": "", "date_of_birth_1": "", "date_of_birth_2": ""}, "Enter your child&#x27;s date of birth"),
            ({"date_of_birth_1": ""}, "Date of birth must include a month"),
            ({"date_of_birth_2": "2098"}, "Date of birth must be in the past"),
            ({"date_of_birth_0": "\u0661"}, "must be in numbers"),
            ({"date_of_birth_0": "9" * 25}, "characters"),
            ({"relation": "self"}, "is not one of the available choices"),
        ],
    )  # fmt: skip
    def test_what_is_missing_about_a_child_is_said(
        self, world: World, client: Browser, changed: dict[str, str], sentence: str
    ) -> None:
        world.choose(client)
        answer = client.post(world.you_url, world.details(**{**CHILD, **changed}))
        assert (answer.status_code, sentence in text_of(answer)) == (422, True)
        assert not SignInCode.objects.exists()

    def test_the_date_of_birth_is_still_there_when_the_code_is_asked_for(
        self, world: World, client: Browser
    ) -> None:
        world.ask(client, **CHILD)
        page = text_of(client.get(world.you_url))
        assert "Little Newcomer" in page
        assert f'value="{CHILD["date_of_birth_2"]}"' in page

    def test_an_equal_address_opens_no_record_and_the_desk_is_told(
        self, world: World, client: Browser
    ) -> None:
        at_the_desk = make_client(email="Robin@example.com", name="Robin N.")
        world.book(client)
        assert Appointment.objects.get().client != at_the_desk
        assert not at_the_desk.access.exists()
        task = Task.objects.get(kind="duplicate")
        assert (task.role, task.client) == ("Front desk", Appointment.objects.get().client)

    @pytest.mark.parametrize(
        ("known", "typed", "is_told"),
        [
            ({"phone": "+447700900982"}, {"phone": "07700 900 982"}, True),
            ({"name": "LITTLE newcomer", "date_of_birth": f"{timezone.now().year - 7}-02-01"}, CHILD, True),
            ({"name": "Robin Newcomer"}, {}, False),
        ],
    )  # fmt: skip
    def test_the_desk_is_told_of_phone_or_name_with_birth_date_not_of_a_name_alone(
        self, world: World, client: Browser, known: Any, typed: Any, is_told: bool
    ) -> None:
        make_client(**known)
        world.book(client, **typed)
        assert Task.objects.filter(kind="duplicate").exists() == is_told


class TestCodes:
    @pytest.mark.parametrize("code", ["000000x", "12345", "\u0661" * 6, "' OR 1=1"])
    def test_a_wrong_code_books_nothing_and_keeps_what_was_typed(
        self, world: World, client: Browser, code: str
    ) -> None:
        sent = world.ask(client)
        answer = client.post(world.you_url, {**sent, "code": code})
        page = text_of(answer)
        assert answer.status_code == 422
        assert (
            "That code is not right or has expired. Check the newest email from us,"
            " or send a new code." in page
        )
        assert "Robin Newcomer" in page
        assert "_auth_user_id" not in client.session
        assert not Appointment.objects.filter(status="booked").exists()

    def test_no_code_is_said_at_the_box(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        answer = client.post(world.you_url, {**sent, "code": ""})
        assert answer.status_code == 422
        assert '<a href="#id_code">Enter the code from the email</a>' in text_of(answer)

    def test_an_old_code_gets_the_same_words_as_a_wrong_one(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        SignInCode.objects.update(expires_at=timezone.now())
        answer = client.post(world.you_url, sent)
        assert answer.status_code == 422
        assert "not right or has expired" in text_of(answer)

    def test_only_the_newest_code_counts(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        client.post(world.you_url, {**sent, "again": "1"})
        assert client.post(world.you_url, sent).status_code == 422
        assert client.post(world.you_url, {**sent, "code": newest_code()}).status_code == 302

    def test_a_code_of_another_browser_is_worth_nothing(self, world: World) -> None:
        sent = world.ask(Browser())
        thief = Browser()
        world.choose(thief, world.start + timedelta(hours=1))
        assert thief.post(world.you_url, {**sent, "form_token": uuid.uuid4()}).status_code == 422

    def test_a_code_for_one_address_is_worth_nothing_for_another(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        answer = client.post(world.you_url, {**sent, "email": "boss@example.com"})
        assert answer.status_code == 422
        assert not get_user_model().objects.filter(email="boss@example.com").exists()

    def test_after_five_wrong_tries_the_code_itself_is_dead(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        for _ in range(5):
            client.post(world.you_url, {**sent, "code": "000000x"})
        assert client.post(world.you_url, sent).status_code == 422
        assert client.post(world.you_url, {**sent, "again": "1"}).status_code == 302

    def test_a_wrong_code_is_marked_at_its_box(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        page = text_of(client.post(world.you_url, {**sent, "code": "000000x"}))
        assert '<a href="#id_code">That code is not right' in page
        assert re.search(r'<input[^>]*name="code"[^>]*aria-invalid="true"', page)

    def test_the_page_names_the_address_that_the_code_went_to(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        changed = {**sent, "email": "kim@example.com"}
        page = text_of(client.post(world.you_url, {**changed, "code": "000000x"}))
        to = 'We sent a code to <strong dir="auto">{}</strong>'
        assert to.format("robin@example.com") in page
        said = "The code went to robin@example.com. For this address, send a new code."
        assert f'<a href="#id_email">{said}</a>' in page
        assert "not right or has expired" not in page
        page = text_of(client.post(world.you_url, {**changed, "again": "1"}, follow=True))
        assert to.format("kim@example.com") in page
        assert ("We have sent a code to kim@example.com." in page, "The one before" in page) == (
            True,
            False,
        )
        assert client.post(world.you_url, {**changed, "code": newest_code()}).status_code == 302

    def test_a_new_code_is_said_and_that_the_one_before_has_ended(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        assert "We have sent" not in text_of(client.get(world.you_url))
        page = text_of(client.post(world.you_url, {**sent, "again": "1"}, follow=True))
        said = "We have sent a new code to robin@example.com. The one before no longer works."
        assert said in page

    def test_spaces_in_a_code_are_fine(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        spaced = f" {sent['code'][:3]} {sent['code'][3:]} "
        assert client.post(world.you_url, {**sent, "code": spaced}).status_code == 302

    @pytest.mark.parametrize("name", ["sign_in_code", "sign_in_try", "book"])
    def test_too_many_of_anything_names_the_real_wait(
        self, world: World, client: Browser, settings: Any, name: str
    ) -> None:
        settings.THROTTLES = {**settings.THROTTLES, name: (1, 900)}
        sent = world.ask(client)
        if name == "sign_in_code":
            answer = client.post(world.you_url, {**sent, "again": "1"})
        elif name == "sign_in_try":
            client.post(world.you_url, {**sent, "code": "000000x"})
            answer = client.post(world.you_url, sent)
        else:
            world.book(Browser(), email="first@example.com")
            settings.THROTTLES = {**settings.THROTTLES, name: (0, 900)}
            answer = client.post(world.you_url, sent)
        wait = int(answer["Retry-After"])
        assert (answer.status_code, 0 < wait <= 900) == (429, True)
        minutes = -(-wait // 60)
        assert f"Too many tries. Wait {minutes} minute" in text_of(answer)
        assert "Robin Newcomer" in text_of(answer)

    def test_a_login_that_was_shut_gets_the_words_of_a_wrong_code(
        self, world: World, client: Browser
    ) -> None:
        make_user(email="robin@example.com", is_active=False)
        answer = world.book(client)
        assert answer.status_code == 422
        assert "not right or has expired" in text_of(answer)

    def test_signing_in_changes_the_session_s_key(
        self, world: World, client: Browser, settings: Any
    ) -> None:
        sent = world.ask(client)
        before = client.cookies[settings.SESSION_COOKIE_NAME].value
        client.post(world.you_url, sent)
        assert client.cookies[settings.SESSION_COOKIE_NAME].value != before


def test_a_code_never_books_the_time_of_a_newer_window(world: World, client: Browser) -> None:
    sent = world.ask(client)
    shown = shown_value(Appointment.objects.get())
    world.choose(client, world.start + timedelta(hours=4))
    answer = client.post(world.you_url, {**sent, "shown": shown})
    assert answer.status_code == 409
    assert "in another window. Nothing was booked" in text_of(answer)
    assert Appointment.objects.get().status == "held"


BAD_PHONE = "Enter a phone number like 07700 900 982, or one starting with + and your country code"


class TestBadInput:
    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("name", "", "Enter your name"),
            ("name", "A\r\nBcc: x", "Please use one line."),
            ("name", "A\u202eB", "hidden control"),
            ("name", "A" + "\u0301" * 1000, "fewer accents"),
            ("name", "A" * 121, "120"),
            ("name", "x" * 1_000_000, "1000000"),
            ("name", "A\x00B", "Null characters"),
            ("email", "nobody", "Enter an email address like name@example.com"),
            ("email", f"{'x' * 243}@example.com", "at most 254 characters"),
            ("email", "a@example.com\nBcc: b@example.com", "name@example.com"),
            ("phone", "12", BAD_PHONE),
            ("agrees", "", "Tick the box"),
            ("note", "x" * 201, "200"),
            ("for_whom", "everybody", "is not one of the available choices"),
            ("form_token", "nothing", "valid UUID"),
        ],
    )
    def test_bad_details_are_said_at_the_field_and_nothing_is_lost(
        self, world: World, client: Browser, field: str, value: str, sentence: str
    ) -> None:
        world.choose(client)
        answer = client.post(world.you_url, world.details(**{field: value}))
        page = text_of(answer)
        assert answer.status_code == 422
        assert sentence in page
        assert "<title>Error: " in page
        assert ("robin@example.com" if field != "email" else "Robin Newcomer") in page
        assert not SignInCode.objects.exists()

    @pytest.mark.parametrize(
        "name",
        ["Zoë Łukasz", "محمد", "李小龙", "O'Neil 🌿", "<script>alert(1)</script>", "{{7*7}}"],
    )
    def test_names_of_all_scripts_are_kept_and_inert(
        self, world: World, client: Browser, name: str
    ) -> None:
        done = world.book(client, name=name)
        assert Client.objects.get().name == name
        page = text_of(client.get(done.url))
        assert "<script>alert" not in page
        assert "49" not in page.split("will see")[1].split("</p>")[0]

    def test_price_length_and_practitioner_cannot_be_typed(
        self, world: World, client: Browser
    ) -> None:
        world.book(client, price="1", minutes="5", practitioner="2", status="completed")
        visit = Appointment.objects.get()
        assert (visit.price, visit.practitioner, visit.status) == (
            world.service.price,
            world.person,
            "booked",
        )

    def test_a_thousand_fields_are_400_and_nothing_is_booked(
        self, world: World, client: Browser
    ) -> None:
        world.choose(client)
        many = {f"field{number}": "x" for number in range(1001)}
        answer = client.post(world.you_url, {**world.details(), **many})
        assert answer.status_code == 400
        assert "Too much data" in text_of(answer)

    def test_another_encoding_is_400(self, world: World, client: Browser) -> None:
        world.choose(client)
        answer = client.generic(
            "POST", world.you_url, "name=x", "application/x-www-form-urlencoded; charset=utf-16"
        )
        assert answer.status_code == 400

    def test_an_old_form_token_of_the_site_keeps_what_was_typed(self, world: World) -> None:
        strict = Browser(enforce_csrf_checks=True)
        answer = strict.post(
            world.you_url, world.details(), headers={"origin": "http://testserver"}
        )
        assert answer.status_code == 403
        assert "This page is no longer current" in text_of(answer)
        assert "Robin Newcomer" in text_of(answer)

    def test_a_page_from_before_another_window_booked_shows_what_is_booked(
        self, world: World
    ) -> None:
        """Signing in there has ended its token."""
        browser = Browser(enforce_csrf_checks=True)

        def press(path: str, **sent: Any) -> Any:
            token = re.search(
                r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(browser.get(path))
            )
            assert token
            return browser.post(path, {**sent, "csrfmiddlewaretoken": token[1]})

        press(world.time_url, start=value_of(world.start))
        sent = world.details()
        assert press(world.you_url, **sent).status_code == 302
        old = re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(browser.get(world.you_url))
        )
        assert old
        code = newest_code()
        done = press(world.you_url, **sent, code=code)
        again = {**world.details(), "code": code, "csrfmiddlewaretoken": old[1]}
        answer = browser.post(world.you_url, again)
        assert (answer.status_code, answer.url) == (302, done.url)
        assert Appointment.objects.count() == 1


class TestWithoutATime:
    def test_nobody_gets_here_without_having_chosen(self, world: World, client: Browser) -> None:
        for answer in (client.get(world.you_url), client.post(world.you_url, world.details())):
            assert (answer.status_code, answer.url) == (302, world.time_url)

    def test_a_time_of_another_session_does_not_count(self, world: World, client: Browser) -> None:
        world.choose(client)
        assert client.get("/book/something-else/you/").url == "/book/something-else/"

    def test_another_browser_s_time_is_not_mine(self, world: World, client: Browser) -> None:
        world.choose(Browser())
        assert client.get(world.you_url).url == world.time_url


class TestKeepingLonger:
    def test_five_minutes_more_and_nothing_typed_is_lost(
        self, world: World, client: Browser
    ) -> None:
        world.choose(client)
        before = Appointment.objects.get().held_until
        assert before is not None
        answer = client.post(world.you_url, {"name": "Half a na", "note": "x" * 300, "keep": "1"})
        assert answer.url == world.you_url
        kept = Appointment.objects.get()
        assert kept.held_until is not None
        assert timedelta(minutes=4) < kept.held_until - before < timedelta(minutes=6)
        page = text_of(client.get(world.you_url))
        assert 'value="Half a na"' in page
        assert "Keep 5 more minutes" not in page

    def test_it_can_be_had_once(self, world: World, client: Browser) -> None:
        world.choose(client)
        for _ in range(3):
            client.post(world.you_url, {"keep": "1"})
        kept = Appointment.objects.get()
        assert kept.held_until is not None
        assert kept.held_until - kept.created_at < timedelta(minutes=15, seconds=5)


def test_looking_changes_nothing(world: World, client: Browser) -> None:
    world.ask(client)
    before = (
        list(Appointment.objects.values()),
        list(SignInCode.objects.values()),
        Message.objects.count(),
    )
    for _ in range(2):
        assert client.get(world.you_url).status_code == 200
    after = (
        list(Appointment.objects.values()),
        list(SignInCode.objects.values()),
        Message.objects.count(),
    )
    assert before == after


def test_a_visit_of_the_desk_is_not_disturbed(world: World, client: Browser) -> None:
    other = make_appointment(
        world.person, world.service, world.place, world.start + timedelta(hours=1)
    )
    world.book(client)
    other.refresh_from_db()
    assert other.status == "booked"
