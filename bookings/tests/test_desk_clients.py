"""The client list at the desk: find, enter, edit, and who may be the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from bookings.models import Client
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user

NEW = {"name": "Nora  New ", "phone": "07700 900 123", "email": ""}
KNOWN = {"name": "Known Person", "phone": "+447700900123", "email": "known@example.com"}


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


def test_somebody_new_is_entered_and_booked_next(world: World, client: Browser, desk: Any) -> None:
    answer = client.post("/desk/clients/new/", NEW)
    made = Client.objects.get()
    assert (made.name, str(made.phone), made.email) == ("Nora New", "+447700900123", "")
    assert answer["Location"] == f"/desk/clients/{made.public_id}/book/"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("name", "", "Enter a name"), ("phone", "12", "Enter a phone number like"),
     ("email", "x@", "Enter an email address like"), ("name", "a\nb", "one line")],
)  # fmt: skip
def test_what_cannot_be_saved_is_named(
    world: World, client: Browser, desk: Any, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/desk/clients/new/", {**NEW, field: value})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "Somebody", "phone": "07700 900123"},
        {"name": "Somebody", "email": "KNOWN@example.com"},
        {"name": "known person", "date_of_birth_0": "1", "date_of_birth_1": "2",
         "date_of_birth_2": "1980"},
    ],
)  # fmt: skip
def test_a_likely_duplicate_is_shown_before_anything_is_saved(
    world: World, client: Browser, desk: Any, typed: dict[str, str]
) -> None:
    known = make_client(**KNOWN, date_of_birth="1980-02-01")
    answer = client.post("/desk/clients/new/", typed)
    assert answer.status_code == 422
    assert f"/desk/clients/{known.public_id}/book/" in text_of(answer)
    assert Client.objects.count() == 1
    assert client.post("/desk/clients/new/", {**typed, "is_another": "on"}).status_code == 302
    assert Client.objects.count() == 2


def test_contact_and_the_call_to_book_flag_are_edited(
    world: World, client: Browser, desk: Any
) -> None:
    person = make_client()
    path = f"/desk/clients/{person.public_id}/edit/"
    assert client.get(path).status_code == 200
    sent = {"name": "Renamed", "email": "new@example.com", "preferred_channel": "email",
            "is_call_to_book": "on", "desk_note": "Ring the bell"}  # fmt: skip
    assert client.post(path, sent)["Location"] == f"/desk/clients/{person.public_id}/"
    person.refresh_from_db()
    assert (person.name, person.is_call_to_book, person.desk_note) == (
        "Renamed",
        True,
        "Ring the bell",
    )
    assert person.events.last().pgh_context.metadata["user"] == desk.pk  # type: ignore[attr-defined]
    assert "Call to book only" in text_of(client.get("/desk/clients/?q=Renamed"))
    answer = client.post(path, {**sent, "name": ""})
    assert answer.status_code == 422
    assert "Enter a name" in text_of(answer)


def test_no_shows_are_counted(world: World, client: Browser, desk: Any) -> None:
    person = make_client()
    make_appointment(
        world.person, world.service, world.place, world.start, client=person, status="no_show"
    )
    assert 'data-label="No-shows">1<' in text_of(client.get("/desk/clients/"))
    page = text_of(client.get(f"/desk/clients/{person.public_id}/"))
    assert "<dt>No-shows</dt><dd>1</dd>" in page


def test_the_list_asks_a_constant_number_of_questions(
    world: World, client: Browser, desk: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_client()
    client.get("/desk/clients/")  # the session is new
    with django_assert_max_num_queries(7):
        client.get("/desk/clients/")


def test_only_the_desk_enters_and_edits(world: World, client: Browser) -> None:
    treating = make_user()
    world.person.user = treating
    world.person.save()
    person = make_client()
    make_appointment(world.person, world.service, world.place, world.start, client=person)
    stranger = make_user()
    make_client(stranger)
    for user in (treating, stranger):
        client.force_login(user)
        for path in ("/desk/clients/new/", f"/desk/clients/{person.public_id}/edit/"):
            assert client.get(path).status_code == 403
            assert client.post(path, NEW).status_code == 403
    client.logout()
    assert client.post("/desk/clients/new/", NEW).status_code == 302
    assert not Client.objects.filter(name="Nora New").exists()


def test_a_client_is_found_by_the_names_in_any_order(
    world: World, client: Browser, desk: Any
) -> None:
    make_client(name="Cleo Fictional")
    make_client(name="Cleo Invented")
    page = client.get("/desk/clients/?q=fictional+cleo").content.decode()
    assert "Cleo Fictional" in page
    assert "Cleo Invented" not in page


def test_the_form_says_what_really_happens_with_reminders(
    world: World, client: Browser, desk: Any
) -> None:
    person = make_client(email="", phone="")
    page = client.get(f"/desk/clients/{person.public_id}/edit/").content.decode()
    assert "<dd>none: no email address<br>" in page
    assert f"/desk/clients/{person.public_id}/wishes/" in page
