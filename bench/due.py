"""The sweep: what it costs when nothing is due, and how fast it turns plans into messages."""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Callable
from statistics import median

from django.core.management import call_command
from django.utils import timezone

from bench import database, limits, plans_2m, workers
from bench.line import Line, Target
from bench.plans_2m import Plans
from bench.timing import by_turns, queries_of
from treatment_plans import recall

BATCH = 500
WORKERS = (1, 2, 4)


def due_idle(plans: Plans) -> Line:
    """Looking when nothing is due: the sweep, and a whole tick of the command."""
    raw = database.session().cursor()

    def ours() -> None:
        assert recall.sweep(now=timezone.now()) == 0

    def bare() -> None:
        assert limits.execute(raw, "claim", timezone.now(), BATCH).fetchone() == (0,)

    def tick() -> None:
        call_command("send_due", "--once", stdout=io.StringIO())

    seconds = 0.1 if plans == plans_2m.TINY else 4
    pair = by_turns(ours, bare, seconds=seconds, warm=10, least=20)
    ticks = by_turns(tick, bare, seconds=seconds, warm=3, least=5)
    line = Line(
        "due_idle", pair.ours_ms, pair.limit_ms, "ms", Target("<=", 2.5), queries_of(ours), size=str(plans)
    )  # fmt: skip
    line.also("tick_ms", ticks.ours_ms)
    line.also("tick_queries", queries_of(tick))
    line.also("tick_of_limit", ticks.ours_ms / ticks.limit_ms, Target("<=", 62.5))
    return line


def due_claim(plans: Plans) -> Line:
    """A lot is due: plans a second by one, two and four workers, and nothing lost by a kill."""
    count, rounds = _many_due(plans)
    rates: dict[int, list[tuple[float, float]]] = {number: [] for number in WORKERS}
    for turn in range(rounds):
        for number in WORKERS:
            rates[number].append(_pair(count, number, ours_first=turn % 2 == 0))
    ours, bare = (median(pair[place] for pair in rates[1]) for place in (0, 1))
    plans_2m.make_due(count)
    queries = queries_of(_sweep)
    line = Line(
        "due_claim", ours, bare, "plans/s", Target(">=", 0.8), queries, size=f"{count} due, {plans}"
    )  # fmt: skip
    for number in WORKERS[1:]:
        line.also(f"ours_{number}_workers", median(pair[0] for pair in rates[number]))
        share = median(a / b for a, b in rates[number])
        line.also(f"ratio_{number}_workers", share, Target(">=", 0.8))
    lost, doubled = _with_a_kill(count)
    line.also("lost", lost, Target("==", 0))
    line.also("duplicates", doubled, Target("==", 0))
    return line


def _many_due(plans: Plans) -> tuple[int, int]:
    """How many plans are due, and how often."""
    if plans == plans_2m.TINY:
        return 20, 1
    return (50_000, 5) if plans == plans_2m.FULL else (10_000, 3)


def _pair(count: int, number: int, *, ours_first: bool) -> tuple[float, float]:
    """Our rate and the limit's, one right after the other: a disk is not as fast a minute later."""
    works = (_sweep, _claim) if ours_first else (_claim, _sweep)
    rates = {work: _rate(count, number, work) for work in works}
    return rates[_sweep], rates[_claim]


def _rate(count: int, number: int, work: Callable[[], int]) -> float:
    plans_2m.make_due(count)
    seconds, _ = workers.timed(number, work)
    assert plans_2m.written() == (count, count), plans_2m.written()
    return count / seconds


def _sweep() -> int:
    return recall.sweep(now=timezone.now())


def _claim() -> int:
    """The raw statement, batch after batch, by a bare driver."""
    total, cursor = 0, database.session().cursor()
    while True:
        (found,) = limits.execute(cursor, "claim", timezone.now(), BATCH).fetchone()
        total += found
        if found < BATCH:
            return total


def _with_a_kill(count: int) -> tuple[int, int]:
    """Kill one of two workers half-way, let a third finish; how many were lost, how many doubled."""
    plans_2m.make_due(count)
    pair = [workers.start(_sweep) for _ in range(2)]
    while plans_2m.written()[0] == 0 and pair[0].process.is_alive():
        time.sleep(0.002)
    pair[0].kill()
    pair[1].result()
    _sweep()
    messages, told = plans_2m.written()
    return count - told, messages - told


def due_million(plans: Plans) -> Line:
    """After an outage everything is due at once; two workers, and memory stays flat."""
    count = plans.active
    (ours, grew), (bare, _) = _drained(count, _sweep), _drained(count, _claim)
    line = Line(
        "due_million", ours, bare, "s", Target("<=", round(30 / 21, 2)), size=f"{count} due, {plans}"
    )  # fmt: skip
    line.also("plans_s", count / ours)
    line.also("memory_grew_mb", grew, Target("<=", 10))
    return line


def _drained(count: int, work: Callable[[], int]) -> tuple[float, float]:
    """Seconds of two workers for all that is due, and by how much the larger one grew."""
    plans_2m.make_due(count)

    def grow() -> float:
        first = _memory_mb()
        work()
        return _memory_mb() - first

    seconds, grew = workers.timed(2, grow)
    assert plans_2m.written() == (count, count), plans_2m.written()
    return seconds, max(grew)


def _memory_mb() -> float:
    """The most that this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
