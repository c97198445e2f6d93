"""Every kind of message in every situation that decides about it: one table.

A row is a real cause, written by what causes it; a column is what has happened before the
message goes. Only kinds with a star keep quiet hours and stop at an opt-out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from bookings import calendar
from bookings.messages import delivery, outbox
from bookings.messages.kinds import KINDS
from bookings.messages.plain import plain_message
from bookings.models import ChannelConsent, Client, Message, SignInCode
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.waiting import line, offers
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import asking, check_ins, recall, reviews, visits
from treatment_plans.aftercare import advise
from treatment_plans.referring import refer
from treatment_plans.tests.factories import ask, make_plan

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
THEIR_NIGHT = "America/Los_Angeles"  # two in the morning, when it is ten in London


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=LONDON)


NOW = at(8)  # a Tuesday
WEDNESDAY = at(9)


class World:
    """A clinic with one specialist, one client, and a visit or a plan when a test asks."""

    def __init__(self) -> None:
        make_clinic(travel_minutes=0)
        self.place = make_location()
        self.room = make_room(self.place)
        self.service = make_service(name="Scar massage", start_grid=60)
        self.user = make_user(email="dana@example.com")
        self.person = make_practitioner(self.service, at=self.place, user=self.user)
        self.client = make_client(name="Maya Example", email="maya@example.com")

    def book(self, start: datetime) -> Any:
        given: dict[str, Any] = {"client": self.client, "by": None, "location": self.place}
        return calendar.book(self.service, self.person, start, now=NOW, **given)

    def latest(self, kind: str) -> Message:
        """Its message, alone: the others of the same cause are not what is asked about."""
        row = Message.objects.filter(kind=kind).latest("pk")
        Message.objects.exclude(pk=row.pk).delete()
        return row


Cause = Callable[[World], datetime]  # causes a message; returns the moment at which it is due


def sign_in_code(world: World) -> datetime:
    code = SignInCode.objects.create(
        email="maya@example.com", visitor="me", created_at=NOW, expires_at=NOW + DAY
    )
    outbox.write("sign_in_code", source_type="sign_in_code", source_id=code.pk, now=NOW,
                 address=code.email)  # fmt: skip
    return NOW


def confirmation(world: World) -> datetime:
    world.book(WEDNESDAY + 5 * DAY)
    return NOW + 3 * MINUTE


def moved(world: World) -> datetime:
    visit = world.book(WEDNESDAY + 5 * DAY)
    delivery.send_due(now=NOW + 4 * MINUTE)
    mail.outbox.clear()
    calendar.move(visit, starts_at=WEDNESDAY + 5 * DAY + HOUR, by=None, now=NOW + 5 * MINUTE)
    return NOW + 8 * MINUTE


def cancelled(world: World) -> datetime:
    visit = world.book(WEDNESDAY + 5 * DAY)
    calendar.cancel(visit, cancelled_by="clinic", by=None, now=NOW + MINUTE, for_staff=True)
    return NOW + 4 * MINUTE


def visit_reminder(world: World) -> datetime:
    world.book(WEDNESDAY + 5 * DAY)
    return WEDNESDAY + 3 * DAY


def waiting_list_offer(world: World) -> datetime:
    day = (WEDNESDAY + 5 * DAY).date()
    line.join(world.client, world.service, world.place, practitioner=None, first_day=day,
              last_day=day, by=None, now=NOW)  # fmt: skip
    assert offers.sweep(now=NOW) == 1
    return NOW


def follow_up(world: World, *, weeks_ago: int, day: int) -> datetime:
    """A weekly plan whose first session was due on a Monday: two days after is too early."""
    start = at(14) - (weeks_ago + 1) * 7 * DAY
    make_plan(world.client, world.person, world.service, world.place, by=world.user,
              now=start, start_on=(start + 7 * DAY).date())  # fmt: skip
    now = at(day)
    for _ in range(3):  # one kind a minute, after an outage
        recall.sweep(now=now - 2 * DAY)
    Message.objects.all().delete()
    recall.sweep(now=now)
    return now


def measures(world: World) -> datetime:
    """A visit on Monday is asked about on Saturday, as nothing goes out on a Sunday."""
    plan = make_plan(world.client, world.person, world.service, world.place, by=world.user, now=NOW)
    ask(plan, "nprs")
    world.book(WEDNESDAY + 5 * DAY)
    assert asking.sweep(now=at(12)) == 1
    return at(12)


def plan_to_agree(world: World) -> datetime:
    make_plan(world.client, world.person, world.service, world.place, by=world.user, now=NOW,
              is_agreed=False)  # fmt: skip
    return NOW + 3 * MINUTE


def check_in(world: World) -> datetime:
    """The first session of a plan on Monday is asked about on Wednesday."""
    plan = make_plan(world.client, world.person, world.service, world.place, by=world.user, now=NOW)
    visit = make_appointment(
        world.person, world.service, world.place, at(7), client=world.client, status="started"
    )
    visits.link(plan, visit, now=NOW)
    calendar.mark(visit, "completed", by=world.user, now=NOW)
    assert check_ins.sweep(now=at(9, 11)) == 1
    return at(9, 11)


def aftercare(world: World) -> datetime:
    visit = make_appointment(
        world.person, world.service, world.place, at(7), client=world.client, status="completed"
    )
    advise(visit, "Warm your neck before bed.", by=world.user, now=NOW)
    return NOW + 3 * MINUTE


def letter(world: World) -> datetime:
    plan = make_plan(world.client, world.person, world.service, world.place, by=world.user, now=NOW)
    about: dict[str, Any] = {"by": world.user, "now": NOW}
    review = reviews.open_review(plan, now=NOW)
    decided = reviews.decide(review, "refer", reasoning="Not better", **about)
    refer(decided, to_whom="Dr Example", text="Dear colleague", **about)
    return NOW + 3 * MINUTE


def plain(kind: str, world: World) -> datetime:
    plain_message(kind, world.client, cause=f"{kind}:1", now=NOW).save()
    return NOW


def staff_notice(world: World) -> datetime:
    world.book(NOW + 5 * HOUR)
    return NOW + 3 * MINUTE


def daily_digest(world: World) -> datetime:
    make_staff("Front desk")
    world.book(WEDNESDAY + 5 * DAY)
    return at(8, 18)


CAUSES: dict[str, Cause] = {
    "sign_in_code": sign_in_code,
    "confirmation": confirmation,
    "moved": moved,
    "cancelled": cancelled,
    "visit_reminder": visit_reminder,
    "waiting_list_offer": waiting_list_offer,
    "due_soon": partial(follow_up, weeks_ago=0, day=12),
    "overdue": partial(follow_up, weeks_ago=1, day=11),
    "lapsed": partial(follow_up, weeks_ago=4, day=1),
    "measures": measures,
    "plan_to_agree": plan_to_agree,
    "aftercare": aftercare,
    "check_in": check_in,
    "letter": letter,
    "health_form": partial(plain, "health_form"),
    "staff_notice": staff_notice,
    "daily_digest": daily_digest,
}  # fmt: skip
STARRED = {
    "waiting_list_offer", "due_soon", "overdue", "lapsed", "check_in", "measures",
}  # fmt: skip
TO_STAFF = {"staff_notice", "daily_digest"}
TO_CLIENTS = set(CAUSES) - TO_STAFF - {"sign_in_code"}


def change(client: Client, **values: Any) -> None:
    Client.objects.filter(pk=client.pk).update(**values)


def say_no(client: Client, now: datetime) -> None:
    """As `opt_out` notes it, but without taking back what waits: it is asked when sending."""
    for channel in Client.Channel.values:
        ChannelConsent.objects.create(
            client=client, channel=channel, is_given=False, changed_at=now, changed_by="link"
        )


def expected(kind: str, situation: str) -> tuple[str, str]:
    """The state and the code that the ruling asks for."""
    if situation == "expired":
        return "expired", "expired"
    if situation == "opted out" and kind in STARRED:
        return "cancelled", "client_opted_out"
    if situation == "in their night" and kind in STARRED:
        return "pending", "quiet_hours"
    if situation == "deceased" and kind in TO_CLIENTS:
        return "cancelled", "client_deceased"
    return "sent", "sent"


SITUATIONS = ("nothing happened", "opted out", "in their night", "expired", "deceased")


def test_the_list_is_closed_and_the_stars_are_those_of_the_ruling() -> None:
    assert set(CAUSES) == set(KINDS)
    assert {name for name, kind in KINDS.items() if kind.is_follow_up} == STARRED
    recipients = {name: kind.recipient for name, kind in KINDS.items()}
    assert {name for name in KINDS if recipients[name] == "user"} == TO_STAFF
    assert {name for name in KINDS if recipients[name] == "client"} == TO_CLIENTS
    assert KINDS["sign_in_code"].lifetime == 10 * MINUTE


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_in_a_situation(kind: str, situation: str) -> None:
    world = World()
    now = CAUSES[kind](world)
    row = world.latest(kind)
    assert row.state == "pending"
    assert row.lane == KINDS[kind].lane
    if situation == "opted out":
        say_no(world.client, now)
    elif situation == "in their night":
        change(world.client, time_zone=THEIR_NIGHT)
    elif situation == "expired":
        assert row.expires_at is not None
        now = row.expires_at
    elif situation == "deceased":
        change(world.client, is_deceased=True)
    delivery.send_due(now=now)
    row.refresh_from_db()
    assert (row.state, row.last_code) == expected(kind, situation)
    sent = row.state == "sent"
    assert len(mail.outbox) == sent
    if sent:
        said = f"{mail.outbox[0].subject} {mail.outbox[0].body}"
        assert "Scar" not in said, "what a session is for"
        assert ("List-Unsubscribe" in mail.outbox[0].extra_headers) == (kind in STARRED)
    if row.last_code == "quiet_hours":
        there = row.send_after.astimezone(ZoneInfo(THEIR_NIGHT))
        assert (there.hour, there.minute) == (9, 0)
