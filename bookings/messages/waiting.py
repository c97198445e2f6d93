"""The mail that offers a time from the waiting list."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from bookings.consents import wants_follow_ups
from bookings.links import offer_link, unsubscribe_link
from bookings.messages.recipients import reach
from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.words import write_mail
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
        """Stop when it was answered, has run out, or the client wants no such mail."""
        client = row.entry.client
        if client.is_deceased:
            return Stop("client_deceased")
        if row.outcome != WaitlistOffer.Outcome.OPEN or row.until <= now:
            return Stop("offer_over")
        if not wants_follow_ups(client):
            return Stop("client_opted_out")
        found = reach(client)
        return Send() if found.address else Stop(found.code)

    @staticmethod
    def render(message: Message, row: WaitlistOffer, *, now: datetime) -> Mail:
        """Say when, where and until when it is kept; never what for."""
        clinic = ClinicSettings.current()
        zone = row.entry.location.zone
        words, today = Words(zone, clinic.time_style), day_of(now, zone)
        found = reach(row.entry.client)
        unsubscribe = settings.SITE_URL + unsubscribe_link(row.entry.client)
        return write_mail(
            "waiting_list_offer",
            to=found.address,
            subject=f"A time has opened: {words.short(row.starts_at)}",
            clinic=clinic,
            offer=row,
            name=row.entry.client.first_name,
            is_own=found.is_own,
            when=words.when(row.starts_at, today=today),
            until=words.time(row.until),
            link=settings.SITE_URL + offer_link(row),
            unsubscribe=unsubscribe,
            headers={
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
