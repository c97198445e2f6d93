"""A visit that takes longer: the next one keeps its time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings import calendar
from bookings.errors import Changed, ClientBusy, Ended, NotPossible, OutsideHours, SlotTaken
from bookings.models import Appointment
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_staff,
)
from practitioners.models import TimeOff
from practitioners.tests.factories import make_location, make_practitioner, make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic()


def last(visit: Appointment, minutes: int) -> Appointment:
    return calendar.change_length(visit, length=minutes * MINUTE, by=None, now=NOW)


def test_a_visit_lasts_longer_and_blocks_longer(clinic: SmallClinic) -> None:
    clinic.service.turnover_after = 15
    clinic.service.save()
    visit = clinic.book()
    price = visit.price
    last(visit, 90)
    visit.refresh_from_db()
    assert visit.ends_at - visit.starts_at == 90 * MINUTE
    assert visit.busy.upper - visit.ends_at == 15 * MINUTE
    assert (visit.price, visit.version) == (price, 2)
    last(visit, 30)
    visit.refresh_from_db()
    assert visit.busy.upper - visit.starts_at == 45 * MINUTE


def test_the_next_session_is_named(clinic: SmallClinic) -> None:
    visit = clinic.book()
    clinic.stranger(visit.ends_at + 20 * MINUTE)
    with pytest.raises(SlotTaken, match="begins at 11:20, so this session can last until 11:20"):
        last(visit, 81)
    last(visit, 80)


def take(clinic: SmallClinic, room: Any, at: datetime) -> Appointment:
    """Let somebody else be in a room then."""
    other = make_practitioner(clinic.service, at=clinic.place)
    return make_appointment(other, clinic.service, clinic.place, at, room=room)


def test_the_room_counts_too(clinic: SmallClinic) -> None:
    visit = clinic.book()
    take(clinic, visit.room, visit.ends_at)
    with pytest.raises(SlotTaken, match=r"is taken at 11:00, so .* until 11:00 at most") as said:
        last(visit, 75)
    assert said.value.code == "taken"


class TestAnotherRoom:
    """Where its own room is wanted next, a visit lasts longer in one that is free all the time."""

    def test_it_is_there_from_the_start_and_nothing_else_changes(self, clinic: SmallClinic) -> None:
        visit, spare = clinic.book(), make_room(clinic.place)
        take(clinic, visit.room, visit.ends_at)
        changed = last(visit, 75)
        visit.refresh_from_db()
        assert (visit.room, visit.minutes, visit.version) == (spare, 75, 2)
        assert (changed.room, visit.starts_at) == (spare, TEN)

    def test_one_that_is_free_only_later_is_none(self, clinic: SmallClinic) -> None:
        visit, spare = clinic.book(), make_room(clinic.place)
        take(clinic, visit.room, visit.ends_at)
        take(clinic, spare, visit.starts_at - HOUR / 2)
        with pytest.raises(SlotTaken, match="The room is taken at 11:00"):
            last(visit, 75)
        visit.refresh_from_db()
        assert (visit.room, visit.version) == (clinic.room, 1)

    def test_neither_is_one_elsewhere_or_out_of_use(self, clinic: SmallClinic) -> None:
        visit = clinic.book()
        make_room(clinic.place, is_active=False)
        make_room(make_location())
        take(clinic, visit.room, visit.ends_at)
        with pytest.raises(SlotTaken, match="The room is taken at 11:00"):
            last(visit, 75)

    def test_the_own_room_is_kept_while_it_is_free(self, clinic: SmallClinic) -> None:
        visit = clinic.book()
        make_room(clinic.place)
        assert last(visit, 90).room == clinic.room

    def test_the_practitioner_and_the_client_count_as_ever(self, clinic: SmallClinic) -> None:
        visit = clinic.book()
        make_room(clinic.place)
        take(clinic, visit.room, visit.ends_at)
        clinic.stranger(visit.ends_at + 20 * MINUTE)
        with pytest.raises(SlotTaken, match="The next session begins at 11:20"):
            last(visit, 90)
        assert last(visit, 75).room != clinic.room

    def test_undone_it_is_in_its_room_again(self, clinic: SmallClinic) -> None:
        visit = clinic.book()
        make_room(clinic.place)
        take(clinic, visit.room, visit.ends_at)
        last(visit, 75)
        calendar.put_back(visit, version=2, by=None, now=NOW, for_staff=True)
        visit.refresh_from_db()
        assert (visit.room, visit.minutes) == (clinic.room, 60)

    def test_the_desk_is_told_where_it_is(self, world: World, client: Browser) -> None:
        client.force_login(make_staff("Front desk"))
        one, other = world.rooms
        visit = make_appointment(world.person, world.service, world.place, world.start, room=one)
        colleague = make_practitioner(world.service, at=world.place)
        make_appointment(colleague, world.service, world.place, visit.ends_at, room=one)
        path = f"/desk/visits/{visit.public_id}/length/"
        page = text_of(client.post(path, {"minutes": "75"}, follow=True))
        assert f"The session takes 75 minutes now. It is in {other.name} then." in page
        page = text_of(client.post(path, {"minutes": "80"}, follow=True))
        assert "The session takes 80 minutes now.</p>" in page


def test_the_client_is_not_in_two_places(clinic: SmallClinic) -> None:
    other = clinic.another()
    visit = clinic.book()
    make_appointment(other, clinic.service, clinic.place, visit.ends_at, client=clinic.client)
    with pytest.raises(ClientBusy):
        last(visit, 75)


def test_an_expired_hold_is_in_nobodys_way(clinic: SmallClinic) -> None:
    visit = clinic.book()
    clinic.hold("somebody", visit.ends_at, now=NOW - HOUR)
    last(visit, 75)


@pytest.mark.parametrize("minutes", [-60, 0, 4, 481])
def test_a_length_that_nobody_means_is_refused(clinic: SmallClinic, minutes: int) -> None:
    visit = clinic.book()
    with pytest.raises(NotPossible):
        last(visit, minutes)


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_what_is_over_keeps_its_length(clinic: SmallClinic, status: str) -> None:
    visit = clinic.book()
    Appointment.objects.filter(pk=visit.pk).update(status=status, cancelled_by="client")
    with pytest.raises(Ended):
        last(visit, 75)


def test_the_desk_changes_a_length_or_reads_why_not(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    visit = make_appointment(world.person, world.service, world.place, world.start)
    url = f"/desk/visits/{visit.public_id}/"
    assert client.post(f"{url}length/", {"minutes": "75"})["Location"] == url
    page = text_of(client.get(url))
    assert "Lengthened by 15 minutes" in page
    make_appointment(world.person, world.service, world.place, world.start + timedelta(hours=2))
    refused = client.post(f"{url}length/", {"minutes": "150"})
    assert refused.status_code == 409
    assert "The next session begins at 12:00" in text_of(refused)
    for wrong in ("", "x", "4", "9" * 30, "٧x", "7\x005"):
        assert client.post(f"{url}length/", {"minutes": wrong}).status_code == 422
    assert client.get(f"{url}length/").status_code == 405


def test_beyond_the_hours_it_has_to_be_meant(clinic: SmallClinic) -> None:
    visit = clinic.book()
    clinic.person.availability.update(ends_at=time(12))
    last(visit, 120)  # from ten
    with pytest.raises(OutsideHours, match=r"It would last until 12:01: .* is in until 12:00"):
        last(visit, 121)
    visit.refresh_from_db()
    assert visit.ends_at - visit.starts_at == 120 * MINUTE
    calendar.change_length(visit, length=150 * MINUTE, by=None, now=NOW, keeps_hours=False)
    last(visit, 140)  # shorter is always possible


def test_who_is_away_by_then_is_said(clinic: SmallClinic) -> None:
    visit = clinic.book()
    TimeOff.objects.create(
        practitioner=clinic.person, starts_at=visit.ends_at, ends_at=visit.ends_at + HOUR
    )
    with pytest.raises(OutsideHours):
        last(visit, 61)


def test_what_comes_after_it_stays_within_the_hours_too(clinic: SmallClinic) -> None:
    clinic.service.turnover_after = 15
    clinic.service.save()
    visit = clinic.book()
    clinic.person.availability.update(ends_at=time(12))
    last(visit, 105)
    with pytest.raises(OutsideHours, match=r"With the time to tidy up, it would last until 12:05:"):
        last(visit, 110)
    calendar.change_length(visit, length=110 * MINUTE, by=None, now=NOW, keeps_hours=False)
    with pytest.raises(OutsideHours, match=r"It would last until 12:10: .* is in until 12:00"):
        last(visit, 130)


def test_time_off_ends_the_hours_before_they_end(clinic: SmallClinic) -> None:
    visit = clinic.book()
    away = visit.ends_at + 30 * MINUTE
    TimeOff.objects.create(practitioner=clinic.person, starts_at=away, ends_at=away + HOUR)
    with pytest.raises(OutsideHours, match=r"last until 11:31: .* is in until 11:30"):
        last(visit, 91)
    last(visit, 90)


def test_past_midnight_is_said_with_the_day(clinic: SmallClinic) -> None:
    clinic.person.availability.update(ends_at=time(23, 59))
    visit = clinic.book(TEN + 12 * HOUR + 30 * MINUTE)
    with pytest.raises(OutsideHours, match=r"last until Tue 1 Dec, 00:30: .* is in until 23:59"):
        last(visit, 120)


def test_the_way_to_another_place_is_left(clinic: SmallClinic) -> None:
    clinic.clinic.travel_minutes = 30
    clinic.clinic.save()
    visit, there = clinic.book(), make_location(name="Harbour Place")
    make_appointment(clinic.person, clinic.service, there, visit.ends_at + HOUR)
    said = r"begins at 12:00 at Harbour Place, 30 minutes away, so .* can last until 11:30 at most"
    with pytest.raises(SlotTaken, match=said):
        last(visit, 91)
    last(visit, 90)


def test_what_others_stand_in_the_way_of_is_never_asked_to_be_meant(clinic: SmallClinic) -> None:
    visit = clinic.book()
    clinic.stranger(visit.ends_at + HOUR)
    clinic.person.availability.update(ends_at=time(11))
    with pytest.raises(SlotTaken):
        last(visit, 130)


def test_shorter_is_possible_whatever_is_near(clinic: SmallClinic) -> None:
    visit, there = clinic.book(), make_location()
    make_appointment(clinic.person, clinic.service, there, visit.ends_at)
    clinic.clinic.travel_minutes = 30
    clinic.clinic.save()
    last(visit, 45)


def test_another_length_since_the_form_was_shown_is_seen_first(clinic: SmallClinic) -> None:
    visit = clinic.book()
    last(visit, 90)
    with pytest.raises(Changed, match="it takes 90 minutes"):
        calendar.change_length(visit, length=75 * MINUTE, was=60 * MINUTE, by=None, now=NOW)
    again = calendar.change_length(visit, length=90 * MINUTE, was=60 * MINUTE, by=None, now=NOW)
    assert (again.minutes, again.version) == (90, 2)


def test_a_press_repeated_after_somebody_elses_changes_nothing(
    world: World, client: Browser
) -> None:
    client.force_login(make_staff("Front desk"))
    visit = make_appointment(world.person, world.service, world.place, world.start)
    url = f"/desk/visits/{visit.public_id}/"
    page = text_of(client.get(url))
    assert 'name="was" value="60"' in page
    for _ in range(2):
        assert client.post(f"{url}length/", {"minutes": "75", "was": "60"}).status_code == 302
    client.post(f"{url}length/", {"minutes": "45", "was": "75"})
    refused = client.post(f"{url}length/", {"minutes": "75", "was": "60"})
    assert refused.status_code == 409
    assert "it takes 45 minutes. Nothing was changed now." in text_of(refused)
    assert 'name="was" value="45"' in text_of(refused)
    assert 'name="minutes" value="75"' in text_of(refused)
    assert client.post(f"{url}length/", {"minutes": "75", "was": "x"}).status_code == 422
    visit.refresh_from_db()
    assert (visit.minutes, visit.version) == (45, 3)


def test_at_the_desk_a_second_press_means_it(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    visit = make_appointment(world.person, world.service, world.place, world.start)
    world.person.availability.update(ends_at=world.start.astimezone(world.place.zone).time())
    url = f"/desk/visits/{visit.public_id}/"
    refused = client.post(f"{url}length/", {"minutes": "90"})
    assert refused.status_code == 422
    page = text_of(refused)
    assert "If it is meant so, press the button again." in page
    assert 'name="beyond" value="90"' in page
    assert 'name="minutes" value="90"' in page
    other = client.post(f"{url}length/", {"minutes": "95", "beyond": "90"})
    assert other.status_code == 422
    answer = client.post(f"{url}length/", {"minutes": "90", "beyond": "90"}, follow=True)
    assert "The session takes 90 minutes now." in text_of(answer)
    assert "Its length was changed to 90 minutes" in text_of(client.get(f"{url}move/"))
