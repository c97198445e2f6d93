"""Times and prices in templates, in the words of `bookings.times`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from bookings.times import Words, money
from bookings.models import Appointment

register = template.Library()


def _words(context: Any, zone: Any) -> Words:
    return Words(zone, context["site"].time_style)


def _today(zone: Any) -> date:
    return timezone.now().astimezone(zone).date()


@register.simple_tag(takes_context=True)
def when(context: Any, at: datetime, zone: Any) -> str:
    """Tuesday 1 December, 10:15am, London time."""
    return _words(context, zone).when(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def day_of(context: Any, at: datetime, zone: Any) -> str:
    """Tuesday 1 December."""
    return _words(context, zone).day(at, today=_today(zone))


@register.simple_tag(takes_context=True)
def time_of(context: Any, at: datetime, zone: Any) -> str:
    """10:15am."""
    return _words(context, zone).time(at)


@register.simple_tag(takes_context=True)
def short_when(context: Any, at: datetime, zone: Any) -> str:
    """Tue 1 Dec, 10:15am."""
    return _words(context, zone).short(at)


@register.simple_tag(takes_context=True)
def price_of(context: Any, amount: Decimal) -> str:
    """£58."""
    return money(amount, context["site"].currency)


@register.filter
def state_words(visit: Appointment) -> str:
    """The word for a visit's state."""
    return visit.get_status_display()
