"""A mixed crowd at the real pages of one site: clients and the desk, each at a browser of their own.

Whatever a page has said has come true, nothing else has happened, and every refusal has a reason.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from traceback import format_exception
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Appointment, Series
from bookings.picking import shown_value
from bookings.tests.booking_world import WHOLE_WEEK
from bookings.tests.factories import make_client, make_staff, make_user
from bookings.tests.http_at_home import AtHome
from bookings.tests.http_at_the_desk import AtTheDesk
from bookings.tests.http_ledger import Ledger
from bookings.tests.http_people import Person, Said
from bookings.tests.known_reasons import reason_of
from bookings.tests.site_process import running_site
from bookings.tests.test_races import NONE, deadlocks, overlaps, together
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db(transaction=True)
AT_HOME, AT_THE_DESK = 20, 12
DEEDS = 10_000 if os.environ.get("FULL") else 384
MORE_ROUNDS = 10
HOURS = ((time(9), time(16)),)
KINDS = {
    "choose", "choose_another", "keep_longer", "give_back", "book", "book_too_late", "book_series",
    "move", "cancel", "undo", "desk_book", "desk_series", "desk_move", "desk_cancel", "desk_undo",
    "desk_length",
}  # fmt: skip


class Crowd:
    """Four specialists, three rooms, four days: 192 starts that overlap by halves."""

    days = 4

    def __init__(self, site: str, *, seed: int) -> None:
        self.site = site
        self.done: set[str] = set()  # what somebody has managed to do
        make_clinic(travel_minutes=0, min_notice_minutes=0, max_open_bookings=15, hold_minutes=60)
        place = make_location()
        for _ in range(3):
            make_room(place)
        self.service = make_service(start_grid=30, turnover_after=10)
        self.people = [
            make_practitioner(self.service, at=place, weekdays=WHOLE_WEEK, hours=HOURS)
            for _ in range(4)
        ]
        self.slug_of = {one.pk: one.slug for one in self.people}
        self.first_day = (timezone.now() + timedelta(days=3)).astimezone(place.zone).date()
        users = [make_user() for _ in range(AT_HOME)]
        self.clients = [make_client(user) for user in users]
        chances = [random.Random(seed * 1000 + number) for number in range(AT_HOME + AT_THE_DESK)]
        self.at_home = [
            AtHome(self, user, client, chance)
            for user, client, chance in zip(users, self.clients, chances, strict=False)
        ]
        desk = [AtTheDesk(self, make_staff("Front desk"), chance) for chance in chances[AT_HOME:]]
        self.everybody: list[Person] = [*self.at_home, *desk]

    def run(self, deeds: int) -> list[str]:
        """Let everybody do something so many times in all; returns what went wrong with whom."""

        def work(number: int) -> None:
            for _ in range(deeds // len(self.everybody)):
                self.everybody[number].do_something()

        results = together(len(self.everybody), work)
        return ["".join(format_exception(one)) for one in results if one is not None]

    @property
    def outcomes(self) -> Counter[tuple[str, str]]:
        """How often what ended how."""
        return sum((one.outcomes for one in self.everybody), Counter())

    @property
    def statuses(self) -> set[int]:
        return {status for one in self.everybody for status in one.statuses}

    @property
    def said(self) -> list[Said]:
        return [said for one in self.everybody for said in one.said]

    @property
    def kept(self) -> list[str]:
        """What last screens show as kept."""
        return sorted(one.kept for one in self.at_home if one.kept and not one.is_over)


@pytest.fixture
def crowd(django_db_setup: None, transactional_db: None) -> Iterator[Crowd]:
    with running_site() as host:
        yield Crowd(host, seed=1)


def test_a_mixed_crowd_leaves_what_it_was_told_and_nothing_else(
    crowd: Crowd, record_property: Any
) -> None:
    before = deadlocks()
    problems = crowd.run(DEEDS)
    for _ in range(MORE_ROUNDS):  # until everything has been managed at least once
        if problems or crowd.done == KINDS:
            break
        problems = crowd.run(len(crowd.everybody))
    assert not problems, "\n".join(problems)
    record_property("outcomes", dict(crowd.outcomes))
    print("crowd", dict(crowd.outcomes))  # noqa: T201
    assert crowd.statuses <= {200, 302, 409, 422}
    assert crowd.done == KINDS
    assert "taken" in {outcome for _, outcome in crowd.outcomes}
    assert overlaps() == NONE
    assert deadlocks() == before
    check_what_was_said(crowd.said)
    held = Appointment.objects.filter(status="held", held_until__gt=timezone.now())
    assert sorted(shown_value(one) for one in held) == crowd.kept


def check_what_was_said(said: list[Said]) -> None:
    """All of it is noted, and all that is noted was said; a series counts by its dates."""
    ledger = Ledger()
    wrong = [*ledger.disagreements(said), *ledger.unnoted()]
    assert not wrong, "\n".join(map(str, wrong))
    booked = {frozenset(one.visits): one for one in said if one.event == "booked"}
    visits = [visit for together in booked for visit in together]
    stored = Appointment.objects.exclude(status="held").values_list("public_id", flat=True)
    assert sorted(visits) == sorted(str(one) for one in stored)
    assert Series.objects.count() == sum(one.several for one in booked.values())
    some = next(iter(booked.values()))
    for other in ([], [replace(some, client=0)], [replace(some, visits=("another",))]):
        assert ledger.disagreements([*other, *(one for one in said if one != some)])


def test_a_refusal_without_a_reason_of_its_own_would_be_found() -> None:
    for sentence in ("That is not possible.", "Something went wrong.", ""):
        with pytest.raises(KeyError):
            reason_of(sentence)
