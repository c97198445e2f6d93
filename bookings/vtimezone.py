"""A time zone as calendar files describe it: when its clock changes, and from what to what.

    London    DAYLIGHT   from 29 Mar 1970, 01:00 at +00:00, to +01:00   every last Sunday of March
              STANDARD   from 25 Oct 1970, 02:00 at +01:00, to +00:00   every last Sunday of October

An onset is said on the clock that it ends (RFC 5545 3.6.5). The rule of today is said to hold
since 1970, as all calendar programs do: some readers look at old years to know a zone. Zones
without a yearly rule list their changes one by one. `icalendar` can describe zones, too, but
says the onset of summer time on the new clock, so that visits of that hour are an hour off.
Pure: no database, no settings.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar

A_YEAR, A_DAY, A_MINUTE = timedelta(days=366), timedelta(days=1), timedelta(minutes=1)
SINCE = 1970
YEARS_BEFORE, YEARS_AFTER = 1, 8  # looked at, to tell a rule from chance
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1


@dataclass(frozen=True, slots=True)
class Change:
    """The clock goes from one offset to another; `at` is wall time on the old one, without a zone."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def kind(self) -> tuple[timedelta, timedelta, str]:
        return self.before, self.after, self.name


@dataclass(frozen=True, slots=True)
class Rule:
    """Once a year: the first, second, … or last such weekday of a month."""

    month: int
    weekday: int
    which: int


def described(zone: ZoneInfo, *, first: date, last: date) -> icalendar.Timezone:
    """Describe a zone so that every moment between two dates is found by the description alone."""
    component = icalendar.Timezone()
    component.add("tzid", zone.key)
    begins = date(first.year - YEARS_BEFORE, 1, 1)
    changes = changes_between(zone, begins, date(last.year + YEARS_AFTER, 1, 1))
    groups: dict[tuple[timedelta, timedelta, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.kind].append(change)
    rules = [yearly_rule(group) for group in groups.values()]
    if not groups or None in rules:
        known = [_standing(zone, begins), *changes]
        parts = [_observance(one) for one in known if one.at.date() <= last + A_YEAR]
    else:
        parts = [
            _observance(_first(group[0], rule), rule)
            for group, rule in zip(groups.values(), rules, strict=True)
            if rule
        ]
    for part in parts:
        component.add_component(part)
    return component


@lru_cache(maxsize=64)
def changes_between(zone: ZoneInfo, first: date, last: date) -> tuple[Change, ...]:
    """Every change of the zone's clock between two dates, in order."""
    found = []
    at = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC)
    while at < end:
        following = at + A_DAY
        if _offset(zone, at) != _offset(zone, following):
            found.append(_change(zone, at, following))
        at = following
    return tuple(found)


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> Change:
    """The change between two moments, to the minute."""
    before = _offset(zone, low)
    while high - low > A_MINUTE:
        middle = low + (high - low) // 2 // A_MINUTE * A_MINUTE
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    name = high.astimezone(zone).strftime("%Z")
    return Change((high + before).replace(tzinfo=None), before, _offset(zone, high), name)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _standing(zone: ZoneInfo, on: date) -> Change:
    """How the clock stands at the beginning of a day, as if it had always been so."""
    at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    local, offset = at.astimezone(zone), _offset(zone, at)
    return Change(local.replace(tzinfo=None), offset, offset, local.strftime("%Z"))


def yearly_rule(changes: list[Change]) -> Rule | None:
    """The rule that gives exactly these changes: a weekday of a month, once a year; else None."""
    days = [change.at.date() for change in changes]
    years = [day.year for day in days]
    is_yearly = years == list(range(years[0], years[0] + len(years))) and len(years) > YEARS_AFTER
    same = {
        (day.month, day.weekday(), change.at.time())
        for day, change in zip(days, changes, strict=True)
    }
    which = {LAST} if all(map(_is_last, days)) else {(day.day - 1) // 7 + 1 for day in days}
    if not is_yearly or len(same) > 1 or len(which) > 1:
        return None
    return Rule(days[0].month, days[0].weekday(), which.pop())


def _first(change: Change, rule: Rule) -> Change:
    """The first change that a rule gives, counted from 1970."""
    month = range(1, calendar.monthrange(SINCE, rule.month)[1] + 1)
    days = [day for day in month if date(SINCE, rule.month, day).weekday() == rule.weekday]
    day = days[rule.which if rule.which == LAST else rule.which - 1]
    return replace(change, at=datetime.combine(date(SINCE, rule.month, day), change.at.time()))


def _is_last(day: date) -> bool:
    return day.day + 7 > calendar.monthrange(day.year, day.month)[1]


def _observance(change: Change, rule: Rule | None = None) -> icalendar.Component:
    is_summer = change.after > change.before
    made = icalendar.TimezoneDaylight() if is_summer else icalendar.TimezoneStandard()
    made.add("dtstart", change.at)
    if rule:
        weekday = f"{rule.which}{WEEKDAYS[rule.weekday]}"
        made.add("rrule", {"freq": "yearly", "bymonth": rule.month, "byday": weekday})
    else:
        made.add("rdate", change.at)  # some readers want to be told that it happens once
    made.add("tzname", change.name)
    made.add("tzoffsetfrom", change.before)
    made.add("tzoffsetto", change.after)
    return made
