"""A length that was changed ahead of a session: who hears of it, when, and what calendars show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.calendar.putting_back import may_come_back, undoable
from bookings.feeds import renew_feed
from bookings.links import read_visit_link, visit_link
from bookings.messages import delivery
from bookings.models import Appointment, CalendarFeed, Message, VisitChange
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from bookings.visit_history import history_of

pytestmark = pytest.mark.django_db
TOLD = NOW + HOUR + 3 * MINUTE
REMINDED = TEN - timedelta(days=2)
TAKES_75 = "Your session on Mon 30 Nov, 10:00 takes 75 minutes"


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic()


@pytest.fixture
def visit(clinic: SmallClinic) -> Appointment:
    """A visit that has been confirmed."""
    visit = clinic.book()
    delivery.send_due(now=NOW + 10 * MINUTE)
    return visit


def last(visit: Appointment, minutes: int, now: datetime = NOW + HOUR) -> Appointment:
    return calendar.change_length(visit, length=minutes * MINUTE, by=None, now=now)


def put_back(visit: Appointment, now: datetime) -> Appointment:
    calendar.put_back(visit, version=visit.version, by=None, now=now, for_staff=True)
    return Appointment.objects.get(pk=visit.pk)


def mails(clinic: SmallClinic, box: list[Any], now: datetime) -> list[Any]:
    """What the client has got until now since the last time."""
    box.clear()
    delivery.send_due(now=now)
    return [one for one in box if clinic.client.email in one.to]


def subjects(clinic: SmallClinic, box: list[Any], now: datetime) -> list[str]:
    return [one.subject for one in mails(clinic, box, now)]


def event_of(letter: Any) -> Any:
    (file,) = letter.attachments
    (event,) = icalendar.Calendar.from_ical(file.get_payload(decode=True)).walk("VEVENT")
    return event


def test_the_client_hears_of_it_when_it_can_no_longer_be_undone(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    before = event_of(mailoutbox[0])
    longer = last(visit, 75)
    assert mails(clinic, mailoutbox, TOLD - MINUTE) == []
    (sent,) = mails(clinic, mailoutbox, TOLD)
    assert sent.subject == TAKES_75
    for text in (sent.body, sent.alternatives[0][0]):
        assert "we have changed how long your session takes. It begins as before." in text
        assert "Monday 30 November, 10:00, London time (GMT)" in text
        assert "It takes 75 minutes." in text
        assert "Before, it was" not in text
    after = event_of(sent)
    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["DTSTART"].dt == TEN
    assert after["DTEND"].dt == longer.ends_at == TEN + 75 * MINUTE
    assert subjects(clinic, mailoutbox, REMINDED) == ["Reminder: your session on Mon 30 Nov, 10:00"]
    assert "It takes 75 minutes." in mailoutbox[0].body


def test_the_link_of_an_earlier_mail_lives_on(visit: Appointment) -> None:
    old = visit_link(visit).split("/")[2]
    last(visit, 75)
    assert read_visit_link(old, now=TOLD) == visit


def test_the_same_length_again_tells_nobody(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    assert last(visit, 60).version == 1
    assert last(last(visit, 75), 75).version == 2
    assert subjects(clinic, mailoutbox, TOLD) == [TAKES_75]
    assert VisitChange.objects.filter(event="length").count() == 1


def test_two_changes_in_a_row_are_told_once(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    last(last(visit, 90), 75, now=NOW + HOUR + MINUTE)
    assert subjects(clinic, mailoutbox, TOLD + MINUTE) == [TAKES_75]


def test_before_the_confirmation_has_gone_it_says_the_new_length(
    clinic: SmallClinic, mailoutbox: list[Any]
) -> None:
    last(clinic.book(), 75, now=NOW + MINUTE)
    (sent,) = mails(clinic, mailoutbox, NOW + 10 * MINUTE)
    assert sent.subject == "Your session on Mon 30 Nov, 10:00"
    assert "It takes 75 minutes." in sent.body


def test_a_new_start_that_was_not_told_yet_is_told_with_it(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    moved = calendar.move(
        visit, starts_at=TEN + HOUR, by=None, now=NOW + HOUR - MINUTE, for_staff=True
    )
    last(last(moved, 90), 75)
    (sent,) = mails(clinic, mailoutbox, TOLD)
    assert sent.subject == "Your session is now on Mon 30 Nov, 11:00"
    assert "It takes 75 minutes." in sent.body
    assert "Before, it was" not in sent.body


@pytest.mark.parametrize("status", ["arrived", "started"])
def test_of_a_session_that_is_going_on_nobody_is_told(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any], status: str
) -> None:
    calendar.mark(visit, "arrived", by=None, now=TEN - 5 * MINUTE)
    if status == "started":
        calendar.mark(visit, "started", by=None, now=TEN)
    longer = last(visit, 75, now=TEN - MINUTE if status == "arrived" else TEN + MINUTE)
    assert longer.version == 2  # its calendar shows the new end all the same
    assert subjects(clinic, mailoutbox, TEN + 10 * MINUTE) == []
    assert undoable([longer], now=TEN) == {}


def test_once_its_time_has_come_nobody_is_told(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    delivery.send_due(now=REMINDED)
    last(visit, 75, now=TEN)
    assert subjects(clinic, mailoutbox, TEN + 10 * MINUTE) == []


def test_who_works_here_is_told_as_of_a_move(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    clinic.person.user = make_user(email="dana@example.com")
    clinic.person.save()
    last(visit, 75, now=TEN - 90 * MINUTE)
    mailoutbox.clear()
    delivery.send_due(now=TEN - 80 * MINUTE)
    assert [one.subject for one in mailoutbox if "dana@example.com" in one.to] == [
        "The length of a session was changed: Mon 30 Nov, 10:00"
    ]


# Undoing it


def test_undone_in_time_it_is_as_long_as_before_and_nobody_hears_of_it(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    longer = last(visit, 75)
    found = undoable([longer], now=TOLD)
    assert (found[visit.pk].event, found[visit.pk].until) == ("length", TOLD)
    assert undoable([longer], now=TOLD + timedelta(seconds=1)) == {}
    back = put_back(longer, now=TOLD - MINUTE)
    assert (back.minutes, back.version, back.link_version) == (60, 3, 1)
    assert back.busy.upper == back.ends_at
    assert subjects(clinic, mailoutbox, NOW + 3 * HOUR) == []
    assert subjects(clinic, mailoutbox, REMINDED) == ["Reminder: your session on Mon 30 Nov, 10:00"]
    words = [step.words for step in history_of(back)]
    assert words == ["Booked", "Lengthened by 15 minutes", "New length undone"]


def test_who_was_told_hears_the_old_length_again(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any], settings: Any
) -> None:
    settings.MESSAGE_GRACE_SECONDS = 0
    longer = last(visit, 75)
    assert subjects(clinic, mailoutbox, NOW + HOUR) == [TAKES_75]
    put_back(longer, now=NOW + HOUR + MINUTE)
    assert subjects(clinic, mailoutbox, NOW + HOUR + MINUTE) == [
        "Your session on Mon 30 Nov, 10:00 takes 60 minutes"
    ]
    assert event_of(mailoutbox[0])["SEQUENCE"] == 2


def test_a_confirmation_that_it_took_back_goes_after_all(
    clinic: SmallClinic, mailoutbox: list[Any]
) -> None:
    put_back(last(clinic.book(), 75, now=NOW + MINUTE), now=NOW + 2 * MINUTE)
    (sent,) = mails(clinic, mailoutbox, NOW + 10 * MINUTE)
    assert sent.subject == "Your session on Mon 30 Nov, 10:00"
    assert "It takes 60 minutes." in sent.body


def test_what_a_shorter_session_gives_up_may_come_back_for_three_minutes(
    clinic: SmallClinic, visit: Appointment
) -> None:
    last(visit, 30)
    (place,) = may_come_back(since=NOW + HOUR - MINUTE)
    assert (place.practitioner, place.busy.upper) == (clinic.person.pk, TEN + HOUR)
    assert may_come_back(since=TOLD) == []


def test_a_cancellation_after_it_is_the_only_news(
    clinic: SmallClinic, visit: Appointment, mailoutbox: list[Any]
) -> None:
    gone = calendar.cancel(
        last(visit, 75), cancelled_by="clinic", by=None, now=NOW + HOUR, for_staff=True
    )
    assert subjects(clinic, mailoutbox, TOLD) == ["Your session on Mon 30 Nov, 10:00 is cancelled"]
    assert Message.objects.filter(kind="moved").get().last_code == "cancelled"
    assert gone.version == 3


# The same on every page


def test_feeds_show_the_new_end_in_the_next_version(world: World) -> None:
    user = make_user()
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(user)
    )
    path = f"/calendar/{renew_feed(user, CalendarFeed.Kind.CLIENT, now=timezone.now())}.ics"
    last(visit, 75, now=timezone.now())
    (event,) = icalendar.Calendar.from_ical(Browser().get(path).content).walk("VEVENT")
    assert event["DTEND"].dt == world.start + 75 * MINUTE
    assert event["SEQUENCE"] == 1


def test_the_desk_undoes_a_length_on_the_page_and_in_the_day(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    visit = make_appointment(world.person, world.service, world.place, world.start)
    url, day = f"/desk/visits/{visit.public_id}/", f"/desk/?day={world.start.date()}"
    client.post(f"{url}length/", {"minutes": "75", "was": "60"})
    assert "The length was changed. By mistake? It can be undone until" in text_of(client.get(url))
    assert "Undo the new length" in text_of(client.get(day))
    answer = client.post(f"{url}undo/", {"version_made": "2"}, follow=True)
    assert "The session stands again as before." in text_of(answer)
    visit.refresh_from_db()
    assert visit.minutes == 60


def test_clients_do_not_undo_what_the_clinic_has_done(world: World, client: Browser) -> None:
    user, staff = make_user(), Browser()
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(user)
    )
    staff.force_login(make_staff("Front desk"))
    staff.post(f"/desk/visits/{visit.public_id}/length/", {"minutes": "75", "was": "60"})
    client.force_login(user)
    page = text_of(client.get(f"/my/visits/{visit.public_id}/"))
    assert "75 minutes" in page
    assert "by mistake?" not in page
    client.post(f"/my/visits/{visit.public_id}/undo/", {"version_made": "2"})
    visit.refresh_from_db()
    assert visit.minutes == 75
