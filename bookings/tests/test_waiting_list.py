"""The waiting list: a freed time is offered in order, kept for a while, and goes to one."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.consents import opt_out
from bookings.errors import Ended, HoldExpired, NotPossible, SlotTaken
from bookings.messages import delivery
from bookings.models import Appointment, Client, Message, Task, WaitlistEntry, WaitlistOffer
from bookings.tests.factories import HOUR, MINUTE, NOW, TEN, SmallClinic, make_client, make_user
from bookings.tests.test_races import said, together
from bookings.waiting import answers, line, offers
from practitioners.tests.factories import make_practitioner, make_room

MORNING = NOW + 2 * HOUR  # mails may go out
MONDAY = date(2026, 11, 30)
DAY = timedelta(days=1)


class Full(SmallClinic):
    """A clinic whose specialist works on that Monday only, and has no time left."""

    def __init__(self) -> None:
        super().__init__()
        self.person.availability.exclude(weekday=1).delete()
        self.visits = [self.stranger(TEN + (hour - 1) * HOUR) for hour in range(8)]

    def wait(self, client: Client | None = None, **more: Any) -> WaitlistEntry:
        given: dict[str, Any] = {
            "practitioner": None, "first_day": MONDAY, "last_day": MONDAY, "by": None, "now": NOW,
        }  # fmt: skip
        who = client or make_client()
        return line.join(who, self.service, self.place, **{**given, **more})

    def free(self, number: int) -> datetime:
        """Somebody cancels; returns the start that is free again."""
        visit = self.visits[number]
        calendar.cancel(visit, cancelled_by="client", by=None, now=NOW, for_staff=True)
        return visit.starts_at


@pytest.fixture
def full(db: None) -> Full:
    return Full()


def offered(entry: WaitlistEntry) -> list[tuple[datetime, str]]:
    return list(entry.offers.order_by("pk").values_list("starts_at", "outcome"))


def test_nothing_is_offered_while_nothing_is_free(full: Full) -> None:
    entry = full.wait()
    assert offers.sweep(now=MORNING) == 0
    assert offered(entry) == []


def test_a_freed_time_is_offered_to_the_first_in_line_and_kept(
    full: Full, mailoutbox: list[Any]
) -> None:
    first, second = full.wait(), full.wait()
    start = full.free(1)
    assert offers.sweep(now=MORNING) == 1
    assert offered(first) == [(start, "open")]
    assert offered(second) == []
    kept = Appointment.objects.get(status="held")
    assert (kept.starts_at, kept.held_until) == (start, MORNING + HOUR)
    with pytest.raises(SlotTaken):
        full.hold("somebody", start, now=MORNING)
    delivery.send_due(now=MORNING)
    (sent,) = (one for one in mailoutbox if first.client.email in one.to)
    assert sent.subject == "A time has opened: Mon 30 Nov, 10:00"
    assert "We keep it for you until 11:00." in sent.body
    assert full.service.name not in sent.body
    assert offers.sweep(now=MORNING + MINUTE) == 0


def test_after_a_while_the_next_in_line_is_asked_and_nobody_twice(full: Full) -> None:
    first, second = full.wait(), full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    offers.sweep(now=MORNING + HOUR)
    assert offered(first) == [(start, "expired")]
    assert offered(second) == [(start, "open")]
    offers.sweep(now=MORNING + 2 * HOUR)
    assert offered(second) == [(start, "expired")]
    assert offers.sweep(now=MORNING + 2 * HOUR + MINUTE) == 0
    assert full.hold("anybody", start, now=MORNING + 2 * HOUR)


def test_what_is_left_goes_to_the_next_at_once(full: Full) -> None:
    first, second = full.wait(), full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    answers.decline(first.offers.get(), by=None, now=MORNING)
    answers.decline(first.offers.get(), by=None, now=MORNING)
    offers.sweep(now=MORNING + MINUTE)
    assert offered(second) == [(start, "open")]
    first.refresh_from_db()
    assert first.status == "waiting"


def test_taking_it_books_it_once(full: Full) -> None:
    entry = full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    offer = entry.offers.get()
    visit = answers.accept(offer, by=None, now=MORNING + MINUTE)
    assert answers.accept(offer, by=None, now=MORNING + MINUTE) == visit
    assert (visit.starts_at, visit.client, visit.status) == (start, entry.client, "booked")
    entry.refresh_from_db()
    assert entry.status == "booked"
    assert Message.objects.filter(kind="confirmation", client=entry.client).count() == 1
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 0


def test_what_ran_out_cannot_be_taken(full: Full) -> None:
    entry = full.wait()
    full.free(1)
    offers.sweep(now=MORNING)
    with pytest.raises(HoldExpired, match="still on the waiting list"):
        answers.accept(entry.offers.get(), by=None, now=MORNING + HOUR)
    assert not Appointment.objects.filter(client=entry.client).exists()


def test_an_earlier_time_moves_the_visit_that_waits(full: Full) -> None:
    visit = full.visits[5]
    assert visit.client is not None
    entry = full.wait(visit.client, visit=visit)
    full.free(7)  # later than what they have
    assert offers.sweep(now=MORNING) == 0
    start = full.free(0)
    assert offers.sweep(now=MORNING) == 1
    moved = answers.accept(entry.offers.get(), by=None, now=MORNING)
    assert (moved.pk, moved.starts_at, moved.version) == (visit.pk, start, 2)
    assert Appointment.objects.filter(client=visit.client).count() == 1
    assert not Appointment.objects.filter(status="held").exists()


def test_a_visit_that_is_off_waits_no_longer(full: Full) -> None:
    visit = full.visits[5]
    assert visit.client is not None
    entry = full.wait(visit.client, visit=visit)
    calendar.cancel(visit, cancelled_by="client", by=None, now=NOW)
    offers.sweep(now=MORNING)
    entry.refresh_from_db()
    assert entry.status == "over"
    with pytest.raises(Ended):
        full.wait(visit.client, visit=Appointment.objects.get(pk=visit.pk), part="morning")


@pytest.mark.parametrize(
    ("wish", "number", "suits"),
    [
        ({"part": "morning"}, 1, True), ({"part": "morning"}, 4, False),
        ({"part": "afternoon"}, 4, True), ({"part": "afternoon"}, 1, False),
        ({"part": "evening"}, 4, False),
        ({"first_day": MONDAY - 3 * DAY, "last_day": MONDAY - DAY}, 1, False),
        ({"first_day": MONDAY - 3 * DAY, "last_day": MONDAY + DAY}, 1, True),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_is_offered(
    full: Full, wish: dict[str, Any], number: int, suits: bool
) -> None:
    entry = full.wait(**wish)
    start = full.free(number)
    offers.sweep(now=MORNING)
    assert offered(entry) == ([(start, "open")] if suits else [])


def test_one_specialist_or_any(full: Full) -> None:
    other = make_practitioner(full.service, at=full.place, weekdays=(2,))
    for_other, for_any = full.wait(practitioner=other), full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    assert offered(for_other) == []
    assert offered(for_any) == [(start, "open")]


@pytest.mark.parametrize("now", [NOW, MORNING + 8 * HOUR + MINUTE, MORNING + 14 * HOUR])
def test_nothing_is_offered_when_nobody_would_read_it(full: Full, now: datetime) -> None:
    full.wait()
    full.free(1)
    assert offers.sweep(now=now) == 0


@pytest.mark.parametrize("why", ["no address", "no mails"])
def test_who_cannot_be_written_to_is_called(full: Full, why: str) -> None:
    person = make_client(email="" if why == "no address" else "quiet@example.com")
    if why == "no mails":
        opt_out(person, now=NOW)
    full.wait(person)
    full.free(1)
    offers.sweep(now=MORNING)
    assert not Message.objects.filter(kind="waiting_list_offer").exists()
    task = Task.objects.get(kind="waiting")
    assert (task.client, task.role, task.due_at) == (person, "Front desk", MORNING + HOUR)


def test_leaving_frees_what_was_kept(full: Full) -> None:
    first, second = full.wait(), full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    line.leave(first, by=None, now=MORNING)
    line.leave(first, by=None, now=MORNING)
    with pytest.raises(HoldExpired):
        answers.accept(first.offers.get(), by=None, now=MORNING)
    offers.sweep(now=MORNING)
    assert offered(second) == [(start, "open")]
    delivery.send_due(now=MORNING + MINUTE)
    codes = dict(Message.objects.filter(kind="waiting_list_offer").values_list("client", "state"))
    assert codes == {first.client_id: "cancelled", second.client_id: "sent"}


def test_days_that_are_over_are_not_waited_for(full: Full) -> None:
    entry = full.wait()
    offers.sweep(now=TEN + 2 * DAY)
    entry.refresh_from_db()
    assert entry.status == "over"
    with pytest.raises(NotPossible):
        full.wait(first_day=MONDAY - 30 * DAY, last_day=MONDAY - 20 * DAY)


def test_the_same_wish_is_one_entry_and_six_are_too_many(full: Full) -> None:
    person = make_client()
    assert full.wait(person) == full.wait(person)
    for number in range(1, 5):
        later = MONDAY + number * DAY
        full.wait(person, first_day=later, last_day=later)
    with pytest.raises(NotPossible, match="You wait for 5 times already"):
        full.wait(person, first_day=MONDAY + 9 * DAY, last_day=MONDAY + 9 * DAY)


@pytest.mark.parametrize(
    ("one", "other", "both_may_stand"),
    [
        ({}, {"last_day": MONDAY + DAY}, False),
        ({"part": "morning"}, {}, False),
        ({"part": "morning"}, {"part": "evening"}, True),
        ({}, {"first_day": MONDAY + DAY, "last_day": MONDAY + DAY}, True),
        ({"with": "anna"}, {}, False),
        ({"with": "anna"}, {"with": "ben"}, True),
    ],
)
def test_no_two_entries_of_one_person_could_be_offered_one_time(
    full: Full, one: dict[str, Any], other: dict[str, Any], both_may_stand: bool
) -> None:
    people = {"anna": full.person, "ben": full.another()}
    person = make_client()

    def wait(wish: dict[str, Any]) -> WaitlistEntry:
        given = {**wish}
        return full.wait(person, practitioner=people.get(given.pop("with", "")), **given)

    wait(one)
    if both_may_stand:
        wait(other)
    else:
        with pytest.raises(NotPossible, match="waited for already on some of these days"):
            wait(other)
    assert WaitlistEntry.objects.filter(client=person).count() == 1 + both_may_stand
    assert full.wait() != full.wait()  # others wait beside them


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_gets_it() -> None:
    full = Full()
    first, second = full.wait(), full.wait()
    start = full.free(1)
    offers.sweep(now=MORNING)
    late = MORNING + HOUR
    offers.sweep(now=late)
    found = [first.offers.get(), second.offers.get()]

    def press(number: int) -> str:
        offer = WaitlistOffer.objects.get(pk=found[number % 2].pk)
        return said(lambda: answers.accept(offer, by=None, now=late))

    assert Counter(together(8, press)) == {"done": 4, "hold_expired": 4}
    visit = Appointment.objects.get(starts_at=start, status="booked")
    assert visit.client == second.client


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_offer_each_time_once() -> None:
    full = Full()
    entries = [full.wait() for _ in range(3)]
    for number in (1, 2):
        full.free(number)
    results = together(4, lambda _: offers.sweep(now=MORNING))
    assert sum(results) == 2
    assert sum(len(offered(entry)) for entry in entries) == 2
    starts = list(WaitlistOffer.objects.values_list("starts_at", flat=True))
    assert len(set(starts)) == 2


def test_the_desk_takes_an_offer_for_a_client_who_must_call(full: Full) -> None:
    entry = full.wait(make_client(is_call_to_book=True))
    start = full.free(1)
    offers.sweep(now=MORNING)
    visit = answers.accept(entry.offers.get(), by=make_user(), now=MORNING, for_staff=True)
    assert (visit.starts_at, visit.client) == (start, entry.client)
    assert not Appointment.objects.filter(status="held").exists()


def test_one_offer_of_a_service_at_a_time(full: Full) -> None:
    person = make_client()
    morning, afternoon = (full.wait(person, part=part) for part in ("morning", "afternoon"))
    early, late = full.free(1), full.free(4)
    assert offers.sweep(now=MORNING) == 1
    assert offers.sweep(now=MORNING + MINUTE) == 0
    assert (offered(morning), offered(afternoon)) == ([(early, "open")], [])
    answers.decline(morning.offers.get(), by=None, now=MORNING + MINUTE)
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 1
    assert offered(afternoon) == [(late, "open")]


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_offer_one_time_to_one_person() -> None:
    full, person = Full(), make_client()
    for part in ("morning", "afternoon"):
        full.wait(person, part=part)
    for number in (1, 4):
        full.free(number)
    entries = list(WaitlistEntry.objects.with_details())
    together(4, lambda number: offers.offer_something(entries[number % 2], now=MORNING))
    assert WaitlistOffer.objects.filter(outcome="open").count() == 1
    assert Appointment.objects.filter(status="held").count() == 1


def test_what_can_be_undone_is_offered_only_once_it_cannot(full: Full) -> None:
    entry = full.wait()
    visit = full.visits[1]
    gone = calendar.cancel(visit, cancelled_by="clinic", by=None, now=MORNING, for_staff=True)
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 0
    back = calendar.put_back(
        gone, version=gone.version, by=None, now=MORNING + 3 * MINUTE, for_staff=True
    )
    assert offers.sweep(now=MORNING + 4 * MINUTE) == 0
    calendar.cancel(back[0], cancelled_by="clinic", by=None, now=MORNING + HOUR, for_staff=True)
    assert offers.sweep(now=MORNING + HOUR + 4 * MINUTE) == 1
    assert offered(entry) == [(visit.starts_at, "open")]


def test_the_old_time_of_a_moved_visit_waits_like_a_cancelled_one(full: Full) -> None:
    entry = full.wait()
    gone = calendar.cancel(full.visits[6], cancelled_by="clinic", by=None, now=NOW, for_staff=True)
    calendar.move(full.visits[1], starts_at=gone.starts_at, by=None, now=MORNING, for_staff=True)
    assert offers.sweep(now=MORNING + MINUTE) == 0
    assert offers.sweep(now=MORNING + 4 * MINUTE) == 1
    assert offered(entry) == [(TEN, "open")]


def test_an_offer_that_was_made_keeps_the_time_from_who_undoes(full: Full) -> None:
    full.wait()
    gone = calendar.cancel(
        full.visits[1], cancelled_by="clinic", by=None, now=MORNING, for_staff=True
    )
    offers.offer_something(WaitlistEntry.objects.with_details().get(), now=MORNING + MINUTE)
    with pytest.raises(SlotTaken, match="offered to somebody on the waiting list, and is kept"):
        calendar.put_back(
            gone, version=gone.version, by=None, now=MORNING + 2 * MINUTE, for_staff=True
        )


def test_whoever_waits_for_an_earlier_time_still_does_after_an_undo(full: Full) -> None:
    person = make_client()
    late = full.stranger(TEN + 14 * DAY, client=person)
    entry = full.wait(person, visit=late, last_day=MONDAY + 13 * DAY)
    full.free(1)
    gone = calendar.cancel(late, cancelled_by="clinic", by=None, now=MORNING, for_staff=True)
    assert offers.sweep(now=MORNING + MINUTE) == 0
    calendar.put_back(gone, version=gone.version, by=None, now=MORNING + 2 * MINUTE, for_staff=True)
    assert offers.sweep(now=MORNING + 3 * MINUTE) == 1
    assert offered(entry) == [(TEN, "open")]
    calendar.cancel(late, cancelled_by="clinic", by=None, now=MORNING + HOUR, for_staff=True)
    offers.sweep(now=MORNING + HOUR + 4 * MINUTE)
    entry.refresh_from_db()
    assert entry.status == "over"


class OneRoom(Full):
    """Two specialists and one room: it is taken by the first, so nobody can be with the second."""

    def __init__(self) -> None:
        super().__init__()
        Appointment.objects.update(room=self.room)
        self.other = make_practitioner(self.service, at=self.place)
        self.other.availability.exclude(weekday=1).delete()


@pytest.mark.parametrize("change", ["cancelled", "moved", "shortened"])
def test_a_room_that_may_be_wanted_back_is_offered_with_nobody_yet(db: None, change: str) -> None:
    full = OneRoom()
    visit = full.visits[1]
    entry = full.wait(practitioner=full.other)
    if change == "cancelled":
        gone = calendar.cancel(visit, cancelled_by="clinic", by=None, now=MORNING, for_staff=True)
    elif change == "moved":
        later = TEN + 7 * DAY
        gone = calendar.move(visit, starts_at=later, by=None, now=MORNING, for_staff=True)
    else:
        Appointment.objects.filter(pk__in=[full.visits[2].pk]).update(
            status="cancelled", cancelled_by="clinic"
        )
        gone = calendar.change_length(visit, length=30 * MINUTE, by=None, now=MORNING)
        full.service.minutes, full.service.start_grid = 90, 90
        full.service.save()
        full.other.availability.update(starts_at=(TEN + 30 * MINUTE).time())
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 0
    back = calendar.put_back(
        gone, version=gone.version, by=None, now=MORNING + 3 * MINUTE, for_staff=True
    )
    assert back[0].room == full.room
    assert offers.sweep(now=MORNING + 4 * MINUTE) == 0
    assert offered(entry) == []


def test_once_it_cannot_come_back_its_room_is_for_whoever_waits(db: None) -> None:
    full = OneRoom()
    entry = full.wait(practitioner=full.other)
    calendar.cancel(full.visits[1], cancelled_by="clinic", by=None, now=MORNING, for_staff=True)
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 0
    assert offers.sweep(now=MORNING + 4 * MINUTE) == 1
    assert offered(entry) == [(TEN, "open")]


def test_another_room_that_is_free_is_offered_at_once(db: None) -> None:
    full = OneRoom()
    second = make_room(full.place)
    entry = full.wait(practitioner=full.other)
    gone = calendar.cancel(
        full.visits[0], cancelled_by="clinic", by=None, now=MORNING, for_staff=True
    )
    assert offers.sweep(now=MORNING + 2 * MINUTE) == 1
    assert offered(entry) == [(full.visits[0].starts_at, "open")]
    assert Appointment.objects.get(status="held").room == second
    calendar.put_back(gone, version=gone.version, by=None, now=MORNING + 3 * MINUTE, for_staff=True)


def test_who_needs_no_room_is_offered_the_time_at_once(db: None) -> None:
    full = OneRoom()
    full.service.needs_room = False
    full.service.save()
    full.wait(practitioner=full.other)
    calendar.cancel(full.visits[1], cancelled_by="clinic", by=None, now=MORNING, for_staff=True)
    assert offers.sweep(now=MORNING + MINUTE) == 1
