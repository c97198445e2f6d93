"""Every line of a message's life, from waiting to sent, parked or not needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bookings.messages import claim, delivery, outbox, recovery
from bookings.models import Message, MessageAttempt, Task
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.smtp_server import (
    LATER_AT_RECIPIENT,
    NEVER_AT_RECIPIENT,
    SILENT_AFTER_DATA,
    SILENT_AT_SENDER,
    SmtpServer,
)

pytestmark = pytest.mark.django_db
State = Message.State
HOUR = timedelta(hours=1)
LANES = [0, 1, 2]


def take(size: int = 20, now: Any = NOW) -> list[Message]:
    return claim.take("somebody", now=now, lanes=LANES, size=size)


def end_leases() -> None:
    """Let every lease be over by the database's clock."""
    Message.objects.filter(lease_until__isnull=False).update(
        lease_until=timezone.now() - timedelta(minutes=1)
    )


def tries(message: Message) -> list[str]:
    return list(message.tries.values_list("result", flat=True))


def test_a_due_message_is_sent_and_says_when_and_where_to(ledger: Ledger) -> None:
    message = ledger.write()
    counts = ledger.send()
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.attempts) == (State.SENT, NOW, 1)
    assert message.sent_to == message.client.email
    assert tries(message) == ["sent"]
    assert (counts.sent, counts.ids) == (1, [message.pk])
    assert [mail.to for mail in ledger.outbox()] == [[message.client.email]]


def test_a_message_waits_for_its_time(ledger: Ledger) -> None:
    message = ledger.write(send_after=NOW + HOUR)
    ledger.send()
    assert ledger.outbox() == []
    ledger.send(NOW + HOUR)
    message.refresh_from_db()
    assert message.state == State.SENT


def test_the_same_reason_is_written_and_sent_once(ledger: Ledger) -> None:
    message = ledger.write()
    ledger.write_to(message.client)
    ledger.send()
    ledger.write_to(message.client)
    ledger.send()
    assert len(ledger.outbox()) == 1


def test_1_a_claim_has_a_lease_a_number_and_counts(ledger: Ledger) -> None:
    ledger.write()
    (message,) = take()
    message.refresh_from_db()
    assert (message.state, message.claims, message.claim_no) == (State.CLAIMED, 1, 1)
    assert message.claimed_by == "somebody"
    assert message.lease_until is not None
    assert timedelta(minutes=4) < message.lease_until - timezone.now() <= timedelta(minutes=5)
    assert take() == []


def test_1_a_message_that_was_put_off_is_not_claimed_before_its_next_try(ledger: Ledger) -> None:
    message = ledger.write()
    ledger.set(message, next_attempt_at=timezone.now() + HOUR)
    assert take() == []


def test_2_a_claim_whose_worker_died_can_be_claimed_again_and_is_no_duplicate(
    ledger: Ledger,
) -> None:
    ledger.write()
    take()
    end_leases()
    counts = ledger.send()
    message = Message.objects.get()
    assert (message.state, message.is_ambiguous, message.claim_no) == (State.SENT, False, 2)
    assert counts.ambiguous == 0


def test_4_a_check_that_says_wait_puts_it_back_and_the_claim_does_not_count(
    ledger: Ledger,
) -> None:
    message = ledger.write("wait")
    counts = ledger.send()
    message.refresh_from_db()
    assert (message.state, message.claims) == (State.PENDING, 0)
    assert (message.send_after, message.last_code) == (NOW + HOUR, "quiet_hours")
    assert (counts.waiting, ledger.outbox()) == (1, [])


def test_4_a_check_that_says_stop_cancels_it_with_its_code(ledger: Ledger) -> None:
    message = ledger.write("stop")
    counts = ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.CANCELLED, "plan_discharged")
    assert (counts.stopped, message.sending_at) == (1, None)


def test_4_a_message_whose_source_is_gone_is_not_needed(ledger: Ledger) -> None:
    message = ledger.write()
    ledger.set(message, source_id="999999999")
    ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.CANCELLED, "source_gone")


def test_6_a_refusal_for_now_is_tried_again_after_the_wait(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    smtp.will(LATER_AT_RECIPIENT)
    message = ledger.write()
    ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.PENDING, "refused_450")
    assert (message.attempts, message.claims, message.is_ambiguous) == (1, 0, False)
    assert message.next_attempt_at is not None
    wait = message.next_attempt_at - timezone.now()
    assert timedelta(seconds=45) < wait < timedelta(seconds=75)
    ledger.send()
    assert smtp.taken == []
    ledger.set(message, next_attempt_at=None)
    ledger.send()
    assert [mail.message_id for mail in smtp.taken] == [f"<msg-{message.public_id}@example.com>"]


def test_6_a_timeout_before_the_end_of_the_data_is_no_duplicate(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    smtp.will(SILENT_AT_SENDER)
    message = ledger.write()
    ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.PENDING, "timeout")
    assert message.is_ambiguous is False


def test_7_a_refusal_for_good_fails_tells_the_desk_and_flags_the_address(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    smtp.will(NEVER_AT_RECIPIENT)
    message = ledger.write()
    counts = ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.FAILED, "refused_550")
    assert message.client.bounced_email == message.client.email
    (task,) = Task.objects.all()
    assert (task.role, task.client) == ("Front desk", message.client)
    assert counts.failed == 1
    ledger.send(NOW + 10 * HOUR)
    assert smtp.lines == 1


def test_7_the_eighth_refusal_is_the_last(ledger: Ledger, smtp: SmtpServer) -> None:
    message = ledger.write(expires_at=NOW + 1000 * HOUR)
    for _ in range(8):
        smtp.will(LATER_AT_RECIPIENT)
        ledger.send()
        ledger.set(message, next_attempt_at=None)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.FAILED, 8)
    assert tries(message) == ["refused_450"] * 8
    assert Task.objects.count() == 1


def test_8_no_answer_after_the_data_sends_once_more_under_the_same_id_and_says_so(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    smtp.will(SILENT_AFTER_DATA)
    message = ledger.write()
    counts = ledger.send()
    message.refresh_from_db()
    assert (message.state, message.is_ambiguous) == (State.PENDING, True)
    assert message.next_attempt_at is not None
    assert counts.ambiguous == 1
    ledger.set(message, next_attempt_at=None)
    ledger.send()
    message.refresh_from_db()
    assert (message.state, message.is_ambiguous) == (State.SENT, True)
    assert len({mail.message_id for mail in smtp.taken}) == 1
    assert len(smtp.taken) == 2


def test_8_a_worker_that_died_while_sending_leaves_a_message_that_may_have_arrived(
    ledger: Ledger,
) -> None:
    ledger.write()
    (message,) = take()
    claim.commit_to_send(message, claim.mark_of(message, address="a@example.com", now=NOW))
    end_leases()
    recovery.take_back(now=NOW)
    message.refresh_from_db()
    assert (message.state, message.is_ambiguous) == (State.PENDING, True)
    assert tries(message) == ["sender_died"]


def test_8_a_text_message_that_may_have_arrived_is_not_sent_again(ledger: Ledger) -> None:
    ledger.write()
    (message,) = take()
    claim.commit_to_send(
        message, claim.mark_of(message, address="+447700900982", channel="sms", now=NOW)
    )
    end_leases()
    recovery.take_back(now=NOW)
    message.refresh_from_db()
    assert message.state == State.UNKNOWN


def test_9_not_knowing_a_second_time_needs_a_person(ledger: Ledger, smtp: SmtpServer) -> None:
    message = ledger.write()
    for _ in range(2):
        smtp.will(SILENT_AFTER_DATA)
        ledger.send()
        ledger.set(message, next_attempt_at=None)
    message.refresh_from_db()
    assert message.state == State.UNKNOWN
    assert Task.objects.get().client == message.client
    ledger.send()
    assert len(smtp.taken) == 2


def test_9_dying_twice_while_sending_needs_a_person(ledger: Ledger) -> None:
    ledger.write()
    for _ in range(2):
        (message,) = take()
        claim.commit_to_send(message, claim.mark_of(message, address="a@example.com", now=NOW))
        end_leases()
        recovery.take_back(now=NOW)
    message.refresh_from_db()
    assert (message.state, Task.objects.count()) == (State.UNKNOWN, 1)


def test_10_what_is_cancelled_while_it_waits_is_never_sent(ledger: Ledger) -> None:
    message = ledger.write()
    assert len(outbox.cancel_open("test", message.client_id, code="moved")) == 1
    ledger.send()
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.CANCELLED, "moved")
    assert ledger.outbox() == []


def test_10_a_cancel_before_the_commitment_wins_over_the_claim(ledger: Ledger) -> None:
    ledger.write()
    (message,) = take()
    outbox.cancel_open("test", message.client_id, code="moved")
    with pytest.raises(claim.ClaimLost):
        delivery.commit(message, now=NOW)
    message.refresh_from_db()
    assert message.state == State.CANCELLED


def test_10_what_is_on_its_way_can_no_longer_be_cancelled(ledger: Ledger) -> None:
    ledger.write()
    (message,) = take()
    claim.commit_to_send(message, claim.mark_of(message, address="a@example.com", now=NOW))
    assert outbox.cancel_open("test", message.client_id, code="moved") == []


def test_11_what_would_come_too_late_expires_and_the_desk_is_told(ledger: Ledger) -> None:
    message = ledger.write(expires_at=NOW + HOUR)
    counts = ledger.send(NOW + 2 * HOUR)
    message.refresh_from_db()
    assert (message.state, counts.expired, ledger.outbox()) == (State.EXPIRED, 1, [])
    assert Task.objects.get().role == "Front desk"


def test_11_follow_ups_of_an_outage_are_one_task_and_not_a_hundred(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.write(kind="overdue", expires_at=NOW + HOUR)
    ledger.send(NOW + 2 * HOUR)
    assert Task.objects.count() == 1


def test_11_nobody_is_told_of_an_old_sign_in_code(ledger: Ledger) -> None:
    outbox.write(
        "sign_in_code", source_type="sign_in_code", source_id=1, address="a@example.com", now=NOW
    )
    assert ledger.send(NOW + HOUR).expired == 1
    assert Task.objects.count() == 0


def test_12_a_row_that_kills_its_workers_is_parked_after_five_claims(ledger: Ledger) -> None:
    message = ledger.write()
    for _ in range(5):
        assert take() != []
        end_leases()
        recovery.take_back(now=NOW)
    message.refresh_from_db()
    assert (message.state, message.last_code) == (State.FAILED, "poison")
    assert Task.objects.count() == 1


def test_12_a_row_that_cannot_be_rendered_is_parked_after_three_tries(ledger: Ledger) -> None:
    broken, fine = ledger.write("cannot be rendered"), ledger.write()
    for _ in range(3):
        ledger.send()
        ledger.set(broken, next_attempt_at=None)
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, broken.attempts) == (State.FAILED, 0)
    assert tries(broken) == ["not_prepared"] * 3
    assert fine.state == State.SENT


def test_12_who_was_claimed_twice_in_vain_is_claimed_alone(ledger: Ledger) -> None:
    suspect, innocent = ledger.write(), ledger.write()
    ledger.set(suspect, claims=2)
    assert [message.pk for message in take()] == [innocent.pk]
    assert [message.pk for message in take()] == [suspect.pk]


def test_13_staff_settle_what_nobody_knows(ledger: Ledger) -> None:
    arrived, again = ledger.write(), ledger.write()
    for message in (arrived, again):
        ledger.set(message, state=State.UNKNOWN, is_ambiguous=True)
    assert outbox.settle(arrived, has_arrived=True, now=NOW)
    assert outbox.settle(again, has_arrived=False, now=NOW)
    assert not outbox.settle(again, has_arrived=True, now=NOW)
    ledger.send()
    assert [mail.to for mail in ledger.outbox()] == [[again.client.email]]
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_somebody_who_comes_back_after_a_new_claim_writes_nothing_but_the_try(
    ledger: Ledger,
) -> None:
    ledger.write()
    (old,) = take()
    end_leases()
    recovery.take_back(now=NOW)
    (new,) = take()
    with pytest.raises(claim.ClaimLost):
        claim.commit_to_send(old, claim.mark_of(old, address="a@example.com", now=NOW))
    assert not claim.record(old, state=State.SENT, code="sent", now=NOW)
    new.refresh_from_db()
    assert (new.state, tries(new)) == (State.CLAIMED, ["sent"])


def test_a_late_yes_counts_as_long_as_nobody_has_claimed_the_row_again(ledger: Ledger) -> None:
    ledger.write()
    (message,) = take()
    claim.commit_to_send(message, claim.mark_of(message, address="a@example.com", now=NOW))
    end_leases()
    recovery.take_back(now=NOW)
    assert claim.record(message, state=State.SENT, code="sent", now=NOW)
    assert ledger.send().sent == 0


def test_kinds_and_sources_of_a_newer_version_stay_where_they_are(ledger: Ledger) -> None:
    unknown_kind, unknown_source = ledger.write(), ledger.write()
    ledger.set(unknown_kind, kind="from_the_future")
    ledger.set(unknown_source, source_type="from_the_future")
    ledger.send()
    assert list(Message.objects.values_list("state", "claims")) == [(State.PENDING, 0)] * 2


def test_security_goes_before_bookings_and_bookings_before_follow_ups(ledger: Ledger) -> None:
    kinds = ["overdue", "letter", "sign_in_code"]
    for kind in kinds:
        ledger.write(kind=kind)
    ledger.send()
    sent = MessageAttempt.objects.order_by("pk").values_list("message__kind", flat=True)
    assert list(sent) == ["sign_in_code", "letter", "overdue"]


def test_a_run_that_is_over_gives_its_claims_back(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.write()
    ledger.send(limit_seconds=0)
    assert set(Message.objects.values_list("state", "claims")) == {(State.PENDING, 0)}


def test_looking_for_due_messages_reads_an_index(ledger: Ledger) -> None:
    """The condition of the index has to follow from the question, or it cannot be used."""
    wanted = {None: "waiting_messages", (1, 2): "bookings_message_pkey"}
    for only, index in wanted.items():
        claim.take("me", now=NOW, lanes=[1], size=20, only=only)
        statement = claim.FRESH[only is not None]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("DISCARD PLANS")  # the session has one that was made before
            terms = claim._terms("me", NOW, 1, 20, only)
            cursor.execute(f"EXPLAIN {statement._execute}", terms)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert index in plan
