"""Who opened which record: the clinical lead sees all, a client their own, nobody changes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import NOW, make_client, make_staff, make_user
from practitioners.tests.factories import make_clinic, make_location, make_practitioner
from treatment_plans.access import record_opened
from treatment_plans.models import RecordAccess

pytestmark = pytest.mark.django_db
ALL, OWN = "/desk/record-access/", "/my/record-access/"


class World:
    """Two clients whose records were opened by one practitioner."""

    def __init__(self) -> None:
        make_clinic()
        make_location()
        self.reader = make_user(name="Dana Example")
        make_practitioner(user=self.reader)
        self.login, self.other_login = make_user(), make_user()
        self.client = make_client(self.login, name="Ada Fictional")
        self.other = make_client(self.other_login, name="Ben Fictional")
        record_opened(self.client, self.reader, "plan", now=NOW)
        record_opened(
            self.other,
            self.reader,
            "assessment",
            now=NOW + timedelta(hours=1),
            reason="Covers today",
        )


@pytest.fixture
def world() -> World:
    return World()


def page(user: Any, path: str) -> str:
    browser = Browser()
    browser.force_login(user)
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["Clinical lead", "superuser"])
def test_who_watches_over_records_sees_every_opening(world: World, role: str) -> None:
    user = make_user(is_superuser=True) if role == "superuser" else make_staff(role)
    said = page(user, ALL)
    assert said.index("Ben Fictional") < said.index("Ada Fictional")
    assert "Covers today" in said
    assert "Dana Example" in said
    assert "Tuesday 24 November" in said


@pytest.mark.parametrize(
    ("asked", "found"), [("ada", ["Ada"]), ("dana", ["Ada", "Ben"]), ("zz", [])]
)
def test_openings_are_found_by_either_name(world: World, asked: str, found: list[str]) -> None:
    said = page(make_staff("Clinical lead"), f"{ALL}?q={asked}")
    assert [name for name in ("Ada", "Ben") if f"{name} Fictional" in said] == found


@pytest.mark.parametrize("role", ["Front desk", "Admin", "practitioner", "client"])
def test_nobody_else_reads_the_log(world: World, role: str) -> None:
    user = {"practitioner": world.reader, "client": world.login}.get(role) or make_staff(role)
    browser = Browser()
    browser.force_login(user)
    assert browser.get(ALL).status_code == 403
    assert Browser().get(ALL)["Location"].startswith("/sign-in/")


def test_clients_see_who_opened_their_own(world: World) -> None:
    said = page(world.login, OWN)
    assert "Dana Example" in said
    assert "Plan" in said
    assert "Ben Fictional" not in said
    assert 'href="/my/record-access/"' in page(world.login, "/my/")


def test_a_look_at_ones_own_record_is_left_out_and_a_guardian_s_is_named(world: World) -> None:
    type(world.login).objects.filter(pk=world.login.pk).update(name="")
    guardian = make_user(name="Gwen Example")
    for reader in (world.login, guardian):
        reader.refresh_from_db()
        record_opened(world.client, reader, "own progress", now=NOW)
    said = page(world.login, OWN)
    assert ("You</strong>" in said, said.count("Own progress")) == (False, 1)
    assert "Gwen Example" in said
    assert "A member of staff" not in said
    assert page(make_staff("Clinical lead"), ALL).count("Their own record") == 2


def test_who_only_books_for_somebody_sees_nothing_of_it(world: World) -> None:
    booker = make_user()
    person = make_client(booker, scope="booking", name="Cleo Fictional")
    record_opened(person, world.reader, "client", now=NOW)
    said = page(booker, OWN)
    assert "Nobody else has opened it yet." in said
    assert "Cleo Fictional" not in said


def test_openings_of_an_entry_joined_into_the_own_one_belong_to_it(world: World) -> None:
    world.other.merged_into = world.client
    world.other.save()
    assert "Ben Fictional" in page(world.login, OWN)


def test_strangers_sign_in_first(world: World) -> None:
    assert Browser().get(OWN)["Location"].startswith("/sign-in/")


def test_nobody_changes_the_log(world: World) -> None:
    lead = Browser()
    lead.force_login(make_staff("Clinical lead"))
    for method in ("post", "put", "patch", "delete"):
        assert getattr(lead, method)(ALL).status_code == 405
    for change in (
        lambda: RecordAccess.objects.all().delete(),
        lambda: RecordAccess.objects.update(what="nothing"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert RecordAccess.objects.filter(what__in=("plan", "assessment")).count() == 2


def test_the_page_costs_the_same_for_many(world: World) -> None:
    lead = Browser()
    lead.force_login(make_staff("Clinical lead"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            lead.get(ALL)
        return len(seen)

    queries()  # the first visit of a session also stores when it was
    few = queries()
    for _ in range(30):
        record_opened(make_client(), world.reader, "plan", now=NOW)
    assert queries() == few <= 12
