"""Time off and extra hours from the desk, and the visits they leave without anybody."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.desk_hours import MOST
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.models import Closure, ExtraHours, TimeOff
from practitioners.tests.factories import make_location, make_practitioner

BLOCK, EXTRA = "/desk/hours/time-off/", "/desk/hours/extra/"


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


def boxes(name: str, day: Any) -> dict[str, Any]:
    return {f"{name}_{part}": number for part, number in enumerate((day.day, day.month, day.year))}


def away(world: World, **changed: Any) -> dict[str, Any]:
    day = world.start.astimezone(world.place.zone).date()
    sent = {"practitioner": world.person.slug, **boxes("first_day", day),
            "from_time": "9:30", "until_time": "11", "reason": "Dentist"}  # fmt: skip
    return {**sent, "until_time": "11:00", **changed}


def test_blocked_time_is_no_longer_offered(world: World, client: Browser, desk: Any) -> None:
    answer = client.post(BLOCK, away(world))
    made = TimeOff.objects.get()
    assert answer["Location"] == f"{BLOCK}{made.pk}/"
    local = made.starts_at.astimezone(world.place.zone)
    assert (local.hour, local.minute) == (9, 30)
    assert made.ends_at - made.starts_at == timedelta(minutes=90)
    assert made.reason == "Dentist"
    assert "No sessions are booked then." in text_of(client.get(answer["Location"]))
    taken = world.choose(client)
    assert taken.status_code == 422
    assert "away then" in text_of(taken)


def test_a_whole_day_needs_no_times(world: World, client: Browser, desk: Any) -> None:
    client.post(BLOCK, away(world, from_time="", until_time=""))
    made = TimeOff.objects.get()
    first, last = (at.astimezone(world.place.zone) for at in (made.starts_at, made.ends_at))
    assert (first.hour, last.hour) == (0, 0)
    assert last.date() - first.date() == timedelta(days=1)


def test_the_visits_inside_are_listed_with_a_way_to_move_each(
    world: World, client: Browser, desk: Any
) -> None:
    inside = make_appointment(world.person, world.service, world.place, world.start)
    after = make_appointment(
        world.person, world.service, world.place, world.start + timedelta(hours=2)
    )
    make_appointment(
        world.person, world.service, world.place, world.start - timedelta(hours=1),
        status="cancelled", cancelled_by="client",
    )  # fmt: skip
    page = text_of(client.post(BLOCK, away(world), follow=True))
    assert f"/desk/visits/{inside.public_id}/move/" in page
    assert inside.client.name in page
    assert f"/desk/visits/{after.public_id}/" not in page
    listed = text_of(client.get("/desk/hours/"))
    assert "Sessions that nobody is in for" in listed
    assert f"/desk/visits/{inside.public_id}/move/" in listed


def test_a_time_is_opened_again(world: World, client: Browser, desk: Any) -> None:
    client.post(BLOCK, away(world))
    made = TimeOff.objects.get()
    assert client.get(f"{BLOCK}{made.pk}/remove/").status_code == 405
    assert client.post(f"{BLOCK}{made.pk}/remove/")["Location"] == "/desk/hours/"
    assert not TimeOff.objects.exists()


def test_extra_hours_can_be_booked(world: World, client: Browser, desk: Any) -> None:
    day = world.start.astimezone(world.place.zone)
    sent = {"practitioner": world.person.slug, "location": world.place.slug, **boxes("on", day),
            "starts_at": "18:00", "ends_at": "20:00"}  # fmt: skip
    assert client.post(EXTRA, sent)["Location"] == "/desk/hours/"
    made = ExtraHours.objects.get()
    assert world.choose(client, day.replace(hour=18)).status_code == 302
    assert world.person.name in text_of(client.get("/desk/hours/"))
    client.post(f"{EXTRA}{made.pk}/remove/")
    assert not ExtraHours.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"practitioner": "nobody"}, "Choose a specialist from the list"),
        ({"first_day_0": ""}, "First day must include a day"),
        ({"first_day_0": "31", "first_day_1": "2"}, "First day must be a real date"),
        ({"until_time": "9:00"}, "The end must be after the start"),
        ({"from_time": "soon"}, "Enter a time like 10:15 or 2:30pm."),
        ({"reason": "a\u202eb"}, "hidden control characters"),
    ],
)
def test_what_cannot_be_blocked_is_named(
    world: World, client: Browser, desk: Any, changed: dict[str, str], sentence: str
) -> None:
    answer = client.post(BLOCK, away(world, **changed))
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not TimeOff.objects.exists()
    assert client.post(BLOCK, {}).status_code == 422
    assert client.post(EXTRA, {}).status_code == 422


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [(BLOCK, "from_time", "until_time"), (EXTRA, "starts_at", "ends_at")],
)
@pytest.mark.parametrize("end", ["first", "last"])
def test_a_time_that_the_clock_skips_is_said(
    world: World, client: Browser, desk: Any, path: str, first: str, last: str, end: str
) -> None:
    """In London 01:30 of 28 March 2027 is no time."""
    day = date(2027, 3, 28)
    times = {first: "1:30", last: "3:00"} if end == "first" else {first: "0:30", last: "1:30"}
    whose = {"practitioner": world.person.slug, "location": world.place.slug}
    sent = {**whose, **boxes("first_day", day), **boxes("on", day), **times}
    answer = client.post(path, sent)
    assert answer.status_code == 422
    skipped = "On 28 March the clock skips 01:00 to 02:00. Please choose another time."
    assert skipped in text_of(answer)
    assert not TimeOff.objects.exists()
    assert not ExtraHours.objects.exists()


def test_time_off_takes_all_of_a_time_that_comes_twice(
    world: World, client: Browser, desk: Any
) -> None:
    """Nothing is guessed: from the first 01:30 to the second is away."""
    day = date(2027, 10, 31)
    sent = away(world, **boxes("first_day", day), from_time="1:30", until_time="1:30")
    assert client.post(BLOCK, sent).status_code == 302
    made = TimeOff.objects.get()
    assert made.starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert made.ends_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_what_is_over_is_not_blocked_or_opened(world: World, client: Browser, desk: Any) -> None:
    today = timezone.now().astimezone(world.place.zone).date()
    yesterday = today - timedelta(days=1)
    whole_day = away(world, **boxes("first_day", yesterday), from_time="", until_time="")
    hours = {"practitioner": world.person.slug, "location": world.place.slug,
             "starts_at": "9:00", "ends_at": "17:00"}  # fmt: skip
    for path, sent in ((BLOCK, whole_day), (EXTRA, {**hours, **boxes("on", yesterday)})):
        answer = client.post(path, sent)
        assert answer.status_code == 422
        assert "That time is over, so nothing was changed." in text_of(answer)
        assert f'value="{yesterday.year}"' in text_of(answer)
    assert not TimeOff.objects.exists()
    assert not ExtraHours.objects.exists()
    until_today = {**whole_day, **boxes("last_day", today)}
    assert client.post(BLOCK, until_today).status_code == 302


def test_a_practitioner_changes_the_own_hours_only(world: World, client: Browser) -> None:
    user = make_user()
    own = make_practitioner(world.service, at=world.place, user=user)
    client.force_login(user)
    assert client.post(BLOCK, away(world)).status_code == 422
    assert client.post(BLOCK, away(world, practitioner=own.slug)).status_code == 302
    assert TimeOff.objects.get().practitioner == own
    theirs = TimeOff.objects.create(
        practitioner=world.person, starts_at=world.start, ends_at=world.start + timedelta(hours=1)
    )
    for path in (f"{BLOCK}{theirs.pk}/", f"{BLOCK}{theirs.pk}/remove/"):
        assert client.post(path).status_code in (404, 405)
    assert client.get(f"{BLOCK}{theirs.pk}/").status_code == 404
    assert TimeOff.objects.count() == 2


@pytest.mark.parametrize("path", ["/desk/hours/", BLOCK, EXTRA])
def test_strangers_change_no_hours(world: World, client: Browser, path: str) -> None:
    assert client.get(path).status_code == 302
    other = make_user()
    make_client(other)
    for user in (other, make_staff("Clinical lead")):
        client.force_login(user)
        assert client.get(path).status_code == 403
        if path != "/desk/hours/":
            assert client.post(path, away(world)).status_code == 403
    assert not TimeOff.objects.exists()


def test_the_list_asks_a_constant_number_of_questions(
    world: World, client: Browser, desk: Any, django_assert_max_num_queries: Any
) -> None:
    for day in range(6):
        at = world.start + timedelta(days=day)
        TimeOff.objects.create(
            practitioner=world.person, starts_at=at, ends_at=at + timedelta(hours=1)
        )
        make_appointment(world.person, world.service, world.place, at)
    client.get("/desk/hours/")  # the session is new
    with django_assert_max_num_queries(15):
        client.get("/desk/hours/")


def test_extra_hours_are_said_as_the_clinic_says_times(
    world: World, client: Browser, desk: Any
) -> None:
    today = timezone.now().astimezone(world.place.zone).date()
    for on in (today + timedelta(days=1), today + timedelta(days=400)):
        world.person.extra_hours.create(
            location=world.place, on=on, starts_at=time(17), ends_at=time(19, 30)
        )
    world.clinic.time_style = "12h"
    world.clinic.save()
    page = text_of(client.get("/desk/hours/"))
    assert page.count("5:00pm to 7:30pm") == 2
    assert f"{today + timedelta(days=400):%Y}, 5:00pm" in page


def hours_of(world: World, **changed: Any) -> dict[str, Any]:
    day = world.start.astimezone(world.place.zone)
    return {"practitioner": world.person.slug, **boxes("on", day), "starts_at": "18:00",
            "ends_at": "20:00", **changed}  # fmt: skip


def test_extra_hours_are_where_somebody_works(world: World, client: Browser, desk: Any) -> None:
    first = make_location(name="A place where nobody works")
    assert "Where they usually work" in text_of(client.get(EXTRA))
    client.post(EXTRA, hours_of(world))
    assert ExtraHours.objects.get().location == world.place
    client.post(EXTRA, hours_of(world, location=first.slug, starts_at="17:00"))
    assert ExtraHours.objects.filter(location=first).exists()  # where it is meant


def test_which_of_several_places_has_to_be_said(world: World, client: Browser, desk: Any) -> None:
    there = make_location(name="Harbour Place")
    row = world.person.availability.first()
    row.pk, row.location, row.weekday = None, there, row.weekday
    row.starts_at, row.ends_at = time(20), time(21)
    row.save()
    answer = client.post(EXTRA, hours_of(world))
    assert answer.status_code == 422
    page = text_of(answer)
    assert (
        f"{world.person.name} works at Harbour Place and {world.place.name}. Choose where" in page
    )
    assert 'value="18:00"' in page
    nowhere = make_practitioner(world.service)
    nowhere.availability.all().delete()
    answer = client.post(EXTRA, hours_of(world, practitioner=nowhere.slug))
    assert f"{nowhere.name} works at no place yet. Choose where" in text_of(answer)
    assert not ExtraHours.objects.exists()


@pytest.mark.parametrize(
    ("year", "sentence"),
    [
        ("9999", "must be between 1900 and 2099"),
        ("1700", "must be between 1900 and 2099"),
        ("1950", "That time is over, so nothing was changed."),
        ("26", "must have a year with four digits, like 1984"),
        ("99999", "must have a year with four digits, like 1984"),
        ("9" * 12, "must have a year with four digits, like 1984"),
    ],
)
def test_a_year_that_nobody_means_is_said(
    world: World, client: Browser, desk: Any, year: str, sentence: str
) -> None:
    whole_day = {"from_time": "", "until_time": ""}
    for path, sent in (
        (BLOCK, away(world, first_day_2=year, **whole_day)), (EXTRA, hours_of(world, on_2=year))
    ):  # fmt: skip
        answer = client.post(path, sent)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
        assert f'value="{year}"' in text_of(answer)
    last = away(world, **whole_day, last_day_0="1", last_day_1="1", last_day_2=year)
    assert client.post(BLOCK, last).status_code == 422
    assert not TimeOff.objects.exists()


class TestWhose:
    """The desk looks at everybody's, or at one person's."""

    @pytest.fixture
    def two(self, world: World, desk: Any) -> Any:
        other = make_practitioner(world.service, at=world.place, name="Other Person")
        for person in (world.person, other):
            TimeOff.objects.create(
                practitioner=person, starts_at=world.start, ends_at=world.start + timedelta(hours=1)
            )
        return other

    def test_one_is_chosen(self, world: World, client: Browser, two: Any) -> None:
        everybody = text_of(client.get("/desk/hours/"))
        chosen = text_of(client.get(f"/desk/hours/?practitioner={two.slug}"))
        listed = f"{world.person.name}, "
        assert (listed in everybody, listed in chosen) == (True, False)
        assert f'<option value="{two.slug}" selected>' in chosen
        assert f"/desk/hours/time-off/?practitioner={two.slug}" in chosen
        assert listed in text_of(client.get("/desk/hours/?practitioner=nobody"))

    def test_who_has_only_their_own_has_nothing_to_choose(
        self, world: World, client: Browser, two: Any
    ) -> None:
        two.user = make_user()
        two.save()
        client.force_login(two.user)
        page = text_of(client.get(f"/desk/hours/?practitioner={world.person.slug}"))
        assert "<select" not in page
        assert f"{world.person.name}, " not in page

    def test_a_long_list_is_cut_and_says_so(self, world: World, client: Browser, desk: Any) -> None:
        TimeOff.objects.bulk_create(
            TimeOff(
                practitioner=world.person,
                starts_at=world.start + timedelta(days=day),
                ends_at=world.start + timedelta(days=day, hours=1),
            )
            for day in range(MOST + 1)
        )
        page = text_of(client.get("/desk/hours/"))
        assert page.count(f">{world.person.name}, ") == MOST
        assert "Only the next fifty of each are shown" in page
        TimeOff.objects.latest("starts_at").delete()
        assert "Only the next fifty" not in text_of(client.get("/desk/hours/"))


def test_a_slip_in_the_year_is_no_time_off(world: World, client: Browser, desk: Any) -> None:
    last = world.start.date().replace(year=2099)
    answer = client.post(BLOCK, away(world, **boxes("last_day", last)))
    assert answer.status_code == 422
    assert "Time off lasts three years at most" in text_of(answer)
    assert not TimeOff.objects.exists()
    years = world.start.date() + timedelta(days=3 * 365)
    assert client.post(BLOCK, away(world, **boxes("last_day", years))).status_code == 302
    assert f"{years.year}, 11:00" in text_of(client.get("/desk/hours/"))


def test_both_pages_list_the_same_sessions_inside(world: World, client: Browser, desk: Any) -> None:
    """The turnover after a session reaches into the time off: nobody has to be moved for that."""
    type(world.service).objects.filter(pk=world.service.pk).update(turnover_after=15)
    world.service.refresh_from_db()
    before = make_appointment(world.person, world.service, world.place, world.start)
    inside = make_appointment(
        world.person, world.service, world.place, world.start + timedelta(hours=2)
    )
    made = TimeOff.objects.create(
        practitioner=world.person, starts_at=before.ends_at,
        ends_at=before.ends_at + timedelta(hours=3),
    )  # fmt: skip
    before.refresh_from_db()
    assert before.busy.upper > made.starts_at
    for path in ("/desk/hours/", f"{BLOCK}{made.pk}/"):
        page = text_of(client.get(path))
        assert f"/desk/visits/{inside.public_id}/" in page
        assert f"/desk/visits/{before.public_id}/" not in page


def test_extra_hours_say_what_can_be_booked(world: World, client: Browser, desk: Any) -> None:
    on = world.start.astimezone(world.place.zone).date()
    begins = world.start.replace(hour=17)

    def said(**changed: Any) -> str:
        sent = hours_of(world, **boxes("on", on), **changed)
        return text_of(client.post(EXTRA, sent, follow=True))

    name, short = world.person.name, f"{on:%a} {on.day} {on:%b}"
    page = said(starts_at="17:00", ends_at="19:00")
    assert f"{name} can be booked then, too: {short}, 17:00 to 19:00." in page
    away = TimeOff.objects.create(
        practitioner=world.person, starts_at=begins, ends_at=begins + timedelta(hours=1)
    )
    page = said(starts_at="17:00", ends_at="19:00")
    assert f"too: {short}, 17:00 to 19:00, except during time off." in page
    away.ends_at = begins + timedelta(hours=9)
    away.save()
    page = said(starts_at="17:00", ends_at="19:00")
    assert f"Nothing can be booked then, because {name} is off: {short}, 17:00" in page
    assert "can be booked then, too" not in page
    Closure.objects.create(name="Snow", starts_on=on, ends_on=on)
    assert "because the clinic is closed" in said(starts_at="17:00", ends_at="19:00")


@pytest.mark.parametrize(("path", "name"), [(BLOCK, "first_day"), (EXTRA, "on")])
def test_whose_day_somebody_comes_from_is_filled_in(
    world: World, client: Browser, desk: Any, path: str, name: str
) -> None:
    make_practitioner(world.service, at=world.place)
    form = client.get(path).context["form"]
    assert '<option value="" selected>Choose a specialist</option>' in str(form["practitioner"])
    assert form[name].value() is None
    on = world.start.astimezone(world.place.zone).date()
    for page in ("/desk/", "/desk/week/"):
        asked = {"day": f"{on}", "practitioner": world.person.slug}
        link = text_of(client.get(page, asked)).split('href="/desk/hours/?')[1].split('"')[0]
        hours = text_of(client.get("/desk/hours/?" + link.replace("&amp;", "&")))
        link = hours.split(f'href="{path}?')[1].split('"')[0].replace("&amp;", "&")
        form = client.get(f"{path}?{link}").context["form"]
        assert (form["practitioner"].value(), form[name].value()) == (world.person.slug, on)
    for day in ("2020-01-01", "soon", ""):
        assert client.get(path, {"day": day}).context["form"][name].value() is None
    sent = away(world, practitioner="") if path == BLOCK else hours_of(world, practitioner="")
    assert "Choose a specialist" in text_of(client.post(path, sent))


def test_who_has_only_the_own_hours_need_not_choose(world: World, client: Browser) -> None:
    make_practitioner(world.service, at=world.place)
    world.person.user = make_user()
    world.person.save()
    client.force_login(world.person.user)
    assert "Choose a specialist" not in text_of(client.get(BLOCK))
