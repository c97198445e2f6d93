"""A page of a long list, and how many there are in all, by one query.

Django's own paginator counts first and asks for rows then, and past the end counts once more.
"""

from __future__ import annotations

import re
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet, Value, Window
from django.db.models.functions import Greatest, Least, RowNumber


def numbered(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each with how many there are in all, `in_all`."""
    return rows.annotate(in_all=Window(Count("*")))


def page_of(rows: QuerySet[Any], asked: str, size: int) -> Page:
    """The page that an address asks for; the last where there are fewer, the first for no number.

    One query, whether the page exists or not.
    """
    number = max(int(asked), 1) if re.fullmatch("[0-9]{1,4}", asked, re.ASCII) else 1
    if number == 1:
        return cut(list(numbered(rows)[:size]), 1, size)
    order: Any = rows.query.order_by or rows.model._meta.ordering
    last = (F("in_all") - Value(1)) / Value(size)  # counted from none, like the one asked for
    before = Greatest(Least(Value(number - 1), last), Value(0)) * Value(size)
    placed = numbered(rows).annotate(place=Window(RowNumber(), order_by=order))
    found = list(placed.filter(place__gt=before, place__lte=before + Value(size)))
    return cut(found, (found[0].place - 1) // size + 1 if found else 1, size)


def cut(rows: list[Any], number: int, size: int) -> Page:
    """A page of rows that are `numbered`."""
    return Page(rows, number, Paginator(range(rows[0].in_all if rows else 0), size))
