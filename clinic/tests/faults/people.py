"""Clients to whom something falls due, wave by wave, and some who change their minds.

Half of them have a plan whose recall is due, half a visit whose confirmation is. A change
of mind is one of the product's own verbs; while its locks are held we look how far the
messages of that client have come, because nothing may go any further after the commit.
"""

from __future__ import annotations

import copy
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from bookings import calendar
from bookings.consents import opt_out
from bookings.messages import outbox
from bookings.models import Appointment, Client, Message
from bookings.tests.factories import make_client, make_user
from practitioners.models import Practitioner
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import plans
from treatment_plans.models import PlanPhase, TreatmentPlan
from treatment_plans.tests.factories import make_plan

STARTED = datetime(2026, 11, 16, 9, tzinfo=UTC)
FIRST_SESSION = date(2026, 11, 26)  # due on a Thursday, so the recall on Tuesday
VISITS_IN = timedelta(days=2)
BETWEEN = timedelta(minutes=10)
A_DAY_OF_VISITS = 90  # of one practitioner
PROMISED = ("due_soon", "confirmation")
CALENDAR = ("booked", "cancelled")


@dataclass(frozen=True, slots=True)
class Stopped:
    """How far the messages of a client had come when they changed their mind."""

    how: str
    attempts: dict[Any, int]  # by the message's public id: hand-overs begun by then
    on_its_way: set[Any]  # those that a worker is just handing over
    arrived: dict[Any, int]  # what the relay had taken by then


class Looker:
    """Who looks into the transaction of a change of mind, when its locks are held."""

    look: Callable[[int], None] | None = None


def look_now(_event: str, visit: Appointment, /, *, now: datetime) -> None:
    """Listen to the calendar: look before it commits."""
    if Looker.look is not None and visit.client_id is not None:
        Looker.look(visit.client_id)


class People:
    """Everybody who is owed a message."""

    def __init__(self, many: int, *, seed: int) -> None:
        self.chance = random.Random(seed)
        make_clinic(travel_minutes=0, max_open_bookings=10_000)
        self.place = make_location()
        make_room(self.place)
        self.service = make_service(minutes=5, start_grid=5)
        self.user = make_user()
        self.therapist = make_practitioner(self.service, at=self.place)
        self.now = STARTED
        self.plans = self._plans(many // 2)
        self.visits = self._visits(many - many // 2)
        self.waves = [*self.plans, *self.visits]
        self.chance.shuffle(self.waves)
        self.due: list[Any] = []
        self.stopped: dict[int, Stopped] = {}
        self._times = self._times_to_book()
        self._turns = {TreatmentPlan: count(), Appointment: count()}

    def _plans(self, many: int) -> list[TreatmentPlan]:
        """Copies of one plan that was made as the desk makes it; none is due before its wave."""
        model = make_plan(
            make_client(), self.therapist, self.service, self.place, by=self.user, now=STARTED,
            start_on=FIRST_SESSION,
        )  # fmt: skip
        assert model.next_message_at is not None
        self.now = model.next_message_at + timedelta(minutes=30)
        phase = model.phases.get()
        model.next_message_kind, model.next_message_at = "", None
        model.save()
        made = [copy.copy(model) for _ in range(many)]
        for plan, client in zip(made, self._clients("plan", many), strict=True):
            plan.pk, plan.public_id, plan.client = None, uuid.uuid4(), client
            plan._state = copy.copy(plan._state)
            plan._state.adding = True
        made = TreatmentPlan.objects.bulk_create(made)
        phases = [copy.copy(phase) for _ in made]
        for row, plan in zip(phases, made, strict=True):
            row.pk, row.plan = None, plan
        PlanPhase.objects.bulk_create(phases)
        return made

    def _visits(self, many: int) -> list[Appointment]:
        first = self.now.replace(second=0, microsecond=0) + VISITS_IN
        clients = self._clients("visit", many)
        made, person = [], self.therapist
        for number, client in enumerate(clients):
            if number % A_DAY_OF_VISITS == 0:
                person = make_practitioner(self.service, at=self.place)
            made.append(self._visit(person, client, first + number % A_DAY_OF_VISITS * BETWEEN))
        return Appointment.objects.bulk_create(made)

    def _visit(self, person: Practitioner, client: Client, at: datetime) -> Appointment:
        ends_at = at + self.service.length
        return Appointment(
            practitioner=person, service=self.service, location=self.place, client=client,
            starts_at=at, ends_at=ends_at, busy=(at, ends_at), status="booked",
            price=self.service.price,
        )  # fmt: skip

    def _clients(self, word: str, many: int) -> list[Client]:
        return Client.objects.bulk_create(
            Client(name=f"Client {word} {number}", email=f"{word}{number}@example.com")
            for number in range(many)
        )

    def _times_to_book(self) -> Iterator[datetime]:
        """Free starts of the therapist, each once: from next Monday on, from nine to four."""
        day = self.now.date() + timedelta(days=8 - self.now.isoweekday())
        while True:
            for minutes in range(0, 7 * 60, 10) if day.isoweekday() <= 5 else ():
                yield datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(
                    minutes=minutes
                )
            day += timedelta(days=1)

    # --- Falling due ------------------------------------------------------------------

    def fall_due(self, many: int) -> None:
        """Let the messages of some more become due now."""
        wave, self.waves = self.waves[:many], self.waves[many:]
        owed = [one.pk for one in wave if isinstance(one, TreatmentPlan)]
        visits = [one for one in wave if isinstance(one, Appointment)]
        with transaction.atomic():
            TreatmentPlan.objects.filter(pk__in=owed).update(
                next_message_kind="due_soon", next_message_at=self.now
            )
            outbox.write_all([self._confirmation(visit) for visit in visits])
        self.due += wave

    def _confirmation(self, visit: Appointment) -> outbox.NewMessage:
        return outbox.message(
            "confirmation", source_type="appointment", source_id=visit.pk,
            occurrence=str(visit.version), client=visit.client, now=self.now,
            expires_at=visit.starts_at,
        )  # fmt: skip

    # --- Changing one's mind ------------------------------------------------------------

    def change_a_mind(self, arrivals: Callable[[Any], int]) -> str:
        """Let a client whose message is due stop it; returns how. Nothing when nobody is left."""
        known = [one for one in self.due[-60:] if one.client_id not in self.stopped]
        if not known:
            return ""
        one = self._one_in_hand(known) or self.chance.choice(known)
        verbs = self._plan_verbs() if isinstance(one, TreatmentPlan) else self._visit_verbs()
        how = sorted(verbs)[next(self._turns[type(one)]) % len(verbs)]
        row = type(one).objects.get(pk=one.pk)
        Looker.look = lambda client: self.stopped.update({client: _how_far(how, client, arrivals)})
        if how in CALENDAR:  # its verbs commit themselves, and tell their listeners before
            verbs[how](row)
        else:
            with transaction.atomic():
                verbs[how](row)
                Looker.look(one.client_id)
        Looker.look = None
        return how

    def _one_in_hand(self, known: list[Any]) -> Any:
        """Every other time somebody whose message a worker holds at this moment."""
        if self.chance.random() < 0.5:
            return None
        held = set(
            Message.objects.filter(
                state__in=("claimed", "sending"), client__in=[one.client_id for one in known]
            ).values_list("client", flat=True)
        )
        return next((one for one in known if one.client_id in held), None)

    def _plan_verbs(self) -> dict[str, Callable[[TreatmentPlan], Any]]:
        how = {"by": self.user, "now": self.now}
        return {
            "opted out": lambda plan: opt_out(plan.client, now=self.now),
            "booked": lambda plan: calendar.book(
                self.service, self.therapist, next(self._times),
                client=plan.client, location=self.place, **how,
            ),
            "on hold": lambda plan: plans.hold(plan, reason="Ask the doctor first", **how),
            "discharged": lambda plan: plans.end(plan, "discharged", reason="Is well", **how),
            "paused": lambda plan: plans.pause(
                plan, starts_on=self._day(-2), ends_on=self._day(20), reason="Away", **how
            ),
            "has died": lambda plan: Client.objects.filter(pk=plan.client_id).update(
                is_deceased=True
            ),
        }  # fmt: skip

    def _visit_verbs(self) -> dict[str, Callable[[Appointment], Any]]:
        how = {"by": self.user, "now": self.now, "for_staff": True}
        return {
            "cancelled": lambda visit: calendar.cancel(
                visit, cancelled_by=self.chance.choice(("client", "clinic")), **how
            )
        }

    def _day(self, offset: int) -> date:
        return self.now.date() + timedelta(days=offset)


def _how_far(how: str, client_id: int, arrivals: Callable[[Any], int]) -> Stopped:
    rows = list(Message.objects.filter(client=client_id, kind__in=PROMISED))
    return Stopped(
        how,
        {row.public_id: row.attempts for row in rows},
        {row.public_id for row in rows if row.state == Message.State.SENDING},
        {row.public_id: arrivals(row.public_id) for row in rows},
    )
