"""Parts of a page that depend on nobody, each drawn once for the same values.

    {% part "bookings/_specialist_row.html" row=row phone=site.phone %}

A part sees the values that it is given and nothing else: no request, no visitor, no clock. So
equal values look the same to everybody, and nothing has to be forgotten in time: once a time is
taken or a name has changed, the values are others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()
KEPT = 512  # of each process, a few kilobytes a part
PLAIN = {str, int, bool, type(None)}
Values = tuple[tuple[str, Any], ...]


@register.simple_tag
def part(template_name: str, **values: Any) -> SafeString:
    """Draw a template of words, numbers and tuples of them. Raises TypeError for anything else."""
    if settings.DEBUG:  # a template may be edited while the site runs
        return _drawn(template_name, tuple(values.items()))
    return _drawn_once(template_name, tuple(values.items()))


def _drawn(template_name: str, values: Values) -> SafeString:
    given = {name: as_text(value) for name, value in values}
    for name, value in given.items():
        if not is_plain(value):
            raise TypeError(f"{template_name} is given {name}, which may change unseen.")
    return render_to_string(template_name, given)


_drawn_once = lru_cache(KEPT)(_drawn)


def as_text(value: Any) -> Any:
    """Markup is text like any other, and escaped: the two are equal, so neither may be trusted."""
    return str.__str__(value) if isinstance(value, SafeString) else value


def is_plain(value: Any) -> bool:
    """Tell whether a value is told from others by all that it shows.

    Rows are not: two are equal when their keys are.
    """
    return type(value) in PLAIN or (isinstance(value, tuple) and all(map(is_plain, value)))
