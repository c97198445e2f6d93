"""The list of specialists and the page of each: who fits, when they are next free."""

from __future__ import annotations

import os
import re
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Appointment, Client
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_staff
from practitioners.models import Availability, Practitioner, PractitionerTechnique, Service
from practitioners.tests.factories import (
    make_condition,
    make_location,
    make_practitioner,
    make_room,
    make_service,
    make_technique,
)

pytestmark = pytest.mark.django_db
URL = "/specialists/"
MOST_QUERIES = 12
VISITS = 50_000 if os.environ.get("FULL") else 3_000


def names_on(page: str) -> list[str]:
    return re.findall(r'<h2 class="mb-1"><a [^>]*>([^<]+)</a></h2>', page)


def listed(browser: Browser, **query: str) -> list[str]:
    return names_on(text_of(browser.get(URL, query)))


def test_everybody_who_can_be_booked_is_listed_with_the_next_free_time(
    world: World, client: Browser
) -> None:
    page = text_of(client.get(URL))
    assert names_on(page) == [world.person.name]
    assert "<strong>1 specialist</strong>" in page
    assert re.search(r"Next free: <strong>(today|tomorrow) \d\d:00</strong>", page)
    where = f"practitioner={world.person.slug}&amp;location={world.place.slug}"
    assert f'href="{world.time_url}?{where}"' in page


def test_the_next_free_time_is_at_the_place_asked_for(world: World, client: Browser) -> None:
    other = make_location()
    make_room(other)
    begins, ends = time(17), time(19)  # later on each day than where they are anyway
    Availability.objects.bulk_create(
        Availability(
            practitioner=world.person, location=other, weekday=day, starts_at=begins, ends_at=ends
        )
        for day in WHOLE_WEEK
    )
    page = text_of(client.get(URL, {"location": other.slug}))
    assert re.search(r"Next free: <strong>(today|tomorrow) 1[78]:00", page)
    assert f"location={other.slug}" in page.split("Next free:")[1]


def test_whoever_names_a_condition_as_a_focus_comes_first(world: World, client: Browser) -> None:
    technique, condition = make_technique(), make_condition()
    condition.techniques.add(technique)
    people = [make_practitioner(world.service, at=world.place, name=name) for name in "ABC"]
    for one in people[:2]:
        PractitionerTechnique.objects.create(practitioner=one, technique=technique)
    people[2].focus_areas.add(condition)
    assert listed(client, condition=condition.slug) == ["C", "A", "B"]
    page = client.get("/specialists/", {"condition": condition.slug}).content.decode()
    name = condition.name[0].lower() + condition.name[1:]
    assert (page.count(f"Focuses on {name}"), page.count(f"Treats {name}")) == (1, 2)
    assert 'action="/specialists/#found"' in page
    assert 'id="found"' in page
    page = client.get("/specialists/").content.decode()
    assert ("Treats " in page, "Focuses on " in page) == (False, False)


def test_who_has_no_free_time_is_listed_with_a_phone_number(world: World, client: Browser) -> None:
    Availability.objects.all().delete()
    page = text_of(client.get(URL))
    assert names_on(page) == [world.person.name]
    assert "No free times online now. Call 020 7946 0000." in page


@pytest.mark.parametrize("change", ["inactive", "offline", "uninsured"])
def test_who_cannot_be_booked_is_not_listed_and_has_no_page(
    world: World, client: Browser, change: str
) -> None:
    if change == "uninsured":
        world.person.credentials.update(expires_on=timezone.now().date() - timedelta(days=1))
    else:
        field = {"inactive": "is_active", "offline": "is_bookable_online"}[change]
        Practitioner.objects.update(**{field: False})
    assert listed(client) == []
    answer = client.get(f"{URL}{world.person.slug}/")
    assert (answer.status_code, f'href="{URL}"' in text_of(answer)) == (404, True)


def test_each_filter_keeps_who_fits(world: World, client: Browser) -> None:
    technique, condition = make_technique(), make_condition()
    condition.techniques.add(technique)
    elsewhere = make_location()
    other = make_practitioner(
        make_service(technique), at=elsewhere, weekdays=(6,), languages=["Polish"], gender="woman"
    )
    wanted = {
        "technique": technique.slug, "condition": condition.slug, "location": elsewhere.slug,
        "day": "6", "language": "Polish", "gender": "woman",
    }  # fmt: skip
    world.person.availability.filter(weekday=6).delete()
    for name, value in wanted.items():
        assert listed(client, **{name: value}) == [other.name], name
    assert listed(client, **wanted) == [other.name]
    assert "<strong>1 specialist</strong> matches" in text_of(client.get(URL, wanted))


def test_a_focus_on_a_condition_counts_like_a_technique_for_it(
    world: World, client: Browser
) -> None:
    condition = make_condition()
    assert listed(client, condition=condition.slug) == []
    world.person.focus_areas.add(condition)
    assert listed(client, condition=condition.slug) == [world.person.name]


def test_a_certificate_that_has_run_out_finds_nobody(world: World, client: Browser) -> None:
    technique = world.service.techniques.get()
    assert listed(client, technique=technique.slug) == [world.person.name]
    PractitionerTechnique.objects.update(expires_on=timezone.now().date() - timedelta(days=1))
    assert listed(client, technique=technique.slug) == []


def test_nobody_fits_is_said_with_a_way_on(world: World, client: Browser) -> None:
    page = text_of(client.get(URL, {"day": "7", "gender": "man"}))
    assert "No specialists match." in page
    assert f'href="{URL}"' in page


@pytest.mark.parametrize(
    "query",
    [{"condition": "nothing"}, {"day": "8"}, {"location": "9" * 25}, {"gender": "\u202e"}, {"order": "password"}],
)  # fmt: skip
def test_a_filter_that_is_not_offered_is_ignored(
    world: World, client: Browser, query: dict[str, str]
) -> None:
    answer = client.get(URL, query)
    assert (answer.status_code, names_on(text_of(answer))) == (200, [world.person.name])


@pytest.mark.parametrize("slug", ["nobody", "a" * 500, "%00", "1'"])
def test_an_unknown_specialist_is_404_with_a_way_on(client: Browser, slug: str) -> None:
    answer = client.get(f"{URL}{slug}/")
    assert (answer.status_code, 'href="/' in text_of(answer)) == (404, True)


def test_the_page_of_one_shows_six_times_that_lead_to_booking(
    world: World, client: Browser
) -> None:
    longer = make_service(minutes=90, start_grid=60)
    world.person.services.add(longer)
    for technique in longer.techniques.all():
        PractitionerTechnique.objects.create(practitioner=world.person, technique=technique)
    page = text_of(client.get(f"{URL}{world.person.slug}/"))
    times = re.findall(r'<li><a class="btn btn-secondary" href="([^"]+)"', page)
    starts = [address.rsplit("at=", 1)[1] for address in times]
    assert len(times) == len(set(starts)) == 6
    assert starts == sorted(starts)
    first = client.get(times[0].replace("&amp;", "&"))
    assert f'id="start-{starts[0]}" value="{starts[0]}" checked' in text_of(first)


def test_a_page_without_times_says_whom_to_call(world: World, client: Browser) -> None:
    Availability.objects.all().delete()
    page = text_of(client.get(f"{URL}{world.person.slug}/"))
    assert 'Not taking online bookings now. Call <a href="tel:02079460000">' in page


class Crowd:
    """Three hundred specialists at two places, with many visits among them."""

    def __init__(self, world: World) -> None:
        technique = world.service.techniques.get()
        condition = make_condition()
        places = [world.place, make_location(time_zone="Asia/Kathmandu")]
        for place in places:
            for _ in range(5):
                make_room(place)
        self.people = Practitioner.objects.bulk_create(
            Practitioner(
                name=f"Person {number:03}", slug=f"person-{number}", gender="woman",
                languages=["English", "Polish"],
            )
            for number in range(299)
        )  # fmt: skip
        through = Practitioner.services.through
        through.objects.bulk_create(
            through(practitioner=one, service=world.service) for one in self.people
        )
        PractitionerTechnique.objects.bulk_create(
            PractitionerTechnique(practitioner=one, technique=technique) for one in self.people
        )
        focus = Practitioner.focus_areas.through
        focus.objects.bulk_create(
            focus(practitioner=one, condition=condition) for one in self.people
        )
        Availability.objects.bulk_create(
            Availability(
                practitioner=one, location=places[number % 2], weekday=day,
                starts_at=time(9), ends_at=time(17),
            )
            for number, one in enumerate(self.people)
            for day in WHOLE_WEEK
        )  # fmt: skip
        self.fill(world.service, [place.pk for place in places])
        self.query = {
            "condition": condition.slug, "technique": technique.slug, "language": "Polish",
            "gender": "woman", "location": places[1].slug, "day": "1",
        }  # fmt: skip

    def fill(self, service: Service, places: list[int]) -> None:
        """Sessions from yesterday on, every other hour of each, by a regular of their own."""
        regulars = Client.objects.bulk_create(
            Client(name=f"Regular {number}") for number in range(len(self.people))
        )
        hour = timedelta(hours=1)
        first = timezone.now().replace(minute=0, second=0, microsecond=0) - 24 * hour
        rows = []
        for number in range(VISITS):
            turn, which = divmod(number, len(self.people))
            start = first + 2 * turn * hour
            rows.append(
                Appointment(
                    practitioner=self.people[which], location_id=places[which % 2],
                    client=regulars[which], service=service, status="booked", price=1,
                    starts_at=start, ends_at=start + hour, busy=(start, start + hour),
                )
            )  # fmt: skip
        Appointment.objects.bulk_create(rows, batch_size=2000)


def test_three_hundred_specialists_cost_as_many_queries_as_one(
    world: World, client: Browser
) -> None:
    client.get(URL)
    counts, sizes = [], []
    crowd = None
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(URL)
        counts.append(len(queries))
        sizes.append(len(answer.content))
        crowd = crowd or Crowd(world)
    page = text_of(answer)
    assert max(counts) <= MOST_QUERIES, counts
    assert "<strong>300 specialists</strong>" in page
    assert len(names_on(page)) == page.count("Next free: <strong>") == 20
    assert max(sizes) < 60_000
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(URL, {**crowd.query, "page": "7"})
    assert len(queries) <= MOST_QUERIES
    page = text_of(answer)
    assert "<strong>149 specialists</strong> match" in page
    assert "Page 7 of 8" in page
    assert f"technique={crowd.query['technique']}" in page.split("Next page")[0].rsplit("<a", 1)[1]


def test_the_search_for_a_free_time_to_the_horizon_costs_no_more(
    world: World, client: Browser
) -> None:
    """Some are free tomorrow, some in a week, some in two months, one never."""
    today = timezone.now().date()
    for days in (7, 60, 600):
        late = make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
        late.availability.update(valid_from=today + timedelta(days=days))
    with CaptureQueriesContext(connection) as queries:
        page = text_of(client.get(URL))
    assert len(queries) <= MOST_QUERIES
    assert page.count("Next free: <strong>") == 3
    assert page.count("No free times online now") == 1


def test_every_page_of_many_can_be_turned_to(world: World, client: Browser) -> None:
    for number in range(45):
        Practitioner.objects.create(name=f"Person {number:03}", slug=f"person-{number}")
    pages = [listed(client, page=str(number)) for number in (1, 2, 3)]
    assert [len(names) for names in pages] == [20, 20, 6]
    assert len({name for names in pages for name in names}) == 46
    for strange in ("0", "-1", "abc", "9" * 25):
        assert client.get(URL, {"page": strange}).status_code == 200
    assert listed(client, page="9999") == pages[2]


@pytest.mark.parametrize("in_days, most", [(2, 5), (5, 6)])
@pytest.mark.parametrize("asked", [{}, {"day": "1"}, {"language": "xx"}, {"gender": "x"}])
def test_staff_who_look_past_the_end_cost_five_queries_too(
    world: World, client: Browser, asked: dict[str, str], in_days: int, most: int
) -> None:
    """One more where somebody has nothing within the first days that are looked at."""
    soon = (datetime.now(world.place.zone).date() + timedelta(days=in_days)).isoweekday()
    for _ in range(21):
        make_practitioner(world.service, at=world.place, weekdays=(soon,))
    client.force_login(make_staff("Front desk"))
    for page in ("", "2", "99"):
        client.get(URL, {**asked, "page": page})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL, {**asked, "page": page}).status_code == 200
        assert len(queries) <= most, page
