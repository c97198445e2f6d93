"""How the machinery of messages is doing: each figure with its limit, red beyond it.

No figure says anything about a person. The first ones are cheap enough to be asked every
few seconds; `traffic` reads a week and is for a page that somebody opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from bookings.messages import fuse, heartbeat
from bookings.models import Message

State = Message.State
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
OLDEST_DUE = timedelta(minutes=10)
OLDEST_BEAT = timedelta(minutes=3)
MOST_AMBIGUOUS = 5  # in an hour
MOST_FAILED = 0.02  # of those of a day
FEW = 20  # below that no share means anything
GAVE_UP = ("poison", "not_prepared")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is watched: how it stands, in words, and whether it is beyond its limit."""

    name: str
    label: str
    words: str
    limit: str
    is_red: bool


def figures(*, now: datetime) -> list[Figure]:
    """Everything that is watched. Nine queries over small indexes."""
    return [
        _oldest_due(now),
        _beat(heartbeat.SWEEP, "Last look for what is due", now),
        _beat(heartbeat.DELIVERY, "Last worker that sent", now),
        _needs_a_person(now),
        _gave_up(now),
        _ambiguous(now),
        _failed(now),
        _fuse(now),
    ]


def is_red(found: Iterable[Figure]) -> bool:
    return any(figure.is_red for figure in found)


def _oldest_due(now: datetime) -> Figure:
    waiting = Message.objects.due(now=now).exclude(expires_at__lte=now).order_by("send_after")
    oldest = (
        waiting.filter(lane__in=Message.Lane.values).values_list("send_after", flat=True).first()
    )
    age = now - oldest if oldest else timedelta()
    words = f"{_minutes(age)} old" if oldest else "none waits"
    return Figure("oldest_due", "Oldest message that is due", words, "10 minutes", age > OLDEST_DUE)


def _beat(name: str, label: str, now: datetime) -> Figure:
    at = heartbeat.last(name)
    words = f"{_minutes(now - at)} ago" if at else "never"
    return Figure(name, label, words, "3 minutes", at is None or now - at > OLDEST_BEAT)


def _needs_a_person(now: datetime) -> Figure:
    count = Message.objects.filter(state=State.UNKNOWN).count()
    return Figure("unknown", "May have arrived, a person decides", str(count), "0", count > 0)


def _gave_up(now: datetime) -> Figure:
    """Rows that could not be prepared within the last day; a new one is a fault of ours."""
    parked = Message.objects.filter(
        state=State.FAILED, last_code__in=GAVE_UP, send_after__gt=now - DAY
    )
    count = parked.count()
    return Figure("parked", "Given up on while preparing, last day", str(count), "0", count > 0)


def _ambiguous(now: datetime) -> Figure:
    tried = Message.objects.handed_over(since=now - HOUR, until=now)
    count = tried.filter(is_ambiguous=True).count()
    return Figure(
        "ambiguous", "Without an answer, last hour", str(count), "5", count > MOST_AMBIGUOUS
    )


def _failed(now: datetime) -> Figure:
    day = Message.objects.handed_over(since=now - DAY, until=now)
    all_of_them, failed = day.count(), day.filter(state=State.FAILED).count()
    share = failed / all_of_them if all_of_them else 0
    words = f"{failed} of {all_of_them}"
    is_too_many = all_of_them >= FEW and share > MOST_FAILED
    return Figure("failed", "Failed, last day", words, "2 %", is_too_many)


def _fuse(now: datetime) -> Figure:
    blown = [lane.label.lower() for lane in fuse.blown(now=now)]
    words = f"{' and '.join(blown)} paused" if blown else "holds"
    return Figure("fuse", "Fuse against loops", words, "holds", bool(blown))


def _minutes(age: timedelta) -> str:
    return _counted(int(age.total_seconds() // 60), "minute")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def lasting(seconds: float) -> str:
    """How long, in the largest unit of which there are two: 90 seconds, 3 hours, 2 days."""
    size, unit = next(one for one in UNITS if seconds >= 2 * one[0] or one[0] == 1)
    return _counted(round(seconds / size), unit)


@dataclass(frozen=True, slots=True)
class Traffic:
    """A week of messages: how many in each state, and how long they took."""

    states: list[tuple[str, int]]
    median_seconds: float | None
    slow_seconds: float | None  # one in twenty took longer

    @property
    def median_words(self) -> str:
        return lasting(self.median_seconds or 0)

    @property
    def slow_words(self) -> str:
        return lasting(self.slow_seconds or 0)


def traffic(*, now: datetime) -> Traffic:
    """Count a week. Two queries that read it whole."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [now - WEEK, now])
        counted = dict(cursor.fetchall())
        cursor.execute(LATENCY, [now - WEEK, now])
        median, slow = cursor.fetchone()
    states = [(State(name).label, counted[name]) for name in State.values if name in counted]
    return Traffic(states, median, slow)


COUNTS = """
SELECT state, count(*) FROM bookings_message WHERE send_after > %s AND send_after <= %s
 GROUP BY state
"""
LATENCY = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY took)
  FROM (SELECT extract(epoch FROM sent_at - send_after) AS took FROM bookings_message
         WHERE state = 'sent' AND sending_at > %s AND sending_at <= %s) AS sent
"""
