"""A small practice for the tests of plans: who treats, who comes, and everybody else."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment, Client
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans.models import TreatmentPlan
from treatment_plans.tests.factories import make_plan

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WEEKLY = (("per_week", 1, 6),)
ALL_DAY = ((time(0), time(23)),)  # so that the tests pass at any hour
LATEST = 21  # an hour of UTC: a session of an hour ends in time, in summer too


class PlanWorld:
    """One location that is always open, two specialists, a client with a login and a weekly plan."""

    def __init__(self, **plan: Any) -> None:
        self.clinic = make_clinic(travel_minutes=0)
        self.now = timezone.now()
        self.place = make_location()
        self.room = make_room(self.place)
        self.service = make_service(start_grid=60)
        self.user, self.colleague_user = make_user(name="Dana"), make_user(name="Omar")
        self.person = make_practitioner(
            self.service, at=self.place, user=self.user, weekdays=EVERY_DAY, hours=ALL_DAY
        )
        self.colleague = make_practitioner(self.service, at=self.place, user=self.colleague_user)
        self.login = make_user(name="Jamie")
        self.client: Client = make_client(self.login, email=self.login.email)
        self.treated = self.visit(self.now - 40 * DAY, status="completed")
        self.plan = self.make_plan(**plan)

    def make_plan(self, **more: Any) -> TreatmentPlan:
        given: dict[str, Any] = {"by": self.user, "now": self.now, "phases": WEEKLY, **more}
        client = given.pop("client", self.client)
        return make_plan(client, self.person, self.service, self.place, **given)

    def visit(self, at: datetime, **fields: Any) -> Appointment:
        """A visit of the client that nobody has told the plans of."""
        start = on_the_hour(at)
        given = {"client": getattr(self, "client", None), **fields}
        return make_appointment(self.person, self.service, self.place, start, **given)

    @property
    def today(self) -> Any:
        return timezone.now().astimezone(self.place.zone).date()


def on_the_hour(at: datetime) -> datetime:
    """The beginning of this hour, or of the last one in which a session ends within the hours."""
    return at.replace(hour=min(at.hour, LATEST), minute=0, second=0, microsecond=0)


def browse(user: Any = None) -> Browser:
    """A browser in which somebody has signed in."""
    browser = Browser()
    if user is not None:
        browser.force_login(user)
    return browser


def people(world: PlanWorld) -> dict[str, Any]:
    """Everybody whom a page of a plan may or may not open for, by a short name."""
    other, helper = make_user(), make_user()
    make_client(other)
    world.client.access.create(user=helper, relation="other", scope="booking")
    return {
        "treating": world.user,
        "colleague": world.colleague_user,
        "front desk": make_staff("Front desk"),
        "admin": make_staff("Admin"),
        "lead": make_staff("Clinical lead"),
        "own": world.login,
        "books for them": helper,
        "other client": other,
        "anonymous": None,
    }


def statuses(world: PlanWorld, path: str, method: str = "get", **data: Any) -> dict[str, int]:
    """What each of them is answered."""
    return {
        who: getattr(browse(user), method)(path, data).status_code
        for who, user in people(world).items()
    }


def rows(prefix: str, *filled: dict[str, str]) -> dict[str, str]:
    """A formset as a browser posts it."""
    data = {
        f"{prefix}-TOTAL_FORMS": str(len(filled)),
        f"{prefix}-INITIAL_FORMS": "0",
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "40",
    }
    for number, row in enumerate(filled):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def phase(value: str = "1", length: str = "6", **more: str) -> dict[str, str]:
    return {
        "rate_value": value, "rate_kind": "per_week", "length": length,
        "length_kind": "sessions", "session_minutes": "60", "label": "", **more,
    }  # fmt: skip


BLANK_PHASE = phase("", "")
BLANK_GOAL = {"sentence": "", "measure": "", "baseline": "", "target": ""}
