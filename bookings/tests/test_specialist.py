"""The page of a specialist, and how hours and times are said on it."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.opening import open_days
from bookings.picking import spread
from bookings.starts import Slot
from bookings.tests.booking_world import World, text_of
from bookings.times import Words
from practitioners.models import Credential, OpeningHours
from practitioners.tests.factories import make_condition, make_service

URL = "/specialists/"
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def dana(world: World) -> Any:
    person = world.person
    person.name, person.title, person.slug = "Dana Example", "Massage therapist", "dana"
    person.languages, person.gender = ["English", "Spanish"], "woman"
    person.about = "Works with people who want to move again."
    person.first_visit = "We talk first."
    person.save()
    Credential.objects.create(
        practitioner=person, kind="registration", body="Register", number="77"
    )
    person.focus_areas.set([make_condition(name="Neck pain", slug="neck-pain")])
    return person


def test_a_row_says_who_with_what_and_in_which_language(
    world: World, client: Browser, dana: Any
) -> None:
    page = text_of(client.get(URL))
    for said in ("Massage therapist, Register no. 77", "Neck pain", "Speaks English, Spanish"):
        assert said in page


def test_rare_filters_are_folded_until_one_is_set(world: World, client: Browser, dana: Any) -> None:
    assert '<details class="more">' in text_of(client.get(URL))
    assert '<details class="more">' in text_of(client.get(f"{URL}?day=1"))
    assert '<details class="more" open>' in text_of(client.get(f"{URL}?gender=woman"))


class TestProfile:
    def test_it_says_everything_a_visitor_asks(
        self, world: World, client: Browser, dana: Any
    ) -> None:
        page = text_of(client.get(f"{URL}dana/"))
        for said in (
            "Dana Example", "Neck pain", "Speaks English, Spanish", "Works with people", "We talk first.",
            world.service.name, "60 minutes, £58", "Register", "1 Test Street",
            "Monday to Saturday, 08:00 to 20:00", "You may bring someone with you",
        ):  # fmt: skip
            assert said in page

    def test_the_next_times_are_six_over_several_days(
        self, world: World, client: Browser, dana: Any
    ) -> None:
        """Another session at the same hours does not show a time twice."""
        other = make_service(start_grid=15, minutes=30)
        other.techniques.set(world.service.techniques.all())
        dana.services.add(other)
        page = text_of(client.get(f"{URL}dana/"))
        times = re.findall(r"&amp;at=(\d+)", page)
        assert len(times) == len(set(times)) == 6
        found = re.search(r'href="([^"]+&amp;at=\d+)"', page)
        assert found
        chosen = text_of(client.get(found[1].replace("&amp;", "&")))
        assert f'value="{times[0]}" checked' in chosen

    def test_without_times_it_names_the_phone_and_the_waiting_list(
        self, world: World, client: Browser, dana: Any
    ) -> None:
        dana.availability.all().delete()
        page = text_of(client.get(f"{URL}dana/"))
        assert "Not taking online bookings now." in page
        assert 'href="tel:02079460000"' in page
        assert f'href="/my/waiting/{world.service.slug}/?practitioner=dana"' in page

    def test_search_engines_read_it_as_data(self, world: World, client: Browser, dana: Any) -> None:
        page = text_of(client.get(f"{URL}dana/"))
        assert 'itemtype="https://schema.org/Person"' in page
        assert '<h1 class="mb-1" dir="auto" itemprop="name">Dana Example</h1>' in page
        for data in (
            'itemprop="jobTitle" content="Massage therapist"', 'itemprop="knowsLanguage" content="Spanish"',
            'itemprop="price" content="58.00"', 'itemprop="priceCurrency" content="GBP"',
            'itemprop="openingHours" content="Mo-Sa 08:00-20:00"',
            'itemtype="https://schema.org/EducationalOccupationalCredential"',
            '<meta name="description" content="Dana Example, massage therapist at Willow Street Clinic.',
        ):  # fmt: skip
            assert data in page
        assert "<script>" not in page

    @pytest.mark.parametrize("slug", ["nobody", "a%00b", "x" * 300, "-1"])
    def test_nobody_is_404(self, world: World, client: Browser, slug: str) -> None:
        assert client.get(f"{URL}{slug}/").status_code == 404

    def test_its_queries_do_not_grow_with_sessions(
        self, world: World, client: Browser, dana: Any
    ) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(f"{URL}dana/")
            return len(queries)

        few = count()
        for _ in range(5):
            other = make_service()
            other.techniques.set(world.service.techniques.all())
            dana.services.add(other)
        assert count() == few
        assert few <= 20


class TestSpread:
    def slot(self, day: int, hour: int, minute: int = 0) -> Slot:
        at = timezone.datetime(2026, 12, day, hour, minute, tzinfo=ZoneInfo("UTC"))
        return Slot(1, 1, 1, at, at + timedelta(hours=1))

    def times(self, slots: list[Slot], count: int = 4) -> list[tuple[int, int]]:
        found = spread(slots, {1: LONDON}, count=count)
        return [(slot.starts_at.day, slot.starts_at.hour) for slot in found]

    def test_the_first_of_each_half_day_comes_first(self) -> None:
        slots = [self.slot(day, hour) for day in (1, 2) for hour in (9, 10, 13, 14)]
        assert self.times(slots) == [(1, 9), (1, 13), (2, 9), (2, 13)]

    def test_a_short_list_is_filled_with_what_is_next(self) -> None:
        slots = [self.slot(1, hour) for hour in (9, 10, 11, 13)]
        assert self.times(slots) == [(1, 9), (1, 10), (1, 11), (1, 13)]

    def test_a_time_is_said_once_and_elsewhere_not_at_all(self) -> None:
        slot = self.slot(1, 9)
        elsewhere = Slot(1, 1, 2, slot.starts_at + timedelta(hours=1), slot.ends_at)
        assert self.times([slot, slot, elsewhere]) == [(1, 9)]

    def test_nothing_is_nothing(self) -> None:
        assert self.times([]) == []


class TestOpening:
    def week(self, *rows: tuple[int, int, int]) -> list[str]:
        hours = [
            OpeningHours(weekday=day, opens_at=time(opens), closes_at=time(closes))
            for day, opens, closes in rows
        ]
        return [one.say("12h") for one in open_days(hours)]

    def test_days_in_a_row_are_one_line(self) -> None:
        assert self.week(*((day, 8, 19) for day in range(1, 6)), (6, 9, 13)) == [
            "Monday to Friday, 8:00am to 7:00pm",
            "Saturday, 9:00am to 1:00pm",
        ]

    def test_two_days_have_an_and(self) -> None:
        assert self.week((6, 9, 13), (7, 9, 13)) == ["Saturday and Sunday, 9:00am to 1:00pm"]

    def test_a_break_is_said_and_a_closed_day_parts_the_week(self) -> None:
        assert self.week((1, 8, 12), (1, 13, 17), (3, 8, 12), (3, 13, 17)) == [
            "Monday, 8:00am to 12:00pm and 1:00pm to 5:00pm",
            "Wednesday, 8:00am to 12:00pm and 1:00pm to 5:00pm",
        ]

    def test_search_engines_get_codes(self) -> None:
        rows = [OpeningHours(weekday=day, opens_at=time(8), closes_at=time(19)) for day in (1, 2)]
        assert [one.codes for one in open_days(rows)] == [["Mo-Tu 08:00-19:00"]]

    def test_no_hours_say_nothing(self) -> None:
        assert self.week() == []


def test_soon_says_today_and_tomorrow() -> None:
    words, at = Words(LONDON), timezone.datetime(2026, 12, 1, 16, 45, tzinfo=ZoneInfo("UTC"))
    said = [words.soon(at, today=date(2026, 12, 1) - timedelta(days=days)) for days in (0, 1, 2)]
    assert said == ["today 4:45pm", "tomorrow 4:45pm", "Tue 1 Dec, 4:45pm"]
