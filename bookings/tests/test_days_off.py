"""Who is away, and whom nobody is in for, said in the day and the week at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.models import Appointment
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.models import TimeOff
from practitioners.tests.factories import make_practitioner

BOTH = pytest.mark.parametrize("path", ["/desk/", "/desk/week/"])


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


@pytest.fixture
def visit(world: World) -> Appointment:
    return make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(name="Nora")
    )


def asked(world: World, **more: str) -> dict[str, str]:
    day = world.start.astimezone(world.place.zone)
    return {"day": f"{day:%Y-%m-%d}", "practitioner": world.person.slug, **more}


def off(world: World, first: int = 0, hours: int = 2, reason: str = "Course") -> TimeOff:
    begins = world.start + timedelta(hours=first)
    return TimeOff.objects.create(
        practitioner=world.person, starts_at=begins, ends_at=begins + timedelta(hours=hours),
        reason=reason,
    )  # fmt: skip


@BOTH
def test_time_off_is_said_by_its_words(client: Browser, world: World, desk: Any, path: str) -> None:
    off(world, first=2)
    page = text_of(client.get(path, asked(world)))
    assert 'Time off: <span dir="auto">Course</span>, 12:00 to 14:00' in page
    assert "Nobody is in" not in page


@BOTH
def test_a_whole_day_off_is_said_so(client: Browser, world: World, desk: Any, path: str) -> None:
    off(world, first=-34, hours=72, reason="")
    page = text_of(client.get(path, asked(world)))
    assert "Time off, all day" in page
    assert "not in" not in page


@BOTH
def test_a_session_that_nobody_is_in_for_is_marked(
    client: Browser, world: World, desk: Any, visit: Appointment, path: str
) -> None:
    assert "Nobody is in" not in text_of(client.get(path, asked(world)))
    off(world)
    why = ": during time off" if path == "/desk/" else "</strong>"
    assert f"Nobody is in{why}" in text_of(client.get(path, asked(world)))
    TimeOff.objects.all().delete()
    world.person.availability.all().delete()
    why = ": outside the hours" if path == "/desk/" else "</strong>"
    assert f"Nobody is in{why}" in text_of(client.get(path, asked(world)))
    Appointment.objects.update(status="no_show")
    assert "Nobody is in" not in text_of(client.get(path, asked(world)))


def test_a_day_without_hours_says_that_somebody_is_not_in(
    client: Browser, world: World, desk: Any
) -> None:
    assert "is not in on this day" not in text_of(client.get("/desk/", asked(world)))
    world.person.availability.all().delete()
    page = text_of(client.get("/desk/", asked(world)))
    assert f"<strong>{world.person.name}</strong> is not in on this day." in page
    assert "is not in" not in text_of(client.get("/desk/", asked(world, practitioner="all")))


@BOTH
def test_reasons_are_for_who_changes_the_hours(client: Browser, world: World, path: str) -> None:
    off(world)
    lead = make_staff("Clinical lead")
    own = make_user()
    world.person.user = own
    world.person.save()
    for user, reads in ((own, True), (lead, False)):
        client.force_login(user)
        page = text_of(client.get(path, asked(world)))
        assert "Time off" in page
        assert ("Course" in page) is reads
    client.force_login(make_practitioner(world.service, at=world.place, user=make_user()).user)
    assert "Time off" not in text_of(client.get(path, asked(world)))


def test_the_list_of_them_names_the_client(
    client: Browser, world: World, desk: Any, visit: Appointment
) -> None:
    off(world)
    page = text_of(client.get("/desk/hours/"))
    assert f'<span dir="auto">Nora</span> with {world.person.name}: during time off.' in page
