"""How PostgreSQL goes about every hot statement: by an index, and reading little that it throws away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
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
from bench.clinic_1m import Clinic, free_starts
from bench.explained import Explained, big_tables
from bench.line import Line, Target
from bookings import calendar
from bookings.availability import free_slots, next_free
from bookings.messages import delivery
from bookings.models import Client
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
    for name, work in _hot(world.clinic).items():
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


def _hot(clinic: Clinic) -> dict[str, Callable[[], Any]]:
    """What is asked a thousand times a day."""
    now, service = timezone.now(), Service.objects.get()
    starts = free_starts(clinic, 4)
    people, place = Practitioner.objects.in_bulk(), Location.objects.get(pk=1)
    client, desk = TestBrowser(), TestBrowser()
    login, user = logins.sign_in(1)[0], _desk_user()
    client.cookies["sessionid"] = login.session
    desk.force_login(user)
    plans_2m.make_due(DUE)
    dispatch.write(DUE)
    booked = calendar.book(
        service, people[starts[1].practitioner], starts[1].at, location=place,
        client=Client.objects.get(pk=starts[1].client), by=user, now=now,
    )  # fmt: skip
    person = Client.objects.get(pk=starts[0].client)

    def slots(count: int, days: int) -> Any:
        return free_slots(
            service, first_day=now.date(), days=days, now=now, practitioners=range(1, count + 1)
        )

    def choose() -> None:
        at = value_of(starts[2].at)
        address = (
            f"/book/massage/?practitioner=specialist-{starts[2].practitioner}&location=place-1"
        )
        assert client.post(address, {"start": at}).status_code == 302

    def press() -> None:
        answer = client.post("/book/massage/you/", {**FORM, "form_token": str(uuid.uuid4())})
        assert answer.status_code == 302

    return {
        "slots of one person": lambda: slots(1, 14),
        "slots of a place": lambda: slots(clinic_1m.PEOPLE_PER_PLACE, 14),
        "next free of a page": lambda: next_free(None, practitioners=list(range(1, 21)), now=now),
        "page of times": lambda: client.get("/book/massage/?location=place-1"),
        "directory": lambda: client.get("/specialists/"),
        "choose a time": choose,
        "book it": press,
        "book at the desk": lambda: calendar.book(
            service, people[starts[0].practitioner], starts[0].at, location=place, client=person, by=user, now=now
        ),
        "move": lambda: calendar.move(
            booked, starts_at=booked.starts_at + timedelta(hours=2), by=user, now=now, for_staff=True
        ),
        "cancel": lambda: calendar.cancel(booked, cancelled_by="client", by=user, now=now, for_staff=True),
        "my sessions": lambda: client.get("/my/"),
        "day at the desk": lambda: desk.get("/desk/?practitioner=specialist-1"),
        "week at the desk": lambda: desk.get("/desk/week/?practitioner=specialist-1"),
        "sweep": lambda: recall.sweep(now=now),
        "waiting list": lambda: offers.sweep(now=now),
        "send what is due": lambda: delivery.send_due(now=now),
    }  # fmt: skip


def _desk_user() -> Any:
    user = get_user_model().objects.create_user("guard@example.com", name="Front Desk")
    user.groups.add(Group.objects.get(name="Front desk"))
    return user
