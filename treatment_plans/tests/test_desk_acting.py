"""Who books for whom, on the pages of the desk: a child's parent can be called."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Client, ClientAccess
from bookings.tests.booking_world import text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db


class Family:
    """A mother with a login who books for her child, whom a specialist treats."""

    def __init__(self) -> None:
        make_clinic()
        self.now = timezone.now()
        self.login = make_user(email="mother@example.com", name="Mother Login")
        self.mother = make_client(self.login, name="Mother Known", phone="+447700900555")
        self.child = self.acted_for("Child Known", "guardian", date_of_birth=date(2019, 5, 1))
        service, place = make_service(needs_room=False), make_location()
        self.treats = make_user()
        person = make_practitioner(service, at=place, user=self.treats)
        start = (self.now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        self.visit = make_appointment(person, service, place, start, client=self.child)

    def acted_for(self, name: str, relation: str, **fields: date) -> Client:
        one = make_client(name=name, email="", **fields)
        ClientAccess.objects.create(user=self.login, client=one, relation=relation)
        return one

    def page_of(self, client: Client) -> str:
        return f"/desk/clients/{client.public_id}/"


@pytest.fixture
def family() -> Family:
    return Family()


@pytest.fixture
def desk(client: Browser) -> Browser:
    client.force_login(make_staff("Front desk"))
    return client


def test_the_page_of_a_child_says_whom_to_call(family: Family, desk: Browser) -> None:
    page = text_of(desk.get(family.page_of(family.child)))
    assert f'{family.page_of(family.mother)}" dir="auto">Mother Known</a>, parent or guard' in page
    assert "+44 7700 900555 · " in page
    assert "mother@example.com" in page


def test_so_do_their_session_and_the_page_to_book_them(family: Family, desk: Browser) -> None:
    for path in (
        f"/desk/visits/{family.visit.public_id}/",
        f"{family.page_of(family.child)}book/",
    ):
        page = text_of(desk.get(path))
        assert "Mother Known</a>, parent or guardian" in page
        assert "+44 7700 900555" in page


def test_the_page_of_a_parent_leads_to_whom_they_book_for(family: Family, desk: Browser) -> None:
    friend = family.acted_for("Friend Known", "other")
    page = text_of(desk.get(family.page_of(family.mother)))
    assert f'{family.page_of(family.child)}" dir="auto">Child Known</a>' in page
    assert f'{family.page_of(friend)}" dir="auto">Friend Known</a>' in page
    assert "Books for them" not in page


def test_a_login_that_is_no_client_is_named_by_itself(family: Family, desk: Browser) -> None:
    family.mother.access.all().delete()
    page = text_of(desk.get(family.page_of(family.child)))
    assert 'Mother Login</span>, parent or guardian<br> <span class="breaks">mother@' in page


def test_who_has_left_is_not_to_be_called(family: Family, desk: Browser) -> None:
    family.login.is_active = False
    family.login.save()
    assert "mother@example.com" not in text_of(desk.get(family.page_of(family.child)))


def test_whoever_treats_the_child_learns_of_no_page_they_may_not_open(
    family: Family, client: Browser
) -> None:
    client.force_login(family.treats)
    page = text_of(client.get(family.page_of(family.child)))
    assert "Mother Known</span>, parent or guardian" in page
    assert family.page_of(family.mother) not in page
    assert client.get(family.page_of(family.mother)).status_code == 404


def test_whoever_treats_a_parent_learns_of_no_child_they_do_not_treat(
    family: Family, client: Browser
) -> None:
    treats = make_user()
    person = make_practitioner(family.visit.service, at=family.visit.location, user=treats)
    visit = family.visit
    make_appointment(person, visit.service, visit.location, visit.starts_at, client=family.mother)
    client.force_login(treats)
    page = text_of(client.get(family.page_of(family.mother)))
    assert "Child Known" not in page


def test_the_note_for_the_desk_stands_on_the_page_it_was_typed_for(
    family: Family, desk: Browser
) -> None:
    family.child.desk_note = "Comes by bus"
    family.child.save()
    assert "Comes by bus" in text_of(desk.get(family.page_of(family.child)))


def test_somebody_without_sessions_is_booked_from_there(family: Family, desk: Browser) -> None:
    page = text_of(desk.get(family.page_of(family.mother)))
    assert f'No session yet. <a href="{family.page_of(family.mother)}book/">Book one</a>' in page
    assert "No session yet" not in text_of(desk.get(family.page_of(family.child)))
