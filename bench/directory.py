"""The next free time of everybody in the directory."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.utils import timezone

from bench import clinic_1m, limits, site
from bench.clinic_1m import Clinic
from bench.line import Line, Target
from bench.timing import by_turns, queries_of
from bookings.availability import next_free
from bookings.starts import ANSWERS
from practitioners.facts import facts
from practitioners.once import read_once

PAGE = 20
DAYS = (4, 30)  # looked at first, and for those who have nothing free by then


def directory_next(clinic: Clinic) -> Line:
    """Of a thousand people by the function, of a page of twenty, and of a page over HTTP."""
    seconds = 0.1 if clinic == clinic_1m.TINY else 3
    everybody, page = list(range(1, clinic.people + 1)), list(range(1, PAGE + 1))
    pair = by_turns(lambda: _ours(everybody), lambda: _raw(everybody), seconds=seconds)
    line = Line(
        "directory_next", pair.ours_ms, pair.limit_ms, "ms", Target("<=", 1.2), size=str(clinic)
    )
    line.queries = queries_of(lambda: _ours(everybody))
    twenty = by_turns(lambda: _ours(page), lambda: _raw(page), seconds=seconds)
    line.also("page20_ms", twenty.ours_ms, Target("<=", 1))
    anew = by_turns(lambda: _anew(page), lambda: _raw(page), seconds=seconds)
    line.also("page20_anew_ms", anew.ours_ms)
    line.also("page20_anew_of_raw", anew.ours_ms / anew.limit_ms)
    with site.running() as path:
        browser = site.Browser(path)
        http = by_turns(
            lambda: browser.send(site.get("/specialists/")),
            lambda: browser.send(site.get("/floor/page/50/")),
            seconds=seconds,
        )
    line.also("http_ms", http.ours_ms)
    line.also("http_of_floor_page", http.ours_ms / http.limit_ms, Target("<=", 1.5))
    return line


def _ours(people: list[int]) -> None:
    """As the page of the directory asks, with the clinic's facts read before."""
    with read_once():
        services = facts().services
        found = next_free(services, practitioners=people, now=timezone.now())
    assert all(found.values())


def _anew(people: list[int]) -> None:
    """The same right after something has been written."""
    ANSWERS.forget()
    _ours(people)


def _raw(people: list[int]) -> None:
    today, missing = timezone.now().date(), set(people)
    with connection.cursor() as cursor:
        for days in DAYS:
            missing -= _found(cursor, missing, today, days)
            if not missing:
                return


def _found(cursor: object, people: set[int], today: date, days: int) -> set[int]:
    rows = limits.execute(cursor, "next_free", list(people), today, days, 60, 15, 10).fetchall()
    return {row[0] for row in rows}
