"""What the clinic has set and hardly ever changes, for pages that need several things of it.

Read by one query, and on a page that is only looked at for the whole page: what asks for the
clinic's settings, its places or its sessions afterwards, asks nothing. A page that shows people,
too, reads them with it: `PAGE = with_people(QUERY)`, then `facts_of(PAGE, on=today)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef

from practitioners.models import (
    ClinicSettings,
    Condition,
    Location,
    OpeningHours,
    Practitioner,
    Service,
    Technique,
)
from practitioners.once import known, remember
from practitioners.prepared import PreparedQuery
from practitioners.together import Drawer, Lists, Together

Read = TypeVar("Read")
Row = TypeVar("Row")

ALWAYS: dict[str, Any] = {
    "clinic": lambda: ClinicSettings.objects.filter(pk=1),
    "places": Location.objects.all,
    "hours": OpeningHours.objects.all,
    "services": lambda: Service.objects.published().distinct(),
}
TO_FIND_BY: dict[str, Any] = {
    **ALWAYS,
    "conditions": lambda: Condition.objects.offered().values("slug", "name"),
    "techniques": lambda: Technique.objects.published().values("slug", "name"),
    "languages": lambda: _spoken(),
}
FACTS = Together(**ALWAYS)
FINDING = Together(**TO_FIND_BY)
TO_BOOK = Together(**ALWAYS, offers=lambda: _offers())


class _List(Generic[Row]):
    """One of the lists, made when a page needs it; empty where it was not asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, facts: Facts, owner: type) -> list[Row]:
        return facts.lists.get(self._name, [])


@dataclass(frozen=True, slots=True)
class Facts:
    """Settings, every place with its hours, the sessions that can be booked; more where asked for."""

    clinic: ClinicSettings
    lists: Lists
    drawer: Drawer = field(default_factory=dict)

    places = _List[Location]()
    services = _List[Service]()
    hours = _List[OpeningHours]()
    conditions = _List[dict[str, str]]()
    techniques = _List[dict[str, str]]()
    languages = _List[dict[str, str]]()
    offers = _List[dict[str, Any]]()
    people = _List[Practitioner]()

    def worked_out(self, name: str, make: Callable[[], Read]) -> Read:
        """What is made of these facts alone, and never changed: once for as long as they stay the same."""
        if name not in self.drawer:
            self.drawer[name] = make()
        found: Read = self.drawer[name]
        return found

    def hours_of(self, place: Location) -> Iterable[OpeningHours]:
        return (one for one in self.hours if one.location_id == place.pk)

    def places_offering(self, service: Service) -> list[Location]:
        """Active places where somebody who gives it has hours; only of `facts_to_book`."""
        keys = self._offer(service, "places")
        return [place for place in self.places if place.pk in keys]

    def givers_of(self, service: Service) -> list[int]:
        """Keys of everybody who works here and offers it; only of `facts_to_book`."""
        return self._offer(service, "givers")

    def _offer(self, service: Service, what: str) -> list[int]:
        return next((one[what] for one in self.offers if one["service"] == service.pk), [])

    @property
    def active_places(self) -> list[Location]:
        return [place for place in self.places if place.is_active]

    @property
    def has_many_clocks(self) -> bool:
        """Whether a time alone does not say which clock it is on."""
        return len({place.time_zone for place in self.active_places}) > 1


def facts() -> Facts:
    """The clinic's facts. One query, or none when the page has read them."""
    return known(Facts) or facts_of(FACTS)


def facts_to_find_by() -> Facts:
    """The same with what visitors may look for. One query."""
    return facts_of(FINDING)


def facts_to_book() -> Facts:
    """The same with where each session is offered. One query."""
    return facts_of(TO_BOOK)


def with_people(people: PreparedQuery[Practitioner], lists: dict[str, Any] = ALWAYS) -> Together:
    """The facts, or those to find by, together with people."""
    return Together(**lists, people=people)


def facts_of(lists: Together, **values: Any) -> Facts:
    """The facts with people, as values of their query choose them. One query."""
    found, drawer = lists.read_with_drawer(**values)
    clinic = found["clinic"]
    read = Facts(clinic[0] if clinic else ClinicSettings(pk=1), found, drawer)
    remember(ClinicSettings, read.clinic)
    remember(Location, read.places)
    remember(Service, read.services)
    remember(Facts, read)
    return read


def _offers() -> Any:
    places = Location.objects.offering(OuterRef(OuterRef("pk"))).values("pk")
    givers = Practitioner.objects.filter(services=OuterRef("pk"), is_active=True).values("pk")
    return Service.objects.published().values(
        service=F("pk"), places=ArraySubquery(places), givers=ArraySubquery(givers)
    )


def _spoken() -> Any:
    """Every language that somebody who works here speaks, in order."""
    each = Func(F("languages"), function="unnest", set_returning=True)
    people = Practitioner.objects.filter(is_active=True)
    return people.values(language=each).distinct().order_by("language")
