"""Several visits, each to its own time, and new ones with them: all or none."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.errors import (
    BookingError,
    CallToBook,
    NeedsReason,
    Refused,
    SlotTaken,
    TooFar,
    TooLate,
)
from bookings.messages import delivery
from bookings.models import Appointment, Message
from bookings.tests.factories import HOUR, NOW, TEN, SmallClinic, make_client
from bookings.visit_history import history_of
from practitioners.tests.factories import make_clinic

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic()


def rearrange(
    clinic: SmallClinic,
    moves: list[tuple[Appointment, datetime]],
    *starts: datetime,
    **more: Any,
) -> list[Appointment]:
    given = {"client": clinic.client, "by": clinic.user, "form_token": uuid.uuid4(), "now": NOW}
    choices = [(clinic.person, clinic.place, at) for at in starts]
    return calendar.rearrange(moves, clinic.service, choices, **{**given, **more})


def weekly(clinic: SmallClinic, times: int) -> list[Appointment]:
    choices = [(clinic.person, clinic.place, TEN + number * WEEK) for number in range(times)]
    series = calendar.book_series(
        clinic.service, choices, client=clinic.client, by=clinic.user,
        form_token=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    return list(series.appointments.order_by("starts_at"))


def standing() -> list[datetime]:
    return list(
        Appointment.objects.standing().order_by("starts_at").values_list("starts_at", flat=True)
    )


def test_visits_move_and_others_are_booked_with_them(clinic: SmallClinic) -> None:
    first, second = weekly(clinic, 2)
    rearrange(clinic, [(second, TEN + WEEK + DAY)], TEN + 2 * WEEK, TEN + 3 * WEEK)
    assert standing() == [TEN, TEN + WEEK + DAY, TEN + 2 * WEEK, TEN + 3 * WEEK]
    first.refresh_from_db()
    assert first.version == 1


@pytest.mark.parametrize("by", [WEEK, -WEEK, HOUR / 2, -HOUR / 2])
def test_visits_that_follow_each_other_closely_make_way(clinic: SmallClinic, by: timedelta) -> None:
    visits = [clinic.book(TEN + number * WEEK) for number in range(3)]
    rearrange(clinic, [(one, one.starts_at + by + WEEK) for one in visits])
    assert standing() == [TEN + WEEK + by + number * WEEK for number in range(3)]


def test_one_that_cannot_be_had_and_nothing_changes(clinic: SmallClinic) -> None:
    visits = weekly(clinic, 2)
    clinic.stranger(TEN + 3 * WEEK)
    before, messages = standing(), Message.objects.count()
    with pytest.raises(SlotTaken) as refused:
        rearrange(clinic, [(visits[1], TEN + WEEK + DAY)], TEN + 2 * WEEK, TEN + 3 * WEEK)
    assert refused.value.details["starts_at"] == TEN + 3 * WEEK
    assert (standing(), Message.objects.count()) == (before, messages)


def test_the_same_form_again_changes_nothing(clinic: SmallClinic) -> None:
    token, (_, second) = uuid.uuid4(), weekly(clinic, 2)
    for _ in range(2):
        rearrange(clinic, [(second, TEN + WEEK + DAY)], TEN + 2 * WEEK, form_token=token)
    second.refresh_from_db()
    assert (len(standing()), second.version) == (3, 2)


def test_what_counts_is_how_the_visits_stand_and_not_how_they_are_held(
    clinic: SmallClinic,
) -> None:
    """A try that was rolled back has left its marks on the objects in hand."""
    _, second = weekly(clinic, 2)
    second.starts_at, second.version = TEN + WEEK + DAY, 7
    rearrange(clinic, [(second, TEN + WEEK + DAY)])
    assert standing()[-1] == TEN + WEEK + DAY
    assert Appointment.objects.get(pk=second.pk).version == 2


def test_a_client_moves_and_books_within_their_limits(clinic: SmallClinic) -> None:
    make_clinic(travel_minutes=0, max_open_bookings=2, horizon_days=30)
    (first,) = weekly(clinic, 1)
    rearrange(clinic, [], *[TEN + number * WEEK for number in (1, 2)], for_staff=False)
    assert len(standing()) == 3  # whoever treats has planned so many
    with pytest.raises(TooFar) as refused:
        rearrange(clinic, [], TEN + 3 * WEEK, TEN + 9 * WEEK, for_staff=False)
    assert refused.value.details["starts_at"] == TEN + 9 * WEEK
    with pytest.raises(TooLate):
        rearrange(clinic, [(first, TEN + DAY)], for_staff=False, now=TEN - HOUR)
    assert len(standing()) == 3


def test_staff_who_are_asked_say_why_they_move_within_the_notice(clinic: SmallClinic) -> None:
    first, second = weekly(clinic, 2)
    moves = [(first, TEN + DAY), (second, TEN + WEEK + DAY)]
    before, late = standing(), TEN - HOUR
    for nothing in ("", "  "):
        with pytest.raises(NeedsReason):
            rearrange(clinic, moves, TEN + 2 * WEEK, now=late, reason=nothing)
    assert standing() == before
    rearrange(clinic, moves[1:], now=late, reason="")  # that one is in time
    token = uuid.uuid4()
    rearrange(clinic, moves, TEN + 2 * WEEK, now=late, reason="Ill today", form_token=token)
    assert why(first) == ["Ill today"]
    rearrange(clinic, moves, TEN + 2 * WEEK, now=late, reason="", form_token=token)
    assert standing() == [TEN + DAY, TEN + WEEK + DAY, TEN + 2 * WEEK]


def test_who_is_not_asked_needs_no_reason(clinic: SmallClinic) -> None:
    (first,) = weekly(clinic, 1)
    rearrange(clinic, [(first, TEN + DAY)], now=TEN - HOUR)
    assert why(first) == [""]


def why(visit: Appointment) -> list[str]:
    """The reasons of its moves."""
    return [step.reason for step in history_of(visit) if step.words == "Moved"]


def test_a_client_who_is_to_call_books_nothing_alone(clinic: SmallClinic) -> None:
    clinic.client.is_call_to_book = True
    clinic.client.save()
    with pytest.raises(CallToBook):
        rearrange(clinic, [], TEN, for_staff=False)
    assert standing() == []
    rearrange(clinic, [], TEN)
    assert standing() == [TEN]


def test_a_gate_that_says_no_takes_all_back(clinic: SmallClinic, settings: Any) -> None:
    settings.BOOKING_GATES = [f"{__name__}.not_after_two"]
    with pytest.raises(Refused) as refused:
        rearrange(clinic, [], *[TEN + number * WEEK for number in range(3)], for_staff=False)
    assert refused.value.details["starts_at"] == TEN + 2 * WEEK
    assert standing() == []
    rearrange(clinic, [], TEN, TEN + WEEK, for_staff=False)
    assert len(standing()) == 2


def not_after_two(*, client: Any, starts_at: datetime, **_: Any) -> None:
    """A gate that counts the visits before the one it is asked about."""
    before = Appointment.objects.standing().filter(client=client, starts_at__lt=starts_at)
    if before.count() >= 2:
        raise Refused("enough", "Two are enough.")


def test_visits_booked_one_by_one_are_cancelled_together(
    clinic: SmallClinic, mailoutbox: list[Any]
) -> None:
    single, series = clinic.book(TEN - DAY * 3), weekly(clinic, 2)
    delivery.send_due(now=NOW + timedelta(minutes=5))
    mailoutbox.clear()
    gone = calendar.cancel_each([single, *series], cancelled_by="clinic", by=clinic.user, now=NOW)
    assert ([one.status for one in gone], standing()) == (["cancelled"] * 3, [])
    delivery.send_due(now=NOW + timedelta(minutes=5))
    to_client = [one for one in mailoutbox if clinic.client.email in one.to]
    assert len(to_client) == 2  # one for the single visit, one for the series
    again = calendar.cancel_each([single, *series], cancelled_by="clinic", by=None, now=NOW)
    assert again == []


def test_one_that_is_over_keeps_all(clinic: SmallClinic) -> None:
    visits = weekly(clinic, 2)
    other = clinic.book(TEN + DAY, client=make_client())
    Appointment.objects.filter(pk=visits[0].pk).update(status="completed")
    with pytest.raises(BookingError):
        calendar.cancel_each(
            [*visits, other], cancelled_by="clinic", by=None, now=NOW, for_staff=True
        )
    assert len(standing()) == 3
