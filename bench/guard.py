"""How PostgreSQL goes about every hot statement: by an index, and reading little that it throws away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client as TestBrowser
from django.utils import timezone

from bench import clinic_1m, dispatch, logins, plans_2m
from bench.booking import FORM
from bench.clinic_1m import Clinic, Start, free_starts
from bench.explained import Explained, big_tables
from bench.line import Line, Target
from bookings import calendar
from bookings.availability import free_slots, next_free
from bookings.errors import SlotTaken
from bookings.messages import delivery
from bookings.models import Appointment, Client
from bookings.picking import value_of
from bookings.waiting import offers
from practitioners.models import Location, Practitioner, Service
from treatment_plans import recall

DUE = 20


@dataclass(frozen=True, slots=True)
class Guarded:
    """A clinic with visits, plans and messages, each large enough for an index to matter."""

    clinic: Clinic
    plans: plans_2m.Plans

    @property
    def name(self) -> str:
        return f"guarded_{self.clinic.name}"

    def __str__(self) -> str:
        return f"{self.clinic}, {self.plans}"

    def seed(self) -> None:
        self.clinic.seed()
        self.plans.write()


TINY = Guarded(clinic_1m.TINY, plans_2m.TINY)
QUICK = Guarded(clinic_1m.QUICK, plans_2m.Plans(active=10_000))
FULL = Guarded(clinic_1m.FULL, plans_2m.Plans(active=1_000_000))


def plan_guard(world: Guarded) -> Line:
    """EXPLAIN ANALYZE of every statement that the hot paths send."""
    faults: dict[str, list[str]] = {}
    statements, big = 0, big_tables()
    for name, work in _Hot(world.clinic).work().items():
        explained = Explained(big)
        explained.run(work)
        statements += explained.statements
        if explained.faults:
            faults[name] = explained.faults
    line = Line(
        "plan_guard",
        sum(map(len, faults.values())),
        0,
        "faults",
        Target("==", 0),
        statements,
        size=str(world),
    )
    line.others["faults"] = faults
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        line.also("jit_is_on", cursor.fetchone()[0] != "off", Target("==", 0))
    return line


class _Hot:
    """What is asked a thousand times a day, by a visitor, a client, the desk and the worker."""

    def __init__(self, clinic: Clinic) -> None:
        self.now, self.user = timezone.now(), _desk_user()
        self.service, self.place = Service.objects.get(), Location.objects.get(pk=1)
        self.people, self.starts = Practitioner.objects.in_bulk(), free_starts(clinic, 4)
        self.client, self.desk = TestBrowser(), TestBrowser()
        self.client.cookies["sessionid"] = logins.sign_in(1)[0].session
        self.desk.force_login(self.user)
        self.booked = self.book(self.starts[1])

    def work(self) -> dict[str, Callable[[], Any]]:
        """Every piece of it by its name, in the order in which it can be done."""
        plans_2m.make_due(DUE)
        dispatch.write(DUE)
        return {**self._looking(), **self._booking(), **self._working()}

    def _looking(self) -> dict[str, Callable[[], Any]]:
        return {
            "slots of one person": lambda: self.slots(1, 14),
            "slots of a place": lambda: self.slots(clinic_1m.PEOPLE_PER_PLACE, 14),
            "next free of a page": lambda: next_free(
                None, practitioners=list(range(1, 21)), now=self.now
            ),
            "page of times": lambda: self.client.get("/book/massage/?location=place-1"),
            "directory": lambda: self.client.get("/specialists/"),
        }

    def _booking(self) -> dict[str, Callable[[], Any]]:
        later = self.booked.starts_at + timedelta(hours=2)
        about = {"by": self.user, "now": self.now, "for_staff": True}
        return {
            "choose a time": self.choose,
            "book it": self.press,
            "book at the desk": lambda: self.book(self.starts[0]),
            "be refused": self.be_refused,
            "move": lambda: calendar.move(self.booked, starts_at=later, **about),
            "cancel": lambda: calendar.cancel(self.booked, cancelled_by="client", **about),
        }

    def _working(self) -> dict[str, Callable[[], Any]]:
        return {
            "my sessions": lambda: self.client.get("/my/"),
            "day at the desk": lambda: self.desk.get("/desk/?practitioner=specialist-1"),
            "week at the desk": lambda: self.desk.get("/desk/week/?practitioner=specialist-1"),
            "sweep": lambda: recall.sweep(now=self.now),
            "waiting list": lambda: offers.sweep(now=self.now),
            "send what is due": lambda: delivery.send_due(now=self.now),
        }

    def slots(self, count: int, days: int) -> Any:
        return free_slots(
            self.service, first_day=self.now.date(), days=days, now=self.now,
            practitioners=range(1, count + 1),
        )  # fmt: skip

    def book(self, start: Start) -> Appointment:
        return calendar.book(
            self.service, self.people[start.practitioner], start.at, location=self.place,
            client=Client.objects.get(pk=start.client), by=self.user, now=self.now,
        )  # fmt: skip

    def be_refused(self) -> None:
        with suppress(SlotTaken):
            self.book(self.starts[0])
            raise AssertionError("It was booked twice.")

    def choose(self) -> None:
        start = self.starts[2]
        address = f"/book/massage/?practitioner=specialist-{start.practitioner}&location=place-1"
        assert self.client.post(address, {"start": value_of(start.at)}).status_code == 302

    def press(self) -> None:
        form = {**FORM, "form_token": str(uuid.uuid4())}
        assert self.client.post("/book/massage/you/", form).status_code == 302


def _desk_user() -> Any:
    user = get_user_model().objects.create_user("guard@example.com", name="Front Desk")
    user.groups.add(Group.objects.get(name="Front desk"))
    return user
