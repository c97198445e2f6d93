"""The page of times as a month: which days have free times, each a link to its times."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bookings.months import FREE, days_of, last_month, lay_out_month, next_month, read_month
from bookings.paging import PageLinks
from bookings.timetable import Timetable
from practitioners.models.places import WEEKDAYS


def month_page(
    request: HttpRequest, table: Timetable, links: PageLinks, frame: dict[str, Any]
) -> HttpResponse:
    """Show one month. `frame` is what the page of times shows around it, too."""
    month = read_month(request.GET["month"], first=table.today, last=table.last_day)
    starts = table.starts(month, days=days_of(month))
    weeks = lay_out_month(
        starts,
        month,
        zone=table.location.zone,
        first=table.today,
        last=table.last_day,
    )
    base = "bookings/link_base.html" if frame["by_link"] else "base.html"
    context = {
        **frame,
        "base_template": "desk/base.html" if table.for_staff else base,
        "month": month,
        "weekdays": [name for _, name in WEEKDAYS],
        "weeks": [[(day, links.day(day.on) if day else "") for day in week] for week in weeks],
        "has_free": any(day and day.state == FREE for week in weeks for day in week),
        "as_days": links.day(max(month, table.today)),
        **_turning(table, links, month),
    }
    return render(request, "bookings/book_month.html", context)


def _turning(table: Timetable, links: PageLinks, month: date) -> dict[str, Any]:
    """The months before and after, as far as there is anything to book."""
    before, after = last_month(month), next_month(month)
    has_before = before >= table.today.replace(day=1)
    return {
        "before": (before, links.month(before)) if has_before else None,
        "after": (after, links.month(after)) if after <= table.last_day else None,
    }
