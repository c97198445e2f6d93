"""A year that nobody means, wherever a date is typed: a sentence that says which ones are meant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.test import Client as Browser

from bookings import dates
from bookings.dates import BirthDateField, DayMonthYearField
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff
from practitioners.tests.factories import make_location

YEARS = ["9999", "1700"]
A_CENTURY = "Choose a date between 2000 and 2099."


def said(field: forms.Field, year: str) -> str:
    with pytest.raises(forms.ValidationError) as refused:
        field.clean(["1", "2", year])
    return str(refused.value.messages[0])


@pytest.mark.parametrize("year", YEARS)
def test_a_day_is_within_two_centuries(year: str) -> None:
    assert said(DayMonthYearField(called="First day"), year) == (
        "First day must be between 1900 and 2099"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("year", "sentence"),
    [
        ("9999", "must be in the past"),
        ("2098", "must be in the past"),
        ("1700", "must have a year like 1984"),
        ("84", "must have a year with four digits, like 1984"),
        ("0000", "must have a year with four digits, like 1984"),
        ("12345", "must have a year with four digits, like 1984"),
    ],
)
def test_somebody_is_born_within_a_long_life(year: str, sentence: str) -> None:
    assert said(BirthDateField(), year) == f"Date of birth {sentence}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "now", "yesterday"),
    [
        ("Australia/Sydney", datetime(2026, 12, 1, 23, 30, tzinfo=UTC), date(2026, 12, 1)),
        ("America/Los_Angeles", datetime(2026, 12, 1, 1, tzinfo=UTC), date(2026, 11, 29)),
    ],
)
def test_somebody_is_born_before_the_clinic_s_own_day(
    monkeypatch: pytest.MonkeyPatch, zone: str, now: datetime, yesterday: date
) -> None:
    make_location(time_zone=zone)
    make_location(time_zone="Europe/London")  # the desk's clock is that of the oldest
    monkeypatch.setattr(dates.timezone, "now", lambda: now)
    assert typed(yesterday) == yesterday
    with pytest.raises(forms.ValidationError, match="must be in the past"):
        typed(yesterday + timedelta(days=1))


def typed(born: date) -> Any:
    return BirthDateField().clean([str(born.day), str(born.month), str(born.year)])


@pytest.mark.django_db
@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("path", ["/desk/", "/desk/week/"])
def test_the_desk_s_days_are_within_a_century(
    world: World, client: Browser, path: str, year: str
) -> None:
    client.force_login(make_staff("Front desk"))
    for typed in (f"1/2/{year}", f"{year}-02-01"):
        answer = client.get(path, {"day": typed})
        assert answer.status_code == 422
        assert A_CENTURY in text_of(answer)
        assert typed in text_of(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("year", YEARS)
def test_a_jump_is_to_where_times_are_offered(world: World, client: Browser, year: str) -> None:
    asked = {"date": f"1/2/{year}", "practitioner": world.person.slug}
    answer = client.get(world.time_url, asked)
    assert answer.status_code == 422
    assert "Please choose a date between today and" in text_of(answer)
    assert client.get(world.time_url, {**asked, "month": f"{year}-12"}).status_code in (200, 422)


@pytest.mark.django_db
@pytest.mark.parametrize("year", YEARS)
def test_days_to_wait_in_are_within_a_year(world: World, client: Browser, year: str) -> None:
    client.force_login(make_staff("Front desk"))
    person = make_client()
    path = f"/desk/clients/{person.public_id}/wait/{world.service.slug}/"
    sent: dict[str, Any] = {"location": world.place.slug, "part": ""}
    for name in ("first_day", "last_day"):
        sent |= {f"{name}_0": "1", f"{name}_1": "2", f"{name}_2": year}
    answer = client.post(path, sent)
    assert answer.status_code == 422
    assert "First day must be between 1900 and 2099" in text_of(answer)
    assert "Last day must be between 1900 and 2099" in text_of(answer)
