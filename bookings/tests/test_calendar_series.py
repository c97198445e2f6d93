"""Several visits as one: all or nothing, one mail, the locks of all at once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.errors import AlreadyUsed, BookingError, NeedsReason, NotPossible, SlotTaken
from bookings.messages import delivery
from bookings.models import Appointment, Message, Series
from bookings.tests.factories import HOUR, NOW, TEN, SmallClinic, make_appointment, make_client

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic()


def book(clinic: SmallClinic, *starts: datetime, **more: Any) -> Series:
    given = {"client": clinic.client, "by": clinic.user, "form_token": uuid.uuid4(), "now": NOW}
    choices = [(clinic.person, clinic.place, at) for at in starts]
    return calendar.book_series(clinic.service, choices, **{**given, **more})


def weekly(times: int) -> list[datetime]:
    return [TEN + number * WEEK for number in range(times)]


def starts_of(series: Series) -> list[datetime]:
    visits = series.appointments.exclude(status="cancelled").order_by("starts_at")
    return list(visits.values_list("starts_at", flat=True))


def test_every_visit_is_booked_in_one_room(clinic: SmallClinic) -> None:
    series = book(clinic, *reversed(weekly(6)))
    assert starts_of(series) == weekly(6)
    visits = series.appointments.all()
    assert {(one.status, one.room, one.client) for one in visits} == {
        ("booked", clinic.room, clinic.client)
    }


def test_the_client_gets_one_mail_that_names_every_date(
    clinic: SmallClinic, mailoutbox: list[Any]
) -> None:
    book(clinic, *weekly(3))
    assert Message.objects.filter(kind="confirmation").count() == 1
    assert Message.objects.filter(kind="visit_reminder").count() == 3
    delivery.send_due(now=NOW + timedelta(minutes=5))
    (sent,) = (one for one in mailoutbox if clinic.client.email in one.to)
    assert "Monday 30 November, 10:00" in sent.body
    assert "- Monday 7 December, 10:00" in sent.body
    assert "- Monday 14 December, 10:00" in sent.body


def test_one_taken_date_and_nothing_is_booked(clinic: SmallClinic) -> None:
    clinic.stranger(TEN + 2 * WEEK)
    with pytest.raises(SlotTaken) as refused:
        book(clinic, *weekly(4))
    assert refused.value.details["starts_at"] == TEN + 2 * WEEK
    assert not Series.objects.exists()
    assert Appointment.objects.count() == 1
    assert not Message.objects.filter(client=clinic.client).exists()


def test_every_refusal_takes_all_back(clinic: SmallClinic) -> None:
    other = clinic.another()
    make_appointment(other, clinic.service, clinic.place, TEN + WEEK, client=clinic.client)
    with pytest.raises(BookingError) as refused:
        book(clinic, *weekly(3))
    assert (refused.value.code, refused.value.details["starts_at"]) == ("client_busy", TEN + WEEK)
    sunday = TEN + timedelta(days=6)
    with pytest.raises(BookingError) as refused:
        book(clinic, TEN, sunday)
    assert (refused.value.code, refused.value.details["starts_at"]) == ("outside_hours", sunday)
    with pytest.raises(BookingError) as refused:
        book(clinic, TEN, TEN + HOUR / 2)
    assert refused.value.code == "client_busy"
    assert not Series.objects.exists()


@pytest.mark.parametrize("many", [0, 25])
def test_no_time_and_too_many_are_refused(clinic: SmallClinic, many: int) -> None:
    with pytest.raises(NotPossible):
        book(clinic, *(TEN + number * HOUR for number in range(many)))


def test_the_same_form_again_is_the_same_series(clinic: SmallClinic) -> None:
    token = uuid.uuid4()
    first = book(clinic, *weekly(2), form_token=token)
    assert book(clinic, *weekly(2), form_token=token) == first
    with pytest.raises(AlreadyUsed):
        book(clinic, *weekly(3), form_token=token)
    assert Appointment.objects.count() == 2


def third(series: Series) -> Appointment:
    return series.appointments.order_by("starts_at")[2]


def test_cancelling_one_leaves_the_others(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(5))
    calendar.cancel(third(series), cancelled_by="client", by=None, now=NOW)
    assert starts_of(series) == [at for at in weekly(5) if at != TEN + 2 * WEEK]


def test_cancelling_this_and_the_following(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(5))
    delivery.send_due(now=NOW + timedelta(minutes=5))
    visit = third(series)
    gone = calendar.cancel_from(visit, cancelled_by="client", by=None, now=NOW)
    assert [one.starts_at for one in gone] == weekly(5)[2:]
    assert starts_of(series) == weekly(2)
    assert Message.objects.filter(kind="cancelled").count() == 1
    assert calendar.cancel_from(visit, cancelled_by="client", by=None, now=NOW) == []


def test_a_confirmation_not_sent_yet_goes_to_the_next_of_the_series(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(3))
    first = series.appointments.order_by("starts_at")[0]
    calendar.cancel(first, cancelled_by="client", by=None, now=NOW)
    waiting = Message.objects.filter(kind="confirmation", state="pending")
    second = series.appointments.order_by("starts_at")[1]
    assert [one.source_id for one in waiting] == [str(second.pk)]


def test_moving_one_moves_no_other(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(4))
    calendar.move(third(series), starts_at=TEN + 2 * WEEK + HOUR, by=None, now=NOW)
    assert starts_of(series) == [TEN, TEN + WEEK, TEN + 2 * WEEK + HOUR, TEN + 3 * WEEK]


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=1), WEEK, -WEEK + HOUR])
def test_moving_this_and_the_following(clinic: SmallClinic, by: timedelta) -> None:
    series = book(clinic, *weekly(4))
    delivery.send_due(now=NOW + timedelta(minutes=5))
    visit = third(series)
    moved = calendar.move_from(visit, starts_at=visit.starts_at + by, by=None, now=NOW)
    wanted = [TEN + 2 * WEEK + by, TEN + 3 * WEEK + by]
    assert [one.starts_at for one in moved] == wanted
    assert starts_of(series) == sorted([TEN, TEN + WEEK, *wanted])
    assert {one.version for one in moved} == {2}
    assert Message.objects.filter(kind="moved").count() == 1


def test_what_follows_is_what_comes_after_where_a_visit_is_by_now(clinic: SmallClinic) -> None:
    """Somebody else has moved the first one meanwhile, to behind the second."""
    series = book(clinic, *weekly(3))
    first = series.appointments.order_by("starts_at")[0]
    calendar.move(first, starts_at=TEN + WEEK + HOUR, by=None, now=NOW)
    as_seen = Appointment.objects.get(pk=first.pk)
    as_seen.starts_at = TEN
    calendar.move_from(as_seen, starts_at=TEN + WEEK + 2 * HOUR, by=None, now=NOW)
    assert starts_of(series) == [TEN + WEEK, TEN + WEEK + 2 * HOUR, TEN + 2 * WEEK + 2 * HOUR]
    first.refresh_from_db()
    assert first.starts_at == TEN + WEEK + 2 * HOUR
    as_seen.starts_at = TEN
    gone = calendar.cancel_from(as_seen, cancelled_by="client", by=None, now=NOW)
    assert (len(gone), starts_of(series)) == (2, [TEN + WEEK])


def test_one_that_cannot_move_keeps_all_where_they_are(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(4))
    clinic.stranger(TEN + 3 * WEEK + HOUR)
    visit = third(series)
    with pytest.raises(SlotTaken) as refused:
        calendar.move_from(visit, starts_at=visit.starts_at + HOUR, by=None, now=NOW)
    assert refused.value.details["starts_at"] == TEN + 3 * WEEK + HOUR
    assert starts_of(series) == weekly(4)


def test_a_series_keeps_its_wall_clock_time_across_a_change_of_the_clocks() -> None:
    clinic = SmallClinic()
    march = datetime(2027, 3, 22, 10, tzinfo=UTC)  # London goes to summer time on the 28th
    now = march - timedelta(days=5)
    starts = [march, march + WEEK - HOUR]
    series = book(clinic, *starts, now=now)
    calendar.move_from(
        series.appointments.order_by("starts_at")[0], starts_at=march + HOUR, by=None, now=now
    )
    assert starts_of(series) == [march + HOUR, march + WEEK]


def test_a_late_cancellation_of_many_needs_a_reason(clinic: SmallClinic) -> None:
    series = book(clinic, *weekly(2))
    first = series.appointments.order_by("starts_at")[0]
    late = TEN - HOUR
    with pytest.raises(NeedsReason):
        calendar.cancel_from(first, cancelled_by="client", by=None, now=late, for_staff=True)
    calendar.cancel_from(
        first, cancelled_by="client", by=None, now=late, for_staff=True, reason="Ill"
    )
    assert [one.is_late_cancellation for one in series.appointments.order_by("starts_at")] == [
        True, False,
    ]  # fmt: skip


def test_a_visit_of_no_series_is_followed_by_none(clinic: SmallClinic) -> None:
    visit = clinic.book()
    clinic.book(TEN + WEEK, client=make_client())
    assert calendar.cancel_from(visit, cancelled_by="client", by=None, now=NOW) == [visit]
    assert Appointment.objects.standing().count() == 1
