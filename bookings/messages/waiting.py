"""The mail that offers a time from the waiting list."""

from __future__ import annotations

from datetime import datetime

from bookings.links import offer_link
from bookings.messages.letters import write_letter
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Message, WaitlistOffer
from bookings.times import Words
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings


class WaitingSource:
    """Messages to a client about one offer."""

    @staticmethod
    def lock(message: Message) -> WaitlistOffer | None:
        """The offer: it is neither accepted nor taken back until the decision stands."""
        return (
            WaitlistOffer.objects.select_for_update(of=("self",), no_key=True)
            .select_related("entry__client", "entry__location", "practitioner")
            .filter(pk=int(message.source_id))
            .first()
        )

    @staticmethod
    def decide(message: Message, row: WaitlistOffer, *, now: datetime) -> Send | Stop:
        """Stop when it was answered or has run out."""
        if row.outcome != WaitlistOffer.Outcome.OPEN or row.until <= now:
            return Stop("offer_over")
        return Send()

    @staticmethod
    def link(message: Message, row: WaitlistOffer) -> str:
        return offer_link(row)

    @staticmethod
    def render(message: Message, row: WaitlistOffer, *, now: datetime) -> Mail:
        """Say when, where and until when it is kept; never what for."""
        clinic = ClinicSettings.current()
        zone = row.entry.location.zone
        words, today = Words(zone, clinic.time_style), day_of(now, zone)
        when, until = words.when(row.starts_at, today=today), words.time(row.until)
        return write_letter(
            message,
            row.entry.client,
            clinic=clinic,
            link=offer_link(row),
            values={
                "when": when,
                "until": until,
                "place": row.entry.location.name,
                "practitioner": row.practitioner.name,
            },
            short_values={"when": words.short(row.starts_at)},
        )
