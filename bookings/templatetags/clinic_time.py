"""Times and prices in templates, in the words of `bookings.times`."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.dateformat import format as date_format

from bookings import times
from bookings.models import Appointment
from bookings.opening import OpenDays

register = template.Library()


def _words(context: Context, zone: Any) -> times.Words:
    return times.Words(zone, context["site"].time_style)


def _today(zone: Any) -> date:
    return timezone.now().astimezone(zone).date()


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime, zone: Any) -> str:
    """Tuesday 1 December, 10:15am, London time (GMT)."""
    return _words(context, zone).when(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def day_of(context: Context, at: datetime, zone: Any) -> str:
    """Tuesday 1 December."""
    return _words(context, zone).day(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def time_of(context: Context, at: datetime, zone: Any) -> str:
    """10:15am."""
    return _words(context, zone).time(at)


@register.simple_tag(takes_context=True)
def clock_of(context: Context, at: time) -> str:
    """10:15am, for a time of a wall clock that belongs to no day."""
    return times.clock(at, context["site"].time_style)


@register.simple_tag(takes_context=True)
def short_when(context: Context, at: datetime, zone: Any) -> str:
    """Tue 1 Dec, 10:15am, with the year when it is not this one."""
    return _words(context, zone).short(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def span_of(context: Context, begins_at: datetime, ends_at: datetime, zone: Any) -> str:
    """Tue 1 Dec, 10:15am to 2:30pm; whole days without times; with years when one is not this one."""
    return _words(context, zone).span(begins_at, ends_at, today=_today(zone))


@register.simple_tag(takes_context=True)
def within_day(context: Context, begins_at: datetime, ends_at: datetime, zone: Any) -> str:
    """10:15am to 2:30pm, or from 10:15am, or until 2:30pm: of a day that is named beside it."""
    return _words(context, zone).within_day(begins_at, ends_at)


@register.simple_tag(takes_context=True)
def soon(context: Context, at: datetime, zone: Any) -> str:
    """today 4:45pm, tomorrow 9:00am, else Tue 1 Dec, 10:15am."""
    return _words(context, zone).soon(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def near_day(context: Context, at: datetime, zone: Any) -> str:
    """Today, tomorrow, else Tue 1 Dec, with a capital."""
    said = _words(context, zone).near_day(at, today=_today(zone))
    return said[0].upper() + said[1:]


@register.simple_tag
def zone_of(at: datetime, zone: Any) -> str:
    """London (GMT): whose clock a time in a list is on."""
    return times.Words(zone).zone_line(at)


@register.simple_tag
def local_date(at: datetime, zone: Any) -> str:
    """2026-12-01, for an address."""
    return f"{at.astimezone(zone):%Y-%m-%d}"


@register.simple_tag(takes_context=True)
def open_line(context: Context, days: OpenDays) -> str:
    """Monday to Friday, 8:00am to 7:00pm."""
    return days.say(context["site"].time_style)


@register.simple_tag(takes_context=True)
def price_of(context: Context, amount: Decimal) -> str:
    """£58."""
    return times.money(amount, context["site"].currency)


@register.simple_tag
def date_of(on: date, zone: Any) -> str:
    """Tuesday 1 December, with the year when it is not this one; for a date without a time."""
    return times.say_day(on, today=_today(zone))


@register.filter
def say_day(on: date) -> str:
    """Tuesday 1 December 2026, for a date without a time; the year is always said."""
    return times.say_day(on)


@register.filter
def dated(on: date, form: str) -> str:
    """A date as Django's `date` says it, with the year when it is not this one."""
    is_other = on.year != timezone.localdate().year
    return date_format(on, f"{form} Y" if is_other else form)


@register.filter
def state_words(visit: Appointment) -> str:
    """The word for a visit's state."""
    return visit.get_status_display()
