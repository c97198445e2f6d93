"""The kept time runs out, or what was chosen changes while the form is open."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.models import Closure, TimeOff
from practitioners.tests.factories import make_practitioner

STILL_FREE = "We kept this time for 10 minutes. It is still free: book now, or choose another."
SINCE_TAKEN = "We kept this time for 10 minutes. It has since been taken."


@pytest.fixture
def known(client: Browser) -> Any:
    """Somebody signed in, with a client."""
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    client.force_login(user)
    return user


def form(**changed: Any) -> dict[str, Any]:
    return {"for_whom": "me", "form_token": str(uuid.uuid4()), **changed}


def drop_holds() -> None:
    """What any other booking of this specialist does with holds that ran out."""
    Appointment.objects.filter(status="held", held_until__lte=timezone.now()).delete()


class TestStillFree:
    @pytest.mark.parametrize("is_dropped", [False, True])
    def test_it_is_said_and_one_press_books(
        self, world: World, client: Browser, known: Any, is_dropped: bool
    ) -> None:
        world.choose(client)
        world.run_out()
        if is_dropped:
            drop_holds()
        late = client.post(world.you_url, form())
        page = text_of(late)
        assert late.status_code == 409
        assert STILL_FREE in page
        assert '<input type="hidden" name="hold_again" value="1">' in page
        assert client.post(world.you_url, form(hold_again="1")).status_code == 302
        visit = Appointment.objects.get()
        assert (visit.status, visit.starts_at) == ("booked", world.start)

    @pytest.mark.parametrize("is_dropped", [False, True])
    def test_the_page_opened_late_offers_it_too(
        self, world: World, client: Browser, known: Any, is_dropped: bool
    ) -> None:
        world.choose(client)
        world.run_out()
        if is_dropped:
            drop_holds()
        answer = client.get(world.you_url)
        page = text_of(answer)
        assert (answer.status_code, STILL_FREE in page) == (200, True)
        assert "Kept for you until" not in page

    @pytest.mark.parametrize("is_dropped", [False, True])
    def test_whoever_waited_for_the_code_books_with_it_at_once(
        self, world: World, client: Browser, is_dropped: bool
    ) -> None:
        sent = world.ask(client)
        world.run_out()
        if is_dropped:
            drop_holds()
        done = client.post(world.you_url, sent)
        visit = Appointment.objects.get()
        assert (done.status_code, done.url) == (302, f"/book/done/{visit.public_id}/")
        assert (visit.status, visit.starts_at) == ("booked", world.start)

    def test_a_wrong_code_keeps_nothing_again(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        world.run_out()
        assert client.post(world.you_url, {**sent, "code": "000000x"}).status_code == 422
        assert not Appointment.objects.filter(held_until__gt=timezone.now()).exists()

    def test_at_another_price_it_is_asked_once_more(self, world: World, client: Browser) -> None:
        sent = world.ask(client)
        world.run_out()
        world.service.price = 60
        world.service.save()
        late = client.post(world.you_url, sent)
        page = text_of(late)
        assert late.status_code == 409
        assert "it is now 60 minutes for £60. Nothing is booked yet" in page
        assert client.post(world.you_url, form(name="Robin Newcomer")).status_code == 302
        assert Appointment.objects.get().price == 60

    def test_a_code_that_comes_with_the_button_books_at_once(
        self, world: World, client: Browser
    ) -> None:
        sent = world.ask(client)
        world.run_out()
        done = client.post(world.you_url, {**sent, "hold_again": "1"})
        assert done.status_code == 302
        assert Appointment.objects.get().status == "booked"


class TestSinceTaken:
    def take(self, world: World) -> None:
        world.run_out()
        drop_holds()
        make_appointment(world.person, world.service, world.place, world.start)

    @pytest.mark.parametrize("extra", [{}, {"hold_again": "1"}])
    def test_booking_is_409_with_the_next_three(
        self, world: World, client: Browser, known: Any, extra: dict[str, str]
    ) -> None:
        world.choose(client)
        self.take(world)
        answer = client.post(world.you_url, form(**extra))
        page = text_of(answer)
        assert answer.status_code == 409
        assert (SINCE_TAKEN in page) != bool(extra)
        assert ("has just been taken" in page) == bool(extra)
        assert page.split("Next free:")[1].split("</ul>")[0].count("<li>") == 3
        assert not Appointment.objects.filter(status="booked", client__name="Robin Known").exists()

    def test_a_code_that_came_too_late_is_asked_for_only_once(
        self, world: World, client: Browser
    ) -> None:
        """They are signed in by it, so the next time that they choose needs none."""
        sent = world.ask(client)
        self.take(world)
        late = client.post(world.you_url, sent)
        page = text_of(late)
        assert (late.status_code, SINCE_TAKEN in page) == (409, True)
        assert page.split("Next free:")[1].split("</ul>")[0].count("<li>") == 3
        world.choose(client, world.start + timedelta(hours=1))
        page = text_of(client.get(world.you_url))
        assert ("Send me a code" in page, "Robin Newcomer" in page) == (False, True)
        assert client.post(world.you_url, form(name="Robin Newcomer")).status_code == 302

    def test_opening_the_page_says_it(self, world: World, client: Browser, known: Any) -> None:
        world.choose(client)
        self.take(world)
        answer = client.get(world.you_url)
        page = text_of(answer)
        assert (answer.status_code, SINCE_TAKEN in page) == (409, True)
        assert f'action="{world.time_url}?' in page

    def test_keeping_longer_says_it(self, world: World, client: Browser, known: Any) -> None:
        world.choose(client)
        self.take(world)
        answer = client.post(world.you_url, {"keep": "1"})
        assert (answer.status_code, SINCE_TAKEN in text_of(answer)) == (409, True)


class TestChangedUnderTheForm:
    """What ten minutes can bring: the answer is 409, says what is new, and one press goes on."""

    def test_another_price_is_named_and_the_next_press_books_at_it(
        self, world: World, client: Browser, known: Any
    ) -> None:
        world.choose(client)
        world.service.price = 60
        world.service.save()
        answer = client.post(world.you_url, form())
        page = text_of(answer)
        assert answer.status_code == 409
        assert "it is now 60 minutes for £60. Nothing is booked yet" in page
        assert client.post(world.you_url, form()).status_code == 302
        assert Appointment.objects.get().price == 60

    def test_another_length_is_named(self, world: World, client: Browser, known: Any) -> None:
        world.choose(client)
        world.service.minutes = 45
        world.service.save()
        answer = client.post(world.you_url, form())
        assert (answer.status_code, "now 45 minutes" in text_of(answer)) == (409, True)

    def test_who_left_is_replaced_by_everybody_else(
        self, world: World, client: Browser, known: Any
    ) -> None:
        make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK, name="Omar Example")
        world.choose(client)
        world.person.is_active = False
        world.person.save()
        answer = client.post(world.you_url, form())
        page = text_of(answer)
        assert answer.status_code == 409
        assert "Any specialist" in page
        assert page.split("Next free:")[1].split("</ul>")[0].count("<li>") == 3

    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("hidden", "can no longer be booked online"),
            ("uncertified", "cannot give that session on that day"),
            ("away", "is away then"),
            ("closed", "closed on that day"),
            ("shorter", "outside working hours"),
        ],
    )
    def test_each_reason_is_said_and_nothing_is_booked(
        self, world: World, client: Browser, known: Any, what: str, sentence: str
    ) -> None:
        world.choose(client)
        self.change(world, what)
        answer = client.post(world.you_url, form())
        assert answer.status_code == 409
        assert sentence in text_of(answer)
        assert not Appointment.objects.filter(status="booked").exists()

    def change(self, world: World, what: str) -> None:
        day = world.start.date()
        if what == "hidden":
            world.person.is_bookable_online = False
            world.person.save()
        elif what == "uncertified":
            world.person.certificates.all().delete()
        elif what == "away":
            TimeOff.objects.create(
                practitioner=world.person, starts_at=world.start, ends_at=world.start + timedelta(hours=1)
            )  # fmt: skip
        elif what == "closed":
            Closure.objects.create(name="Flood", starts_on=day, ends_on=day)
        else:
            world.person.availability.update(starts_at="12:00")

    def test_a_session_that_was_taken_out_is_said_with_a_way_on(
        self, world: World, client: Browser, known: Any
    ) -> None:
        world.choose(client)
        world.service.is_published = False
        world.service.save()
        answer = client.post(world.you_url, form())
        page = text_of(answer)
        assert (answer.status_code, "not available" in page) == (409, True)
        assert 'href="/book/"' in page

    def test_the_notice_does_not_run_against_who_is_typing(
        self, world: World, client: Browser, known: Any
    ) -> None:
        """Chosen in time; while typing, the start has come within the notice."""
        world.choose(client)
        world.service.min_notice_minutes = 30 * 24 * 60
        world.service.save()
        assert client.post(world.you_url, form()).status_code == 302
