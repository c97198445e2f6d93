"""What the settings add to bookings: loaded once, and a wrong name stops the start."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from bookings import calendar, extensions
from bookings.errors import Refused
from bookings.models import Appointment
from bookings.tests.factories import HOUR, NOW, TEN, SmallClinic

heard: list[Any] = []
NOT_CALLABLE = "a sentence"


def listen(event: str, appointment: Any, *, now: Any) -> None:
    heard.append((event, appointment.public_id, now))


def fail(event: str, appointment: Any, *, now: Any) -> None:
    raise RuntimeError("a listener in trouble")


def refuse_ten(*, client: Any, visit: Any, starts_at: Any, now: Any, **_: Any) -> None:
    heard.append((client, visit.service, visit.practitioner, now))
    if starts_at == TEN:
        raise Refused("not_at_ten", "Not at ten, please.")


@pytest.fixture
def world() -> SmallClinic:
    heard.clear()
    return SmallClinic()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOKING_GATES", ["bookings.nowhere.gate"]),
        ("APPOINTMENT_LISTENERS", ["bookings.extensions.nothing"]),
        ("BOOKING_FACTS", ["bookings.nowhere.facts"]),
        ("CLIENT_NOTICES", ["bookings.nowhere.notices"]),
        ("MESSAGE_SOURCES", {"letter": "letters"}),
        ("SWEEPS", [f"{__name__}.NOT_CALLABLE"]),
    ],
)
def test_a_name_that_does_not_load_is_said_with_the_name(
    settings: Any, name: str, value: Any
) -> None:
    setattr(settings, name, value)
    path = next(iter(value.values())) if isinstance(value, dict) else value[0]
    with pytest.raises(ImproperlyConfigured, match=path):
        extensions.check()


def test_what_the_product_names_loads() -> None:
    extensions.check()
    assert list(extensions.named())


def test_a_wrong_name_stops_the_start() -> None:
    code = (
        "import django; from django.conf import settings; from clinic import settings as ours;"
        "ours.BOOKING_GATES = ['no.such.gate']; django.setup()"
    )
    started = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clinic.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    last = started.stderr.strip().splitlines()[-1]
    assert started.returncode == 1
    assert "The settings name no.such.gate, which cannot be loaded" in last


@pytest.mark.django_db
def test_listeners_hear_what_happened(world: Any, settings: Any) -> None:
    settings.APPOINTMENT_LISTENERS = [f"{__name__}.listen"]
    visit = world.booked()
    assert heard == [("booked", visit.public_id, NOW)]


def note_facts(event: Any, appointment: Any, *, now: Any) -> None:
    heard.append(appointment.facts)


@pytest.mark.django_db
def test_listeners_find_facts_that_nobody_keeps(world: Any, settings: Any) -> None:
    settings.APPOINTMENT_LISTENERS = [f"{__name__}.note_facts"]
    visits = [world.booked(), world.book(TEN + HOUR)]
    visits.append(calendar.move(visits[1], starts_at=TEN + 2 * HOUR, by=None, now=NOW))
    visits.append(calendar.cancel(visits[1], cancelled_by="client", by=None, now=NOW))
    of_client, of_visit = {"runs_plans": False}, {"runs_plans": False, "is_in_plan": False}
    assert heard == [of_client, of_client, of_visit, of_visit]
    assert [visit.facts for visit in visits] == [{}] * 4


@pytest.mark.django_db
def test_a_listener_that_fails_leaves_nothing_booked(world: Any, settings: Any) -> None:
    settings.APPOINTMENT_LISTENERS = [f"{__name__}.fail"]
    world.hold()
    with pytest.raises(RuntimeError):
        world.confirm()
    assert list(Appointment.objects.values_list("status", flat=True)) == ["held"]


@pytest.mark.django_db
def test_gates_know_who_wants_what_and_when(world: Any, settings: Any) -> None:
    settings.BOOKING_GATES = [f"{__name__}.refuse_ten"]
    world.hold()
    with pytest.raises(Refused, match="Not at ten"):
        world.confirm()
    assert heard == [(world.client, world.service, world.person, NOW)]


def test_an_unknown_message_source_is_none() -> None:
    assert extensions.message_source("of_tomorrow") is None
