"""What holds for every message to a client, whatever it is about: asked after its source.

Nobody who has died is written to. There is one channel, and no follow-up after an opt-out.
Follow-ups wait for the client's own hours, and those that can wait for a send day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from bookings import consents
from bookings.extensions import message_source
from bookings.messages.kinds import KINDS
from bookings.messages.routes import route_of
from bookings.messages.sources import Send, Stop, Wait
from bookings.models import Client, Message
from bookings.wall_clock import DAY, is_send_day, next_opening
from practitioners.clocks import clinic_zone
from practitioners.models import ClinicSettings, Closure, Location

A_WHILE = timedelta(days=40)  # longer than any run of holidays


def check(message: Message, row: object, *, now: datetime) -> Send | Wait | Stop:
    """Say whether a message that its source lets go may go; `row` is what it is about."""
    if message.client_id is None:
        return Send()
    client = _client(message, row)
    if client.said is None:
        consents.read(client)  # as they are under its lock
    if client.is_deceased:
        return Stop("client_deceased")
    way = route_of(message, client)
    if way.code:
        return Stop(way.code)
    source = message_source(message.source_type)
    if not KINDS[message.kind].is_follow_up or getattr(source, "keeps_hours", False):
        return Send()
    return _in_their_hours(message, client, getattr(row, "location", None), now=now)


def _client(message: Message, row: object) -> Client:
    """The client as the source has just read them; one query where it has not."""
    if isinstance(row, Client):
        return row
    known = getattr(row, "client", None)
    if isinstance(known, Client):
        return known
    return Client.objects.get(messages=message)


def _in_their_hours(
    message: Message, client: Client, place: Location | None, *, now: datetime
) -> Send | Wait:
    """Wait for the client's window, on the clinic's send days. Two or three queries."""
    clinic = ClinicSettings.current()
    home = place.zone if place else clinic_zone()
    holidays = _holidays(place, now=now) if KINDS[message.kind].keeps_send_days else None
    opens = next_opening(
        now,
        ZoneInfo(client.time_zone) if client.time_zone else home,
        home=home,
        is_send_day=lambda day: holidays is None or is_send_day(day, holidays),
        opens_at=clinic.send_opens_at,
        closes_at=clinic.send_closes_at,
    )
    return Wait(opens, "quiet_hours") if opens > now else Send()


def _holidays(place: Location | None, *, now: datetime) -> set[date]:
    """The public holidays of the coming weeks: everybody's, and those of a place."""
    first, last = now.date() - DAY, now.date() + A_WHILE
    rows = Closure.objects.filter(
        Q(location=None) | Q(location=place),
        kind=Closure.Kind.PUBLIC_HOLIDAY,
        starts_on__lte=last,
        ends_on__gte=first,
    )
    return {
        row.starts_on + count * DAY
        for row in rows
        for count in range((row.ends_on - row.starts_on).days + 1)
    }
