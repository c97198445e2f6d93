"""Specialists from a table: looked at first, saved whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from bookings.tests.factories import make_staff
from practitioners.models import Practitioner
from practitioners.tests.factories import make_practitioner, make_service

pytestmark = pytest.mark.django_db
LIST = "/admin/practitioners/practitioner/"
PATH = f"{LIST}import/"
HEAD = "Short name,Name,Title,Bookable online,Services,Languages,Practising since\n"
KIM = (
    HEAD
    + 'kim,Kim Example,Registered massage therapist,no,"Deep work, Neck work","English, Polish",2010\n'
)


@pytest.fixture
def admin(client: Browser) -> Browser:
    make_service(name="Deep work")
    make_service(name="Neck work")
    client.force_login(make_staff("Admin"))
    return client


def look(browser: Browser, table: str | bytes) -> Any:
    content = table.encode() if isinstance(table, str) else table
    return browser.post(PATH, {"file": SimpleUploadedFile("table.csv", content), "look": "1"})


def keep(browser: Browser, table: str) -> Any:
    """Save what has been looked at, as the hidden field of the page holds it."""
    text = look(browser, table).context["form"]["text"].value()
    return browser.post(PATH, {"text": text, "save": "1"})


def test_looking_saves_nothing(admin: Browser) -> None:
    page = look(admin, KIM).content.decode()
    assert "New." in page
    assert "services: Deep work, Neck work" in page.lower() or "Deep work, Neck work" in page
    assert not Practitioner.objects.exists()


def test_what_was_looked_at_is_saved(admin: Browser) -> None:
    answer = keep(admin, KIM)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    kim = Practitioner.objects.get()
    assert (kim.slug, kim.name, kim.title) == ("kim", "Kim Example", "Registered massage therapist")
    assert (kim.is_active, kim.is_bookable_online, kim.practising_since) == (True, False, 2010)
    assert kim.languages == ["English", "Polish"]
    assert sorted(one.name for one in kim.services.all()) == ["Deep work", "Neck work"]
    assert "Imported: 1 new, 0 changed." in admin.get(LIST).content.decode()


def test_a_column_that_is_missing_changes_nothing(admin: Browser) -> None:
    keep(admin, KIM)
    keep(admin, "Short name,Name,Title\nkim,Kim Example,Senior therapist\n")
    kim = Practitioner.objects.get()
    assert (kim.title, kim.practising_since, kim.is_bookable_online) == (
        "Senior therapist",
        2010,
        False,
    )
    assert kim.services.count() == 2


def test_an_exported_table_comes_back_unchanged(admin: Browser) -> None:
    keep(admin, KIM)
    Practitioner.objects.update(title="=1+1", about="My own words.")
    keys = list(Practitioner.objects.values_list("pk", flat=True))
    table = admin.post(LIST, {"action": "export_csv", "_selected_action": keys}).content
    page = look(admin, table).content.decode()
    assert "Stays as it is" in page
    assert "Problem" not in page


def test_a_table_from_a_german_spreadsheet_is_read_as_well(admin: Browser) -> None:
    assert "New." in look(admin, "﻿Name;Title\r\nJürgen Beispiel;Masseur\r\n").content.decode()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("kim,Kim,,yes,Yoga,,", "There is no service called Yoga."),
        ("kim,,,yes,,,", "This field is required."),
        ("kim,Kim,,perhaps,,,", "Bookable online must be yes or no."),
        ("kim,Kim,,yes,,,1066", "Enter a year from 1940 to this one."),
        ("kim,Kim,,yes,,,\nkim,Kim,,yes,,,", "This person stands in the table twice."),
        ("k im,Kim,,yes,,,", "Enter a valid"),
    ],
)
def test_one_bad_row_keeps_the_whole_table_out(admin: Browser, row: str, sentence: str) -> None:
    table = f"{HEAD}good,Good Example,,yes,,,\n{row}\n"
    answer = look(admin, table)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert admin.post(PATH, {"text": table, "save": "1"}).status_code == 422
    assert not Practitioner.objects.exists()


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("", "The submitted file is empty."),
        ("Name\n", "The table has no rows."),
        ("Name,Salary\nKim,1\n", "“salary” is not a column we know."),
        ("Title\nDoctor\n", "Use Name and any of"),
        ("Name,Name\nKim,Kim\n", "Name each column once."),
        ("Name,Title\nKim\n", "Row 2 has more or fewer cells"),
        ("Name\n" + "Kim\n" * 501, "Import at most 500 rows at once."),
        ("Name\n" + "x" * 500_001, "The file is larger than 500 kB."),
        (b"Name\nJ\xfcrgen\n", "Save the table as CSV in UTF-8"),
        (b"PK\x03\x04\x00\x00", "This file cannot be read as a table"),
        ('Name\n"Kim\n', "This file cannot be read as a table"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    admin: Browser, table: str | bytes, sentence: str
) -> None:
    answer = look(admin, table)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_no_file_is_asked_for(admin: Browser) -> None:
    assert "Choose a file." in admin.post(PATH, {"look": "1"}).content.decode()


def test_a_table_makes_nobody_inactive_and_deletes_nobody(admin: Browser) -> None:
    other = make_practitioner(name="Omar Example")
    keep(admin, "Name,Active\nKim Example,no\n")
    assert Practitioner.objects.get(name="Kim Example").is_active
    assert Practitioner.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("role", ["Front desk", "Clinical lead"])
def test_others_import_nothing(client: Browser, role: str) -> None:
    client.force_login(make_staff(role))
    assert client.get(PATH).status_code == 403
    assert client.post(PATH, {"text": KIM, "save": "1"}).status_code == 403
    assert f'href="{PATH}"' not in client.get(LIST).content.decode()
    assert not Practitioner.objects.exists()


def test_the_list_leads_there_and_strangers_sign_in(admin: Browser) -> None:
    assert f'href="{PATH}"' in admin.get(LIST).content.decode()
    assert admin.get(PATH).status_code == 200
    assert Browser().get(PATH)["Location"].startswith("/sign-in/")
