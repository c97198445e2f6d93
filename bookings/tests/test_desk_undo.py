"""Undoing at the desk: offered for three minutes, on the page of the visit and in the day."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, VisitChange
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import (
    HOUR,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from practitioners.tests.factories import make_practitioner

LATER = timedelta(minutes=3, seconds=1)


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk", name="Rosa Reception")
    client.force_login(user)
    return user


@pytest.fixture
def visit(world: World) -> Appointment:
    return calendar.book(
        world.service, world.person, world.start, client=make_client(name="Maya Demo"), by=None,
        now=timezone.now() - HOUR, location=world.place, form_token=uuid.uuid4(),
    )  # fmt: skip


def url(visit: Appointment, what: str = "") -> str:
    return f"/desk/visits/{visit.public_id}/{what}"


def day(world: World) -> str:
    return f"/desk/?day={world.start.date()}"


def cancel(client: Browser, visit: Appointment, **more: str) -> Any:
    sent = {"cancelled_by": "clinic", "reason": "By mistake", **more}
    answer = client.post(url(visit, "cancel/"), sent)
    assert answer.status_code == 302
    return answer


def undo(client: Browser, visit: Appointment, version: object = 2, **more: str) -> Any:
    return client.post(url(visit, "undo/"), {"version_made": version, **more})


def three_minutes_pass() -> None:
    Appointment.objects.exclude(cancelled_at=None).update(cancelled_at=timezone.now() - LATER)
    VisitChange.objects.update(at=timezone.now() - LATER)


def test_what_was_cancelled_can_be_undone_from_its_page(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    assert "By mistake?" not in text_of(client.get(url(visit)))
    page = text_of(client.get(cancel(client, visit)["Location"]))
    assert "Cancelled. By mistake?" in page
    assert 'name="version_made" value="2"' in page
    answer = undo(client, visit)
    assert answer["Location"] == url(visit)
    page = text_of(client.get(url(visit)))
    assert "The session stands again as before." in page
    assert "By mistake?" not in page
    history = page.split("History</h2>")[1]
    assert "Cancellation undone</strong>" in history
    assert history.count('by <span dir="auto">Rosa Reception') == 2
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 3)


def test_what_was_moved_can_be_undone_too(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    client.post(url(visit, "move/"), {"start": value_of(world.start + HOUR)})
    assert "Moved. By mistake?" in text_of(client.get(url(visit)))
    undo(client, visit)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (world.start, 3)
    assert "Move undone</strong> from" in text_of(client.get(url(visit)))


def test_the_day_offers_it_and_is_shown_again(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    assert "Undo" not in text_of(client.get(day(world)))
    cancel(client, visit)
    assert "Undo the cancellation" in text_of(client.get(day(world)))
    answer = undo(client, visit, next=day(world))
    assert answer["Location"] == day(world)
    page = text_of(client.get(day(world)))
    assert "The session stands again as before." in page
    assert "Undo the" not in page
    client.post(url(visit, "move/"), {"start": value_of(world.start + HOUR)})
    assert "Undo the move" in text_of(client.get(day(world)))
    assert undo(client, visit, 4, next="//evil.example/")["Location"] == url(visit)


def test_sessions_cancelled_together_come_back_together(
    world: World, client: Browser, desk: Any
) -> None:
    choices = [(world.person, world.place, world.start + n * timedelta(days=7)) for n in range(3)]
    series = calendar.book_series(
        world.service, choices, client=make_client(), by=None, form_token=uuid.uuid4(),
        now=timezone.now(),
    )  # fmt: skip
    _, second, third = series.appointments.order_by("starts_at")
    cancel(client, second, scope="following")
    assert "Cancelled, with 1 other. By mistake?" in text_of(client.get(url(third)))
    answer = client.post(url(third, "undo/"), {"version_made": 2}, follow=True)
    assert "2 sessions stand again as before." in text_of(answer)
    assert {one.status for one in series.appointments.all()} == {"booked"}


def test_two_presses_undo_once(world: World, client: Browser, desk: Any, visit: Any) -> None:
    cancel(client, visit)
    for _ in range(2):
        assert undo(client, visit).status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("booked", 3)


def test_after_three_minutes_it_is_neither_offered_nor_done(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    cancel(client, visit)
    three_minutes_pass()
    assert "By mistake?" not in text_of(client.get(url(visit)))
    assert "Undo" not in text_of(client.get(day(world)))
    answer = undo(client, visit)
    assert answer.status_code == 422
    assert "The three minutes for undoing it are over" in text_of(answer)
    visit.refresh_from_db()
    assert visit.status == "cancelled"


@pytest.mark.parametrize("version", ["", "1", "7", "0", "-1", "x", "9" * 25, "٢", "2\x00"])
def test_a_form_that_was_tampered_with_changes_nothing(
    world: World, client: Browser, desk: Any, visit: Any, version: str
) -> None:
    cancel(client, visit)
    assert undo(client, visit, version).status_code == (302 if version == "٢" else 422)
    visit.refresh_from_db()
    assert visit.status == ("booked" if version == "٢" else "cancelled")


def test_a_time_that_is_gone_is_said_with_three_others(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    cancel(client, visit)
    make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(name="Omar Other")
    )
    answer = undo(client, visit)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "has been booked for Omar Other since. Nothing was changed." in page
    free = page.split("Next free:")[1].split("</ul>")[0]
    assert free.count("<li>") == 3
    assert f"/desk/clients/{visit.client.public_id}/book/{world.service.slug}/?" in free


def test_a_moved_visit_whose_old_time_is_gone_may_move_elsewhere(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    client.post(url(visit, "move/"), {"start": value_of(world.start + HOUR)})
    make_appointment(world.person, world.service, world.place, world.start)
    answer = undo(client, visit)
    assert answer.status_code == 409
    assert url(visit, "move/") in text_of(answer).split("Next free:")[1].split("</ul>")[0]
    visit.refresh_from_db()
    assert visit.starts_at == world.start + HOUR


def test_whoever_gives_a_visit_back_to_a_colleague_is_led_to_their_own_day(
    world: World, client: Browser, desk: Any, visit: Any
) -> None:
    colleague = make_practitioner(
        world.service, at=world.place, weekdays=WHOLE_WEEK, user=make_user()
    )
    calendar.move(
        visit, starts_at=world.start, practitioner=colleague, by=None, now=timezone.now(),
        for_staff=True,
    )  # fmt: skip
    client.force_login(colleague.user)
    assert undo(client, visit)["Location"] == "/desk/"
    visit.refresh_from_db()
    assert visit.practitioner == world.person


@pytest.mark.parametrize(
    ("who", "expected"),
    [("anonymous", 302), ("own client", 403), ("other client", 403), ("colleague", 404),
     ("treating", 302), ("front desk", 302), ("admin", 302), ("clinical lead", 302)],
)  # fmt: skip
def test_who_may_undo(world: World, visit: Appointment, who: str, expected: int) -> None:
    gone = calendar.cancel(
        visit, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True
    )
    login, other, treating, colleague = (make_user() for _ in range(4))
    visit.client.access.create(user=login, relation="self", scope="record")
    make_client(other)
    world.person.user = treating
    world.person.save()
    make_practitioner(world.service, at=world.place, user=colleague)
    users = {
        "own client": login, "other client": other, "treating": treating, "colleague": colleague,
        "front desk": make_staff("Front desk"), "admin": make_staff("Admin"),
        "clinical lead": make_staff("Clinical lead"), "anonymous": None,
    }  # fmt: skip
    browser = Browser()
    if users[who]:
        browser.force_login(users[who])
    answer = undo(browser, visit, gone.version)
    assert answer.status_code == expected
    has_come_back = who in ("treating", "front desk", "admin", "clinical lead")
    visit.refresh_from_db()
    assert visit.status == ("booked" if has_come_back else "cancelled")
    assert browser.get(url(visit, "undo/")).status_code == (302 if who == "anonymous" else 405)


def test_a_visit_that_does_not_exist_is_the_same_as_a_colleagues(
    world: World, client: Browser, desk: Any
) -> None:
    assert client.post(f"/desk/visits/{uuid.uuid4()}/undo/", {"version_made": 2}).status_code == 404


def test_the_day_asks_as_many_questions_with_much_to_undo(
    world: World, client: Browser, desk: Any, visit: Any, django_assert_max_num_queries: Any
) -> None:
    def count() -> int:
        with django_assert_max_num_queries(40) as asked:
            client.get(day(world))
        return len(asked)

    count()
    few = count()
    for number in range(1, 5):
        one = make_appointment(
            world.person, world.service, world.place, world.start + number * HOUR
        )
        calendar.cancel(one, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True)
    assert text_of(client.get(day(world))).count("Undo the cancellation") == 4
    assert count() == few
