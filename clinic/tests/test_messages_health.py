"""Whether messages go out: green or red for monitors, figures for the people who run the clinic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import tasks as booking_tasks
from bookings.messages import heartbeat
from bookings.messages.health import lasting
from bookings.models import Message, Task
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner
from treatment_plans import tasks as plan_tasks

pytestmark = pytest.mark.django_db
PAGE, DESK = "/health/messages/", "/desk/messages/"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _alive() -> None:
    for name in (heartbeat.SWEEP, heartbeat.DELIVERY):
        heartbeat.beat(name, now=timezone.now())


def make(count: int = 1, **fields: Any) -> None:
    """Messages to one client, due a minute ago unless said otherwise."""
    person, now = make_client(name="Jamie Example"), timezone.now()
    defaults: dict[str, Any] = {
        "source_type": "test", "kind": "overdue", "recipient": f"client:{person.pk}",
        "client": person, "lane": 2, "send_after": now - MINUTE, "state": "pending",
        "expires_at": now + DAY,
    }  # fmt: skip
    Message.objects.bulk_create(
        Message(**{**defaults, "source_id": str(number), **fields}) for number in range(count)
    )


def red(client: Browser) -> list[str]:
    """Which checks are red, by JSON; the status says the same."""
    answer = client.get(PAGE, {"format": "json"})
    found = answer.json()
    names = [name for name, one in found["checks"].items() if one["red"]]
    assert (answer.status_code, found["status"]) == ((503, "red") if names else (200, "green"))
    return names


def test_all_is_green_while_everything_moves(client: Browser) -> None:
    make(3)
    assert red(client) == []


def long_due() -> None:
    make(send_after=timezone.now() - 11 * MINUTE)


def no_look() -> None:
    heartbeat.beat(heartbeat.SWEEP, now=timezone.now() - 4 * MINUTE)


def no_worker() -> None:
    heartbeat.beat(heartbeat.DELIVERY, now=timezone.now() - 4 * MINUTE)


def one_unknown() -> None:
    make(state="unknown")


def one_poison() -> None:
    make(state="failed", last_code="poison")


def many_ambiguous() -> None:
    make(6, state="sent", is_ambiguous=True, sending_at=timezone.now() - MINUTE)


def many_failed() -> None:
    make(29, state="sent", sending_at=timezone.now() - MINUTE)
    make(1, state="failed", sending_at=timezone.now() - MINUTE)


def a_loop() -> None:
    make(30, state="sent", sending_at=timezone.now() - MINUTE, lane=1)


@pytest.mark.parametrize(
    ("what", "name"),
    [
        (long_due, "oldest_due"),
        (no_look, "sweep"),
        (no_worker, "delivery"),
        (one_unknown, "unknown"),
        (one_poison, "parked"),
        (many_ambiguous, "ambiguous"),
        (many_failed, "failed"),
        (a_loop, "fuse"),
    ],
)
def test_each_figure_turns_red_beyond_its_limit(
    client: Browser, what: Callable[[], None], name: str
) -> None:
    what()
    assert red(client) == [name]


def test_what_is_put_off_or_of_no_use_any_more_is_not_late(client: Browser) -> None:
    make(send_after=timezone.now() + DAY)
    make(send_after=timezone.now() - DAY, expires_at=timezone.now() - MINUTE)
    assert red(client) == []


def test_a_clinic_that_never_looked_is_red(client: Browser) -> None:
    heartbeat.Heartbeat.objects.all().delete()
    assert red(client) == ["sweep", "delivery"]


def test_the_page_is_for_anybody_and_names_nobody(client: Browser) -> None:
    long_due()
    answer = client.get(PAGE)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Messages: red" in page
    assert "11 minutes old" in page
    assert "Jamie" not in page
    assert "no-cache" in answer["Cache-Control"]
    assert client.get(PAGE, headers={"accept": "application/json"}).json()["status"] == "red"


def test_the_balancer_s_own_page_stays_green(client: Browser) -> None:
    long_due()
    assert client.get("/health/?format=json").status_code == 200


def test_it_costs_the_same_for_many(client: Browser, django_assert_max_num_queries: Any) -> None:
    make(200)
    with django_assert_max_num_queries(18):
        client.get(PAGE, {"format": "json"})


def test_the_tasks_of_beat_leave_their_mark() -> None:
    heartbeat.Heartbeat.objects.all().delete()
    plan_tasks.sweep()
    booking_tasks.send_due()
    assert None not in (heartbeat.last("sweep"), heartbeat.last("delivery"))


def test_time_that_runs_backwards_sounds_the_alarm_once_a_day() -> None:
    now = timezone.now()
    for _ in range(2):
        heartbeat.beat("sweep", now=now)
        heartbeat.beat("sweep", now=now - 5 * MINUTE)
    task = Task.objects.get()
    assert (task.title, task.role) == ("The clock of a server has gone backwards", "Admin")
    assert heartbeat.last("sweep") == now - 5 * MINUTE


def test_a_gap_is_an_outage_and_no_alarm() -> None:
    heartbeat.beat("sweep", now=timezone.now() + DAY)
    assert Task.objects.count() == 0


@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead"])
def test_the_desk_sees_the_figures_and_a_week(client: Browser, role: str) -> None:
    make(2, state="sent", sending_at=timezone.now(), sent_at=timezone.now())
    make(1, state="cancelled")
    client.force_login(make_staff(role))
    page = client.get(DESK).content.decode()
    assert "Half went out within" in page
    assert ("/desk/texts/" in page) == (role != "Front desk")
    assert "Jamie" not in page


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7199, "120 minutes"),
        (7200, "2 hours"), (172_800, "2 days"), (186_382, "2 days"), (1_180_010, "14 days"),
    ],
)  # fmt: skip
def test_how_long_messages_took_is_said_in_words(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def test_an_empty_week_says_so(client: Browser) -> None:
    client.force_login(make_staff("Admin"))
    assert "No message yet." in client.get(DESK).content.decode()


def test_others_are_turned_away(client: Browser) -> None:
    assert client.get(DESK).status_code == 302
    practitioner, someone = make_user(), make_user()
    make_practitioner(user=practitioner)
    make_client(someone)
    for user in (practitioner, someone):
        client.force_login(user)
        assert client.get(DESK).status_code == 403
