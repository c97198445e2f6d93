"""What a client is told about a visit, when, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from bookings import calendar
from bookings.messages import delivery
from bookings.models import Appointment, ClientAccess, Message, Task
from bookings.tests.factories import make_client, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)  # a Tuesday
ELEVEN = TEN + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
AFTER_GRACE = NOW + 4 * MINUTE
AFTER_ANOTHER = AFTER_GRACE + 3 * MINUTE


class Desk:
    """A clinic that books, and a postman."""

    def __init__(self) -> None:
        make_clinic(policy="Free until the day before.")
        self.place = make_location(
            name="Willow Street", address="1 Test Street\nLondon", access_notes="Ring twice."
        )
        make_room(self.place)
        self.service = make_service(name="Lymph drainage after surgery", start_grid=60)
        self.person = make_practitioner(self.service, at=self.place, name="Dana Demo")
        self.client = make_client(name="Maya O'Brien", email="maya@example.com")

    def book(self, at: datetime = TEN, now: datetime = NOW) -> Appointment:
        return calendar.book(
            self.service,
            self.person,
            at,
            client=self.client,
            by=None,
            location=self.place,
            now=now,
        )

    def move(self, visit: Appointment, *, now: datetime, at: datetime = ELEVEN) -> Appointment:
        return calendar.move(visit, starts_at=at, by=None, now=now)

    def cancel(self, visit: Appointment, *, now: datetime, by: str = "client") -> Appointment:
        return calendar.cancel(visit, cancelled_by=by, by=None, now=now, for_staff=by == "clinic")

    def post(self, now: datetime) -> list[Any]:
        """Send what is due, return the mails to clients since the last time."""
        mail.outbox.clear()
        delivery.send_due(now=now)
        return list(mail.outbox)

    def subjects(self, now: datetime) -> list[str]:
        return [one.subject for one in self.post(now)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_booking_is_confirmed_once_its_grace_is_over(desk: Desk) -> None:
    desk.book()
    assert desk.subjects(NOW + 2 * MINUTE) == []
    assert desk.subjects(AFTER_GRACE) == ["Your session on Tue 1 Dec, 10:00"]
    assert desk.subjects(AFTER_GRACE + MINUTE) == []


def test_a_booking_undone_in_its_grace_sends_nothing(desk: Desk) -> None:
    calendar.undo(desk.book(), by=None, now=NOW + MINUTE)
    assert desk.subjects(AFTER_GRACE) == []
    assert desk.subjects(TEN - timedelta(days=2)) == []


def test_a_clinic_that_cancels_within_the_grace_says_so(desk: Desk) -> None:
    desk.cancel(desk.book(), now=NOW + MINUTE, by="clinic")
    assert desk.subjects(NOW + 3 * MINUTE) == []
    assert desk.subjects(AFTER_GRACE) == ["Your session on Tue 1 Dec, 10:00 is cancelled"]


@pytest.mark.parametrize("minutes", [2, 4])
def test_what_cannot_wait_for_its_grace_is_told_at_once(desk: Desk, minutes: int) -> None:
    visit = desk.book(now=TEN - 20 * MINUTE)
    now = TEN - minutes * MINUTE
    desk.post(now)
    calendar.cancel(visit, cancelled_by="clinic", by=None, now=now, reason="Ill", for_staff=True)
    told = ["Your session on Tue 1 Dec, 10:00 is cancelled"]
    assert desk.subjects(now) == (told if minutes < 3 else [])
    assert desk.subjects(now + 3 * MINUTE) == ([] if minutes < 3 else told)


def test_a_move_within_the_grace_confirms_the_new_time_only(desk: Desk) -> None:
    desk.move(desk.book(), now=NOW + MINUTE)
    assert desk.subjects(NOW + 5 * MINUTE) == ["Your session on Tue 1 Dec, 11:00"]


def test_a_move_tells_the_new_time_and_the_one_before(desk: Desk) -> None:
    visit = desk.book()
    desk.post(AFTER_GRACE)
    desk.move(visit, now=AFTER_GRACE)
    assert desk.post(AFTER_ANOTHER - MINUTE) == []
    (sent,) = desk.post(AFTER_ANOTHER)
    assert sent.subject == "Your session is now on Tue 1 Dec, 11:00"
    assert "Tuesday 1 December, 11:00, London time (GMT)" in sent.body
    assert "Before, it was on Tuesday 1 December, 10:00, London time (GMT)." in sent.body


def test_a_visit_moved_and_then_cancelled_is_told_although_the_move_was_not(desk: Desk) -> None:
    visit = desk.book()
    desk.post(AFTER_GRACE)
    visit = desk.move(visit, now=AFTER_GRACE)
    desk.cancel(visit, now=AFTER_GRACE)
    assert desk.subjects(AFTER_ANOTHER) == ["Your session on Tue 1 Dec, 11:00 is cancelled"]


def test_a_confirmation_that_came_too_late_for_a_move_is_not_sent(desk: Desk) -> None:
    desk.move(desk.book(), now=NOW + MINUTE)
    delivery.send_due(now=NOW + 10 * MINUTE)
    assert Message.objects.filter(kind="confirmation", occurrence="1").get().last_code == "moved"


def test_the_words_of_a_cancellation_say_who_cancelled(desk: Desk) -> None:
    visit = desk.book()
    desk.post(AFTER_GRACE)
    desk.cancel(visit, now=AFTER_GRACE, by="clinic")
    (sent,) = desk.post(AFTER_ANOTHER)
    assert "we are sorry, we had to cancel your session." in sent.body
    assert "/book/" in sent.body


def test_the_mail_says_when_where_and_with_whom_and_nothing_of_what_for(desk: Desk) -> None:
    visit = desk.book()
    (sent,) = desk.post(AFTER_GRACE)
    html = sent.alternatives[0][0]
    file = sent.attachments[0].get_payload(decode=True).decode()
    for text in (sent.body, html):
        for said in (
            "Hello Maya", "Tuesday 1 December, 10:00, London time", "Dana Demo", "Willow Street",
            "1 Test Street", "Ring twice.", visit.reference, "Free until the day before.",
            "020 7946 0000", "http://localhost:8000/v/",
        ):  # fmt: skip
            assert said in text
    for text in (sent.subject, sent.body, html, file):
        assert "Lymph" not in text
        assert "surgery" not in text


def test_names_are_text_in_both_parts(desk: Desk) -> None:
    desk.client.called = "<b>O'Maya</b>"
    desk.client.save()
    desk.book()
    (sent,) = desk.post(AFTER_GRACE)
    assert "Hello <b>O'Maya</b>," in sent.body
    assert "&lt;b&gt;O&#x27;Maya&lt;/b&gt;" in sent.alternatives[0][0]


def test_the_mail_has_no_style_of_its_own_but_the_one_block(desk: Desk) -> None:
    desk.book()
    (sent,) = desk.post(AFTER_GRACE)
    html = sent.alternatives[0][0]
    assert html.count("<style>") == 1
    assert "overflow-wrap: anywhere" in html  # a long name does not make it wider
    assert "style=" not in html
    assert "prefers-color-scheme: dark" in html


def test_it_comes_from_the_clinic_under_an_id_that_stays(desk: Desk) -> None:
    desk.book()
    (sent,) = desk.post(AFTER_GRACE)
    message = Message.objects.get(kind="confirmation")
    assert sent.extra_headers["Message-ID"] == f"<msg-{message.public_id}@example.com>"
    assert sent.from_email == "Willow Street Clinic <clinic@example.com>"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_reminder_comes_two_days_before_at_the_same_time_and_once(desk: Desk) -> None:
    desk.book()
    desk.post(AFTER_GRACE)
    assert desk.subjects(datetime(2026, 11, 29, 9, 59, tzinfo=UTC)) == []
    assert desk.subjects(datetime(2026, 11, 29, 10, tzinfo=UTC)) == [
        "Reminder: your session on Tue 1 Dec, 10:00"
    ]
    assert desk.subjects(datetime(2026, 11, 30, 10, tzinfo=UTC)) == []


def test_after_a_move_only_the_new_time_is_reminded_of(desk: Desk) -> None:
    visit = desk.book()
    desk.post(AFTER_GRACE)
    desk.move(visit, now=AFTER_GRACE)
    desk.post(AFTER_ANOTHER)
    assert desk.subjects(datetime(2026, 11, 29, 10, 30, tzinfo=UTC)) == []
    assert desk.subjects(datetime(2026, 11, 29, 11, tzinfo=UTC)) == [
        "Reminder: your session on Tue 1 Dec, 11:00"
    ]


def test_a_visit_of_tomorrow_is_not_reminded_of(desk: Desk) -> None:
    desk.book(at=datetime(2026, 11, 25, 10, tzinfo=UTC))
    assert not Message.objects.filter(kind="visit_reminder").exists()


def test_no_reminder_goes_out_after_the_visit_has_begun(desk: Desk) -> None:
    desk.book()
    delivery.send_due(now=TEN)
    assert Message.objects.get(kind="visit_reminder").state == Message.State.EXPIRED


def test_the_desk_may_enter_a_visit_of_the_past_in_silence(desk: Desk) -> None:
    visit = desk.book()
    Message.objects.all().delete()
    calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=TEN + MINUTE, reason="Ill", for_staff=True
    )
    assert Message.objects.count() == 0


def test_the_dead_get_no_mail(desk: Desk) -> None:
    desk.book()
    desk.client.is_deceased = True
    desk.client.save()
    assert desk.subjects(AFTER_GRACE) == []
    assert Message.objects.get(kind="confirmation").last_code == "client_deceased"


def test_for_a_child_without_an_address_the_guardian_is_written_to(desk: Desk) -> None:
    desk.client = make_client(name="Mia Demo", email="")
    for relation in ("other", "guardian"):
        ClientAccess.objects.create(
            user=make_user(email=f"{relation}@example.com"), client=desk.client, relation=relation
        )
    desk.book()
    (sent,) = desk.post(AFTER_GRACE)
    assert sent.to == ["guardian@example.com"]
    assert sent.body.startswith("Hello, this is about a session for Mia. It is booked.")


def test_an_address_that_bounced_is_left_alone_until_it_is_another(desk: Desk) -> None:
    desk.client.bounced_email = "maya@example.com"
    desk.client.save()
    visit = desk.book()
    assert desk.subjects(AFTER_GRACE) == []
    assert Message.objects.get(kind="confirmation").last_code == "address_bounced"
    desk.client.email = "new@example.com"
    desk.client.save()
    desk.move(visit, now=AFTER_GRACE)
    assert [one.to for one in desk.post(AFTER_ANOTHER)] == [["new@example.com"]]


def test_a_cancellation_that_no_mail_can_tell_is_a_call_for_the_desk(desk: Desk) -> None:
    desk.client = make_client(email="")
    visit = desk.book()
    desk.post(AFTER_GRACE)
    assert Task.objects.count() == 0
    desk.cancel(visit, now=AFTER_GRACE, by="clinic")
    desk.post(AFTER_ANOTHER)
    task = Task.objects.get()
    assert (task.client, task.role) == (desk.client, "Front desk")
    assert "call them" in task.title


def test_mails_and_their_files_say_how_long_this_very_session_takes(desk: Desk) -> None:
    visit = desk.book()
    calendar.change_length(visit, length=80 * MINUTE, by=None, now=NOW)
    (sent,) = desk.post(AFTER_GRACE)
    assert "DTEND;TZID=Europe/London:20261201T112000" in (
        sent.attachments[0].get_payload(decode=True).decode()
    )
    (reminder,) = desk.post(TEN - timedelta(days=2))
    for text in (sent.body, sent.alternatives[0][0], reminder.body):
        assert "It takes 80 minutes." in text
    desk.cancel(visit, now=TEN - timedelta(days=2))
    assert "80 minutes" not in desk.post(TEN - timedelta(days=1))[0].body
