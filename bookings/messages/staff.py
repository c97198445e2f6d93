"""What staff are told at once: somebody comes, moves or cancels today."""

from __future__ import annotations

from datetime import datetime

from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.words import clinic_words, site_link, write_mail
from bookings.models import Appointment, Message
from practitioners.models import ClinicSettings

WORDS = {"booked": "A session was booked", "moved": "A session was moved", "cancelled": "A session was cancelled"}


class StaffNoticeSource:
    """Messages to a member of staff about one visit; no name of a client leaves the house."""

    @staticmethod
    def lock(message: Message) -> Appointment | None:
        return (
            Appointment.objects.select_related("practitioner", "location")
            .filter(pk=int(message.source_id))
            .first()
        )

    @staticmethod
    def decide(message: Message, row: Appointment, *, now: datetime) -> Send | Stop:
        if message.user is None or not message.user.is_active:
            return Stop("left")
        return Send()

    @staticmethod
    def render(message: Message, row: Appointment, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        event = message.occurrence.partition(":")[0]
        assert message.user is not None  # decide() has seen to it
        return write_mail(
            "staff_notice",
            to=message.user.email,
            subject=f"{WORDS.get(event, 'A session has changed')} for today",
            clinic=clinic,
            what=WORDS.get(event, "A session has changed"),
            when=clinic_words(row, clinic).when(row.starts_at),
            practitioner=row.practitioner.name,
            link=site_link("desk_day"),
        )
