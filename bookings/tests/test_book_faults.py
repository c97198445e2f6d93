"""A server fails while somebody books: the visit stands, or nothing was booked and the page says so."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client as Browser

from bookings.calendar import attempts
from bookings.calendar.locks import PRACTITIONER
from bookings.models import Appointment, Message
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_user
from bookings.tests.http_browser import Answer, HttpBrowser
from bookings.tests.relay import Relay
from bookings.tests.site_process import running_site
from bookings.tests.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)
A_SECOND = 1.0
BUSY = "We are busy, nothing was booked. Please press again."
AWAY = "We cannot reach our records right now"


class Wired:
    """A running site whose wires to the database and to Valkey can be cut."""

    def __init__(self) -> None:
        values = connection.settings_dict
        sockets = values["HOST"] or values["OPTIONS"]["host"]
        self.database = Relay(f"{sockets}/.s.PGSQL.5432")
        self.valkey = Relay(django_settings.REDIS_URL.removeprefix("unix://"))
        login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
        self.env = {
            "DATABASE_URL": f"postgresql://{login}@127.0.0.1:{self.database.port}/{values['NAME']}",
            "REDIS_URL": f"redis://127.0.0.1:{self.valkey.port}/0",
        }
        self.host = ""

    def somebody(self) -> HttpBrowser:
        user = make_user()
        make_client(user)
        return HttpBrowser(self.host, user)

    def whole(self) -> None:
        """Mend the wires, and ask until everybody has noticed."""
        self.database.mend()
        self.valkey.mend()
        browser = HttpBrowser(self.host)
        for _ in range(200):
            if [browser.get("/book/").status for _ in range(4)] == [200] * 4:
                return
            time.sleep(0.05)
        raise AssertionError("the site has not come back")


@pytest.fixture(scope="module")
def wires(django_db_setup: None, django_db_blocker: Any) -> Iterator[Wired]:
    with django_db_blocker.unblock():
        wired = Wired()
        with running_site(**wired.env) as host:
            wired.host = host
            yield wired


@pytest.fixture
def wired(wires: Wired) -> Iterator[Wired]:
    yield wires
    wires.whole()


@pytest.fixture
def clinic(db: None) -> World:
    return World()


def choose(clinic: World, browser: HttpBrowser) -> str:
    """Keep the time; returns the address of the third screen."""
    path = f"{clinic.time_url}?practitioner={clinic.person.slug}"
    browser.get(path)
    kept = browser.post(path, start=value_of(clinic.start))
    assert kept.status == 302
    return kept.url


def book(clinic: World, browser: HttpBrowser) -> Answer:
    you = choose(clinic, browser)
    return browser.post(you, for_whom="me", form_token=browser.get(you).value_of("form_token"))


def seconds_of(work: Any) -> tuple[float, Any]:
    began = time.monotonic()
    result = work()
    return time.monotonic() - began, result


@pytest.mark.parametrize("fault", ["cut", "hang"])
def test_without_valkey_the_booking_stands_within_a_second_and_the_mail_waits(
    wired: Wired, clinic: World, fault: str
) -> None:
    usual, first = seconds_of(lambda: book(clinic, wired.somebody()))
    assert first.status == 302
    Appointment.objects.all().update(status="cancelled", cancelled_by="client")
    getattr(wired.valkey, fault)()
    took, done = seconds_of(lambda: book(clinic, wired.somebody()))
    assert done.status == 302
    # Two screens, each in a process that has yet to learn of it. Slow machines are slow at both.
    assert took < A_SECOND + 4 * usual
    visit = Appointment.objects.exclude(status="cancelled").get()
    assert (visit.status, done.url) == ("booked", f"/book/done/{visit.public_id}/")
    mail = Message.objects.get(kind="confirmation", source_id=str(visit.pk))
    assert mail.state == Message.State.PENDING


def test_without_database_the_page_says_so_with_the_phone_and_nothing_is_booked(
    wired: Wired, clinic: World
) -> None:
    browser = wired.somebody()
    you = choose(clinic, browser)
    token = browser.get(you).value_of("form_token")
    together(16, lambda _: HttpBrowser(wired.host).get("/book/"))  # each process has seen the phone
    wired.database.cut()
    answers = [
        browser.post(you, for_whom="me", form_token=token),
        browser.get(clinic.time_url),
        HttpBrowser(wired.host).get("/"),
    ]
    for answer in answers:
        assert (answer.status, answer.retry_after) == (503, "5")
        assert AWAY in answer.said
        assert "020 7946 0000" in answer.said
        assert "Nothing was booked or saved." in answer.said
    wired.whole()
    assert Appointment.objects.get().status == "held"
    assert browser.post(you, for_whom="me", form_token=token).status == 302
    assert Appointment.objects.get().status == "booked"


def test_a_database_started_again_costs_nobody_a_page(wired: Wired, clinic: World) -> None:
    pages = ("/", "/book/", clinic.time_url) * 8  # on every line that a process keeps
    together(8, lambda _: [HttpBrowser(wired.host).get(page).status for page in pages])
    wired.database.cut()
    wired.database.mend()
    statuses = [HttpBrowser(wired.host).get(page).status for page in pages]
    assert statuses == [200] * len(pages)


def test_an_answer_lost_at_the_commit_is_one_visit_and_its_page(
    wired: Wired, clinic: World
) -> None:
    """The database has booked; the line breaks before it can say so."""
    browser = wired.somebody()
    you = choose(clinic, browser)
    token = browser.get(you).value_of("form_token")
    before = wired.database.swallowed
    wired.database.swallow(b"COMMIT")
    done = browser.post(you, for_whom="me", form_token=token)
    assert wired.database.swallowed == before + 1
    visit = Appointment.objects.get()
    assert (visit.status, done.status) == ("booked", 302)
    assert done.url == f"/book/done/{visit.public_id}/"
    assert Message.objects.filter(kind="confirmation").count() == 1
    again = browser.post(you, for_whom="me", form_token=token)
    assert again.url == done.url


class TestBusyDatabase:
    """Somebody else has the calendar locked for longer than anybody should wait."""

    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attempts, "LOCK_TIMEOUT", "50ms")
        monkeypatch.setattr(attempts, "PAUSE", (0.01, 0.02))

    @pytest.fixture
    def locked(self, clinic: World) -> Iterator[Any]:
        """Another connection that can lock the specialist's calendar."""
        line = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
        line.autocommit = True
        with line.cursor() as cursor:
            yield lambda name: cursor.execute(
                f"SELECT pg_advisory_{name}(%s, %s)", [PRACTITIONER, clinic.person.pk]
            )
        line.close()

    def test_choosing_is_503_with_the_choice_still_made(
        self, clinic: World, client: Browser, locked: Any
    ) -> None:
        locked("lock")
        answer = clinic.choose(client)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert BUSY in text_of(answer)
        value = value_of(clinic.start)
        assert f'id="start-{value}" value="{value}"' in text_of(answer)
        assert not Appointment.objects.exists()
        locked("unlock")
        assert clinic.choose(client).status_code == 302

    def test_booking_is_503_with_everything_typed_and_the_time_still_kept(
        self, clinic: World, client: Browser, locked: Any
    ) -> None:
        user = make_user()
        make_client(user)
        client.force_login(user)
        clinic.choose(client)
        sent = {"for_whom": "me", "note": "By the window", "form_token": str(uuid.uuid4())}
        locked("lock")
        answer = client.post(clinic.you_url, sent)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert BUSY in text_of(answer)
        assert "By the window" in text_of(answer)
        assert Appointment.objects.get().status == "held"
        locked("unlock")
        assert client.post(clinic.you_url, sent).status_code == 302
        assert Appointment.objects.get().status == "booked"
