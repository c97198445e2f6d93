"""What the people who work here are told: at once what is near, the rest in the evening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import calendar
from bookings.messages import delivery
from bookings.messages.plain import plain_message
from bookings.models import Appointment, Message, Task
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)  # a Tuesday
TODAY = datetime(2026, 11, 24, 15, tzinfo=UTC)
NEXT_WEEK = datetime(2026, 12, 1, 10, tzinfo=UTC)
EVENING = datetime(2026, 11, 24, 18, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DANA, OMAR, RITA = "dana@example.com", "omar@example.com", "rita@example.com"


class Team:
    """Two who treat, one at the desk."""

    def __init__(self) -> None:
        make_clinic()
        self.place = make_location(name="Willow Street")
        for _ in range(2):
            make_room(self.place)
        self.service = make_service(name="Scar massage", start_grid=60)
        self.dana, self.omar = (
            make_practitioner(
                self.service, at=self.place, name=name, user=make_user(email=address, name=name)
            )
            for name, address in (("Dana Demo", DANA), ("Omar Demo", OMAR))
        )
        self.rita = make_staff("Front desk", email=RITA)

    def book(self, at: datetime, *, by: Any = None, now: datetime = NOW) -> Appointment:
        return calendar.book(
            self.service, self.dana, at,
            client=make_client(name="Maya Secret"), by=by, location=self.place, now=now,
        )  # fmt: skip

    def post(self, now: datetime) -> dict[str, Any]:
        """Send what is due; the mails to staff by address."""
        mail.outbox.clear()
        delivery.send_due(now=now)
        staff = (DANA, OMAR, RITA)
        return {one.to[0]: one for one in mail.outbox if one.to[0] in staff}


@pytest.fixture
def team() -> Team:
    return Team()


def test_a_visit_of_today_is_told_to_who_treats_and_to_the_desk(team: Team) -> None:
    visit = team.book(TODAY)
    told = team.post(NOW + 4 * MINUTE)
    assert set(told) == {DANA, RITA}
    assert told[DANA].subject == "A session was booked: Tue 24 Nov, 15:00"
    assert visit.reference in told[DANA].body
    assert "http://localhost:8000/desk/?day=2026-11-24" in told[DANA].body


def test_no_name_of_a_client_and_no_service_leaves_the_house(team: Team) -> None:
    team.book(TODAY)
    team.book(NEXT_WEEK)
    told = [*team.post(NOW + 4 * MINUTE).values(), *team.post(EVENING).values()]
    assert len(told) == 4
    for one in told:
        for text in (one.subject, one.body, one.alternatives[0][0]):
            assert "Maya" not in text
            assert "Scar" not in text


def test_who_booked_it_is_not_told_of_it(team: Team) -> None:
    team.book(TODAY, by=team.rita)
    assert set(team.post(NOW + 4 * MINUTE)) == {DANA}


def test_a_booking_undone_in_its_grace_is_told_to_nobody(team: Team) -> None:
    calendar.undo(team.book(TODAY), by=None, now=NOW + MINUTE)
    assert team.post(NOW + 4 * MINUTE) == {}
    assert team.post(EVENING) == {}


def test_a_cancellation_of_today_is_told_after_its_grace(team: Team) -> None:
    visit = team.book(TODAY)
    team.post(NOW + 4 * MINUTE)
    calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=NOW + HOUR, reason="Ill", for_staff=True
    )
    assert team.post(NOW + HOUR + 2 * MINUTE) == {}
    told = team.post(NOW + HOUR + 3 * MINUTE)
    assert {one.subject for one in told.values()} == {"A session was cancelled: Tue 24 Nov, 15:00"}


def test_what_begins_within_its_grace_is_told_at_once(team: Team) -> None:
    visit = team.book(TODAY)
    team.post(NOW + 4 * MINUTE)
    soon = visit.starts_at - 2 * MINUTE
    calendar.cancel(visit, cancelled_by="clinic", by=None, now=soon, reason="Ill", for_staff=True)
    assert {one.subject for one in team.post(soon).values()} == {
        "A session was cancelled: Tue 24 Nov, 15:00"
    }


def cancel_and_put_back(team: Team, visit: Appointment, at: datetime, *, told: bool) -> None:
    gone = calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=at, reason="Ill", for_staff=True
    )
    team.post(at + 3 * MINUTE if told else at)
    calendar.put_back(gone, version=gone.version, by=None, now=at + 3 * MINUTE, for_staff=True)


def test_a_cancellation_undone_in_its_grace_is_told_to_nobody(team: Team) -> None:
    for at in (TODAY, NEXT_WEEK):
        visit = team.book(at)
        team.post(NOW + 4 * MINUTE)
        cancel_and_put_back(team, visit, NOW + HOUR, told=False)
    assert team.post(NOW + 2 * HOUR) == {}
    (line,) = (one for one in team.post(EVENING)[RITA].body.splitlines() if "December" in one)
    assert "Booked: " in line


def test_who_was_told_of_a_cancellation_hears_that_it_was_undone(team: Team) -> None:
    visit = team.book(TODAY)
    team.post(NOW + 4 * MINUTE)
    cancel_and_put_back(team, visit, NOW + HOUR, told=True)
    told = team.post(NOW + HOUR + 3 * MINUTE)
    assert {one.subject for one in told.values()} == {
        "A session takes place after all, as it was: Tue 24 Nov, 15:00"
    }
    assert set(told) == {DANA, RITA}


def test_a_booking_that_seemed_taken_back_is_told_after_all(team: Team) -> None:
    gone = calendar.cancel(team.book(TODAY), cancelled_by="client", by=None, now=NOW + MINUTE,
                           reason="x", for_staff=True)  # fmt: skip
    calendar.put_back(gone, version=gone.version, by=None, now=NOW + 2 * MINUTE, for_staff=True)
    assert set(team.post(NOW + 4 * MINUTE)) == {DANA, RITA}


def test_the_evening_after_says_that_what_it_called_off_takes_place(team: Team) -> None:
    visit = team.book(NEXT_WEEK)
    team.post(EVENING - HOUR)
    Message.objects.all().delete()
    gone = calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=EVENING - MINUTE, for_staff=True
    )
    team.post(EVENING)
    calendar.put_back(gone, version=gone.version, by=None, now=EVENING + MINUTE, for_staff=True)
    assert "Put back: Tuesday 1 December, 10:00" in team.post(EVENING + DAY)[RITA].body


def test_who_loses_a_visit_of_today_to_a_colleague_is_told_too(team: Team) -> None:
    visit = team.book(TODAY)
    team.post(NOW + 4 * MINUTE)
    calendar.move(
        visit, starts_at=NEXT_WEEK, practitioner=team.omar, by=None, now=NOW + HOUR, for_staff=True
    )
    told = team.post(NOW + HOUR + 3 * MINUTE)
    assert set(told) == {DANA, OMAR, RITA}
    assert "Before, it was on Tuesday 24 November, 15:00" in told[DANA].body


def test_what_is_days_away_comes_in_one_mail_at_six(team: Team) -> None:
    team.book(NEXT_WEEK)
    team.book(NEXT_WEEK + HOUR)
    assert team.post(EVENING - MINUTE) == {}
    told = team.post(EVENING)
    assert set(told) == {DANA, RITA}
    assert told[RITA].subject == "Willow Street: what changed in the calendar"
    assert told[RITA].body.count("Booked: ") == 2
    assert team.post(EVENING + HOUR) == {}


def test_a_change_after_six_is_told_the_next_evening(team: Team) -> None:
    team.book(NEXT_WEEK, now=EVENING + HOUR)
    assert team.post(EVENING + 2 * HOUR) == {}
    assert set(team.post(EVENING + DAY)) == {DANA, RITA}


def test_a_visit_that_the_next_digest_would_miss_is_told_at_once(team: Team) -> None:
    """Booked after six in the evening for the next morning."""
    team.book(datetime(2026, 11, 25, 10, tzinfo=UTC), now=EVENING + HOUR)
    assert set(team.post(EVENING + HOUR + 4 * MINUTE)) == {DANA, RITA}


def test_who_treats_reads_of_their_own_visits_only(team: Team) -> None:
    team.book(NEXT_WEEK)
    team.dana, team.omar = team.omar, team.dana
    team.book(NEXT_WEEK)
    told = team.post(EVENING)
    assert set(told) == {DANA, OMAR, RITA}
    assert [told[who].body.count("Booked: ") for who in (DANA, OMAR, RITA)] == [1, 1, 2]


def test_a_digest_leaves_out_what_came_and_went(team: Team) -> None:
    visit = team.book(NEXT_WEEK)
    team.post(NOW + 4 * MINUTE)
    calendar.cancel(visit, cancelled_by="client", by=None, now=NOW + HOUR)
    assert team.post(EVENING) == {}
    digests = Message.objects.filter(kind="daily_digest")
    assert {row.last_code for row in digests} == {"nothing_to_tell"}


def test_a_digest_says_the_last_word_about_a_visit(team: Team) -> None:
    visit = team.book(NEXT_WEEK)
    team.post(NOW + 4 * MINUTE)
    calendar.move(visit, starts_at=NEXT_WEEK + HOUR, by=None, now=NOW + HOUR)
    body = team.post(EVENING)[RITA].body
    assert "Moved: Tuesday 1 December, 11:00" in body
    assert "10:00" not in body


def test_who_has_left_is_told_nothing_more(team: Team) -> None:
    team.book(TODAY)
    team.book(NEXT_WEEK)
    team.rita.is_active = False
    team.rita.save()
    assert set(team.post(NOW + 4 * MINUTE)) == {DANA}
    assert set(team.post(EVENING)) == {DANA}


def test_booking_asks_the_same_number_of_questions_whatever_the_size_of_the_team(
    team: Team,
) -> None:
    def count(at: datetime) -> int:
        with CaptureQueriesContext(connection) as asked:
            team.book(at)
        return len(asked)

    few = count(NEXT_WEEK)
    for _ in range(5):
        make_staff("Front desk")
    assert count(NEXT_WEEK + HOUR) == few


def fail(team: Team, kind: str = "letter", count: int = 1) -> None:
    """So many messages to clients that come too late in the afternoon."""
    for _ in range(count):
        row = plain_message(kind, make_client(), cause="1", now=NOW, expires_at=NOW + HOUR)
        row.save()
    delivery.send_due(now=NOW + 2 * HOUR)
    mail.outbox.clear()


def test_the_evening_tells_the_desk_and_the_admins_what_did_not_get_through(team: Team) -> None:
    make_staff("Admin", email="mo@example.com")
    fail(team, count=3)
    Task.objects.filter(pk=Task.objects.first().pk).update(done_at=NOW)  # type: ignore[union-attr]
    mail.outbox.clear()
    delivery.send_due(now=EVENING)
    told = {one.to[0]: one for one in mail.outbox}
    assert set(told) == {RITA, "mo@example.com"}
    assert told[RITA].subject == "Willow Street: messages that did not get through"
    line = "A message to a client was not sent in time: call them if it matters: 3, still to do 2"
    assert line in told[RITA].body
    assert "http://localhost:8000/desk/to-do/" in told[RITA].body


def test_trouble_and_changes_of_a_day_are_one_mail(team: Team) -> None:
    team.book(NEXT_WEEK)
    fail(team)
    told = team.post(EVENING)
    assert told[RITA].subject == "Willow Street: what changed in the calendar"
    assert "did not get through" in told[RITA].body
    assert "did not get through" not in told[DANA].body


def test_an_outage_of_follow_ups_is_one_line(team: Team) -> None:
    fail(team, "check_in", count=5)
    told = team.post(EVENING)
    assert "Follow-up reminders of a day were not sent (too late): 1, still" in told[RITA].body
