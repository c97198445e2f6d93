"""How long a booking takes: over HTTP beside a floor view, and the function beside one INSERT."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client as TestBrowser
from django.utils import timezone

from bench import limits, logins, site
from bench.clinic_1m import TINY, Clinic, Start, free_starts
from bench.line import Line, Target
from bench.timing import by_turns, percentile, queries_of
from bookings import calendar
from bookings.models import Client
from practitioners.models import Location, Practitioner, Service

FORM = {"for_whom": "me", "other_name": "", "relation": "other", "note": ""}
MOST_STATEMENTS = Target("<=", 20)


def book_http(clinic: Clinic) -> Line:
    """A client who is signed in presses the button; nobody else wants that time."""
    rounds, burst = (2, 4) if clinic == TINY else (24, 24)
    starts = iter(free_starts(clinic, 4 * (rounds + 1) * burst + 8))
    statements = {_statements(next(starts)) for _ in range(3)}
    with site.running() as path:
        two = _by_turns(path, starts, lines=2, rounds=rounds, burst=burst)
        many = _by_turns(path, starts, lines=16, rounds=rounds, burst=burst)
    line = Line(
        "book_http", 1000 * percentile(two[0].seconds, 0.5), 1000 * percentile(two[1].seconds, 0.5),
        "ms p50, 2 connections", Target("<=", 2), max(statements), size=str(clinic),
    )  # fmt: skip
    line.also("statements", max(statements), MOST_STATEMENTS)
    line.also("statements_vary_by", max(statements) - min(statements), Target("==", 0))
    for lines, (ours, floor) in ((2, two), (16, many)):
        line.also(f"req_s_{lines}", ours.rate)
        line.also(f"req_s_{lines}_floor", floor.rate)
        line.also(f"req_s_{lines}_of_floor", ours.rate / floor.rate, Target(">=", 0.5))
    p50 = percentile(many[0].seconds, 0.5) / percentile(many[1].seconds, 0.5)
    line.also("p50_16_ratio", p50, Target("<=", 2))
    return line


def _by_turns(
    path: Path, starts: Iterator[Start], *, lines: int, rounds: int, burst: int
) -> tuple[site.Crowd, site.Crowd]:
    """Bursts of bookings on our page and on the floor's; the first pair only warms up."""
    ours, floor = site.Crowd(), site.Crowd()
    for number in range(rounds + 1):
        people = logins.sign_in(2 * burst)
        mine, theirs = people[:burst], people[burst:]
        kept = [next(starts) for _ in mine]
        logins.keep(mine, kept)
        booked = [_press(login) for login in mine]
        plain = [_press_floor(login, next(starts)) for login in theirs]
        for crowd, requests in ((ours, booked), (floor, plain)):
            seen = site.Crowd() if number == 0 else crowd
            site.ask_together(path, requests, lines, seen)
            if set(seen.statuses) != {302}:
                raise RuntimeError(f"Not every booking was made: {set(seen.statuses)}")
    return ours, floor


def _press(login: logins.Login) -> site.Request:
    form = {**FORM, "form_token": str(uuid.uuid4())}
    return site.post("/book/massage/you/", login.session, form)


def _press_floor(login: logins.Login, start: Start) -> site.Request:
    form = {
        "practitioner": start.practitioner, "room": start.room, "client": login.client,
        "location": start.place, "service": 1, "start": start.at.isoformat(),
    }  # fmt: skip
    return site.post(
        "/floor/book/", login.session, {key: str(value) for key, value in form.items()}
    )


def _statements(start: Start) -> int:
    """How many statements one press sends, from reading the session to writing it."""
    login = logins.sign_in(1)[0]
    logins.keep([login], [start])
    browser = TestBrowser()
    browser.cookies["sessionid"] = login.session

    def press() -> None:
        answer = browser.post("/book/massage/you/", {**FORM, "form_token": str(uuid.uuid4())})
        assert answer.status_code == 302, answer.status_code

    return queries_of(press)


def book_sql(clinic: Clinic) -> Line:
    """The function that books, with its messages, beside the guarded INSERT alone."""
    starts = iter(free_starts(clinic, 12 if clinic == TINY else 12_000))
    service, user = Service.objects.get(), get_user_model().objects.create_user("desk@example.com")

    def ours() -> None:
        start = next(starts)
        calendar.book(
            service, people[start.practitioner], start.at, location=places[start.place],
            client=clients[start.client], by=user, now=timezone.now(),
        )  # fmt: skip

    def bare() -> None:
        start = next(starts)
        keys = (start.practitioner, start.room, start.client, start.place, service.pk)
        with connection.cursor() as cursor:
            assert limits.execute(cursor, "book", *keys, start.at).fetchone()

    people, places = Practitioner.objects.in_bulk(), Location.objects.in_bulk()
    clients = Client.objects.in_bulk()
    queries = queries_of(ours)
    seconds, least = (0.1, 2) if clinic == TINY else (8, 30)
    pair = by_turns(ours, bare, seconds=seconds, warm=2, least=least)
    line = Line(
        "book_sql", pair.ours_ms, pair.limit_ms, "ms p50", Target("<=", 5), queries, size=str(clinic)
    )  # fmt: skip
    line.also("stretch", 3)
    return line
