"""The ledger of the faults notices each kind of wrong that it is there to notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bookings.messages import delivery
from bookings.models import Message
from bookings.tests.smtp_server import NEVER_AT_RECIPIENT, SmtpServer
from clinic.tests.faults.ledger import Ledger, arrivals, message_id
from clinic.tests.faults.people import People, Stopped
from treatment_plans import recall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    server = SmtpServer()
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def people(smtp: SmtpServer) -> People:
    """Six people whose messages are due and have been sent, but for one who is refused."""
    people = People(6, seed=1)
    people.fall_due(6)
    recall.sweep(now=people.now)
    smtp.will(NEVER_AT_RECIPIENT)
    delivery.send_due(now=people.now)
    assert len(smtp.taken) == 5
    return people


def sent(kind: str) -> Message:
    return Message.objects.filter(state="sent", kind=kind)[0]


def count(row: Message, smtp: SmtpServer) -> int:
    return arrivals(smtp)[message_id(row.public_id)]


def test_it_finds_nothing_when_all_is_well(people: People, smtp: SmtpServer) -> None:
    found = Ledger.of(people, smtp)
    wrong = (found.lost, found.twice, found.unflagged, found.after_stop, found.strangers)
    assert wrong == ([], [], [], [], [])


def test_it_misses_what_did_not_arrive(people: People, smtp: SmtpServer) -> None:
    gone = smtp.taken.pop()
    (row,) = (row for row in Message.objects.all() if message_id(row.public_id) == gone.message_id)
    assert Ledger.of(people, smtp).lost == [f"{row.pk} is sent (sent)"]


def test_it_misses_what_was_never_written(people: People, smtp: SmtpServer) -> None:
    row = sent("due_soon")
    row.delete()
    found = Ledger.of(people, smtp)
    assert found.lost == [f"treatment_plan {row.source_id}: no message was written"]
    assert found.strangers == [message_id(row.public_id)]


@pytest.mark.parametrize("state", ["failed", "expired", "pending", "unknown", "cancelled"])
def test_it_takes_no_other_end_for_an_answer(state: str, people: People, smtp: SmtpServer) -> None:
    row = sent("confirmation")
    Message.objects.filter(pk=row.pk).update(state=state)
    assert Ledger.of(people, smtp).lost == [f"{row.pk} is {state} (sent)"]


def test_it_sees_what_arrived_twice_and_whether_that_was_known(
    people: People, smtp: SmtpServer
) -> None:
    row = sent("confirmation")
    smtp.taken.append(
        next(one for one in smtp.taken if one.message_id == message_id(row.public_id))
    )
    found = Ledger.of(people, smtp)
    assert found.twice == [f"{row.pk} arrived 2 times"]
    assert found.unflagged == [f"{row.pk} sent arrived 2 times"]
    Message.objects.filter(pk=row.pk).update(is_ambiguous=True)
    assert Ledger.of(people, smtp).unflagged == []


def test_it_sees_what_was_sent_after_a_stop(people: People, smtp: SmtpServer) -> None:
    row = sent("due_soon")
    people.stopped[row.client_id or 0] = Stopped("opted out", {}, set(), {})
    assert Ledger.of(people, smtp).after_stop == [
        f"{row.pk}: 1 tries after 'opted out'",
        f"{row.pk}: arrived 1 times after 'opted out'",
    ]


def test_what_was_on_its_way_may_arrive_once(people: People, smtp: SmtpServer) -> None:
    row, key = sent("due_soon"), sent("due_soon").public_id
    people.stopped[row.client_id or 0] = Stopped("opted out", {key: 1}, {key}, {key: 0})
    assert Ledger.of(people, smtp).after_stop == []
    smtp.taken += [one for one in smtp.taken if one.message_id == message_id(key)]
    assert Ledger.of(people, smtp).after_stop == [f"{row.pk}: arrived 2 times after 'opted out'"]


def test_a_mind_is_changed_once_and_seen_under_its_locks(smtp: SmtpServer, settings: Any) -> None:
    settings.APPOINTMENT_LISTENERS = [
        *settings.APPOINTMENT_LISTENERS, "clinic.tests.faults.people.look_now",
    ]  # fmt: skip
    people = People(40, seed=3)
    people.fall_due(40)
    recall.sweep(now=people.now)
    made = [people.change_a_mind(lambda _key: 0) for _ in range(40)]
    assert len(people.stopped) == 40
    assert set(made) == {
        "opted out", "booked", "on hold", "discharged", "paused", "has died", "cancelled",
    }  # fmt: skip
    assert people.change_a_mind(lambda _key: 0) == ""
    delivery.send_due(now=people.now)
    assert {mail.to for mail in smtp.taken} & {one.client.email for one in people.plans} == set()
