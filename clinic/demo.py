"""The demo clinic: made-up people on a real Tuesday, the same every time, relative to today."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db import transaction

from bookings.models import Appointment, Client, ClientAccess, Task
from clinic import demo_coming, demo_courses, demo_desk, demo_outcomes, demo_plans, demo_today
from clinic.models import ADMIN, CLINICAL_LEAD, FRONT_DESK, User
from practitioners.models import (
    Availability,
    ClinicSettings,
    Closure,
    Condition,
    Credential,
    Location,
    OpeningHours,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    Technique,
)

SEED = 20260907
DAYS_BACK = 90
CLIENTS = 40
STAFF = (
    ("Dana Example", "dana@example.com", "practitioner"),
    ("Rory Sample", "desk@example.com", FRONT_DESK),
    ("Alex Placeholder", "admin@example.com", ADMIN),
    ("Casey Specimen", "lead@example.com", CLINICAL_LEAD),
)
CLIENT_LOGIN = ("Jamie Fictional", "jamie@example.com")
# name, gender, languages, techniques, conditions, location, weekdays
SPECIALISTS = (
    ("Dana Example", "woman", ["English", "Spanish"], ["swedish", "trigger-point", "deep-tissue", "myofascial-release"], ["neck-pain", "low-back-pain", "myofascial-pain"], 0, (1, 2, 3, 4, 5)),
    ("Omar Example", "man", ["English", "Arabic"], ["swedish", "sports", "stretching", "deep-tissue"], ["sports-injury", "overuse-injury", "hip-pain"], 0, (1, 2, 4, 5, 6)),
    ("Priya Example", "woman", ["English", "Hindi"], ["swedish", "prenatal", "postnatal"], ["pregnancy-backache", "stress"], 0, (2, 3, 4)),
    ("Tomasz Example", "man", ["English", "Polish"], ["swedish", "neuromuscular", "trigger-point", "cupping"], ["headache", "neck-pain", "sciatica"], 0, (1, 3, 5)),
    ("Mei Example", "woman", ["English", "Mandarin"], ["shiatsu", "reflexology", "swedish"], ["stress", "insomnia"], 0, (3, 4, 5, 6)),
    ("Lucas Example", "man", ["English", "Portuguese"], ["swedish", "lymphatic-drainage", "myofascial-release"], ["swelling", "post-operative-recovery"], 1, (1, 2, 3, 4, 5)),
    ("Noor Example", "woman", ["English", "Urdu"], ["swedish", "deep-tissue", "trigger-point"], ["low-back-pain", "muscle-tension"], 1, (1, 2, 4, 5)),
    ("Sam Example", "other", ["English"], ["swedish", "aromatherapy", "hot-stone", "chair"], ["stress", "muscle-tension"], 1, (2, 4, 6)),
)  # fmt: skip
# name, slug, kind, visit type, good for, minutes, price, after, needs room, techniques
SERVICES = (
    ("First visit with assessment", "first-visit", "medical", "first", "New here? We talk, assess and treat", 75, "72", 15, True, ["swedish"]),
    ("Medical massage", "medical-massage", "medical", "follow_up", "Sessions of your plan", 60, "58", 10, True, ["swedish"]),
    ("Trigger point session", "trigger-point-session", "medical", "follow_up", "Knots and pain that travels", 45, "48", 10, True, ["trigger-point"]),
    ("Pregnancy massage", "pregnancy-massage", "medical", "any", "Backache and tension in pregnancy", 45, "52", 10, True, ["prenatal"]),
    ("Chair massage", "chair-massage", "relaxation", "any", "Neck and shoulders, clothed", 20, "24", 5, False, ["chair"]),
    ("Relaxation massage", "relaxation-massage", "relaxation", "any", "An hour to unwind", 60, "54", 10, True, ["aromatherapy"]),
)  # fmt: skip
FIRST = "Ada Ben Cleo Dev Edie Finn Gwen Hugo Iris Jude Kit Lena Milo Nina Otis Pia Quinn Rosa Seth Tess".split()  # noqa: SIM905
LAST = ("Fictional", "Invented")


def people() -> list[tuple[str, str]]:
    """The demo's logins: who they are and their address."""
    words = {
        "practitioner": "practitioner",
        FRONT_DESK: "front desk",
        ADMIN: "admin",
        CLINICAL_LEAD: "clinical lead",
    }
    staff = [(f"{name.split()[0]}, {words[role]}", email) for name, email, role in STAFF]
    return [*staff, (f"{CLIENT_LOGIN[0].split()[0]}, client", CLIENT_LOGIN[1])]


def people_here() -> list[tuple[str, str]]:
    """Those of the demo's people who are in this database; none in a clinic of one's own."""
    everybody = people()
    here = User.objects.filter(is_active=True, email__in=[email for _, email in everybody])
    known = set(here.values_list("email", flat=True))
    return [(who, email) for who, email in everybody if email in known]


def is_loaded() -> bool:
    """Tell whether the database already holds a clinic, if only its first admin."""
    return Practitioner.objects.exists() or User.objects.exists()


@transaction.atomic
def load(*, now: datetime) -> None:
    """Build the demo clinic around this moment."""
    chance = random.Random(SEED)  # noqa: S311  the same clinic every time
    ClinicSettings.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Willow Street Clinic",
            "phone": "020 7946 0000",
            "tagline": "Treatment that starts with an assessment, follows a plan and measures whether it helps.",
        },
    )
    places = _places(now.date())
    services = _services()
    specialists = _specialists(places, services, now.date())
    users = _logins(specialists)
    clients = _clients(chance, users)
    demo_today.load(clients[10:], specialists[0], services["medical-massage"], now=now)
    _visits(chance, clients, specialists, services, now=now)
    dana, session, by = specialists[0], services["medical-massage"], users["dana@example.com"]
    demo_plans.load(clients, dana, session, by, now=now)
    demo_outcomes.load(by=by, now=now)
    demo_courses.load(clients[2:], by=by, now=now)
    demo_today.join_plans(now=now)
    demo_coming.load(clients[1], dana, session, by=by, now=now)
    demo_coming.look_back(clients[0], by=by)
    demo_desk.load(clients, specialists, services, now=now)
    Task.objects.create(
        kind="demo",
        title="Welcome: have a look around",
        role=FRONT_DESK,
        reason_key="demo:welcome",
        due_at=now,
    )


def _places(today: date) -> list[Location]:
    made = []
    for name, slug, zone, address in (
        ("Willow Street", "willow-street", "Europe/London", "12 Willow Street\nLondon"),
        ("Harbour House", "harbour-house", "America/New_York", "3 Harbour Road\nNew York"),
    ):
        place = Location.objects.create(
            name=name, slug=slug, time_zone=zone, address=address,
            access_notes="Step-free entrance. Ring the bell by the door.",
        )  # fmt: skip
        OpeningHours.objects.bulk_create(
            OpeningHours(location=place, weekday=day, opens_at=time(8), closes_at=time(19))
            for day in range(1, 7)
        )
        for number in (1, 2, 3):
            Room.objects.create(location=place, name=f"Room {number}")
        made.append(place)
    Closure.objects.create(
        name="New Year's Day", kind="public_holiday",
        starts_on=date(today.year + 1, 1, 1), ends_on=date(today.year + 1, 1, 1),
    )  # fmt: skip
    return made


def _services() -> dict[str, Service]:
    made = {}
    for position, row in enumerate(SERVICES):
        name, slug, kind, visit, good, minutes, price, after, room, techniques = row
        service = Service.objects.create(
            name=name, slug=slug, kind=kind, visit_type=visit, good_for=good, minutes=minutes,
            price=Decimal(price), turnover_after=after, needs_room=room, position=position,
        )  # fmt: skip
        service.techniques.set(Technique.objects.filter(slug__in=techniques))
        made[slug] = service
    return made


def _specialists(
    places: list[Location], services: dict[str, Service], today: date
) -> list[Practitioner]:
    made = []
    for number, (name, gender, languages, techniques, conditions, place, days) in enumerate(
        SPECIALISTS
    ):
        person = Practitioner.objects.create(
            name=name, slug=name.split()[0].lower(), gender=gender, languages=languages,
            title="Registered massage therapist", practising_since=2012 + number,
            about="Works with people who want to move without pain again. A demo profile.",
            first_visit="We talk first, then look at how you move. You can stop at any time.",
        )  # fmt: skip
        for technique in Technique.objects.filter(slug__in=techniques):
            PractitionerTechnique.objects.create(
                practitioner=person, technique=technique, evidence="Example School, 120 hours"
            )
        soon = today + timedelta(days=12 if number == 3 else 300)
        Credential.objects.create(
            practitioner=person,
            kind="registration",
            body="Example Register",
            number=f"1234{number}",
        )
        Credential.objects.create(
            practitioner=person,
            kind="insurance",
            body="Example Mutual",
            expires_on=soon,
            is_public=False,
        )
        person.focus_areas.set(Condition.objects.filter(slug__in=conditions))
        person.services.set(
            service
            for service in services.values()
            if set(service.techniques.values_list("slug", flat=True)) <= set(techniques)
        )
        Availability.objects.bulk_create(
            Availability(practitioner=person, location=places[place], weekday=day, starts_at=start, ends_at=end)
            for day in days
            for start, end in ((time(9), time(12, 30)), (time(13, 30), time(17, 30)))
        )  # fmt: skip
        made.append(person)
    return made


def _logins(specialists: list[Practitioner]) -> dict[str, User]:
    users = {}
    for name, email, role in STAFF:
        user = User.objects.create_user(
            email, name=name, is_staff=role == ADMIN, is_superuser=role == ADMIN
        )
        if role == "practitioner":
            specialists[0].user = user
            specialists[0].save()
        else:
            user.groups.add(Group.objects.get(name=role))
        users[email] = user
    users[CLIENT_LOGIN[1]] = User.objects.create_user(CLIENT_LOGIN[1], name=CLIENT_LOGIN[0])
    return users


def _clients(chance: random.Random, users: dict[str, User]) -> list[Client]:
    jamie = Client.objects.create(name=CLIENT_LOGIN[0], email=CLIENT_LOGIN[1])
    ClientAccess.objects.create(
        user=users[CLIENT_LOGIN[1]], client=jamie, relation="self", scope="record"
    )
    made = [jamie]
    for number in range(CLIENTS - 1):
        name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST)]}"
        made.append(
            Client.objects.create(
                name=name,
                email=f"{name.replace(' ', '.').lower()}@example.com",
                phone=f"+447700900{number:03d}",
                date_of_birth=date(1950 + chance.randrange(55), chance.randrange(1, 13), 14),
            )
        )
    return made


def _visits(
    chance: random.Random,
    clients: list[Client],
    specialists: list[Practitioner],
    services: dict[str, Service],
    *,
    now: datetime,
) -> None:
    """Three months behind and two weeks ahead, around what today is made of."""
    rows = []
    busy: set[tuple[int, datetime]] = set()
    for person in specialists:
        given = [service for service in services.values() if person in service.practitioners.all()]
        room = Room.objects.filter(location=person.availability.all()[0].location)[person.pk % 3]
        for start, place in _starts(person, now):
            if not given or chance.random() > 0.45:
                continue
            client = clients[chance.randrange(2, len(clients))]
            if (client.pk, start) in busy:
                continue
            busy.add((client.pk, start))
            service = next((one for one in given if one.minutes == 60), given[0])
            rows.append(_visit(chance, person, place, room, service, client, start, now))
    _keep_possible(rows)


def _starts(person: Practitioner, now: datetime) -> Iterator[tuple[datetime, Location]]:
    for offset in range(-DAYS_BACK, 15):
        day = now.date() + timedelta(days=offset)
        for shift in person.availability.filter(weekday=day.isoweekday()).select_related(
            "location"
        ):
            start = datetime.combine(day, shift.starts_at, tzinfo=shift.location.zone)
            yield start, shift.location
            yield start + timedelta(minutes=90), shift.location


def _visit(
    chance: random.Random,
    person: Practitioner,
    place: Location,
    room: Room,
    service: Service,
    client: Client,
    start: datetime,
    now: datetime,
) -> Appointment:
    end = start + service.length
    fate = chance.random()
    status = "booked"
    if end < now:
        status = "completed" if fate < 0.86 else "no_show" if fate < 0.93 else "cancelled"
    return Appointment(
        practitioner=person, location=place, room=room if service.needs_room else None,
        service=service, client=client, starts_at=start, ends_at=end,
        busy=(start, end + timedelta(minutes=service.turnover_after)), status=status,
        price=service.price, booked_at=start - timedelta(days=9),
        cancelled_by="" if status != "cancelled" else "clinic" if fate > 0.98 else "client",
        cancelled_at=start - timedelta(days=2) if status == "cancelled" else None,
        completed_at=end if status == "completed" else None,
    )  # fmt: skip


def _keep_possible(rows: list[Appointment]) -> None:
    """Insert what the constraints allow; a clash of rooms or clients is simply left out."""
    Appointment.objects.bulk_create(rows, ignore_conflicts=True)
