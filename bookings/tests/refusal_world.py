"""What stands in the way of a time, and every place at which somebody may learn of it.

A place is entered while all is well; then something comes in between, and the button is pressed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from bookings.errors import Refused
from bookings.links import offer_link, visit_link
from bookings.models import Appointment, Client
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.waiting import line, offers
from practitioners.models import Closure, TimeOff
from practitioners.tests.factories import make_practitioner

NOTE = "Left door, please"
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
CHOSEN = re.compile(r'name="(visit-\d+)" id="[^"]+" value="([^"]+)" checked')
CARRIED = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Scene:
    """A client who is signed in, another browser for the desk, and a time somebody wants."""

    world: World
    settings: Any
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.world.start
        self.user = make_user(name="Robin Known")
        self.me: Client = make_client(self.user, name="Robin Known")
        self.browser, self.desk, self.stranger = Browser(), Browser(), Browser()
        self.browser.force_login(self.user)
        self.desk.force_login(make_staff("Front desk"))

    def colleague(self, **fields: Any) -> Any:
        world = self.world
        return make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK, **fields)

    def visit(self, at: datetime, person: Any = None, **fields: Any) -> Appointment:
        world = self.world
        return make_appointment(person or world.person, world.service, world.place, at, **fields)

    def clinic(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.world.clinic, name, value)
        self.world.clinic.save()


# --- What comes in between ---------------------------------------------------------------


def taken(scene: Scene) -> None:
    scene.visit(scene.at)


def too_soon(scene: Scene) -> None:
    scene.world.service.min_notice_minutes = 6 * 24 * 60
    scene.world.service.save()


def too_far(scene: Scene) -> None:
    today = timezone.now().astimezone(scene.world.place.zone).date()
    scene.clinic(horizon_days=(scene.at.date() - today).days - 1)


def outside_hours(scene: Scene) -> None:
    scene.world.person.availability.update(starts_at="12:00")


def closed(scene: Scene) -> None:
    Closure.objects.create(name="Flood", starts_on=scene.at.date(), ends_on=scene.at.date())


def away(scene: Scene) -> None:
    TimeOff.objects.create(
        practitioner=scene.world.person, starts_at=scene.at, ends_at=scene.at + HOUR
    )


def not_certified(scene: Scene) -> None:
    scene.world.person.credentials.update(expires_on=scene.at.date() - DAY)


def no_room(scene: Scene) -> None:
    for room in scene.world.rooms:
        scene.visit(scene.at, scene.colleague(), room=room)


def daily_limit(scene: Scene) -> None:
    scene.visit(scene.at + 4 * HOUR)
    scene.world.service.daily_limit = 1
    scene.world.service.save()


def off_grid(scene: Scene) -> None:
    scene.world.person.availability.update(starts_at="09:30")


def client_busy(scene: Scene) -> None:
    scene.visit(scene.at, scene.colleague(), client=scene.me)


def too_many_open(scene: Scene) -> None:
    scene.visit(scene.at + 3 * DAY + HOUR, scene.colleague(), client=scene.me)
    scene.clinic(max_open_bookings=1)


def call_to_book(scene: Scene) -> None:
    Client.objects.update(is_call_to_book=True)


def gate(scene: Scene) -> None:
    scene.settings.BOOKING_GATES = [f"{__name__}.no_entry"]


def no_entry(**_: Any) -> None:
    raise Refused("no_entry", "Please talk to us first.")


def run_out(scene: Scene) -> None:
    scene.world.run_out()


def since_taken(scene: Scene) -> None:
    """The minutes were over, and somebody else was quick."""
    Appointment.objects.filter(status="held").delete()
    scene.visit(scene.at)


OBSTACLES: dict[Callable[[Scene], None], str] = {
    taken: "just been taken",
    too_soon: "less than 144 hours away",
    too_far: "further ahead than we take bookings",
    outside_hours: "outside working hours",
    closed: "closed on that day",
    away: "is away then",
    not_certified: "cannot give that session on that day",
    no_room: "No room is free at that time",
    daily_limit: "no more of these sessions",
    off_grid: "do not start at that time",
    client_busy: "already has a session at that time",
    too_many_open: "already have as many booked sessions",
    call_to_book: "Please call 020 7946 0000 to book",
    gate: "Please talk to us first.",
    run_out: "We kept this time for 10 minutes. It is still free",
    since_taken: "We kept this time for 10 minutes. It has since been taken.",
}


# --- Where it is learned -------------------------------------------------------------------


@dataclass
class Place:
    """A page with a button: what pressing answers, and where what was typed is seen again."""

    browser: Browser
    press: Callable[[], Any]
    kept: Callable[[str], str] = lambda page: NOTE


def on_the_times(scene: Scene) -> Place:
    return Place(scene.browser, lambda: scene.world.choose(scene.browser))


def on_the_front_page_s_times(scene: Scene) -> Place:
    """By somebody who is not signed in."""
    return Place(scene.stranger, lambda: scene.world.choose(scene.stranger))


def on_the_you_page(scene: Scene) -> Place:
    world, browser = scene.world, scene.browser
    world.choose(browser)

    def press() -> Any:
        sent = {"for_whom": "me", "note": NOTE, "form_token": str(uuid.uuid4())}
        return browser.post(world.you_url, sent)

    def kept(page: str) -> str:
        """On the page itself, or on the same page after another choice."""
        if NOTE not in page:
            near = re.search(r'href="([^"]+at=(\d+))"', page.split("Next free:")[1])
            assert near is not None
            chosen = browser.post(near[1].replace("&amp;", "&"), {"start": near[2]})
            page = text_of(browser.get(chosen.url))
        return page

    return Place(browser, press, kept)


def on_the_you_page_too_late(scene: Scene) -> Place:
    """The minutes are over before anything else comes."""
    place = on_the_you_page(scene)
    Appointment.objects.filter(status="held").delete()
    return place


def of_a_newcomer(scene: Scene) -> Place:
    """Who sends the code; what they typed is on the page that answers."""
    sent = scene.world.ask(scene.stranger, note=NOTE, email=scene.user.email)
    return Place(
        scene.stranger, lambda: scene.stranger.post(scene.world.you_url, sent), lambda page: page
    )


def in_a_series(scene: Scene) -> Place:
    """The second of three dates is the one in question."""
    world, browser = scene.world, scene.browser
    world.choose(browser)
    sent = {"for_whom": "me", "times": "3", "every_weeks": "1", "note": NOTE}
    browser.post(world.you_url, {**sent, "form_token": str(uuid.uuid4())})
    url = f"/book/{world.service.slug}/series/"
    page = text_of(browser.get(url))
    data = {**dict(CARRIED.findall(page)), **dict(CHOSEN.findall(page))}
    scene.at += WEEK
    return Place(browser, lambda: browser.post(url, data), lambda page: page)


def in_a_series_at_the_desk(scene: Scene) -> Place:
    world, browser = scene.world, scene.desk
    url = f"/desk/clients/{scene.me.public_id}/book/{world.service.slug}/"
    query = f"?practitioner={world.person.slug}&location={world.place.slug}"
    sent = {"start": value_of(scene.at), "times": "3", "every_weeks": "1", "desk_note": NOTE,
            "form_token": str(uuid.uuid4())}  # fmt: skip
    data = {**sent, **dict(CHOSEN.findall(text_of(browser.post(url + query, sent))))}
    scene.at += WEEK
    return Place(browser, lambda: browser.post(f"{url}series/{query}", data), lambda page: page)


def booking_at_the_desk(scene: Scene) -> Place:
    world = scene.world
    url = f"/desk/clients/{scene.me.public_id}/book/{world.service.slug}/?practitioner="
    sent = {"start": value_of(scene.at), "desk_note": NOTE, "form_token": str(uuid.uuid4())}
    return Place(
        scene.desk, lambda: scene.desk.post(url + world.person.slug, sent), lambda page: page
    )


def _moving(scene: Scene, browser: Browser, address: Callable[[Appointment], str]) -> Place:
    visit = scene.visit(scene.at + 2 * WEEK, client=scene.me)
    url = address(visit)
    return Place(browser, lambda: browser.post(url, {"start": value_of(scene.at)}))


def moving_by_link(scene: Scene) -> Place:
    return _moving(scene, scene.stranger, lambda visit: f"{visit_link(visit)}move/")


def moving_one_s_own(scene: Scene) -> Place:
    return _moving(scene, scene.browser, lambda visit: f"/my/visits/{visit.public_id}/move/")


def moving_at_the_desk(scene: Scene) -> Place:
    return _moving(scene, scene.desk, lambda visit: f"/desk/visits/{visit.public_id}/move/")


def offered(scene: Scene) -> Any:
    """The first time of the day is kept for whoever waits."""
    world, day = scene.world, scene.at.date()
    entry = line.join(
        scene.me, world.service, world.place, practitioner=None, first_day=day, last_day=day,
        by=None, now=timezone.now(),
    )  # fmt: skip
    assert offers.offer_something(entry, now=timezone.now())
    offer = entry.offers.get()
    scene.at = offer.starts_at.astimezone(world.place.zone)
    return offer


def taking_an_offer(scene: Scene) -> Place:
    url = offer_link(offered(scene))
    return Place(scene.stranger, lambda: scene.stranger.post(url, {"answer": "take"}))


def taking_an_offer_at_the_desk(scene: Scene) -> Place:
    url = f"/desk/waiting/{offered(scene).entry.public_id}/act/"
    return Place(scene.desk, lambda: scene.desk.post(url, {"act": "take"}))
