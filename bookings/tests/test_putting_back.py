"""Undoing a move or a cancellation: the visit stands as it stood, and so does what followed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.calendar.putting_back import HOW_IT_STOOD, undoable
from bookings.errors import ClientBusy, Ended, NoRoom, SlotTaken, TooLate
from bookings.ics import visit_calendar
from bookings.links import OldLink, read_visit_link, visit_link
from bookings.messages import delivery
from bookings.models import Appointment, Message, VisitChange
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_staff,
)
from bookings.tests.signed import unsigned
from bookings.visit_history import history_of

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)
SECOND = timedelta(seconds=1)
heard: list[str] = []


@pytest.fixture
def world(settings: Any) -> SmallClinic:
    settings.APPOINTMENT_LISTENERS = [*settings.APPOINTMENT_LISTENERS, f"{__name__}.listen"]
    heard.clear()
    return SmallClinic()


def listen(event: str, appointment: Any, *, now: Any) -> None:
    heard.append(event)


def cancel(visit: Any, by_whom: str = "clinic", **more: Any) -> Appointment:
    given = {"by": None, "now": NOW + HOUR, "for_staff": True, "reason": "By mistake"}
    return calendar.cancel(visit, cancelled_by=by_whom, **{**given, **more})


def move(visit: Any, to: Any = TEN + HOUR, **more: Any) -> Appointment:
    return calendar.move(
        visit, starts_at=to, **{"by": None, "now": NOW + HOUR, "for_staff": True, **more}
    )


def put_back(visit: Appointment, **more: Any) -> Appointment:
    given = {
        "version": visit.version,
        "by": None,
        "now": NOW + HOUR + 2 * MINUTE,
        "for_staff": True,
    }
    calendar.put_back(visit, **{**given, **more})
    return Appointment.objects.get(pk=visit.pk)


def stands(visit: Appointment) -> dict[str, Any]:
    names = [
        *HOW_IT_STOOD,
        "public_id",
        "series_id",
        "price",
        "client_id",
        "booked_at",
        "source_ref",
    ]
    return {name: getattr(Appointment.objects.get(pk=visit.pk), name) for name in names}


def sent_to(world: SmallClinic, box: list[Any], now: Any) -> list[str]:
    box.clear()
    delivery.send_due(now=now)
    return [one.subject for one in box if world.client.email in one.to]


# The row


@pytest.mark.parametrize("change", [cancel, move])
def test_it_stands_as_it_stood_in_its_next_version(world: Any, change: Any) -> None:
    visit = world.booked()
    before = stands(visit)
    back = put_back(change(visit))
    assert stands(visit) == before
    assert (back.version, back.link_version) == (3, 1)
    assert heard[-1] == "put_back"
    assert "SEQUENCE:2" in visit_calendar(back).decode()
    assert "STATUS:CONFIRMED" in visit_calendar(back).decode()


def test_a_lengthened_visit_of_somebody_who_has_arrived_comes_back_so(world: Any) -> None:
    visit = world.booked()
    calendar.change_length(visit, length=80 * MINUTE, by=None, now=NOW)
    calendar.mark(visit, "arrived", by=None, now=TEN - 5 * MINUTE)
    before = stands(visit)
    for change in (cancel, move):
        put_back(change(visit, now=TEN - MINUTE), now=TEN)
        assert stands(visit) == before
    assert before["status"] == "arrived"


def test_a_late_cancellation_was_none(world: Any) -> None:
    gone = cancel(world.booked(), "client", now=TEN - HOUR)
    assert gone.is_late_cancellation
    back = put_back(gone, now=TEN - HOUR)
    assert (back.is_late_cancellation, back.cancelled_by, back.cancel_reason) == (False, "", "")


def test_a_second_press_changes_nothing(world: Any) -> None:
    for change in (cancel, move):
        gone = change(world.booked(TEN + (2 * HOUR if change is move else 0 * HOUR)))
        first = put_back(gone)
        again = put_back(gone, now=NOW + 5 * HOUR)
        assert (again.version, again.status) == (first.version, "booked")
    assert VisitChange.objects.filter(event="put_back").count() == 2


@pytest.mark.parametrize("change", [cancel, move])
def test_after_three_minutes_it_is_too_late(world: Any, change: Any) -> None:
    gone = change(world.booked())
    with pytest.raises(TooLate, match="three minutes"):
        put_back(gone, now=NOW + HOUR + 3 * MINUTE + SECOND)
    assert put_back(gone, now=NOW + HOUR + 3 * MINUTE).version == 3


def test_what_was_changed_again_or_never_changed_is_not_undone(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(Ended):
        put_back(visit)
    moved = move(visit)
    for version in (moved.version - 1, moved.version + 5):
        with pytest.raises(Ended, match="changed again"):
            put_back(moved, version=version)
    gone = cancel(moved)
    with pytest.raises(Ended):
        put_back(moved, version=2)
    back = put_back(gone)
    assert (back.starts_at, back.status) == (TEN + HOUR, "booked")
    with pytest.raises(TooLate):  # a visit that was put back has nothing to undo
        put_back(back, version=back.version)


def test_a_moved_visit_that_has_begun_stays_where_it_is(world: Any) -> None:
    world.hold(now=TEN - HOUR)
    moved = move(world.confirm(now=TEN - HOUR), TEN - 30 * MINUTE, now=TEN - 31 * MINUTE)
    calendar.mark(moved, "started", by=None, now=TEN - 30 * MINUTE)
    with pytest.raises(Ended):
        put_back(moved, now=TEN - 30 * MINUTE)


def test_pages_know_what_can_be_undone_and_until_when(world: Any) -> None:
    stays = world.booked()
    moved, gone = (
        move(world.booked(TEN + 2 * HOUR), TEN + 4 * HOUR),
        cancel(world.booked(TEN + 5 * HOUR)),
    )
    found = undoable([stays, moved, gone], now=NOW + HOUR)
    assert {key: (one.event, one.version) for key, one in found.items()} == {
        moved.pk: ("moved", 2), gone.pk: ("cancelled", 2),
    }  # fmt: skip
    assert {one.until for one in found.values()} == {NOW + HOUR + 3 * MINUTE}
    assert not undoable([stays, moved, gone], now=NOW + HOUR + 3 * MINUTE + SECOND)


def test_the_history_says_who_undid_what(world: Any) -> None:
    rosa, ada = make_staff("Front desk", name="Rosa"), make_staff("Admin", name="Ada")
    visit = world.booked()
    put_back(cancel(visit, by=rosa), by=ada)
    put_back(move(visit, by=ada, now=NOW + 2 * HOUR), by=rosa, now=NOW + 2 * HOUR)
    steps = [(step.words, step.who) for step in history_of(visit)]
    assert steps[1:] == [
        ("Cancelled", "Rosa"), ("Cancellation undone", "Ada"),
        ("Moved", "Ada"), ("Move undone", "Rosa"),
    ]  # fmt: skip
    assert [step.at for step in history_of(visit)][2:] == [
        NOW + HOUR + 2 * MINUTE, NOW + 2 * HOUR, NOW + 2 * HOUR,
    ]  # fmt: skip


# When the time is gone


def test_a_taken_time_stays_with_whoever_has_it(world: Any) -> None:
    gone = cancel(world.booked())
    other = world.stranger()
    with pytest.raises(SlotTaken, match="has been taken since") as refused:
        put_back(gone)
    assert other.client.name not in refused.value.sentence
    assert refused.value.details["starts_at"] == TEN
    with pytest.raises(SlotTaken, match=f"booked for {other.client.name}"):
        put_back(gone, by=make_staff("Front desk"))
    gone.refresh_from_db()
    assert (gone.status, gone.version) == ("cancelled", 2)


def test_the_name_of_a_colleagues_client_is_not_said(world: Any) -> None:
    gone = cancel(world.booked())
    colleague = world.another(user=make_staff("Admin"))
    make_appointment(colleague, world.service, world.place, TEN, room=world.room)
    with pytest.raises(NoRoom, match="The room has been given to another session"):
        put_back(gone, by=colleague.user)


def test_a_time_kept_for_somebody_is_theirs_until_it_runs_out(world: Any) -> None:
    gone = cancel(world.booked())
    world.hold("another", now=NOW + HOUR + MINUTE, keep_for=30 * SECOND)
    with pytest.raises(SlotTaken, match="Somebody is just booking"):
        put_back(gone, now=NOW + HOUR + MINUTE)
    assert put_back(gone).status == "booked"
    assert not Appointment.objects.filter(status="held").exists()


def test_nobody_comes_back_into_another_session_of_their_own(world: Any) -> None:
    gone = cancel(world.booked())
    other = world.another()
    make_appointment(other, world.service, world.place, TEN, client=world.client)
    with pytest.raises(ClientBusy):
        put_back(gone)


def test_new_rules_do_not_count_against_what_was_booked_before(world: Any) -> None:
    """Neither another length of the service nor other hours."""
    gone = cancel(world.booked())
    world.service.minutes = 90
    world.service.save()
    world.person.availability.all().delete()
    assert put_back(gone).ends_at == TEN + HOUR


# Those changed together


def series(world: SmallClinic) -> list[Appointment]:
    choices = [(world.person, world.place, TEN + number * WEEK) for number in range(3)]
    made = calendar.book_series(
        world.service, choices, client=world.client, by=None, form_token=uuid.uuid4(), now=NOW
    )
    return list(made.appointments.order_by("starts_at"))


def test_what_one_press_cancelled_comes_back_together(world: Any) -> None:
    visits = series(world)
    before = [stands(one) for one in visits]
    cancel(visits[0], now=NOW + 30 * MINUTE)
    gone = calendar.cancel_from(
        visits[1], cancelled_by="clinic", by=None, now=NOW + HOUR, for_staff=True
    )
    put_back(gone[1])
    assert [stands(one) for one in visits[1:]] == before[1:]
    assert Appointment.objects.get(pk=visits[0].pk).status == "cancelled"


@pytest.mark.parametrize("by", [WEEK, -timedelta(days=3), HOUR])
def test_a_moved_series_goes_back_each_to_its_own_time(world: Any, by: timedelta) -> None:
    visits = series(world)
    before = [stands(one) for one in visits]
    start = visits[0].starts_at + by
    moved = calendar.move_from(visits[0], starts_at=start, by=None, now=NOW + HOUR, for_staff=True)
    put_back(moved[2])
    assert [stands(one) for one in visits] == before


def test_all_of_them_or_none(world: Any) -> None:
    visits = series(world)
    gone = calendar.cancel_from(
        visits[0], cancelled_by="clinic", by=None, now=NOW + HOUR, for_staff=True
    )
    world.stranger(TEN + WEEK)
    with pytest.raises(SlotTaken) as refused:
        put_back(gone[0])
    assert refused.value.details["starts_at"] == TEN + WEEK
    assert set(
        Appointment.objects.filter(pk__in=[one.pk for one in gone]).values_list("status", flat=True)
    ) == {"cancelled"}


# What had followed


@pytest.mark.parametrize("change", [cancel, move])
def test_what_is_undone_in_its_grace_is_told_to_nobody(
    world: Any, change: Any, mailoutbox: list[Any]
) -> None:
    visit = world.booked()
    delivery.send_due(now=NOW + 10 * MINUTE)
    old = visit_link(Appointment.objects.get(pk=visit.pk)).split("/")[2]
    gone = change(visit)
    put_back(gone)
    assert sent_to(world, mailoutbox, NOW + 2 * HOUR) == []
    assert read_visit_link(old, now=NOW + 2 * HOUR) == visit
    assert sent_to(world, mailoutbox, TEN - timedelta(days=2)) == [
        "Reminder: your session on Mon 30 Nov, 10:00"
    ]


def test_a_confirmation_that_was_taken_back_goes_after_all(
    world: Any, mailoutbox: list[Any]
) -> None:
    for change in (cancel, move):
        mailoutbox.clear()
        visit = world.booked(TEN if change is cancel else TEN + 3 * HOUR)
        back = put_back(change(visit, now=NOW + MINUTE), now=NOW + 2 * MINUTE)
        told = sent_to(world, mailoutbox, NOW + 10 * MINUTE)
        assert told == [f"Your session on Mon 30 Nov, {back.starts_at:%H:%M}"]


def test_who_was_told_that_it_is_cancelled_hears_that_it_takes_place(
    world: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.MESSAGE_GRACE_SECONDS = 0
    visit = world.booked()
    delivery.send_due(now=NOW + MINUTE)
    gone = cancel(visit)
    assert sent_to(world, mailoutbox, NOW + HOUR) == [
        "Your session on Mon 30 Nov, 10:00 is cancelled"
    ]
    back = put_back(gone)
    assert sent_to(world, mailoutbox, NOW + HOUR + 2 * MINUTE) == [
        "Your session on Mon 30 Nov, 10:00 takes place"
    ]
    (sent,) = (one for one in mailoutbox if "takes place" in one.subject)
    assert "It is not cancelled." in sent.body
    assert unsigned(visit_link(back)) in unsigned(sent.body)
    assert back.link_version == 3


def test_who_was_told_the_new_time_hears_that_it_is_the_old_one(
    world: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.MESSAGE_GRACE_SECONDS = 0
    visit = world.booked()
    delivery.send_due(now=NOW + MINUTE)
    moved = move(visit)
    delivery.send_due(now=NOW + HOUR)
    told = visit_link(moved).split("/")[2]
    put_back(moved)
    assert sent_to(world, mailoutbox, NOW + HOUR + 2 * MINUTE) == [
        "Your session is now on Mon 30 Nov, 10:00"
    ]
    (sent,) = (one for one in mailoutbox if "now on" in one.subject)
    assert "Before, it was on Monday 30 November, 11:00" in sent.body
    with pytest.raises(OldLink):
        read_visit_link(told, now=NOW + 2 * HOUR)


def test_a_series_is_told_once_that_it_takes_place(
    world: Any, mailoutbox: list[Any], settings: Any
) -> None:
    settings.MESSAGE_GRACE_SECONDS = 0
    visits = series(world)
    delivery.send_due(now=NOW + MINUTE)
    gone = calendar.cancel_from(
        visits[0], cancelled_by="clinic", by=None, now=NOW + HOUR, for_staff=True
    )
    delivery.send_due(now=NOW + HOUR)
    put_back(gone[1])
    assert sent_to(world, mailoutbox, NOW + HOUR + 2 * MINUTE) == [
        "Your session on Mon 30 Nov, 10:00 takes place"
    ]
    (sent,) = (one for one in mailoutbox if "takes place" in one.subject)
    assert "- Monday 14 December, 10:00" in sent.body


def test_a_series_that_nobody_was_told_of_is_confirmed_once(
    world: Any, mailoutbox: list[Any]
) -> None:
    visits = series(world)
    put_back(cancel(visits[0], "client", now=NOW + MINUTE), now=NOW + 2 * MINUTE)
    told = sent_to(world, mailoutbox, NOW + 10 * MINUTE)
    assert told == ["Your session on Mon 7 Dec, 10:00"]
    assert "- Monday 30 November, 10:00" in mailoutbox[-1].body
    assert Message.objects.filter(kind="visit_reminder", state="pending").count() == 3
