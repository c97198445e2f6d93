"""The day table: whose, which day, and what can be done next."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_location, make_practitioner

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def day_of(world: World) -> str:
    return f"{world.start.astimezone(world.place.zone):%Y-%m-%d}"


def test_the_desk_sees_everybody_or_one(world: World, client: Browser) -> None:
    other = make_practitioner(world.service, at=world.place)
    first = make_appointment(world.person, world.service, world.place, world.start)
    second = make_appointment(other, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/", {"day": day_of(world)}))
    assert first.client.name in page
    assert second.client.name in page
    page = text_of(client.get("/desk/", {"day": day_of(world), "practitioner": other.slug}))
    assert f"/desk/visits/{first.public_id}/" not in page
    assert f"/desk/visits/{second.public_id}/" in page


def test_today_is_the_day_where_the_person_works(world: World, client: Browser) -> None:
    """On these two islands it is never the same day: their clocks are 25 hours apart."""
    type(world.place).objects.filter(pk=world.place.pk).update(time_zone="Pacific/Pago_Pago")
    far = make_location(time_zone="Pacific/Kiritimati")
    user, now = make_user(), timezone.now()
    own = make_practitioner(world.service, at=far, user=user)
    midday = datetime.combine(now.astimezone(far.zone), time(12), tzinfo=far.zone)
    visit = make_appointment(own, world.service, far, midday)
    client.force_login(user)
    assert f"/desk/visits/{visit.public_id}/" in text_of(client.get("/desk/"))
    assert f"{midday:%A} {midday.day} {midday:%B}" in text_of(client.get("/desk/"))


def test_a_practitioner_sees_the_own_day_whatever_is_asked(world: World, client: Browser) -> None:
    user = make_user()
    own = make_practitioner(world.service, at=world.place, user=user)
    mine = make_appointment(own, world.service, world.place, world.start)
    theirs = make_appointment(world.person, world.service, world.place, world.start)
    client.force_login(user)
    for asked in ("", "all", world.person.slug):
        page = text_of(client.get("/desk/", {"day": day_of(world), "practitioner": asked}))
        assert f"/desk/visits/{mine.public_id}/" in page
        assert f"/desk/visits/{theirs.public_id}/" not in page


def test_a_colleague_as_client_sees_their_session_elsewhere(world: World, client: Browser) -> None:
    user = make_user()
    make_practitioner(world.service, at=world.place, user=user)
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(user)
    )
    client.force_login(user)
    assert str(visit.public_id) not in text_of(client.get("/desk/", {"day": day_of(world)}))
    assert client.get(f"/desk/visits/{visit.public_id}/").status_code == 404


def test_a_date_is_jumped_to_and_a_wrong_one_is_explained(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    assert "Tuesday 1 December" in text_of(client.get("/desk/", {"day": "1/12/2026"}))
    answer = client.get("/desk/", {"day": "soon"})
    assert answer.status_code == 422
    assert "Enter a date like 1/12/2026." in text_of(answer)
    assert 'value="soon"' in text_of(answer)


def test_an_empty_day_names_the_next_session_and_what_to_do(world: World, client: Browser) -> None:
    make_appointment(world.person, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/", {"day": f"{world.start - timedelta(days=1):%Y-%m-%d}"}))
    assert "No sessions on this day. Next:" in page
    assert f"?day={day_of(world)}" in page
    assert "Book a session" in page


def test_a_day_asks_a_constant_number_of_questions(
    world: World, client: Browser, django_assert_max_num_queries: Any
) -> None:
    for hour in range(7):
        make_appointment(
            world.person, world.service, world.place, world.start + timedelta(hours=hour)
        )
    client.force_login(make_staff("Front desk"))
    client.get("/desk/", {"day": day_of(world)})  # the session is new
    with django_assert_max_num_queries(14):
        client.get("/desk/", {"day": day_of(world)})


def test_paper_names_nobody_unless_the_clinic_says_so(world: World, client: Browser) -> None:
    visit = make_appointment(world.person, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/", {"day": day_of(world)}))
    assert f'class="print-only" aria-hidden="true">{visit.client.initials}<' in page
    world.clinic.prints_names = True
    world.clinic.save()
    page = text_of(client.get("/desk/", {"day": day_of(world)}))
    assert "print-only" not in page


@pytest.mark.parametrize(
    ("role", "may"), [("Front desk", True), ("Admin", True), ("Clinical lead", False)]
)
@pytest.mark.parametrize("address", ("/desk/", "/desk/week/?practitioner=all"))
def test_only_who_changes_hours_is_offered_to(
    world: World, client: Browser, role: str, may: bool, address: str
) -> None:
    client.force_login(make_staff(role))
    assert ('href="/desk/hours/?day=' in text_of(client.get(address))) is may
    assert (client.get("/desk/hours/").status_code == 200) is may


def test_a_mark_leads_back_to_its_row(world: World, client: Browser) -> None:
    visit = make_appointment(
        world.person, world.service, world.place, timezone.now().replace(second=0, microsecond=0)
    )
    client.force_login(make_staff("Front desk"))
    asked = f"/desk/?day={visit.starts_at.astimezone(world.place.zone):%Y-%m-%d}&practitioner=all"
    page = client.get(asked).content.decode()
    row = f"visit-{visit.public_id}"
    assert f'<tr id="{row}"' in page
    way_back = page.split('name="next" value="')[1].split('"')[0].replace("&amp;", "&")
    assert way_back == f"{asked}#{row}"
    sent = {"status": "arrived", "next": way_back}
    assert client.post(f"/desk/visits/{visit.public_id}/mark/", sent)["Location"] == way_back
