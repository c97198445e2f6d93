"""Free times: the endpoint, the page and the function beside the raw statement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client as TestBrowser
from django.utils import timezone

from bench import clinic_1m, database, limits, site
from bench.clinic_1m import Clinic
from bench.line import Line, Target
from bench.timing import Pair, by_turns, queries_of
from bookings.availability import free_slots, free_starts
from bookings.models import Appointment
from bookings.starts import Slot
from practitioners.facts import facts
from practitioners.models import Service
from practitioners.once import read_once

PAGE = "/book/massage/?location=place-1"
MOST_QUERIES = Target("<=", 3)
# By the number of people, days behind: for 200 some 50k and 150k visits, for 1000 50k, 1M and 5M.
HISTORIES = {50: (2,), 200: (100, 300), 1000: (20, 400, 2000)}


def slots_1x1(clinic: Clinic) -> Line:
    """One person, one day, over HTTP."""
    return _endpoint("slots_1x1", clinic, 1, 1)


def slots_1x14(clinic: Clinic) -> Line:
    """One person, two weeks, over HTTP."""
    return _endpoint("slots_1x14", clinic, 1, 14)


def _endpoint(name: str, clinic: Clinic, people: int, days: int) -> Line:
    with site.running() as path:
        pair = _over_http(path, clinic, people, days)
    line = Line(name, pair.ours_ms, pair.limit_ms, "ms", Target("<=", 1.2), size=str(clinic))
    _say_queries(line, people, days)
    return line


def slots_50x14(clinic: Clinic) -> Line:
    """Everybody of one place, two weeks: JSON and the page, beside the raw statement alone."""
    asked = "people=50&days=14"
    with site.running() as path, connection.cursor() as cursor:
        browser = site.Browser(path)
        json = by_turns(
            lambda: _good(browser, f"/floor/our-slots/?{asked}"),
            lambda: _raw(cursor, 50, 14),
            seconds=_seconds(clinic),
        )
        page = by_turns(
            lambda: _good_anew(browser, PAGE),
            lambda: _raw(cursor, 50, 14),
            seconds=_seconds(clinic),
        )
    line = Line(
        "slots_50x14", json.ours_ms, json.limit_ms, "ms", Target("<=", 1.2), size=str(clinic)
    )
    _say_queries(line, 50, 14)
    line.also("html_ms", page.ours_ms)
    line.also("html_ratio", page.ours_ms / page.limit_ms, Target("<=", 1.5))
    line.also("html_queries", queries_of(lambda: TestBrowser().get(PAGE)))
    return line


def slots_1000x30(clinic: Clinic) -> Line:
    """Everybody of every place, thirty days, by the function."""
    people = clinic.people
    with connection.cursor() as cursor:
        pair = by_turns(
            lambda: _for_a_page(_ours, people, 30),
            lambda: _raw(cursor, people, 30),
            seconds=_seconds(clinic),
        )
        packed = by_turns(
            lambda: _for_a_page(_our_starts, people, 30),
            lambda: _raw(cursor, people, 30, "free_slots_packed"),
            seconds=_seconds(clinic),
        )
    line = Line(
        "slots_1000x30", pair.ours_ms, pair.limit_ms, "ms", Target("<=", 1.3), size=str(clinic)
    )
    line.queries = queries_of(lambda: _for_a_page(_ours, people, 30))
    line.also("starts_ms", packed.ours_ms)
    line.also("starts_ratio_packed", packed.ours_ms / packed.limit_ms)
    line.also("slots", len(_ours(people, 30)))
    return line


def slots_growth(clinic: Clinic) -> Line:
    """One person, two weeks, with ever more visits behind them, beside a clinic without any."""
    plain = by_turns(_ours_1x14, _ours_1x14, seconds=0, least=1)
    line = Line("slots_growth", plain.ours_ms, plain.limit_ms, "ms", Target("<=", 1.15), 3)
    with database.beside(clinic.name, clinic.seed) as there:
        behind = 0
        for days in HISTORIES[clinic.people]:
            there(partial(clinic.add_history, days, behind))
            behind = days
            visits = there(Appointment.objects.count)
            pair = by_turns(lambda: there(_ours_1x14), _ours_1x14, seconds=_seconds(clinic))
            line.also(f"ratio_at_{visits // 1000}k", pair.ours_ms / pair.limit_ms)
            line.ours, line.limit = pair.ours_ms, pair.limit_ms
    line.queries = queries_of(_ours_1x14)
    line.size = f"{clinic}, beside up to {visits // 1000}k visits"
    return line


def _ours_1x14() -> list[Slot]:
    return _ours(1, 14)


def _ours(people: int, days: int) -> list[Slot]:
    now, service = timezone.now(), Service.objects.get()
    return free_slots(
        service, first_day=now.date(), days=days, now=now, practitioners=range(1, people + 1)
    )


def _for_a_page(ask: Callable[[int, int], list[Any]], people: int, days: int) -> list[Any]:
    """The same as a page asks, with the clinic's facts read before."""
    with read_once():
        facts()
        return ask(people, days)


def _our_starts(people: int, days: int) -> list[list[int]]:
    now, service = timezone.now(), Service.objects.get()
    found = free_starts(
        service, first_day=now.date(), days=days, now=now, practitioners=range(1, people + 1)
    )
    return [row.at for row in found]


def _raw(cursor: Any, people: int, days: int, statement: str = "free_slots") -> list[Any]:
    asked = (list(range(1, people + 1)), timezone.now().date(), days, 60, 15, 10)
    rows: list[Any] = limits.execute(cursor, statement, *asked).fetchall()
    return rows


def _over_http(path: Path, clinic: Clinic, people: int, days: int) -> Pair:
    """Our function in a view beside the raw statement in a view, on one line to one site."""
    browser, asked = site.Browser(path), f"people={people}&days={days}"
    return by_turns(
        lambda: _good(browser, f"/floor/our-slots/?{asked}"),
        lambda: _good(browser, f"/floor/slots/?{asked}"),
        seconds=_seconds(clinic), warm=10,
    )  # fmt: skip


def _good(browser: site.Browser, path: str) -> None:
    status = browser.send(site.get(path)).status
    if status != 200:
        raise RuntimeError(f"{path} answered {status}.")


def _good_anew(browser: site.Browser, path: str) -> None:
    """The same right after something has been written: its free times are found, and not kept."""
    database.forget_answers()
    _good(browser, path)


def _seconds(clinic: Clinic) -> float:
    return 0.1 if clinic == clinic_1m.TINY else 4


def _say_queries(line: Line, people: int, days: int) -> None:
    """The same few statements, however many people and days are asked for."""
    line.queries = queries_of(
        lambda: TestBrowser().get(f"/floor/our-slots/?people={people}&days={days}")
    )
    line.also("queries_at_most", line.queries, MOST_QUERIES)
    other = queries_of(lambda: TestBrowser().get("/floor/our-slots/?people=2&days=3"))
    line.also("queries_vary_by", abs(line.queries - other), Target("==", 0))
