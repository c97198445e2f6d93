"""What the log says of requests, errors and tasks, and what it must never say."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from gunicorn.config import Config
from structlog.stdlib import ProcessorFormatter

from bookings.tests.factories import make_staff, make_user
from clinic.celery import app
from clinic.gunicorn_conf import SiteLogger
from clinic.tests import pages
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db
CANARY = "kanarienvogel"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """Everything that the site's own handler writes meanwhile."""
    root = logging.getLogger()
    handler: Any = next(
        one for one in root.handlers if isinstance(one.formatter, ProcessorFormatter)
    )
    written = io.StringIO()
    terminal = handler.setStream(written)
    yield written
    handler.setStream(terminal)


@pytest.fixture
def lines(output: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_pattern(client: Browser, lines: Lines) -> None:
    person = make_practitioner()
    answer = client.get(f"/specialists/{person.slug}/?q={CANARY}")
    (line,) = lines()
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "method": "GET",
        "route": "/specialists/<slug:slug>/",
        "status": 200,
        "user": "visitor",
        "level": "info",
        "logger": "clinic.logs",
        "request_id": answer["X-Request-ID"],
    }


def test_the_kind_of_user_is_all_that_is_said_of_a_person(client: Browser, lines: Lines) -> None:
    dana = make_practitioner(user=make_user(name=CANARY, email=f"{CANARY}@example.com"))
    for user in (make_user(name=CANARY), dana.user, make_staff("Front desk")):
        client.force_login(user)
        client.get("/desk/")
    assert [line["user"] for line in lines()] == ["client", "practitioner", "staff"]


def test_what_no_page_has_and_what_is_asked_all_the_time(client: Browser, lines: Lines) -> None:
    client.get(f"/{CANARY}/")
    client.get("/health/")
    assert [(line["route"], line["status"]) for line in lines()] == [("(no page)", 404)]


def test_no_token_name_or_word_of_a_request_is_logged(
    output: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address with a canary in each changing part, in the query, the form and the head."""
    for kind in ("slug", "str", "path"):
        monkeypatch.setitem(pages.STAND_INS, kind, CANARY)
    browsers = [Browser(raise_request_exception=False), Browser(enforce_csrf_checks=True)]
    browsers[0].force_login(make_staff("Admin", name=CANARY, email=f"{CANARY}@example.com"))
    head = {"User-Agent": CANARY, "Referer": f"http://testserver/{CANARY}", "X-Request-ID": CANARY}
    for address in pages.addresses():
        for browser in browsers:
            browser.get(f"{address.path}?q={CANARY}&next=/{CANARY}", headers=head)
            browser.post(f"{address.path}?q={CANARY}", {"name": CANARY, "email": CANARY})
    browsers[0].get("/", headers={"Host": f"{CANARY}.example"})
    browsers[0].post("/sign-in/", b'{"' + CANARY.encode(), content_type="application/json")
    assert len(output.getvalue().splitlines()) > 200
    assert CANARY not in output.getvalue()


def test_an_error_says_where_but_not_what(
    output: io.StringIO, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(request: Any) -> None:
        try:
            int(CANARY)
        except ValueError as problem:
            raise KeyError(CANARY) from problem

    monkeypatch.setattr("clinic.views.landing.render", lambda request, *_, **__: fall(request))
    answer = Browser(raise_request_exception=False).get("/", headers={"Cookie": f"a={CANARY}"})
    assert answer.status_code == 500
    ours, django, request = lines()
    assert (ours["event"], ours["route"]) == ("server_error", "")
    assert ours["reference"] in answer.content.decode()
    assert django["event"] == "Internal Server Error: /"
    assert django["error"] == "builtins.KeyError from builtins.ValueError"
    assert django["at"][-1].startswith("clinic/tests/test_logs.py:")
    assert (request["event"], request["status"]) == ("request", 500)
    assert {line["request_id"] for line in lines()} == {answer["X-Request-ID"]}
    assert CANARY not in output.getvalue()


def test_control_characters_stay_on_their_line(client: Browser, output: io.StringIO) -> None:
    client.get("/specialists/a%0a%1b[31mb/")
    logging.getLogger("somebody").warning("a\nb\x1b[31m\u202e")
    assert len(output.getvalue().splitlines()) == 2
    assert "a\\nb\\u001b[31m\\u202e" in output.getvalue()


def test_a_failed_task_is_named_without_its_words(output: io.StringIO, lines: Lines) -> None:
    said = {"name": "bookings.tasks.send_due", "id": "1", "description": "raised unexpected",
            "exc": CANARY, "args": CANARY, "traceback": CANARY}  # fmt: skip
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] %(description)s: %(exc)s", said, exc_info=True
        )
    (line,) = lines()
    assert line["event"] == "Task bookings.tasks.send_due[1] raised unexpected: ..."
    assert line["error"] == "builtins.ValueError"
    assert CANARY not in output.getvalue()


def test_celery_leaves_the_log_alone() -> None:
    before = list(logging.getLogger().handlers)
    app.log.already_setup = False
    app.log.setup(loglevel="DEBUG")
    assert logging.getLogger().handlers == before


def test_gunicorn_says_no_address_either(output: io.StringIO, lines: Lines) -> None:
    log = SiteLogger(Config())
    log.warning(f"Invalid request from ip=1.2.3.4: bad line 'GET /v/{CANARY}/ x'")
    try:
        raise OSError(CANARY)
    except OSError:
        log.exception("Error handling request %s %s", "GET", f"/v/{CANARY}/")
    assert [line["event"] for line in lines()] == [
        "A request could not be read.",
        "Error handling request ... ...",
    ]
    assert CANARY not in output.getvalue()
