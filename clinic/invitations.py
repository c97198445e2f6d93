"""The mail that invites somebody to work here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.words import site_link, write_mail
from bookings.models import Message
from practitioners.models import ClinicSettings


class InvitationSource:
    """Messages about a login that was made for somebody."""

    @staticmethod
    def lock(message: Message) -> Any:
        return get_user_model().objects.filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: Any, *, now: datetime) -> Send | Stop:
        return Send() if row.is_active else Stop("left")

    @staticmethod
    def render(message: Message, row: Any, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        return write_mail(
            "staff_notice",
            to=row.email,
            subject=f"You can now sign in at {clinic.name}",
            clinic=clinic,
            what=f"{clinic.name} has given you a login. Sign in with this address: we send you a code",
            link=site_link("sign_in"),
        )
