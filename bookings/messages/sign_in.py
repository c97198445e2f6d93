"""The mail with a sign-in code. The code is derived when the mail is written and stored nowhere."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.words import write_mail
from bookings.models import Message, SignInCode
from bookings.sign_in_codes import code_of
from practitioners.models import ClinicSettings


class SignInSource:
    """Messages that carry a code."""

    @staticmethod
    def lock(message: Message) -> SignInCode | None:
        return SignInCode.objects.select_for_update().filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: SignInCode, *, now: datetime) -> Send | Stop:
        """An old or used code is not worth sending."""
        if row.used_at or row.expires_at <= now:
            return Stop("code_over")
        return Send()

    @staticmethod
    def render(message: Message, row: SignInCode, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        return write_mail(
            "sign_in_code",
            to=row.email,
            subject=f"Your code for {clinic.name}",
            clinic=clinic,
            code=code_of(row),
            minutes=settings.SIGN_IN_CODE_MINUTES,
        )
