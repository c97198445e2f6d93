"""Screen 2 of booking: the days and their free times. Moving a visit shows the same page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings import calendar
from bookings.availability import remember_givers
from bookings.errors import BookingError, Busy, SlotTaken
from bookings.instead import times_instead
from bookings.kept_times import kept_instead, say_kept
from bookings.paging import MINE, PageLinks, first_day_of, query_of, turning
from bookings.picking import Day, lay_out, read_start
from bookings.remembered import AskedFor, remember_choice
from bookings.sign_in import TooManyTries
from bookings.throttle import seconds_to_wait
from bookings.times import known_zone, place, say_day
from bookings.timetable import Timetable, place_for
from bookings.views.month import month_page
from bookings.visitors import known_visitor, visitor_key
from practitioners.facts import Facts, facts_of, facts_to_book, with_people
from practitioners.models import Practitioner
from practitioners.paths import path_to
from practitioners.prepared import PreparedQuery

BUSY_SECONDS = 5
PERSON = PreparedQuery(
    "person_to_book",
    {"on": "date", "slug": "text"},
    lambda on, slug: Practitioner.objects.bookable(on=on).with_work().filter(slug=slug),
)
WITH_PERSON = with_people(PERSON)
Problem = tuple[str, str]


class Chosen(NamedTuple):
    """What has been chosen, with the address to change it."""

    label: str
    value: str
    url: str


class FirstFree(NamedTuple):
    """The first free time there is from a day on, for days that have none; else an earlier one."""

    words: str
    url: str
    label: str = "First free"
    none_from: str = ""


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book_time(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a time; choosing keeps it for ten minutes."""
    now = timezone.now()
    known, person, notice = _person(request, slug, now=now)
    service = next((one for one in known.services if one.slug == slug), None)
    if service is None:
        return gone(request)
    if person:  # who gives it, and is there, is who offers it there
        places = [one for one in known.active_places if one.pk in person.place_keys]
    else:
        places = known.places_offering(service)
        remember_givers(service, known.givers_of(service))
    wanted = request.GET.get("location", "")
    location, first = place_for(places, service, person, wanted, now=now)
    if location is None:
        context = {"service": service, "person": person, "hide_book_button": True}
        return render(request, "bookings/no_times.html", context)
    table = Timetable(
        service, location, known.clinic, now, person, known_visitor(request), first=first
    )
    if request.method == "POST":
        return _choose(request, table)
    elsewhere = _elsewhere(known, table, wanted)
    return time_page(request, table, notice=" ".join(one for one in (notice, elsewhere) if one))


def gone(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    """Say that a session is not offered, with a way on."""
    return render(request, "bookings/gone.html", {"hide_book_button": True}, status=status)


def _person(
    request: HttpRequest, service: str, *, now: datetime
) -> tuple[Facts, Practitioner | None, str]:
    """Whoever was asked for, if they give the service of this slug; else what to say about it.

    With the facts that the page needs then. One query, or two where somebody does not give it.
    """
    slug = request.GET.get("practitioner", "")
    if not slug:
        return facts_to_book(), None, ""
    known = facts_of(WITH_PERSON, on=now.date(), slug=slug)
    person = next(iter(known.people), None)
    if person and service in person.service_slugs:
        return known, person, ""
    others = "These are the times of everybody who gives this session."
    refused = "This specialist takes no online bookings now."
    if person:
        refused = f"{person.name} does not give this session."
    return facts_to_book(), None, f"{refused} {others}"


def _elsewhere(known: Facts, table: Timetable, wanted: str) -> str:
    """What to say when the times of another place than the one asked for are shown."""
    if wanted in ("", table.location.slug):
        return ""
    name = next((one.name for one in known.active_places if one.slug == wanted), "")
    refused = "We do not know the place you asked for."
    if name:
        whose = (
            f"{table.person.name} does not work" if table.person else "Nobody gives this session"
        )
        refused = f"{whose} at {name}."
    return f"{refused} These are the times at {table.location.name}."


def _choose(request: HttpRequest, table: Timetable) -> HttpResponse:
    visitor = visitor_key(request)
    wait = seconds_to_wait("hold", request, visitor)
    if wait:
        return too_many(request, wait)
    starts_at = read_start(request.POST.get("start", ""))
    if starts_at is None:
        return time_page(request, table, problem="Choose a time")
    try:
        kept = calendar.hold(
            table.service,
            starts_at,
            practitioner=table.person,
            location=table.location,
            visitor=visitor,
            now=table.now,
        )
    except BookingError as refusal:
        return time_page(request, table, refusal=refusal, wished=starts_at)
    asked_for = AskedFor(anybody=table.person is None, zone=request.GET.get("zone", ""))
    remember_choice(request.session, kept, asked_for)
    return redirect("book_you", slug=table.service.slug)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say how long to wait."""
    refusal = TooManyTries(seconds)
    context = {
        "heading": "Too many tries",
        "sentences": [refusal.sentence],
        "way_on": request.get_full_path(),
        "way_on_words": "Go back to the times",
        "hide_book_button": True,
    }
    response = render(request, "errors/page.html", context, status=refusal.status)
    response["Retry-After"] = str(seconds)
    return response


def time_page(
    request: HttpRequest,
    table: Timetable,
    *,
    refusal: BookingError | None = None,
    problem: str = "",
    wished: datetime | None = None,
    notice: str = "",
    status: int = 0,
    back: tuple[str, str] | None = None,
    address: str = "",
    by_link: bool = False,
    template: str = "bookings/book_time.html",
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show four days of free times, and what is free around a time that was refused; or a month.

    `address` is the page's own when another page shows it, `back` where its link back
    leads: an address and its words. `template` and `more` are for a page of the desk.
    """
    links = PageLinks(table, address or request.path, zone=request.GET.get("zone", ""))
    choices = () if table.moving else choices_of(table, path_to("book_service"))
    frame = {
        "table": table,
        "choices": choices,
        "moving": table.moving,
        "by_link": by_link,
        "back": back or (choices[0].url, "Sessions"),
        "hide_book_button": True,
        **(more or {}),
    }
    if "month" in request.GET and request.method != "POST":
        return month_page(request, table, links, frame)
    first_day, date_problem = first_day_of(_asked_day(request), table)
    shown = _four_days(request, table, links, first_day)
    refused = _said(request, refusal, wished, table) if refusal else ""
    problems = _problems(refused, problem, date_problem, shown["days"])
    context = {
        **frame,
        **shown,
        "problems": problems,
        "has_errors": bool(problems) or status >= 400,
        "times": times_instead(table, wished, refusal, links),
        "notice": notice or shown["notice"],
    }
    code = status or (refusal.status if refusal else 422 if problems else 200)
    response = render(request, template, context, status=code)
    if isinstance(refusal, Busy):
        response["Retry-After"] = str(BUSY_SECONDS)
    return response


def _asked_day(request: HttpRequest) -> Mapping[str, str]:
    """What says which days to show: after a press those of the page, else the one that was chosen."""
    chosen = request.POST.get("start")
    if chosen and not any(name in request.GET for name in ("at", "date", "from")):
        return {"at": chosen}
    return request.GET


def _four_days(
    request: HttpRequest, table: Timetable, links: PageLinks, first_day: date
) -> dict[str, Any]:
    """The days with their free times, in the clocks asked for, and the ways to other days."""
    starts = table.starts(first_day)
    theirs = _theirs(request, table)
    days = lay_out(starts, first_day=first_day, words=table.words, theirs=theirs, today=table.today)
    chosen = request.POST.get("start") or request.GET.get("at", "")
    typed = request.GET.get("date", "")
    return {
        "is_for_anybody": not (table.moving or theirs or chosen or typed),
        "address": links.to(),
        "action": links.to(**_from(table, first_day)),
        "days": days,
        "chosen": chosen,
        "notice": _missing(request, table, starts),
        "typed_date": typed,
        "example": _typed(table.today + timedelta(days=7)),
        "first_bookable": table.today.isoformat(),
        "last_bookable": table.last_day.isoformat(),
        "kept_in_links": tuple(links.kept.items()),
        "first_free": None if starts else _first_free(table, links, first_day),
        "as_month": links.month(first_day),
        **turning(table, links, first_day),
        **_zones(table, links, first_day, theirs),
    }


def _typed(day: date) -> str:
    """A date as people type it: 1/12/2026."""
    return f"{day.day}/{day.month}/{day.year}"


def _problems(
    refused: str, problem: str, date_problem: str, days: tuple[Day, ...]
) -> list[Problem]:
    first_box = next((f"start-{one.value}" for day in days for one in day.choices), "jump")
    found = [(refused, first_box), (problem, first_box), (date_problem, "jump")]
    return [one for one in found if one[0]]


def _said(
    request: HttpRequest, refusal: BookingError, wished: datetime | None, table: Timetable
) -> str:
    """A taken time by its name: 10:15 on Tuesday 1 December has just been taken.

    The desk is told where it is only kept for somebody.
    """
    if type(refusal) is not SlotTaken or wished is None:
        return refusal.said(to_staff=table.for_staff)
    kept = kept_instead(request.user, table, wished) if table.for_staff else None
    if kept:
        return say_kept(kept, table, wished)
    words = table.words
    when = f"{words.time(wished)} on {words.day(wished, today=table.today)}"
    return f"{when} has just been taken. {_what_is_left(table)} Choose another time."


def _what_is_left(table: Timetable) -> str:
    """What a press has changed that found no free time: nothing, in the words for whoever reads it."""
    if table.moving:
        return f"{'The' if table.for_staff else 'Your'} session stays where it is."
    return "Nothing was booked." if table.for_staff else "Nothing was booked for you."


def _missing(request: HttpRequest, table: Timetable, starts: list[datetime]) -> str:
    """What to say when a link leads to a time that is no longer free."""
    at = read_start(request.GET.get("at", ""))
    if at is None or request.method == "POST" or at in starts:
        return ""
    words = table.words
    when = f"{words.time(at)} on {words.day(at, today=table.today)}"
    return f"{when} is no longer free. These are the times around it."


def choices_of(
    table: Timetable, page: str, *, session: str = "service", box: str = ""
) -> tuple[Chosen, ...]:
    """What has been chosen so far, each with the way to change it on the `page` where it was.

    That page reads the `session` under that name; its boxes have names that begin with `box`.
    """
    query = query_of(
        (session, table.service.slug),
        ("practitioner", table.person.slug if table.person else ""),
        ("location", table.location.slug),
    )
    change = f"{page}?{query}"
    service = table.service
    who = table.person.name if table.person else "Any specialist (soonest)"
    return (
        Chosen("Session", f"{service.name}, {service.minutes} minutes", change),
        Chosen("Specialist", who, f"{change}#{box}practitioner"),
        Chosen("Where", table.location.name, f"{change}#{box}location"),
    )


def _first_free(table: Timetable, links: PageLinks, first_day: date) -> FirstFree | None:
    """The first from the days shown on; where there is none, that it is so, and the first of all."""
    first = table.soonest(first_day)
    if first:
        return FirstFree(table.words.short(first, today=table.today), links.at(first))
    earlier = table.soonest() if first_day > table.today else None
    if earlier is None:
        return None
    said = table.words.short(earlier, today=table.today)
    none_from = say_day(first_day, today=table.today)
    return FirstFree(said, links.at(earlier), "Earlier", none_from)


def _from(table: Timetable, first_day: date) -> dict[str, str]:
    """What leads to the days shown again, where the page would begin with others."""
    starts_there = first_day == table.today and table.moving is None
    return {} if starts_there else {"from": f"{first_day}"}


def _theirs(request: HttpRequest, table: Timetable) -> Any:
    """The visitor's own zone when they asked for it and it is another; from a list of names."""
    here = table.location.zone
    if request.GET.get("zone") != MINE:
        return None
    found = known_zone(request.COOKIES.get("zone", ""), here)
    return found if found != here else None


def _zones(table: Timetable, links: PageLinks, first_day: date, theirs: Any) -> dict[str, Any]:
    midday = datetime.combine(first_day, datetime.min.time(), table.location.zone)
    from_day = _from(table, first_day)
    return {
        "zone_line": table.words.zone_line(midday + timedelta(hours=12)),
        "their_place": place(theirs) if theirs else "",
        "with_mine": links.to(zone=MINE, **from_day),
        "without_mine": links.to(zone="", **from_day),
    }
