"""The page of one visit at the desk."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk", name="Rosa Reception")
    client.force_login(user)
    return user


@pytest.fixture
def visit(world: World) -> Appointment:
    return make_appointment(world.person, world.service, world.place, world.start)


def url(visit: Appointment, what: str = "") -> str:
    return f"/desk/visits/{visit.public_id}/{what}"


def booked(world: World, by: Any) -> Appointment:
    return calendar.book(
        world.service, world.person, world.start, client=make_client(), by=by,
        now=timezone.now(), location=world.place, form_token=uuid.uuid4(),
    )  # fmt: skip


def test_the_page_says_who_when_and_where(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    page = text_of(client.get(url(visit)))
    for word in (
        visit.client.name,
        world.service.name,
        world.person.name,
        visit.reference,
        "Booked",
    ):
        assert word in page


def test_the_history_tells_each_step_and_who_took_it(
    world: World, client: Browser, desk: Any
) -> None:
    visit = booked(world, desk)
    boss = make_staff("Admin", name="Ada Admin")
    later = world.start + timedelta(days=1)
    calendar.move(visit, starts_at=later, by=boss, now=timezone.now(), for_staff=True)
    calendar.cancel(
        visit, cancelled_by="client", by=desk, now=timezone.now(), reason="Away", for_staff=True
    )
    page = text_of(client.get(url(visit)))
    history = page.split("History</h2>")[1]
    assert history.index("Booked") < history.index("Moved") < history.index("Cancelled")
    assert 'by <span dir="auto">Rosa Reception' in history
    assert 'by <span dir="auto">Ada Admin' in history
    assert "Away" in history
    assert f"{world.start:%-d %B}" in history.split("Moved</strong> from")[1]


def test_the_desk_moves_a_visit_within_the_notice_and_to_a_colleague(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    world.clinic.cancel_notice_hours = 24 * 14
    world.clinic.save()
    other = make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
    path = f"{url(visit, 'move/')}?practitioner={other.slug}"
    assert other.name in text_of(client.get(path))
    later = world.start + timedelta(hours=1)
    for reason, said in ((" ", "Please say why"), ("a\nb", "one line")):
        refused = client.post(path, {"start": value_of(later), "reason": reason})
        assert (refused.status_code, said in text_of(refused)) == (422, True), reason
        assert f'value="{value_of(later)}" checked' in refused.content.decode()
        assert "<title>Error: " in refused.content.decode()
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (world.start, 1)
    answer = client.post(path, {"start": value_of(later), "reason": "Called, train is late"})
    assert answer["Location"] == url(visit)
    visit.refresh_from_db()
    assert (visit.practitioner, visit.starts_at, visit.version) == (other, later, 2)
    assert "Called, train is late" in text_of(client.get(url(visit)))


def test_a_move_to_where_it_is_says_that_nothing_was_changed(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    answer = client.post(url(visit, "move/"), {"start": value_of(world.start)}, follow=True)
    assert "the time that the session has now. Nothing was changed." in text_of(answer)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (world.start, 1)


def test_a_move_in_time_asks_for_no_reason(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    assert "Why so late?" not in text_of(client.get(url(visit, "move/")))
    later = world.start + timedelta(hours=1)
    assert client.post(url(visit, "move/"), {"start": value_of(later)}).status_code == 302


@pytest.mark.parametrize("what", ["move/", "cancel/"])
def test_the_rule_that_was_agreed_to_is_shown_first(
    world: World, client: Browser, desk: Any, visit: Any, what: str
) -> None:
    """For whoever reads it out on the phone, with what being late costs."""
    world.clinic.late_fee_text = "Later it costs half."
    world.clinic.save()
    said = f"The rule for clients: {world.clinic.policy} Later it costs half."
    assert said in text_of(client.get(url(visit, what)))


def test_a_move_to_a_taken_time_is_refused_by_name(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    later = world.start + timedelta(hours=1)
    make_appointment(world.person, world.service, world.place, later)
    answer = client.post(url(visit, "move/"), {"start": value_of(later)})
    assert answer.status_code == 409
    assert "has just been taken. The session stays where it is." in text_of(answer)
    assert client.post(url(visit, "move/"), {"start": ""}).status_code == 422
    visit.refresh_from_db()
    assert visit.starts_at == world.start


def test_a_cancellation_within_the_notice_needs_a_reason(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    world.clinic.cancel_notice_hours = 24 * 14
    world.clinic.save()
    asked = text_of(client.get(url(visit, "cancel/")))
    assert "within the notice for changes, so a reason is needed" in asked
    assert "(optional)" not in asked
    refused = client.post(url(visit, "cancel/"), {"cancelled_by": "client", "reason": " "})
    assert refused.status_code == 422
    assert "Please say why" in text_of(refused)
    assert text_of(refused).count("Please say why") == 2  # above the page and at the box
    assert client.post(url(visit, "cancel/"), {"reason": "Ill"}).status_code == 422
    sent = {"cancelled_by": "client", "reason": "Ill"}
    assert client.post(url(visit, "cancel/"), sent)["Location"] == url(visit)
    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason, visit.is_late_cancellation) == (
        "cancelled",
        "Ill",
        True,
    )


def test_in_time_the_reason_of_a_cancellation_is_optional(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    assert "(optional)" in text_of(client.get(url(visit, "cancel/")))
    assert client.post(url(visit, "cancel/"), {"cancelled_by": "clinic"}).status_code == 302


def test_what_is_over_cannot_be_moved_or_cancelled(
    world: World, client: Browser, desk: Any
) -> None:
    visit = make_appointment(
        world.person, world.service, world.place, world.start, status="completed"
    )
    answer = client.get(url(visit, "move/"))
    assert answer.status_code == 422
    assert "over or was cancelled" in text_of(answer)
    answer = client.post(url(visit, "cancel/"), {"cancelled_by": "clinic", "reason": "x"})
    assert answer.status_code == 422
    assert "over or was cancelled" in text_of(answer)


def test_states_are_marked_and_taken_back(world: World, client: Browser, desk: Any) -> None:
    start = (timezone.now() - timedelta(minutes=30)).replace(second=0, microsecond=0)
    visit = make_appointment(world.person, world.service, world.place, start)
    for status in ("arrived", "started", "completed", "arrived", "booked", "no_show", "booked"):
        sent = {"status": status, "next": url(visit)}
        assert client.post(url(visit, "mark/"), sent)["Location"] == url(visit)
        visit.refresh_from_db()
        assert visit.status == status
    history = text_of(client.get(url(visit))).split("History</h2>")[1]
    for words in ("Arrived", "In session", "Done", "Back to booked", "No-show"):
        assert words in history


def test_a_mark_that_cannot_follow_is_refused_in_words(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    answer = client.post(
        url(visit, "mark/"), {"status": "completed", "next": url(visit)}, follow=True
    )
    assert "on a later day" in text_of(answer)


@pytest.mark.parametrize("what", ["", "move/", "cancel/", "mark/"])
@pytest.mark.parametrize(
    ("who", "expected"),
    [("anonymous", 302), ("own client", 403), ("other client", 403), ("colleague", 404),
     ("treating", 200), ("front desk", 200), ("admin", 200)],
)  # fmt: skip
def test_who_may_open_what(
    world: World, visit: Appointment, what: str, who: str, expected: int
) -> None:
    login, other, treating, colleague = (make_user() for _ in range(4))
    visit.client.access.create(user=login, relation="self", scope="record")
    make_client(other)
    world.person.user = treating
    world.person.save()
    make_practitioner(world.service, at=world.place, user=colleague)
    users = {
        "own client": login, "other client": other, "treating": treating, "colleague": colleague,
        "front desk": make_staff("Front desk"), "admin": make_staff("Admin"), "anonymous": None,
    }  # fmt: skip
    browser = Browser()
    if users[who]:
        browser.force_login(users[who])
    if what == "mark/":
        answer = browser.post(url(visit, what), {"status": "arrived"})
        assert answer.status_code == (302 if expected == 200 else expected)
    else:
        assert browser.get(url(visit, what)).status_code == expected
        if expected in (403, 404):
            sent = {"start": value_of(world.start + timedelta(hours=1)), "cancelled_by": "client"}
            assert browser.post(url(visit, what), sent).status_code in (expected, 405)
    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == ("booked", world.start)


def test_the_page_asks_a_constant_number_of_questions(
    world: World, client: Browser, desk: Any, visit: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        Appointment.objects.filter(pk=visit.pk).update(status="arrived")
        Appointment.objects.filter(pk=visit.pk).update(status="booked")
    client.get(url(visit))  # the session is new
    with django_assert_max_num_queries(11):
        client.get(url(visit))
