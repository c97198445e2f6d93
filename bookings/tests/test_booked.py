"""The page after booking, its calendar file, and taking it back within three minutes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from bookings.messages import delivery
from bookings.models import Appointment, Message
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner


def test_it_says_everything_that_was_booked(world: World, client: Browser) -> None:
    page = text_of(client.get(world.book(client).url))
    visit = Appointment.objects.get()
    day = f"{world.start:%A} {world.start.day} {world.start:%B}"
    assert "<h1>Booked</h1>" in page
    assert f"Reference {visit.reference}" in page
    assert (
        f'{world.person.name} will see <span dir="auto">Robin</span> on {day}, 10:00, London time'
        in page
    )
    for said in (world.service.name, world.place.name, "1 Test Street", "£58"):
        assert said in page
    assert 'We send the confirmation to <span dir="auto">robin@example.com</span>' in page
    assert f"/my/visits/{visit.public_id}/" in page


def test_the_calendar_file_has_a_plain_name(world: World, client: Browser) -> None:
    done = world.book(client).url
    link = re.search(r'href="([^"]+\.ics)"', text_of(client.get(done)))
    assert link
    file = client.get(link[1])
    assert file["Content-Type"] == "text/calendar; charset=utf-8"
    assert file["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert b"METHOD:PUBLISH" in file.content


def test_a_booking_made_by_mistake_is_taken_back_in_silence(world: World, client: Browser) -> None:
    done = world.book(client).url
    page = text_of(client.get(done))
    assert ("Booked by mistake?" in page, ">Undo</button>" in page) == (True, True)
    answer = client.post(f"{done}undo/")
    assert answer.url == done
    assert "This session is cancelled" in text_of(client.get(done))
    assert Appointment.objects.get().status == "cancelled"
    delivery.send_due(now=timezone.now() + timedelta(minutes=10))
    told = Message.objects.filter(kind__in=("confirmation", "cancelled"), state="sent")
    assert not told.exists()


def test_after_three_minutes_it_is_a_cancellation(world: World, client: Browser) -> None:
    done = world.book(client).url
    Appointment.objects.update(booked_at=timezone.now() - timedelta(minutes=4))
    assert "Booked by mistake?" not in text_of(client.get(done))
    answer = client.post(f"{done}undo/")
    assert answer.status_code == 422
    assert "You can still cancel" in text_of(answer)
    assert Appointment.objects.get().status == "booked"


def test_one_that_is_near_says_before_and_after_that_it_is_changed_by_phone(
    world: World, client: Browser
) -> None:
    said = "This session is less than 99 hours away: to move or cancel it, call us on 020 7946 0000. Late costs half."
    world.clinic.cancel_notice_hours = 99
    world.clinic.late_fee_text = "Late costs half."
    world.clinic.save()
    world.choose(client)
    before = text_of(client.get(world.you_url))
    assert (said in before, world.clinic.policy in before) == (True, False)
    done = world.book(client).url
    after = text_of(client.get(done))
    assert (said in after, "Change or cancel" in after) == (True, False)
    assert ">Undo</button>" in after
    assert "Change or cancel" not in text_of(client.get("/my/"))
    delivery.send_due(now=timezone.now() + timedelta(minutes=5))
    (letter,) = [one for one in mail.outbox if "Your session on" in one.subject]
    html = letter.alternatives[0][0]
    for text in (letter.body, html):
        assert (said in text, "Change or cancel" in text) == (True, False)
        assert world.clinic.policy not in text


def test_one_that_is_further_away_says_the_rule_with_the_late_fee(
    world: World, client: Browser
) -> None:
    world.clinic.late_fee_text = "Late costs half."
    world.clinic.save()
    world.choose(client)
    assert f"{world.clinic.policy} Late costs half." in text_of(client.get(world.you_url))
    after = text_of(client.get(world.book(client).url))
    assert ("Change or cancel" in after, "hours away" in after) == (True, False)


def test_looking_takes_nothing_back(world: World, client: Browser) -> None:
    done = world.book(client).url
    assert client.get(f"{done}undo/").status_code == 405
    assert Appointment.objects.get().status == "booked"


def test_it_stands_while_the_mail_relay_is_away(
    world: World, client: Browser, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 0.2
    done = world.book(client)
    assert client.get(done.url).status_code == 200
    delivery.send_due(now=timezone.now() + timedelta(minutes=5))
    row = Message.objects.get(kind="confirmation")
    assert (row.state, Appointment.objects.get().status) == ("pending", "booked")


@pytest.mark.parametrize("path", ["", "undo/", "calendar.ics"])
def test_strangers_find_nothing(world: World, path: str) -> None:
    visit = make_appointment(
        world.person,
        world.service,
        world.place,
        world.start,
        client=make_client(make_user()),
        booked_at=timezone.now(),
    )
    url = f"/book/done/{visit.public_id}/{path}"
    other_client, colleague, treats = make_user(), make_user(), make_user()
    make_client(other_client)
    make_practitioner(user=colleague)
    world.person.user = treats
    world.person.save()
    for user in (other_client, colleague, treats, make_staff("Front desk"), make_user()):
        browser = Browser()
        browser.force_login(user)
        answer = browser.post(url) if path == "undo/" else browser.get(url)
        assert answer.status_code == 404
    anonymous = Browser().post(url) if path == "undo/" else Browser().get(url)
    assert (anonymous.status_code, anonymous.url.startswith("/sign-in/")) == (302, True)
    visit.refresh_from_db()
    assert visit.status == "booked"
