"""What is asked of the database to judge one start, in one query, alone or with something else.

Each annotation is what one of the rules of `refusals` wants to know.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, Func, Q, QuerySet, Subquery, TimeField

from bookings.extensions import facts_about
from bookings.marks import Locks
from bookings.models import Appointment
from bookings.models.appointments import AppointmentQuerySet
from bookings.rooms import unused_rooms
from practitioners.models import (
    Availability,
    Closure,
    ExtraHours,
    Location,
    Practitioner,
    Service,
    TimeOff,
)
from practitioners.prepared import PreparedQuery


def _offered(client: int, **about: Any) -> QuerySet[Service]:
    """The service, if that person gives it, with all that the rules ask, and facts about who wants it."""
    given = _given(about["service"], about["practitioner"])
    return given.annotate(**facts_about(client=client), **_asked_by_rules(**about))


def asked_by_rules(**about: Any) -> dict[str, Any]:
    """What the rules ask, as annotations of something else that is read with it."""
    is_given = Exists(_given(about["service"], about["practitioner"]))
    return {"is_given": is_given, **_asked_by_rules(**about)}


def _given(service: int, practitioner: int) -> QuerySet[Service]:
    """The service, if that person gives it."""
    return Service.objects.filter(
        pk=service, practitioners=practitioner, practitioners__is_active=True
    )


def _asked_by_rules(
    service: int, place: int, on: Any, weekday: int, begin: Any, end: Any, first: Any, last: Any,
    **there: Any,
) -> dict[str, Any]:  # fmt: skip
    """What each of the rules asks, as annotations."""
    person, busy = there["practitioner"], there["busy"]
    blocking, near = _blocking(**there), {name: there[name] for name in NEAR}
    who = Practitioner.objects.filter(pk=person)
    allowed = who.certified_for(Service(pk=service), on=on).licensed(on=on)
    closed = Closure.objects.filter(
        Q(location=place) | Q(location=None), starts_on__lte=last, ends_on__gte=first
    )
    away = TimeOff.objects.filter(practitioner=person, starts_at__lt=end, ends_at__gt=begin)
    weekly = _weekly(person, place, on, weekday)
    extra = ExtraHours.objects.filter(practitioner=person, location=place, on=on).order_by("pk")
    rooms = unused_rooms(place, busy, **near)
    own = Appointment.objects.filter(pk=near["moving"]).values("room")
    return {
        "place_zone": Subquery(Location.objects.active().filter(pk=place).values("time_zone")),
        "is_published_now": Exists(Service.objects.published().filter(pk=service)),
        "is_bookable_online": Exists(who.filter(is_bookable_online=True)),
        "is_allowed": Exists(allowed),
        "is_closed": Exists(closed),
        "is_away": Exists(away),
        "weekly": _from_until(weekly),
        "extra": _from_until(extra),
        "is_taken": Exists(blocking.filter(busy__overlap=busy)),
        "is_elsewhere": Exists(blocking.exclude(location=place)),
        # The room that it has is mostly free for it, and then no other is looked at.
        "has_room": Exists(rooms.filter(pk=Subquery(own))) | Exists(rooms),
        "locks": Locks(),
    }


def _from_until(hours: QuerySet[Any]) -> ArraySubquery:
    """When each of these hours begins and ends, as pairs."""
    pair = ArrayField(TimeField())
    both = Func("starts_at", "ends_at", template="ARRAY[%(expressions)s]", output_field=pair)
    return ArraySubquery(hours.values(both=both))


def _weekly(person: int, place: int, on: Any, weekday: int) -> QuerySet[Availability]:
    return Availability.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_until=None) | Q(valid_until__gte=on),
        practitioner=person,
        location=place,
        weekday=weekday,
    ).order_by("pk")


def _blocking(
    practitioner: int, since: Any, until: Any, now: Any, visitor: str, moving: int, busy: Any = None
) -> AppointmentQuerySet:
    rows = Appointment.objects.blocking(now=now, visitor=visitor).exclude(pk=moving)
    return rows.filter(practitioner=practitioner, starts_at__gte=since, starts_at__lt=until)


NEAR = {
    "since": "timestamptz",
    "until": "timestamptz",
    "now": "timestamptz",
    "visitor": "text",
    "moving": "bigint",
}
THERE = {"practitioner": "bigint", "busy": "tstzrange", **NEAR}
NEIGHBOURS = PreparedQuery(
    "neighbours",
    {"practitioner": "bigint", **NEAR},
    lambda **about: _blocking(**about).select_related("location"),
)
IN_THE_WAY = PreparedQuery(
    "in_the_way",
    THERE,
    lambda **there: _blocking(**there).filter(busy__overlap=there["busy"]).only("pk")[:1],
)
ASKED = {
    **THERE,
    "service": "bigint",
    "place": "bigint",
    "on": "date",
    "weekday": "smallint",
    "begin": "timestamptz",
    "end": "timestamptz",
    "first": "date",
    "last": "date",
}
OFFER = PreparedQuery("offer", {**ASKED, "client": "bigint"}, _offered)
