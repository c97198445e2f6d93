"""What people are told about a visit: booked, moved, cancelled, reminded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from bookings.extensions import Event
from bookings.ics import visit_calendar
from bookings.links import visit_link
from bookings.messages import outbox
from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.words import clinic_words, write_mail
from bookings.models import Appointment, Client, ClientAccess, Message
from bookings.wall_clock import appointment_reminder_at
from practitioners.models import ClinicSettings

SOURCE = "appointment"
TO_CLIENT = ("confirmation", "moved", "cancelled", "visit_reminder")
Status = Appointment.Status


def follow(event: Event, visit: Appointment, *, now: datetime) -> None:
    """Write what a change of a visit makes necessary, in the same transaction."""
    if event == "booked":
        grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)
        _tell_client("confirmation", visit, now=now, send_after=now + grace)
        _remind(visit, now=now)
    elif event == "moved":
        outbox.cancel_open(SOURCE, visit.pk, code="moved", kinds=TO_CLIENT)
        _tell_client("moved", visit, now=now)
        _remind(visit, now=now)
    elif event == "cancelled":
        unsent = outbox.cancel_open(SOURCE, visit.pk, code="cancelled", kinds=TO_CLIENT)
        told = Message.objects.about(SOURCE, visit.pk).filter(kind="confirmation").exclude(
            state=Message.State.CANCELLED
        )
        if told.exists() or not unsent:
            _tell_client("cancelled", visit, now=now)
    _tell_staff(event, visit, now=now)
    outbox.kick()


def _tell_client(kind: str, visit: Appointment, *, now: datetime, **when: Any) -> None:
    outbox.write(
        kind,
        source_type=SOURCE,
        source_id=visit.pk,
        occurrence=str(visit.version),
        client=visit.client,
        now=now,
        **when,
    )


def _remind(visit: Appointment, *, now: datetime) -> None:
    at = appointment_reminder_at(visit.starts_at, visit.zone, booked_at=now)
    if at is not None:
        _tell_client("visit_reminder", visit, now=now, send_after=at, expires_at=visit.starts_at)


def _tell_staff(event: Event, visit: Appointment, *, now: datetime) -> None:
    """Tell the practitioner and the desk at once what concerns today; the rest is in the digest."""
    today = now.astimezone(visit.zone).date()
    if visit.starts_at.astimezone(visit.zone).date() != today:
        return
    people = get_user_model().objects.filter(is_active=True)
    concerned = people.filter(practitioner=visit.practitioner) | people.filter(
        groups__name="Front desk"
    )
    for user in concerned.distinct():
        outbox.write(
            "staff_notice",
            source_type="staff_notice",
            source_id=visit.pk,
            occurrence=f"{event}:{visit.version}",
            user=user,
            now=now,
        )


def address_of(client: Client) -> str:
    """The client's own address, else that of whoever books for them."""
    if client.email:
        return client.email
    helper = ClientAccess.objects.filter(client=client).select_related("user").order_by("pk").first()
    return helper.user.email if helper else ""


class AppointmentSource:
    """Messages to a client about one visit."""

    @staticmethod
    def lock(message: Message) -> Appointment | None:
        return (
            Appointment.objects.select_for_update(of=("self",), no_key=True)
            .select_related("practitioner", "location", "client", "service")
            .filter(pk=int(message.source_id))
            .first()
        )

    @staticmethod
    def decide(message: Message, row: Appointment, *, now: datetime) -> Send | Stop:
        """A message about an older version of the visit, or about a visit that is off, stops."""
        if row.client is None or row.client.is_deceased:
            return Stop("client_deceased")
        if message.kind == "cancelled":
            return Send() if row.is_cancelled else Stop("not_cancelled")
        if row.is_cancelled:
            return Stop("cancelled")
        if message.occurrence != str(row.version):
            return Stop("moved")
        if row.starts_at <= now or row.status in (Status.COMPLETED, Status.NO_SHOW):
            return Stop("visit_over")
        return Send()

    @staticmethod
    def render(message: Message, row: Appointment, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        words = clinic_words(row, clinic)
        short = words.short(row.starts_at)
        subjects = {
            "confirmation": f"Your session on {short}",
            "moved": f"Your session is now on {short}",
            "cancelled": f"Your session on {short} is cancelled",
            "visit_reminder": f"Reminder: your session on {short}",
        }
        assert row.client is not None  # decide() has seen to it
        to = address_of(row.client)
        own = bool(row.client.email)
        with_file = message.kind in ("confirmation", "moved", "cancelled")
        calendar = ("session.ics", visit_calendar(row, now=now), "text/calendar") if with_file else None
        return write_mail(
            "visit",
            to=to,
            subject=subjects[message.kind],
            clinic=clinic,
            kind=message.kind,
            name=row.client.first_name if own else "",
            visit=row,
            when=words.when(row.starts_at, today=now.astimezone(row.zone).date()),
            zone=words.zone_line(row.starts_at),
            link=settings.SITE_URL + visit_link(row),
            attachments=(calendar,) if calendar else (),
        )
