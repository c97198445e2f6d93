"""What a sign-in code is: six digits derived from a row and the site's secret, stored nowhere."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from bookings.models import SignInCode

DIGITS = 6


def code_of(row: SignInCode) -> str:
    """The code that was mailed for this row."""
    number = int.from_bytes(salted_hmac("clinic.sign-in-code", str(row.public_id)).digest()[:8])
    return f"{number % 10**DIGITS:0{DIGITS}d}"
