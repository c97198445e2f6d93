"""Two windows on one visit: whoever presses on the older page learns where it is by now."""

from __future__ import annotations

import html
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.as_shown import Seen, as_it_is, box_of, read_box
from bookings.errors import Changed, MovedMeanwhile
from bookings.links import visit_link
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import (
    HOUR,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
KNOWN = {"by": None, "now": NOW}


@pytest.fixture
def small() -> SmallClinic:
    return SmallClinic()


def seen(*visits: Appointment) -> Any:
    return {one.pk: as_it_is(one) for one in visits}


def series_of(small: SmallClinic, times: int = 3) -> list[Appointment]:
    series = calendar.book_series(
        small.service,
        [(small.person, small.place, TEN + number * WEEK) for number in range(times)],
        client=small.client, form_token=uuid.uuid4(), **KNOWN,
    )  # fmt: skip
    return list(series.appointments.order_by("starts_at"))


def starts() -> list[datetime]:
    return list(Appointment.objects.standing().order_by("pk").values_list("starts_at", flat=True))


class TestBox:
    def test_it_brings_back_what_it_was_given(self, small: SmallClinic) -> None:
        visits = series_of(small)
        assert read_box(box_of(visits)) == seen(*visits)
        assert list(read_box(box_of(visits)) or ()) == [one.pk for one in visits]

    @pytest.mark.parametrize(
        "text", ["x", "1.2.3", "1.2.3.4-", "-", "1.2.3.99999999999", "1.2.3.٤"]
    )
    def test_what_cannot_be_one_is_like_nothing_that_was_shown(self, text: str) -> None:
        assert read_box(text) == {}

    def test_without_one_nothing_is_compared(self) -> None:
        assert read_box("") is None

    def test_parts_of_a_second_do_not_count(self, small: SmallClinic) -> None:
        visit = small.stranger(TEN + timedelta(microseconds=7))
        assert read_box(box_of([visit])) == seen(visit)


class TestOne:
    def test_a_move_after_somebody_elses_says_where_it_is(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        calendar.move(visit, starts_at=TEN + DAY + 5 * HOUR, for_staff=True, **KNOWN)
        with pytest.raises(MovedMeanwhile) as refused:
            calendar.move(visit, starts_at=TEN + HOUR, shown=shown, for_staff=True, **KNOWN)
        assert refused.value.sentence == (
            "This session has been moved meanwhile: it is now on Tuesday 1 December, 15:00 with"
            f" {small.person.name}. Nothing was changed. Look again and press again."
        )
        assert (refused.value.status, isinstance(refused.value, Changed)) == (409, True)
        assert starts() == [TEN + DAY + 5 * HOUR]

    def test_also_where_the_time_that_was_chosen_is_taken(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        calendar.move(visit, starts_at=TEN + HOUR, **KNOWN)
        small.stranger(TEN + 3 * HOUR)
        with pytest.raises(MovedMeanwhile):
            calendar.move(visit, starts_at=TEN + 3 * HOUR, shown=shown, **KNOWN)

    def test_the_same_press_again_ends_well(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        for _ in range(2):
            moved = calendar.move(visit, starts_at=TEN + HOUR, shown=shown, **KNOWN)
        assert (moved.starts_at, moved.version) == (TEN + HOUR, 2)

    def test_moved_and_put_back_it_is_where_it_was_shown(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        moved = calendar.move(visit, starts_at=TEN + HOUR, for_staff=True, **KNOWN)
        calendar.put_back(moved, version=2, for_staff=True, **KNOWN)
        assert calendar.move(visit, starts_at=TEN + DAY, shown=shown, **KNOWN).version == 4

    def test_with_somebody_else_at_the_same_time_is_another_place(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        other = small.another(name="Omar Example")
        calendar.move(visit, starts_at=TEN, practitioner=other, for_staff=True, **KNOWN)
        for verb in (
            lambda: calendar.move(visit, starts_at=TEN + HOUR, shown=shown, **KNOWN),
            lambda: calendar.cancel(visit, cancelled_by="client", shown=shown, **KNOWN),
            lambda: calendar.change_length(visit, length=2 * HOUR, shown=shown, **KNOWN),
        ):
            with pytest.raises(MovedMeanwhile, match="with Omar Example"):
                verb()
        visit.refresh_from_db()
        assert (visit.status, visit.minutes, visit.version) == ("booked", 60, 2)

    def test_another_house_is_named(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = {visit.pk: as_it_is(visit)._replace(location_id=0)}
        with pytest.raises(MovedMeanwhile, match=f" at {small.place.name}[.]"):
            calendar.cancel(visit, cancelled_by="client", shown=shown, **KNOWN)

    def test_what_is_cancelled_already_stays_so_and_says_nothing(self, small: SmallClinic) -> None:
        visit = small.book()
        shown = seen(visit)
        moved = calendar.move(visit, starts_at=TEN + HOUR, **KNOWN)
        calendar.cancel(moved, cancelled_by="clinic", **KNOWN)
        gone = calendar.cancel(visit, cancelled_by="client", shown=shown, **KNOWN)
        assert (gone.status, gone.cancelled_by) == ("cancelled", "clinic")

    def test_an_old_page_without_the_box_works_as_it_did(self, small: SmallClinic) -> None:
        visit = small.book()
        calendar.move(Appointment.objects.get(), starts_at=TEN + HOUR, **KNOWN)
        assert calendar.move(visit, starts_at=TEN + DAY, shown=None, **KNOWN).version == 3


class TestSeries:
    def test_one_that_follows_was_moved_and_all_stay(self, small: SmallClinic) -> None:
        visits = series_of(small)
        shown = seen(*visits)
        calendar.move(visits[2], starts_at=TEN + 2 * WEEK + DAY, **KNOWN)
        before = starts()
        for verb in (
            lambda: calendar.move_from(visits[0], starts_at=TEN + HOUR, shown=shown, **KNOWN),
            lambda: calendar.cancel_from(visits[0], cancelled_by="client", shown=shown, **KNOWN),
        ):
            with pytest.raises(MovedMeanwhile, match="One of the sessions that follow has been"):
                verb()
        assert starts() == before

    def test_the_one_itself_was_moved(self, small: SmallClinic) -> None:
        visits = series_of(small)
        calendar.move(Appointment.objects.get(pk=visits[0].pk), starts_at=TEN + DAY, **KNOWN)
        with pytest.raises(MovedMeanwhile, match="This session has been moved"):
            calendar.move_from(visits[0], starts_at=TEN + HOUR, shown=seen(*visits), **KNOWN)

    @pytest.mark.parametrize("by", [HOUR, DAY, WEEK, WEEK + HOUR])
    def test_the_same_press_again_ends_well(self, small: SmallClinic, by: timedelta) -> None:
        """Also by a week, where each goes to where the next one stood."""
        visits = series_of(small)
        for _ in range(2):
            moved = calendar.move_from(visits[0], starts_at=TEN + by, shown=seen(*visits), **KNOWN)
            assert [one.version for one in moved] == [2, 2, 2]
        assert starts() == [TEN + number * WEEK + by for number in range(3)]

    def test_somebody_has_moved_the_first_to_just_there(self, small: SmallClinic) -> None:
        """The others follow by as many days as were meant on the page."""
        visits = series_of(small)
        calendar.move(Appointment.objects.get(pk=visits[0].pk), starts_at=TEN + DAY, **KNOWN)
        calendar.move_from(visits[0], starts_at=TEN + DAY, shown=seen(*visits), **KNOWN)
        assert starts() == [TEN + number * WEEK + DAY for number in range(3)]

    def test_one_that_was_cancelled_is_left_out(self, small: SmallClinic) -> None:
        visits = series_of(small)
        calendar.cancel(visits[1], cancelled_by="client", **KNOWN)
        calendar.move_from(visits[0], starts_at=TEN + HOUR, shown=seen(*visits), **KNOWN)
        assert starts() == [TEN + HOUR, TEN + 2 * WEEK + HOUR]

    def test_one_that_was_not_shown_stays(self, small: SmallClinic) -> None:
        visits = series_of(small)
        calendar.cancel_from(visits[0], cancelled_by="client", shown=seen(*visits[:2]), **KNOWN)
        assert starts() == [TEN + 2 * WEEK]

    def test_a_box_reaches_no_other_series(self, small: SmallClinic) -> None:
        visit = small.book()
        other = small.book(TEN + DAY, client=make_client())
        calendar.cancel_from(visit, cancelled_by="client", shown=seen(visit, other), **KNOWN)
        assert starts() == [TEN + DAY]


# On the pages


def boxes(page: Any) -> dict[str, str]:
    """The hidden boxes of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text_of(page))
    return {name: html.unescape(value) for name, value in found}


@pytest.fixture
def visit(world: World) -> Appointment:
    return make_appointment(world.person, world.service, world.place, world.start)


@pytest.fixture
def desk(visit: Appointment) -> Browser:
    browser = Browser()
    browser.force_login(make_staff("Front desk"))
    return browser


@pytest.fixture
def own(visit: Appointment) -> Browser:
    browser, user = Browser(), make_user()
    visit.client.access.create(user=user, relation="self", scope="record")
    browser.force_login(user)
    return browser


def moved_by_somebody(visit: Appointment, starts_at: datetime) -> None:
    calendar.move(
        Appointment.objects.get(pk=visit.pk),
        starts_at=starts_at, by=None, now=timezone.now(), for_staff=True,
    )  # fmt: skip


def of_the_desk(visit: Appointment, what: str = "") -> str:
    return f"/desk/visits/{visit.public_id}/{what}"


def of_ones_own(visit: Appointment, what: str = "") -> str:
    return f"/my/visits/{visit.public_id}/{what}"


@pytest.mark.parametrize(("where", "who"), [(of_the_desk, "desk"), (of_ones_own, "own")])
class TestPages:
    def test_a_move_on_an_older_page(
        self, world: World, visit: Any, where: Any, who: str, request: Any
    ) -> None:
        browser, path = request.getfixturevalue(who), where(visit, "move/")
        shown, wished = boxes(browser.get(path))["shown"], value_of(world.start + 2 * HOUR)
        moved_by_somebody(visit, world.start + DAY)
        answer = browser.post(path, {"start": wished, "shown": shown})
        page = text_of(answer)
        day = world.start + DAY
        assert answer.status_code == 409
        assert f"moved meanwhile: it is now on {day:%A} {day.day} {day:%B}, 10:00" in page
        assert f'value="{wished}" checked' in page
        assert re.search(f"now on (<strong>)?{day:%A} {day.day} {day:%B}, 10:00, London", page)
        visit.refresh_from_db()
        assert (visit.starts_at, visit.version) == (day, 2)
        again = browser.post(path, {"start": wished, "shown": boxes(answer)["shown"]})
        assert again.status_code == 302
        visit.refresh_from_db()
        assert visit.starts_at == world.start + 2 * HOUR

    def test_a_double_click(
        self, world: World, visit: Any, where: Any, who: str, request: Any
    ) -> None:
        browser, path = request.getfixturevalue(who), where(visit, "move/")
        sent = {
            "shown": boxes(browser.get(path))["shown"],
            "start": value_of(world.start + HOUR),
        }
        assert [browser.post(path, sent).status_code for _ in range(2)] == [302, 302]
        visit.refresh_from_db()
        assert (visit.starts_at, visit.version) == (world.start + HOUR, 2)

    def test_a_cancellation_on_an_older_page(
        self, world: World, visit: Any, where: Any, who: str, request: Any
    ) -> None:
        browser, path = request.getfixturevalue(who), where(visit, "cancel/")
        sent = {
            "cancelled_by": "client",
            "reason": "Ill",
            "shown": boxes(browser.get(path))["shown"],
        }
        moved_by_somebody(visit, world.start + DAY)
        answer = browser.post(path, sent)
        page = text_of(answer)
        day = world.start + DAY
        assert answer.status_code == 409
        assert page.count(f"{day:%A} {day.day} {day:%B}") == 2  # in the summary and on the page
        visit.refresh_from_db()
        assert (visit.status, visit.version) == ("booked", 2)
        if who == "desk":
            assert 'value="Ill"' in page
            assert re.search(r'value="client"[^>]*checked', page)
        browser.post(path, {**sent, "shown": boxes(answer)["shown"]})
        visit.refresh_from_db()
        assert visit.status == "cancelled"

    def test_a_box_that_is_no_box_is_refused(
        self, world: World, visit: Any, where: Any, who: str, request: Any
    ) -> None:
        browser, path = request.getfixturevalue(who), where(visit, "move/")
        sent = {"start": value_of(world.start + HOUR), "shown": "x"}
        assert browser.post(path, sent).status_code == 409
        visit.refresh_from_db()
        assert visit.version == 1


def test_a_length_on_an_older_page(world: World, visit: Any, desk: Any) -> None:
    page = boxes(desk.get(of_the_desk(visit)))
    moved_by_somebody(visit, world.start + DAY)
    sent = {"minutes": "75", "was": page["was"], "shown": page["shown"]}
    refused = desk.post(of_the_desk(visit, "length/"), sent)
    said = text_of(refused)
    assert (refused.status_code, "has been moved meanwhile" in said) == (409, True)
    assert 'name="minutes" value="75"' in said
    visit.refresh_from_db()
    assert (visit.minutes, visit.version) == (60, 2)
    answer = desk.post(of_the_desk(visit, "length/"), {**sent, "shown": boxes(refused)["shown"]})
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert visit.minutes == 75


def test_moved_into_the_notice_the_desk_is_asked_why(world: World, visit: Any, desk: Any) -> None:
    """What is typed then goes with a page that shows where it is."""
    path = of_the_desk(visit, "move/")
    sent = {"start": value_of(world.start + HOUR), "shown": boxes(desk.get(path))["shown"]}
    moved_by_somebody(visit, world.start + 2 * HOUR)
    world.clinic.cancel_notice_hours = 24 * 14
    world.clinic.save()
    answer = desk.post(path, sent)
    assert (answer.status_code, "Why so late?" in text_of(answer)) == (409, True)


def test_moved_into_the_notice_a_client_is_shown_the_session(
    world: World, visit: Any, own: Any
) -> None:
    path = of_ones_own(visit, "cancel/")
    shown = boxes(own.get(path))["shown"]
    moved_by_somebody(visit, world.start + DAY)
    world.clinic.cancel_notice_hours = 24 * 14
    world.clinic.save()
    answer = own.post(path, {"shown": shown})
    assert (answer.status_code, "Call 020 7946 0000" in text_of(answer)) == (409, True)


def test_by_a_mails_link(world: World, visit: Any) -> None:
    """It dies with its time, so only a change at the same moment gets as far as the verb."""
    path = f"{visit_link(visit)}move/"
    browser = Browser()
    sent = {"start": value_of(world.start + HOUR), "shown": boxes(browser.get(path))["shown"]}
    moved_by_somebody(visit, world.start + DAY)
    assert browser.post(path, sent).status_code == 410
    visit.refresh_from_db()
    later = Seen(visit.practitioner_id, visit.location_id, world.start)
    with pytest.raises(MovedMeanwhile):
        calendar.move(
            visit,
            starts_at=world.start + HOUR,
            by=None,
            now=timezone.now(),
            shown={visit.pk: later},
        )


def test_the_desk_moves_to_a_colleague_while_a_page_is_open(
    world: World, visit: Any, desk: Any
) -> None:
    other = make_practitioner(
        world.service, at=world.place, weekdays=WHOLE_WEEK, name="Omar Example"
    )
    path = f"{of_the_desk(visit, 'move/')}?practitioner={world.person.slug}"
    sent = {"start": value_of(world.start + HOUR), "shown": boxes(desk.get(path))["shown"]}
    calendar.move(
        visit,
        starts_at=world.start,
        practitioner=other,
        by=None,
        now=timezone.now(),
        for_staff=True,
    )
    page = text_of(desk.post(path, sent))
    assert "it is now on" in page
    assert "10:00 with Omar Example" in page.replace("10:00am", "10:00")
