"""Limits that only a loop reaches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from bookings.messages import fuse
from bookings.models import Message, Task, VisitChange
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.factories import make_appointment, make_client
from practitioners.tests.factories import make_location, make_practitioner, make_service

pytestmark = pytest.mark.django_db
Lane = Message.Lane
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALL = [Lane.SECURITY, Lane.BOOKING, Lane.FOLLOW_UP]


def write_many(ledger: Ledger, kind: str, count: int) -> None:
    """Many messages to one client, as a loop would write them."""
    person = make_client()
    for number in range(count):
        ledger.write_to(person, kind=kind, occurrence=str(number))


def hand_over(lane: int, sources: int, each: int = 1) -> None:
    """Messages to as many clients that went out an hour ago."""
    for source in range(sources):
        person = make_client()
        Message.objects.bulk_create(
            Message(
                kind="overdue", source_type="test", source_id=str(source), occurrence=str(number),
                recipient=f"client:{person.pk}", client=person, lane=lane, state="sent",
                send_after=NOW - HOUR, sending_at=NOW - HOUR, sent_at=NOW - HOUR,
            )
            for number in range(each)
        )  # fmt: skip


def test_one_client_gets_three_follow_ups_in_seven_days(ledger: Ledger) -> None:
    write_many(ledger, "overdue", 5)
    assert (ledger.send().sent, ledger.send(NOW + 2 * DAY).sent) == (3, 0)
    waiting = Message.objects.filter(state="pending")
    assert {row.last_code for row in waiting} == {"fuse_client"}
    assert list(Task.objects.values_list("role", flat=True)) == ["Admin", "Admin"]  # one a day


def test_after_the_seven_days_the_next_may_go(ledger: Ledger) -> None:
    person = make_client()
    for number in range(4):
        ledger.write_to(person, kind="overdue", occurrence=str(number), expires_at=NOW + 30 * DAY)
    assert ledger.send().sent == 3
    assert ledger.send(NOW + 8 * DAY).sent == 1


def test_one_client_gets_ten_other_mails_a_day(ledger: Ledger) -> None:
    write_many(ledger, "letter", 12)
    assert (ledger.send().sent, ledger.send(NOW + 2 * HOUR).sent) == (10, 0)
    assert ledger.send(NOW + 25 * HOUR).sent == 2


def test_what_a_client_has_had_is_counted_without_reading_what_others_had() -> None:
    """Or the last mark of a day would take as long as there were messages before it."""
    hand_over(Lane.FOLLOW_UP, sources=60, each=5)
    row = Message.objects.order_by("pk")[0]
    about = {"id": row.pk, "since": NOW - DAY, "now": NOW}
    assert fuse.HAD.rows(about) == [(4,)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_message")
        cursor.execute(f"EXPLAIN {fuse.HAD.said(about)}")
        assert "using messages_had" in str(cursor.fetchall())


def test_a_code_to_sign_in_is_never_held_back(ledger: Ledger) -> None:
    write_many(ledger, "sign_in_code", 15)
    assert ledger.send().sent == 15


def test_an_honest_day_with_many_follow_ups_passes() -> None:
    hand_over(Lane.FOLLOW_UP, sources=60)
    assert fuse.open_lanes(now=NOW) == ALL


def test_a_loop_over_few_plans_stops_follow_ups_and_nothing_else() -> None:
    hand_over(Lane.FOLLOW_UP, sources=3, each=20)
    assert fuse.open_lanes(now=NOW) == [Lane.SECURITY, Lane.BOOKING]
    assert Task.objects.get().role == "Admin"


def test_a_day_later_a_blown_fuse_has_mended_itself() -> None:
    hand_over(Lane.FOLLOW_UP, sources=3, each=20)
    assert fuse.open_lanes(now=NOW + DAY) == ALL


def test_booking_mails_without_bookings_stop() -> None:
    hand_over(Lane.BOOKING, sources=30)
    assert fuse.open_lanes(now=NOW) == [Lane.SECURITY, Lane.FOLLOW_UP]


def test_booking_mails_that_have_their_bookings_pass() -> None:
    place, service = make_location(), make_service(minutes=5)
    practitioner = make_practitioner(service, at=place)
    for number in range(30):
        visit = make_appointment(
            practitioner, service, place, NOW + 30 * DAY + number * timedelta(minutes=10)
        )
        VisitChange.objects.create(
            appointment=visit, event="booked", version=1, practitioner=practitioner,
            starts_at=visit.starts_at, at=NOW - HOUR,
        )  # fmt: skip
    hand_over(Lane.BOOKING, sources=30)
    assert fuse.open_lanes(now=NOW) == ALL


def test_what_a_closed_lane_holds_goes_out_when_it_opens(ledger: Ledger) -> None:
    hand_over(Lane.FOLLOW_UP, sources=3, each=20)
    message = ledger.write(kind="overdue")
    assert ledger.send().sent == 0
    assert ledger.send(NOW + DAY).ids == [message.pk]
