"""A client books several sessions at once: every date is seen, then all are booked, or none."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.errors import NotPossible
from bookings.links import visit_link
from bookings.messages import delivery
from bookings.models import Appointment, Client, ClientAccess, Message, Series
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_user
from bookings.wall_clock import moment
from practitioners.tests.factories import make_practitioner

CHOSEN = re.compile(r'name="(visit-\d+)" id="[^"]+" value="([^"]+)" checked')
CARRIED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def me(world: World, client: Browser) -> Any:
    """A login with its own client and a partner it books for, signed in."""
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    partner = make_client(name="Pat Known")
    ClientAccess.objects.create(user=user, client=partner, relation="partner", scope="booking")
    client.force_login(user)
    return user


def url(world: World) -> str:
    return f"/book/{world.service.slug}/series/"


def weekly(world: World, times: int) -> list[Any]:
    local = world.start.astimezone(world.place.zone)
    days = [local.date() + timedelta(weeks=number) for number in range(times)]
    return [moment(day, local.time(), world.place.zone) for day in days]


def asked(**changed: str) -> dict[str, str]:
    answers = {"for_whom": "me", "times": "3", "every_weeks": "1", "note": ""}
    return {**answers, "form_token": str(uuid.uuid4()), **changed}


def preview(world: World, client: Browser, **changed: str) -> str:
    """Choose a time, ask for several sessions, and see the page with every date."""
    world.choose(client)
    answer = client.post(world.you_url, asked(**changed))
    assert (answer.status_code, answer.url) == (302, url(world))
    return text_of(client.get(answer.url))


def form_of(page: str, **changed: str) -> dict[str, str]:
    """What the page sends when its button is pressed."""
    return {**dict(CARRIED.findall(page)), **dict(CHOSEN.findall(page)), **changed}


def booked() -> list[Any]:
    rows = Appointment.objects.filter(status="booked").order_by("starts_at")
    return list(rows.values_list("starts_at", flat=True))


class TestBooking:
    def test_every_date_is_seen_then_all_are_booked(
        self, world: World, client: Browser, me: Any
    ) -> None:
        page = preview(world, client, note="Second floor is hard")
        assert [one.status for one in Appointment.objects.all()] == ["held"]
        sent = form_of(page)
        for number, at in enumerate(weekly(world, 3), 1):
            assert sent[f"visit-{number}"] == value_of(at)
        answer = client.post(url(world), sent)
        assert booked() == weekly(world, 3)
        first = Appointment.objects.order_by("starts_at")[0]
        assert answer.url == f"/book/done/{first.public_id}/"
        assert {one.client_note for one in Appointment.objects.all()} == {"Second floor is hard"}
        assert {one.booked_by for one in Appointment.objects.all()} == {me}
        assert Series.objects.get().every_weeks == 1
        done = text_of(client.get(answer.url))
        assert "Booked together" in done
        assert done.count("/my/visits/") >= 3

    def test_they_can_be_for_somebody_else(self, world: World, client: Browser, me: Any) -> None:
        pat = Client.objects.get(name="Pat Known")
        page = preview(world, client, for_whom=str(pat.public_id), every_weeks="2")
        assert "Pat Known" in page
        client.post(url(world), form_of(page))
        assert set(Appointment.objects.values_list("client", flat=True)) == {pat.pk}
        assert booked()[1] - booked()[0] > timedelta(days=13)

    def test_somebody_new_is_made_with_the_booking_and_not_before(
        self, world: World, client: Browser, me: Any
    ) -> None:
        page = preview(world, client, for_whom="other", other_name="Gran Known", relation="other")
        assert not Client.objects.filter(name="Gran Known").exists()
        client.post(url(world), form_of(page))
        assert Client.objects.get(name="Gran Known").appointments.count() == 3

    def test_one_mail_names_them_all(self, world: World, client: Browser, me: Any) -> None:
        client.post(url(world), form_of(preview(world, client)))
        assert Message.objects.filter(kind="confirmation").count() == 1

    def test_once_books_as_before(self, world: World, client: Browser, me: Any) -> None:
        world.choose(client)
        answer = client.post(world.you_url, asked(times="1"))
        assert answer.url.startswith("/book/done/")
        assert booked() == [world.start]

    def test_a_date_can_be_left_out_or_have_another_time(
        self, world: World, client: Browser, me: Any
    ) -> None:
        page = preview(world, client)
        third = weekly(world, 3)[2] + timedelta(hours=1)
        assert f'value="{value_of(third)}"' in page
        client.post(url(world), form_of(page, **{"visit-2": "none", "visit-3": value_of(third)}))
        assert booked() == [world.start, third]

    def test_the_same_form_twice_books_once(self, world: World, client: Browser, me: Any) -> None:
        sent = form_of(preview(world, client))
        answers = [client.post(url(world), sent) for _ in range(2)]
        assert answers[0].url == answers[1].url
        assert len(booked()) == 3

    def test_what_was_typed_is_there_when_going_back(
        self, world: World, client: Browser, me: Any
    ) -> None:
        preview(world, client, note="Second floor is hard")
        page = text_of(client.get(world.you_url))
        assert "Second floor is hard" in page
        assert '<option value="3" selected>3</option>' in page


class TestUndecided:
    def test_the_first_date_at_fault_is_led_to_and_each_is_marked(
        self, world: World, client: Browser, me: Any
    ) -> None:
        for at in weekly(world, 4)[1::2]:
            make_appointment(world.person, world.service, world.place, at)
        answer = client.post(url(world), form_of(preview(world, client, times="4")))
        page = text_of(answer)
        assert answer.status_code == 422
        assert '<a href="#visit-2">Choose a time for each date, or leave it out</a>' in page
        marked = re.findall(r'<p class="invalid-feedback" id="(visit-.)-error">', page)
        assert marked == ["visit-2", "visit-4"]
        assert 'aria-describedby="visit-2-error"' in page

    def test_nothing_is_marked_before_anything_was_sent(
        self, world: World, client: Browser, me: Any
    ) -> None:
        make_appointment(world.person, world.service, world.place, weekly(world, 2)[1])
        assert "invalid-feedback" not in preview(world, client)


def test_the_page_of_dates_says_what_all_of_it_costs(
    world: World, client: Browser, me: Any
) -> None:
    assert "£58 each, £232 for all 4." in preview(world, client, times="4")


class TestConflicts:
    def test_a_taken_date_is_shown_with_other_times(
        self, world: World, client: Browser, me: Any
    ) -> None:
        second = weekly(world, 2)[1]
        make_appointment(world.person, world.service, world.place, second)
        page = preview(world, client)
        assert "10:00 is not free. Choose another time, or leave this date out." in page
        sent = form_of(page)
        assert "visit-2" not in sent
        refused = client.post(url(world), sent)
        assert refused.status_code == 422
        assert "Choose a time for each date, or leave it out" in text_of(refused)
        again = form_of(text_of(refused), **{"visit-2": value_of(second + timedelta(hours=1))})
        client.post(url(world), again)
        assert second + timedelta(hours=1) in booked()

    def test_a_date_taken_meanwhile_books_nothing_and_is_named(
        self, world: World, client: Browser, me: Any
    ) -> None:
        sent = form_of(preview(world, client))
        make_appointment(world.person, world.service, world.place, weekly(world, 3)[2])
        answer = client.post(url(world), sent)
        assert answer.status_code == 409
        assert "None of these sessions was booked." in text_of(answer)
        assert not Series.objects.exists()
        assert Appointment.objects.get(status="held").starts_at == world.start

    def test_a_session_of_their_own_at_that_time_is_named(
        self, world: World, client: Browser, me: Any
    ) -> None:
        page = preview(world, client)
        mine = me.client_access.get(relation="self").client
        elsewhere = make_practitioner(world.service, at=world.place)
        make_appointment(elsewhere, world.service, world.place, weekly(world, 2)[1], client=mine)
        answer = client.post(url(world), form_of(page))
        assert answer.status_code == 409
        assert "already has a session" in text_of(answer)
        assert not Series.objects.exists()

    def test_the_notice_counted_when_the_time_was_chosen(
        self, world: World, client: Browser, me: Any
    ) -> None:
        sent = form_of(preview(world, client))
        world.clinic.min_notice_minutes = 4 * 24 * 60
        world.clinic.save()
        client.post(url(world), sent)
        assert len(booked()) == 3

    def test_another_price_is_named_and_nothing_is_booked(
        self, world: World, client: Browser, me: Any
    ) -> None:
        sent = form_of(preview(world, client))
        world.service.price = 99
        world.service.save()
        answer = client.post(url(world), sent)
        assert answer.status_code == 409
        assert "The length or price of this session has changed" in text_of(answer)
        assert booked() == []

    def test_a_time_that_ran_out_is_booked_while_it_is_free(
        self, world: World, client: Browser, me: Any
    ) -> None:
        sent = form_of(preview(world, client))
        world.run_out()
        client.post(url(world), sent)
        assert booked() == weekly(world, 3)


class TestLimits:
    def test_a_clinic_may_not_want_it(self, world: World, client: Browser, me: Any) -> None:
        world.clinic.longest_series = 1
        world.clinic.save()
        world.choose(client)
        assert "How many sessions" not in text_of(client.get(world.you_url))
        client.post(world.you_url, asked(times="3"))
        assert booked() == [world.start]

    def test_more_than_the_clinic_allows_is_refused(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.choose(client)
        answer = client.post(world.you_url, asked(times="7"))
        assert answer.status_code == 422
        sent = {**asked(times="7"), **{f"visit-{number}": "none" for number in range(2, 8)}}
        assert (
            client.post(url(world), {**sent, "visit-1": value_of(world.start)}).status_code == 302
        )
        assert booked() == []

    def test_a_series_counts_as_one_open_booking(
        self, world: World, client: Browser, me: Any
    ) -> None:
        world.clinic.max_open_bookings = 2
        world.clinic.save()
        client.post(url(world), form_of(preview(world, client)))
        world.choose(client, world.start + timedelta(hours=2))
        client.post(world.you_url, asked(times="1"))
        assert len(booked()) == 4
        world.choose(client, world.start + timedelta(hours=4))
        refused = client.post(world.you_url, asked(times="1"))
        assert "already have as many booked sessions" in text_of(refused)
        assert refused.status_code == 422

    def test_who_should_call_is_told_to_call(self, world: World, client: Browser, me: Any) -> None:
        sent = form_of(preview(world, client))
        Client.objects.update(is_call_to_book=True)
        answer = client.post(url(world), sent)
        assert answer.status_code == 422
        assert "Please call 020 7946 0000 to book." in text_of(answer)
        assert booked() == []


class TestTampering:
    @pytest.mark.parametrize(
        "wrong",
        [{"times": "x"}, {"every_weeks": "9"}, {"form_token": ""}, {"for_whom": ""},
         {"for_whom": "00000000-0000-4000-8000-000000000000"}],
    )  # fmt: skip
    def test_a_form_that_nobody_was_shown_books_nothing(
        self, world: World, client: Browser, me: Any, wrong: dict[str, str]
    ) -> None:
        sent = form_of(preview(world, client), **wrong)
        assert client.post(url(world), sent).status_code == 302
        assert booked() == []

    @pytest.mark.parametrize("start", ["", "abc", "9" * 30, "-1", "0", "1.5"])
    def test_a_time_that_is_none_books_nothing(
        self, world: World, client: Browser, me: Any, start: str
    ) -> None:
        sent = form_of(preview(world, client), **{"visit-2": start})
        assert client.post(url(world), sent).status_code == 422
        assert booked() == []

    def test_a_time_outside_hours_is_refused(self, world: World, client: Browser, me: Any) -> None:
        night = value_of(weekly(world, 2)[1].replace(hour=3))
        sent = form_of(preview(world, client), **{"visit-2": night, "price": "0"})
        answer = client.post(url(world), sent)
        assert answer.status_code == 422
        assert "outside working hours" in text_of(answer)
        assert booked() == []

    def test_a_client_of_somebody_else_cannot_be_booked_for(
        self, world: World, client: Browser, me: Any
    ) -> None:
        stranger = make_client(make_user())
        page = preview(world, client)
        client.post(url(world), form_of(page, for_whom=str(stranger.public_id)))
        assert booked() == []

    def test_looking_without_a_choice_leads_to_the_times(
        self, world: World, client: Browser, me: Any
    ) -> None:
        assert client.get(url(world)).url == world.time_url
        world.choose(client)
        assert client.get(url(world)).url == world.you_url

    def test_somebody_unknown_signs_in_first(self, world: World) -> None:
        assert Browser().get(url(world)).url.startswith("/sign-in/")


def test_a_first_date_that_is_near_says_so(world: World, client: Browser, me: Any) -> None:
    said = "The first session is less than 99 hours away: to move or cancel it, call us on"
    assert said not in preview(world, client)
    world.clinic.cancel_notice_hours = 99
    world.clinic.save()
    page = preview(world, client)
    assert (said in page, world.clinic.policy in page) == (True, True)


class TestTakingBack:
    def test_the_button_says_that_all_of_it_is_taken_back(
        self, world: World, client: Browser, me: Any
    ) -> None:
        done = client.post(url(world), form_of(preview(world, client))).url
        page = text_of(client.get(done))
        assert "All 3 dates are booked." in page
        assert ">Undo all 3</button>" in page
        last = Appointment.objects.latest("starts_at")
        calendar.cancel(last, cancelled_by="client", by=me, now=timezone.now())
        page = text_of(client.get(done))
        assert ("2 of 3 dates are booked." in page, ">Undo all 2</button>" in page) == (True, True)

    def test_all_of_it_is_taken_back_in_silence(
        self, world: World, client: Browser, me: Any
    ) -> None:
        done = client.post(url(world), form_of(preview(world, client))).url
        client.post(f"{done}undo/")
        assert "These sessions are cancelled" in text_of(client.get(done))
        assert booked() == []
        client.post(f"{done}undo/")
        delivery.send_due(now=timezone.now() + timedelta(minutes=10))
        told = Message.objects.filter(kind__in=("confirmation", "cancelled"), state="sent")
        assert not told.exists()

    def test_after_three_minutes_nothing_is_taken_back(
        self, world: World, client: Browser, me: Any
    ) -> None:
        done = client.post(url(world), form_of(preview(world, client))).url
        Appointment.objects.update(booked_at=timezone.now() - timedelta(minutes=4))
        assert client.post(f"{done}undo/").status_code == 422
        assert len(booked()) == 3


class TestChanging:
    @pytest.fixture
    def second(self, world: World, client: Browser, me: Any) -> Appointment:
        client.post(url(world), form_of(preview(world, client)))
        return Appointment.objects.order_by("starts_at")[1]

    @pytest.mark.parametrize(("scope", "left"), [("one", 2), ("following", 1), ("", 2)])
    def test_cancelling_asks_which_and_shows_the_rule(
        self, world: World, client: Browser, second: Appointment, scope: str, left: int
    ) -> None:
        path = f"/my/visits/{second.public_id}/cancel/"
        page = text_of(client.get(path))
        assert "This and the one that follows" in page
        assert world.clinic.policy in page
        assert len(booked()) == 3
        page = text_of(client.post(path, {"scope": scope}, follow=True))
        said = "2 sessions are cancelled" if left == 1 else "Your session is cancelled"
        assert (said in page, len(booked())) == (True, left)

    def test_cancelling_what_the_clinic_has_cancelled_a_moment_ago(
        self, world: World, client: Browser, second: Appointment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look at what follows and the press nothing was left of it."""

        def too_late(visit: Appointment, **about: Any) -> Any:
            by_the_desk = {**about, "cancelled_by": "clinic", "for_staff": True}
            cancel_from(Appointment.objects.get(pk=visit.pk), **by_the_desk)
            return cancel_from(visit, **about)

        cancel_from = calendar.cancel_from
        monkeypatch.setattr(calendar, "cancel_from", too_late)
        path = f"/my/visits/{second.public_id}/cancel/"
        answer = client.post(path, {"scope": "following"}, follow=True)
        assert "This session is cancelled." in text_of(answer)
        assert "by mistake?" not in text_of(answer)
        assert len(booked()) == 1

    @pytest.mark.parametrize(("scope", "moved"), [("one", 1), ("following", 2), ("", 1)])
    def test_moving_asks_which_and_shows_the_rule(
        self, world: World, client: Browser, second: Appointment, scope: str, moved: int
    ) -> None:
        path = f"/my/visits/{second.public_id}/move/"
        page = text_of(client.get(path))
        assert "This and the one that follows" in page
        assert world.clinic.policy in page
        later = second.starts_at + timedelta(hours=1)
        answer = client.post(path, {"start": value_of(later), "scope": scope})
        assert answer.status_code == 302
        assert Appointment.objects.filter(version=2).count() == moved

    @pytest.mark.parametrize("what", ["move", "cancel"])
    def test_a_scope_that_was_not_offered_changes_nothing(
        self, world: World, client: Browser, second: Appointment, what: str
    ) -> None:
        later = value_of(second.starts_at + timedelta(hours=1))
        sent = {"start": later, "scope": "everything"}
        answer = client.post(f"/my/visits/{second.public_id}/{what}/", sent)
        assert answer.status_code == 422
        assert len(booked()) == 3
        assert not Appointment.objects.filter(version=2).exists()

    def test_one_that_cannot_follow_is_named_and_all_stay(
        self, world: World, client: Browser, second: Appointment
    ) -> None:
        third = weekly(world, 3)[2] + timedelta(hours=1)
        make_appointment(world.person, world.service, world.place, third)
        sent = {"start": value_of(second.starts_at + timedelta(hours=1)), "scope": "following"}
        answer = client.post(f"/my/visits/{second.public_id}/move/", sent)
        assert answer.status_code == 409
        assert "has just been taken" in text_of(answer)
        assert not Appointment.objects.filter(version=2).exists()

    def test_a_link_from_a_mail_is_about_one_session(
        self, world: World, client: Browser, second: Appointment
    ) -> None:
        page = text_of(Browser().get(f"{visit_link(second)}cancel/"))
        assert "that follows" not in page
        Browser().post(f"{visit_link(second)}cancel/", {"scope": "following"})
        assert len(booked()) == 2

    def test_the_others_are_listed_beside_each(
        self, world: World, client: Browser, second: Appointment
    ) -> None:
        page = text_of(client.get(f"/my/visits/{second.public_id}/"))
        assert "Booked together" in page
        assert page.count('href="/my/visits/') >= 3


def test_the_verb_refuses_what_it_cannot_do(world: World, me: Any) -> None:
    person = make_client()
    given = {"client": person, "by": me, "form_token": uuid.uuid4(), "now": timezone.now()}
    choices = [(world.person, world.place, at) for at in weekly(world, 7)]
    with pytest.raises(NotPossible, match="up to 6 sessions"):
        calendar.book_own_series("me", world.service, choices, **given)
