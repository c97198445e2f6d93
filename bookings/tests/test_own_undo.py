"""What a client has just moved or cancelled, in the portal or by a mail's link, can be undone."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.links import UNDO_SALT, undo_link, visit_link
from bookings.models import Appointment, VisitChange
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import HOUR, make_appointment, make_client, make_staff, make_user
from bookings.tests.signed import unsigned

LATER = timedelta(minutes=3, seconds=1)


@pytest.fixture
def me(client: Browser, world: World) -> Any:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def visit(world: World, me: Any) -> Appointment:
    return calendar.book(
        world.service, world.person, world.start + timedelta(days=4), client=make_client(me),
        by=me, now=timezone.now() - HOUR, location=world.place, form_token=uuid.uuid4(),
    )  # fmt: skip


def own(visit: Appointment, what: str = "") -> str:
    return f"/my/visits/{visit.public_id}/{what}"


def link(visit: Appointment, what: str = "") -> str:
    return f"{visit_link(Appointment.objects.get(pk=visit.pk))}{what}"


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the form for an undo on a page leads, and what it sends."""
    found = re.search(r'action="([^"]+/undo/)".*?name="version_made" value="(\d+)"', page)
    assert found, page
    return found[1], {"version_made": found[2]}


@pytest.mark.parametrize("way", [own, link])
def test_a_cancellation_can_be_undone_on_the_page_that_confirms_it(
    world: World, client: Browser, visit: Any, way: Any
) -> None:
    browser = client if way is own else Browser()
    assert "by mistake?" not in text_of(browser.get(way(visit)))
    page = text_of(browser.post(way(visit, "cancel/"), follow=True))
    assert "Cancelled by mistake?" in page
    path, sent = form_of(page)
    for _ in range(2):
        answer = browser.post(path, sent)
        assert unsigned(answer["Location"]) == unsigned(way(visit))
    assert "Your session stands again as before." in text_of(browser.get(way(visit)))
    visit.refresh_from_db()
    assert (visit.status, visit.version, visit.link_version) == ("booked", 3, 1)


@pytest.mark.parametrize("way", [own, link])
def test_a_move_can_be_undone_on_the_page_of_the_session(
    world: World, client: Browser, visit: Any, way: Any
) -> None:
    browser = client if way is own else Browser()
    start = visit.starts_at
    answer = browser.post(way(visit, "move/"), {"start": value_of(start + HOUR)})
    page = browser.get(answer["Location"])
    assert page["Referrer-Policy"] == "same-origin"  # else its form would be refused
    path, sent = form_of(text_of(page))
    browser.post(path, sent)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (start, 3)
    assert "by mistake?" not in text_of(browser.get(way(visit)))


def test_the_page_of_a_cancelled_session_offers_it_for_three_minutes(
    client: Browser, visit: Any
) -> None:
    client.post(own(visit, "cancel/"))
    assert "Cancelled by mistake?" in text_of(client.get(own(visit)))
    over = timezone.now() - LATER
    Appointment.objects.update(cancelled_at=over)
    VisitChange.objects.update(at=over)
    assert "by mistake?" not in text_of(client.get(own(visit)))
    answer = client.post(own(visit, "undo/"), {"version_made": 2})
    assert answer.status_code == 422
    assert "The three minutes for undoing it are over" in text_of(answer)
    assert Browser().post(undo_link(visit), {"version_made": 2}).status_code == 422
    visit.refresh_from_db()
    assert visit.status == "cancelled"


@pytest.mark.parametrize("cancelled_by", ["clinic", "client"])
def test_what_the_clinic_has_done_is_not_undone_by_the_client(
    world: World, client: Browser, visit: Any, cancelled_by: str
) -> None:
    calendar.cancel(
        visit, cancelled_by=cancelled_by, by=make_staff("Front desk"), now=timezone.now(),
        for_staff=True,
    )  # fmt: skip
    assert "by mistake?" not in text_of(client.get(own(visit)))
    answer = client.post(own(visit, "undo/"), {"version_made": 2})
    assert answer.status_code == 422
    assert "The clinic has changed this session, so please call us." in text_of(answer)
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_a_time_that_is_gone_is_said_with_three_others_and_nobodys_name(
    world: World, client: Browser, visit: Any
) -> None:
    client.post(own(visit, "cancel/"))
    other = make_client(name="Omar Other")
    make_appointment(world.person, world.service, world.place, visit.starts_at, client=other)
    for browser, path in ((client, own(visit, "undo/")), (Browser(), undo_link(visit))):
        answer = browser.post(path, {"version_made": 2})
        page = text_of(answer)
        assert answer.status_code == 409
        assert "has been taken since. Nothing was changed." in page
        assert "Omar" not in page
        free = page.split("Next free:")[1].split("</ul>")[0]
        assert free.count(f"/book/{world.service.slug}/?") == 3


def test_a_moved_session_whose_time_is_gone_can_move_elsewhere(
    world: World, client: Browser, visit: Any
) -> None:
    start = visit.starts_at
    client.post(own(visit, "move/"), {"start": value_of(start + HOUR)})
    make_appointment(world.person, world.service, world.place, start)
    answer = client.post(own(visit, "undo/"), {"version_made": 2})
    assert answer.status_code == 409
    assert own(visit, "move/?") in text_of(answer).split("Next free:")[1].split("</ul>")[0]


@pytest.mark.parametrize("version", ["", "x", "1", "9" * 25, "0"])
def test_a_form_that_was_tampered_with_changes_nothing(
    client: Browser, visit: Any, version: str
) -> None:
    client.post(own(visit, "cancel/"))
    assert client.post(own(visit, "undo/"), {"version_made": version}).status_code == 422
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_strangers_undo_nothing(client: Browser, visit: Any) -> None:
    client.post(own(visit, "cancel/"))
    sent = {"version_made": 2}
    assert Browser().post(own(visit, "undo/"), sent).status_code == 302
    for user in (make_user(), make_staff("Front desk"), make_staff("Admin")):
        make_client(user)
        stranger = Browser()
        stranger.force_login(user)
        assert stranger.post(own(visit, "undo/"), sent).status_code == 404
    anonymous = Browser()
    for path in (
        link(visit, "undo/"),  # the link of a mail is for something else
        f"/v/{signing.dumps(str(uuid.uuid4()), salt=UNDO_SALT)}/undo/",
        f"{undo_link(visit)[:-7]}x/undo/",
    ):
        assert anonymous.post(path, sent).status_code == 404
    for path in (undo_link(visit), own(visit, "undo/")):
        assert client.get(path).status_code == 405
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_the_link_for_an_undo_opens_nothing_else_and_not_for_long(
    client: Browser, visit: Any, monkeypatch: Any
) -> None:
    token = undo_link(visit).split("/")[2]
    assert client.get(f"/v/{token}/").status_code == 404
    assert client.post(f"/v/{token}/cancel/").status_code == 404
    now = timezone.now().timestamp()
    monkeypatch.setattr(signing.time, "time", lambda: now + 3700)
    assert client.post(undo_link_of(token), {"version_made": 1}).status_code == 404


def undo_link_of(token: str) -> str:
    return f"/v/{token}/undo/"
