"""Every refusal of a time at every place where it may be met.

Each says its own reason and the next three times, as links or as buttons of the page;
nothing is written, and what was typed is still there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.links import offer_link, visit_link
from bookings.models import Appointment, Client
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client
from bookings.tests.refusal_world import (
    DAY,
    HOUR,
    NOTE,
    OBSTACLES,
    Place,
    Scene,
    away,
    booking_at_the_desk,
    call_to_book,
    client_busy,
    closed,
    daily_limit,
    gate,
    in_a_series,
    in_a_series_at_the_desk,
    moving_at_the_desk,
    moving_by_link,
    moving_one_s_own,
    no_room,
    not_certified,
    of_a_newcomer,
    off_grid,
    offered,
    on_the_front_page_s_times,
    on_the_times,
    on_the_you_page,
    on_the_you_page_too_late,
    outside_hours,
    run_out,
    since_taken,
    taken,
    taking_an_offer,
    taking_an_offer_at_the_desk,
    too_far,
    too_many_open,
    too_soon,
)
from practitioners.models import TimeOff

CALENDAR = (taken, outside_hours, closed, away, not_certified, no_room, daily_limit, off_grid)
ONLINE = (too_soon, too_far)
TABLE: dict[Callable[[Scene], Place], tuple[Callable[[Scene], None], ...]] = {
    on_the_times: (*CALENDAR, *ONLINE),
    on_the_front_page_s_times: (taken, closed),
    on_the_you_page: (outside_hours, closed, away, not_certified, client_busy, too_many_open,
                      call_to_book, gate, run_out, since_taken),
    on_the_you_page_too_late: (*ONLINE, daily_limit, off_grid, run_out, since_taken),
    of_a_newcomer: (client_busy, too_many_open, call_to_book, gate),
    in_a_series: (*CALENDAR, too_far, client_busy, too_many_open, call_to_book, gate),
    in_a_series_at_the_desk: (*CALENDAR, client_busy),
    booking_at_the_desk: (*CALENDAR, client_busy),
    moving_by_link: (*CALENDAR, *ONLINE, client_busy, gate),
    moving_one_s_own: (*CALENDAR, *ONLINE, client_busy, gate),
    moving_at_the_desk: (*CALENDAR, client_busy),
    taking_an_offer: (closed, away, not_certified, client_busy, too_many_open, call_to_book, gate),
    taking_an_offer_at_the_desk: (closed, away, client_busy),
}  # fmt: skip
ROWS = [(place, obstacle) for place, obstacles in TABLE.items() for obstacle in obstacles]


@pytest.fixture
def scene(world: World, settings: Any) -> Scene:
    return Scene(world, settings)


def next_three(page: str) -> list[str]:
    """The addresses behind the next three times."""
    _, found, after = page.partition("Next free:")
    assert found, "no other times are said"
    return re.findall(r'<li><a class="btn btn-secondary" href="([^"]+)"', after.split("</ul>")[0])


def booked() -> list[Any]:
    rows = Appointment.objects.exclude(status="held").order_by("pk")
    return list(rows.values_list("pk", "status", "starts_at", "practitioner", "version"))


def check_times(scene: Scene, place: Place, page: str) -> None:
    """Three others, each a button of this page or a link that chooses it."""
    addresses = next_three(page)
    assert len(set(addresses)) == 3
    assert not any(one.endswith(value_of(scene.at)) for one in addresses)
    buttons = [one[1:] for one in addresses if one.startswith("#")]
    assert all(f'id="{one}"' in page for one in buttons)
    if not buttons:
        chosen = addresses[0].replace("&amp;", "&")
        value = chosen.split("at=")[1]
        there = text_of(place.browser.get(chosen))
        assert f'value="{value}" checked' in there, "it is offered there, too"


@pytest.mark.parametrize(
    ("enter", "obstacle"), ROWS, ids=lambda one: getattr(one, "__name__", str(one))
)
def test_it_says_why_and_the_next_three_and_loses_nothing(
    scene: Scene, enter: Callable[[Scene], Place], obstacle: Callable[[Scene], None]
) -> None:
    place = enter(scene)
    obstacle(scene)
    before = booked()
    answer = place.press()
    page = text_of(answer)
    assert answer.status_code in (409, 422)
    assert OBSTACLES[obstacle] in page
    assert page.count('class="error-summary"') == 1
    check_times(scene, place, page)
    assert booked() == before
    assert NOTE in place.kept(page)


@pytest.mark.parametrize("enter", [on_the_times, booking_at_the_desk, moving_at_the_desk])
def test_a_time_that_has_passed(scene: Scene, enter: Callable[[Scene], Place]) -> None:
    scene.at = scene.world.start = scene.world.start - timedelta(days=60)
    place = enter(scene)
    page = text_of(place.press())
    assert "That time is in the past." in page
    check_times(scene, place, page)


def test_where_a_specialist_has_no_time_left_it_is_anybody_s(scene: Scene) -> None:
    scene.colleague(name="Omar Example")
    place = on_the_you_page(scene)
    scene.world.person.credentials.update(expires_on=timezone.now().date() - DAY)
    page = text_of(place.press())
    assert OBSTACLES[not_certified] in page
    assert not any(scene.world.person.slug in one for one in next_three(page))
    check_times(scene, place, page)


@pytest.mark.parametrize("enter", [in_a_series, in_a_series_at_the_desk])
def test_where_nothing_is_free_around_a_date_it_is_the_nearest_at_all(
    scene: Scene, enter: Callable[[Scene], Place]
) -> None:
    place = enter(scene)
    TimeOff.objects.create(
        practitioner=scene.world.person, starts_at=scene.at - 4 * DAY, ends_at=scene.at + 5 * DAY
    )
    page = text_of(place.press())
    assert OBSTACLES[away] in page
    check_times(scene, place, page)


class TestLinks:
    """A link that has ended says why, and what is free."""

    @pytest.mark.parametrize(
        ("why", "sentence"),
        [("cancelled", "already cancelled"), ("moved", "has a new time"), ("over", "is over")],
    )
    def test_of_a_session(self, scene: Scene, why: str, sentence: str) -> None:
        visit = scene.visit(scene.at - (30 * DAY if why == "over" else -7 * DAY), client=scene.me)
        link, now = visit_link(visit), timezone.now()
        if why == "cancelled":  # so long ago that it cannot be undone
            long_ago = now - timedelta(minutes=4)
            calendar.cancel(visit, cancelled_by="client", by=None, now=long_ago)
        elif why == "moved":
            calendar.move(visit, starts_at=visit.starts_at + HOUR, by=None, now=now)
        before = booked()
        answer = Browser().get(link)
        page = text_of(answer).replace("next free:", "Next free:")
        assert (answer.status_code, sentence in page) == (410, True)
        check_times(scene, Place(Browser(), Browser), page)
        visit.refresh_from_db()
        assert not any(one.endswith(value_of(visit.starts_at)) for one in next_three(page))
        assert booked() == before

    @pytest.mark.parametrize("how", ["expired", "declined"])
    def test_of_an_offer(self, scene: Scene, how: str) -> None:
        offer = offered(scene)
        Appointment.objects.filter(status="held").delete()
        type(offer).objects.update(
            outcome="open" if how == "expired" else "declined",
            until=timezone.now() - timedelta(seconds=1),
        )
        browser = Browser()
        check_times(scene, Place(browser, Browser), text_of(browser.get(offer_link(offer))))
        answer = browser.post(offer_link(offer), {"answer": "take"})
        page = text_of(answer)
        assert answer.status_code == 409
        assert "We no longer keep this time for you." in page
        check_times(scene, Place(browser, Browser), page)
        assert not Appointment.objects.exists()

    def test_a_wrong_link_says_nothing_of_anybody(self, scene: Scene) -> None:
        page = text_of(Browser().get("/v/nothing/"))
        assert "ext free:" not in page


class TestTampering:
    """What a form of ours never sends changes nothing."""

    @pytest.mark.parametrize(
        "enter",
        [on_the_you_page, of_a_newcomer, in_a_series, in_a_series_at_the_desk, booking_at_the_desk,
         moving_by_link, moving_one_s_own, moving_at_the_desk, taking_an_offer],
        ids=lambda one: one.__name__,
    )  # fmt: skip
    def test_of_price_length_status_and_person(
        self, scene: Scene, enter: Callable[[Scene], Place], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other, colleague = make_client(name="Somebody Else"), scene.colleague()
        scene.colleague()
        place = enter(scene)
        real = Browser.post
        forged = {
            "price": "1", "minutes": "5", "ends_at": "0", "status": "completed", "room": "1",
            "client": str(other.public_id), "client_id": str(other.pk), "booked_by": "1",
            "practitioner": colleague.slug, "practitioner_id": str(colleague.pk),
        }  # fmt: skip
        monkeypatch.setattr(
            Browser, "post", lambda self, url, data: real(self, url, {**forged, **data})
        )
        assert place.press().status_code == 302
        for visit in Appointment.objects.exclude(status="held"):
            assert (visit.status, visit.price) == ("booked", scene.world.service.price)
            assert visit.ends_at - visit.starts_at == HOUR
            assert visit.client == scene.me or enter is of_a_newcomer
            assert visit.client != other
            assert visit.practitioner == scene.world.person or enter is taking_an_offer

    @pytest.mark.parametrize("whom", ["theirs", "nobody", ""])
    def test_somebody_else_s_client_cannot_be_booked_for(self, scene: Scene, whom: str) -> None:
        theirs = make_client()
        scene.world.choose(scene.browser)
        chosen = {"theirs": str(theirs.public_id), "nobody": "x", "": ""}[whom]
        sent = {"for_whom": chosen, "note": NOTE, "form_token": "0" * 32}
        answer = scene.browser.post(scene.world.you_url, sent)
        assert answer.status_code == 422
        assert NOTE in text_of(answer)
        assert not Appointment.objects.exclude(status="held").exists()

    @pytest.mark.parametrize("path", ["", "move/", "cancel/"])
    def test_somebody_else_s_session_is_404(self, scene: Scene, path: str) -> None:
        visit = scene.visit(scene.at + 7 * DAY, client=make_client())
        before = booked()
        url = f"/my/visits/{visit.public_id}/{path}"
        assert scene.browser.get(url).status_code == 404
        if path:
            answer = scene.browser.post(url, {"start": value_of(scene.at)})
            assert answer.status_code == 404
        assert booked() == before

    @pytest.mark.parametrize("query", ["practitioner=nobody", "location=nowhere", "practitioner="])
    def test_an_unknown_specialist_or_place_keeps_nothing_else_than_is_shown(
        self, scene: Scene, query: str
    ) -> None:
        url = f"{scene.world.time_url}?{query}"
        answer = scene.browser.post(url, {"start": value_of(scene.at)})
        assert answer.status_code == 302
        kept = Appointment.objects.get()
        assert (kept.practitioner, kept.location) == (scene.world.person, scene.world.place)
        assert Client.objects.count() == 1
