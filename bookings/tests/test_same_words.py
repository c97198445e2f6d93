"""The same visit reads the same on every page, in the mail, in the calendar file and in the admin.

Whoever made or moved it: the client, the desk, or the waiting list. The browser says that it is in Los
Angeles; the clinic is in London.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.feeds import renew_feed
from bookings.links import visit_link
from bookings.messages import delivery
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.waiting import answers, line, offers

Maker = Callable[[World, Any], datetime]


def browser_of(user: Any = None) -> Browser:
    """A browser far away."""
    browser = Browser()
    browser.cookies["zone"] = "America/Los_Angeles"
    if user is not None:
        browser.force_login(user)
    return browser


def by_client(world: World, user: Any, *, at: datetime | None = None) -> datetime:
    browser = browser_of(user)
    world.choose(browser, at)
    sent = {"for_whom": "me", "form_token": str(uuid.uuid4())}
    assert browser.post(world.you_url, sent).url.startswith("/book/done/")
    return timezone.now()


def moved_by_client(world: World, user: Any) -> datetime:
    """After the confirmation of the old time has gone."""
    now = by_client(world, user, at=world.start + timedelta(hours=3))
    visit = told(now)
    url = f"/my/visits/{visit.public_id}/move/"
    moved = browser_of(user).post(url, {"start": value_of(world.start)})
    assert moved.url == f"/my/visits/{visit.public_id}/"
    return now


def moved_by_desk(world: World, user: Any) -> datetime:
    now = by_client(world, user, at=world.start + timedelta(hours=3))
    visit = told(now)
    url = f"/desk/visits/{visit.public_id}/move/?practitioner={world.person.slug}"
    moved = browser_of(make_staff("Front desk")).post(url, {"start": value_of(world.start)})
    assert moved.url == f"/desk/visits/{visit.public_id}/"
    return now


def told(now: datetime) -> Appointment:
    """The visit, once its confirmation has gone and cannot be changed any more."""
    delivery.send_due(now=now + timedelta(minutes=10))
    mail.outbox.clear()
    return Appointment.objects.get(status="booked")


def of_a_series(world: World, user: Any) -> datetime:
    """The first of two."""
    browser = browser_of(user)
    world.choose(browser)
    sent = {"for_whom": "me", "form_token": str(uuid.uuid4()), "times": "2", "every_weeks": "1"}
    assert browser.post(world.you_url, sent).url.endswith("/series/")
    dates = {f"visit-{n + 1}": value_of(world.start + timedelta(weeks=n)) for n in range(2)}
    answer = browser.post(f"{world.time_url}series/", {**sent, **dates})
    assert answer.url.startswith("/book/done/")
    return timezone.now()


def by_desk(world: World, user: Any) -> datetime:
    person = user.client_access.get().client
    url = f"/desk/clients/{person.public_id}/book/{world.service.slug}/"
    sent = {"start": value_of(world.start), "form_token": str(uuid.uuid4())}
    answer = browser_of(make_staff("Front desk")).post(
        f"{url}?practitioner={world.person.slug}", sent
    )
    assert answer.url.startswith("/desk/visits/")
    return timezone.now()


def by_waiting_list(world: World, user: Any) -> datetime:
    """The only time of the day is given back; whoever waits for it takes it."""
    world.person.availability.update(starts_at=time(10), ends_at=time(11))
    taken = make_appointment(world.person, world.service, world.place, world.start)
    now, day = world.start - timedelta(days=2), world.start.date()
    person = user.client_access.get().client
    entry = line.join(
        person, world.service, world.place, practitioner=None, first_day=day, last_day=day,
        by=user, now=now,
    )  # fmt: skip
    before = now - timedelta(minutes=5)
    calendar.cancel(taken, cancelled_by="client", by=None, now=before, for_staff=True)
    assert offers.sweep(now=now) == 1
    answers.accept(entry.offers.get(), by=user, now=now)
    return now


MAKERS: dict[str, Maker] = {
    "client": by_client,
    "desk": by_desk,
    "waiting list": by_waiting_list,
    "client who moved": moved_by_client,
    "desk that moved": moved_by_desk,
    "series": of_a_series,
}


@pytest.mark.parametrize("style", ["12h", "24h"])
@pytest.mark.parametrize("maker", MAKERS)
def test_it_reads_the_same_everywhere(world: World, maker: str, style: str) -> None:
    world.clinic.time_style = style
    world.clinic.save()
    user = make_user(name="Robin Known", email="robin@example.com")
    make_client(user, name="Robin Known", email="robin@example.com")
    now = MAKERS[maker](world, user)
    visit = Appointment.objects.get(status="booked", starts_at=world.start)
    words = expected(world, style)

    mails = sent(now)
    assert all(words in text for text in (mails.body, mails.alternatives[0][0]))
    for name, page in pages(visit, user).items():
        assert words in page, name
    files = calendar_files(visit, user, mails)
    assert len(files) == 4
    for name, file in files.items():
        assert moment_in(file) == ("Europe/London", world.start.replace(tzinfo=None)), name


def expected(world: World, style: str) -> str:
    """Written out here, not asked of the code that says it on the pages."""
    start = world.start
    year = f" {start.year}" if start.year != timezone.now().astimezone(start.tzinfo).year else ""
    said = "10:00am" if style == "12h" else "10:00"
    return f"{start:%A} {start.day} {start:%B}{year}, {said}, London time ({start:%Z})"


def sent(now: datetime) -> Any:
    """The mail that tells the client of this time."""
    delivery.send_due(now=now + timedelta(minutes=10))
    mine = [one for one in mail.outbox if one.to == ["robin@example.com"]]
    (found,) = (one for one in mine if one.subject.startswith("Your session"))
    return found


def pages(visit: Appointment, user: Any) -> dict[str, str]:
    """Every page that shows the visit in full, by a name."""
    mine, desk = browser_of(user), browser_of(make_staff("Front desk"))
    boss = browser_of(make_user(is_superuser=True, is_staff=True))
    day = visit.local_day
    return {
        "booked": text_of(mine.get(f"/book/done/{visit.public_id}/")),
        "my sessions": text_of(mine.get("/my/")),
        "my visit": text_of(mine.get(f"/my/visits/{visit.public_id}/")),
        "cancelling": text_of(mine.get(f"/my/visits/{visit.public_id}/cancel/")),
        "moving": text_of(mine.get(f"/my/visits/{visit.public_id}/move/", {"from": f"{day}"})),
        "by link": text_of(browser_of().get(visit_link(visit))),
        "at the desk": text_of(desk.get(f"/desk/visits/{visit.public_id}/")),
        "in the admin": text_of(boss.get(f"/admin/bookings/appointment/{visit.pk}/change/")),
        "in its list": text_of(boss.get("/admin/bookings/appointment/")),
    }


def calendar_files(visit: Appointment, user: Any, confirmation: Any) -> dict[str, bytes]:
    parts = confirmation.message().walk()
    (attached,) = (part for part in parts if part.get_content_type() == "text/calendar")
    token = renew_feed(user, "client", now=timezone.now())
    return {
        "in the mail": attached.get_payload(decode=True),
        "downloaded": browser_of(user).get(f"/book/done/{visit.public_id}/calendar.ics").content,
        "by link": browser_of().get(f"{visit_link(visit)}calendar.ics").content,
        "as a feed": browser_of().get(f"/calendar/{token}.ics").content,
    }


def moment_in(file: bytes) -> tuple[str, datetime]:
    """The zone of the first event and its time on that zone's clock."""
    events = icalendar.Calendar.from_ical(file).walk("VEVENT")
    start: Any = min((one["DTSTART"] for one in events), key=lambda one: one.dt)
    return start.params["TZID"], start.dt.replace(tzinfo=None)


def test_a_browser_elsewhere_sees_both_clocks_only_when_it_asks(world: World) -> None:
    browser = browser_of()
    page = text_of(browser.get(world.time_url, {"from": f"{world.start.date()}"}))
    assert "10:00, London time</span>" in page
    both = text_of(browser.get(world.time_url, {"from": f"{world.start.date()}", "zone": "mine"}))
    theirs = world.start.astimezone(ZoneInfo("America/Los_Angeles"))
    assert re.search(rf"10:00, London time, {theirs:%H:%M} in Los Angeles", both)
