"""What the demo's front desk finds: somebody entered twice, somebody away, somebody waiting."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bookings.consents import By, settle
from bookings.models import Client, WaitlistEntry
from bookings.outside_hours import call_for
from bookings.wall_clock import moment
from practitioners.models import ExtraHours, Practitioner, Service, TimeOff

DAY = timedelta(days=1)


def load(
    clients: list[Client],
    specialists: list[Practitioner],
    services: dict[str, Service],
    *,
    now: datetime,
) -> None:
    """Add to the demo clinic what the desk works on."""
    twice = clients[3]
    Client.objects.create(name=f"{twice.name[0]}. {twice.name.split()[-1]}", phone=twice.phone)
    Client.objects.filter(pk=clients[4].pk).update(is_call_to_book=True)
    _away(specialists[1], now=now)
    _longer(specialists[2], now=now)
    _waiting(clients[5:7], specialists[0], services["medical-massage"], now=now)
    _texting(clients[1::4], now=now)


def _texting(clients: list[Client], *, now: datetime) -> None:
    """Some would rather have text messages, and have told the desk so."""
    for client in clients:
        wants: dict[str, bool] = {Client.Channel.EMAIL: True, Client.Channel.SMS: True}
        settle(client, wants=wants, preferred=Client.Channel.SMS, now=now, by=By.DESK)


def _away(person: Practitioner, *, now: datetime) -> None:
    """A morning off in a few days; whatever is booked in it is on the desk's list."""
    shift = person.availability.select_related("location")[0]
    day = now.date() + (1 + (shift.weekday - now.date().isoweekday() - 1) % 7) * DAY
    zone = shift.location.zone
    TimeOff.objects.create(
        practitioner=person,
        starts_at=moment(day, time(9), zone),
        ends_at=moment(day, time(12), zone),
        reason="Course",
    )
    call_for([person.pk], now=now)


def _longer(person: Practitioner, *, now: datetime) -> None:
    """An evening more than usual, a week from now."""
    ExtraHours.objects.create(
        practitioner=person,
        location=person.availability.select_related("location")[0].location,
        on=now.date() + 7 * DAY,
        starts_at=time(17, 30),
        ends_at=time(19),
    )


def _waiting(
    clients: list[Client], person: Practitioner, service: Service, *, now: datetime
) -> None:
    """One waits for one specialist in the evening, one for a day long past booking."""
    place = person.availability.select_related("location")[0].location
    today = now.astimezone(place.zone).date()
    for number, client in enumerate(clients):
        WaitlistEntry.objects.create(
            client=client,
            service=service,
            location=place,
            practitioner=person if number else None,
            first_day=today + DAY,
            last_day=today + 10 * DAY,
            part="evening",
            created_at=now - (2 - number) * DAY,
        )
