"""The clinic that is measured: people in four time zones, their hours, rooms and visits.

location n        zone n mod 4, as many rooms as people
person p          at location p / 25: Monday to Friday 9:00-12:30 and 13:30-17:30
visit             five times a day to choose from, seven of ten taken, an hour each
client            of one person only, so nobody is ever in two places
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.management import call_command
from django.db import connection

from bench.seeding import fill, quick_writes, settle
from bookings.models import Appointment, Client
from practitioners.models import (
    Availability,
    ClinicSettings,
    Credential,
    Location,
    OpeningHours,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    Technique,
)

ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
PEOPLE_PER_PLACE = 50
STARTS = ("09:00", "10:30", "13:30", "15:00", "16:20")
OFF_GRID = "16:20"  # somebody was booked then by the desk; nobody else can be
TECHNIQUE = "swedish"
TAKEN = 7  # of ten
AHEAD = 30  # days with visits to come; clients may book 90 ahead


@dataclass(frozen=True, slots=True)
class Clinic:
    """How many people, and for how many days back they have had visits; 30 days are ahead."""

    people: int
    days_back: int
    clients_each: int = 50

    @property
    def name(self) -> str:
        return f"clinic_{self.people}_{self.days_back}"

    def __str__(self) -> str:
        """What a line says of its size."""
        visits = Appointment.objects.count()
        return f"{self.people} people, {visits / 1000:.0f}k visits, {self.days_back} days back"

    def seed(self) -> None:
        """Fill an empty database. Everybody gives one service, which needs a room."""
        with quick_writes(Appointment):
            self.write()

    def write(self) -> None:
        """The same at the usual pace, also inside a transaction."""
        _catalogue()
        _places(self)
        _people(self)
        _clients(self)
        add_visits(self, -self.days_back, AHEAD)

    def add_history(self, days: int, known: int) -> None:
        """Let the clinic be older: so many days, of which it has had some already."""
        with quick_writes(Appointment):
            add_visits(self, -days, -known)
        settle()


TINY = Clinic(people=50, days_back=2, clients_each=5)
QUICK = Clinic(people=1000, days_back=10)
FULL = Clinic(people=1000, days_back=372)
FREE_QUICK = Clinic(people=200, days_back=10)
YOUNG_TINY, YOUNG_QUICK, YOUNG_FULL = (
    Clinic(people=people, days_back=0, clients_each=each)
    for people, each in ((50, 5), (200, 50), (1000, 50))
)


def _catalogue() -> None:
    ClinicSettings.objects.update_or_create(
        pk=1, defaults={"name": "Bench", "min_notice_minutes": 0, "max_open_bookings": 30_000}
    )
    call_command("load_catalogue", verbosity=0)
    service = Service.objects.create(
        name="Massage", slug="massage", kind="medical", minutes=60, price=58, turnover_after=10
    )
    service.techniques.set(Technique.objects.filter(slug=TECHNIQUE))


def _places(clinic: Clinic) -> None:
    places = -(-clinic.people // PEOPLE_PER_PLACE)
    zones = ", ".join(f"'{zone}'" for zone in ZONES)
    fill(
        Location,
        f"generate_series(1, {places}) AS n",
        id="n",
        name="'Place ' || n",
        slug="'place-' || n",
        time_zone=f"(ARRAY[{zones}])[1 + (n - 1) % {len(ZONES)}]",
    )
    fill(
        OpeningHours,
        f"generate_series(1, {places}) AS n, generate_series(1, 5) AS d",
        location_id="n",
        weekday="d",
        opens_at="'08:00'",
        closes_at="'19:00'",
    )
    fill(
        Room,
        f"generate_series(1, {clinic.people}) AS p",
        id="p",
        location_id=f"1 + (p - 1) / {PEOPLE_PER_PLACE}",
        name="'Room ' || p",
    )


def _people(clinic: Clinic) -> None:
    people = f"generate_series(1, {clinic.people}) AS p"
    fill(
        Practitioner,
        people,
        id="p",
        name="'Specialist ' || lpad(p::text, 4, '0')",
        slug="'specialist-' || p",
    )
    fill(
        Practitioner.services.through,
        people,
        practitioner_id="p",
        service_id="(SELECT id FROM practitioners_service)",
    )
    fill(
        Practitioner.focus_areas.through,
        f"{people}, (SELECT id FROM practitioners_condition ORDER BY id LIMIT 3) AS condition",
        practitioner_id="p", condition_id="condition.id",
    )  # fmt: skip
    fill(
        PractitionerTechnique,
        people,
        practitioner_id="p",
        technique_id=f"(SELECT id FROM practitioners_technique WHERE slug = '{TECHNIQUE}')",
        evidence="'Course'",
    )
    fill(
        Credential,
        people,
        practitioner_id="p",
        kind="'insurance'",
        body="'Mutual'",
        expires_on="current_date + 300",
    )
    fill(
        Availability,
        f"{people}, generate_series(1, 5) AS d,"
        " (VALUES ('09:00'::time, '12:30'::time), ('13:30', '17:30')) AS h (opens, closes)",
        practitioner_id="p",
        location_id=f"1 + (p - 1) / {PEOPLE_PER_PLACE}",
        weekday="d",
        starts_at="h.opens",
        ends_at="h.closes",
    )


def _clients(clinic: Clinic) -> None:
    fill(
        Client,
        f"generate_series(1, {clinic.people * clinic.clients_each}) AS n",
        id="n",
        name="'Client ' || n",
        email="'client' || n || '@example.com'",
    )


def add_visits(clinic: Clinic, first: int, last: int) -> int:
    """Give everybody visits on some days, counted from today; returns how many."""
    source = f"""(
        SELECT chosen.*, client, at < now() AS is_past, client % 10 = 0 AS is_off
        FROM ({_starts(clinic, first, last)}) AS chosen,
             LATERAL (SELECT p + {clinic.people} * (chance / 10 % {clinic.clients_each}) AS client) AS who
        WHERE chance % 10 < {TAKEN}
    ) AS visit"""
    return fill(
        Appointment, source,
        practitioner_id="p", location_id="place", room_id="p",
        service_id="(SELECT id FROM practitioners_service)", client_id="client",
        starts_at="at", ends_at="at + interval '1 hour'", busy="tstzrange(at, at + interval '70 minutes')",
        price="58", booked_at="at - interval '9 days'", created_at="at - interval '9 days'",
        status="CASE WHEN NOT is_past THEN 'booked' WHEN is_off THEN 'cancelled' ELSE 'completed' END",
        cancelled_by="CASE WHEN is_past AND is_off THEN 'client' ELSE '' END",
        completed_at="CASE WHEN is_past AND NOT is_off THEN at + interval '1 hour' END",
    )  # fmt: skip


def _starts(clinic: Clinic, first: int, last: int) -> str:
    """Every start of everybody on the working days among some days."""
    starts = ", ".join(f"({number}, '{at}'::time)" for number, at in enumerate(STARTS))
    return f"""
        SELECT p, l.id AS place, d, number, clock, abs(hashint8(p * 100003 + d * 17 + number)) AS chance,
               (current_date + d + clock) AT TIME ZONE l.time_zone AS at
        FROM generate_series(1, {clinic.people}) AS p
        JOIN practitioners_location l ON l.id = 1 + (p - 1) / {PEOPLE_PER_PLACE}
        CROSS JOIN generate_series({first}, {last} - 1) AS d
        CROSS JOIN (VALUES {starts}) AS s (number, clock)
        WHERE extract(isodow FROM current_date + d) < 6"""


@dataclass(frozen=True, slots=True)
class Start:
    """A start that nobody has taken, with a client who is free then."""

    practitioner: int
    place: int
    room: int
    client: int
    at: datetime


def free_starts(clinic: Clinic, count: int, *, skip: int = 0) -> list[Start]:
    """Starts after the last seeded visit, of a different person each as long as there are some."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p, place, p, p + {clinic.people} * (d % {clinic.clients_each}), at"
            f" FROM ({_starts(clinic, AHEAD + 1, 85)}) AS start WHERE clock <> '{OFF_GRID}' ORDER BY d, number, p"
            f" LIMIT {count} OFFSET {skip}"
        )
        found = [Start(*row) for row in cursor.fetchall()]
    if len(found) < count:
        raise ValueError(f"The clinic has only {len(found)} free starts, not {count}.")
    return found
