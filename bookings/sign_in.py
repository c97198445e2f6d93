"""Signing in with a mailed code. Whoever asks gets the same answer, known address or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from bookings.errors import BookingError
from bookings.messages import outbox
from bookings.models import SignInCode
from bookings.sign_in_codes import code_of

MAX_TRIES = 5
OTHER_ADDRESS = "The code went to {address}. For this address, send a new code."


class WrongCode(BookingError):
    """Wrong, old or used: one text for all, so that nothing can be learned from it."""

    code = "wrong_code"
    sentence = (
        "That code is not right or has expired. Check the newest email from us, or send a new code."
    )


class TooManyTries(BookingError):
    code = "too_many_tries"
    status = 429

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        wait = f"{minutes} minute{'' if minutes == 1 else 's'}"
        super().__init__(f"Too many tries. Wait {wait}, then try again.", seconds=seconds)


@transaction.atomic
def ask_code(email: str, *, visitor: str, now: datetime) -> SignInCode:
    """Write a code row and the mail that carries it. Older codes of the visitor stop working."""
    row = SignInCode.objects.create(
        email=plain(email),
        visitor=visitor,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.SIGN_IN_CODE_MINUTES),
    )
    outbox.write(
        "sign_in_code",
        source_type="sign_in_code",
        source_id=row.pk,
        address=row.email,
        now=now,
        expires_at=row.expires_at,
    )
    outbox.kick_or_deliver("sign_in_code", row.pk)
    return row


def said_of_new_code(email: str, *, before: str) -> str:
    """What is said when a code has been sent once more; of an older one only where it has ended."""
    if plain(before) == plain(email):
        return f"We have sent a new code to {email}. The one before no longer works."
    return f"We have sent a code to {email}."


def has_changed(email: str, *, asked: str) -> bool:
    """Tell whether a code cannot be right, because it was sent to another address."""
    return bool(asked) and plain(email) != plain(asked)


def check_code(visitor: str, email: str, code: str, *, now: datetime) -> Any:
    """Return the login that the code proves, made now if the address is new.

    Only the newest code of this visitor for this address counts. Raises WrongCode.
    """
    prove(visitor, (email, code), now=now)
    return login_of(plain(email))


def prove(visitor: str, *claims: tuple[str, str], now: datetime) -> None:
    """Check the code of each address; they are used up together, or not at all.

    Each try counts. Raises WrongCode; `details["email"]` is the first address it is about.
    """
    wrong = ""
    with transaction.atomic():
        rows = [_newest(visitor, email) for email, _ in claims]
        for row, (email, code) in zip(rows, claims, strict=True):
            if not _is_right(row, code, now=now):
                wrong = wrong or plain(email)
        for row in rows:
            if row and not wrong:
                row.used_at = now
                row.save(update_fields=["used_at"])
    if wrong:
        raise WrongCode(email=wrong)


def _newest(visitor: str, email: str) -> SignInCode | None:
    codes = SignInCode.objects.select_for_update().filter(visitor=visitor, email=plain(email))
    return codes.order_by("-created_at", "-pk").first()


def _is_right(row: SignInCode | None, code: str, *, now: datetime) -> bool:
    if row is None or row.used_at or row.expires_at <= now or row.tries >= MAX_TRIES:
        return False
    row.tries += 1
    row.save(update_fields=["tries"])
    return is_code(row, code)


def proved_before(email: str, code: str, *, now: datetime) -> Any:
    """The login that this very code has proved a moment ago, or None.

    Only for a form that has been sent twice: its first answer may have been lost.
    """
    since = now - timedelta(minutes=settings.SIGN_IN_CODE_MINUTES)
    used = SignInCode.objects.filter(email=plain(email), used_at__gt=since).order_by("-used_at")
    row = used.first()
    return login_of(row.email) if row and is_code(row, code) else None


def is_code(row: SignInCode, typed: str) -> bool:
    """Tell, in a time that says nothing, whether this is the code of the row."""
    return constant_time_compare(code_of(row), typed.strip().replace(" ", ""))


def plain(email: str) -> str:
    """An address as it is compared."""
    return email.strip().lower()


def login_of(email: str) -> Any:
    """The login of a proven address. Raises WrongCode for one that has been shut."""
    users = get_user_model()
    user = users.objects.filter(email__iexact=email).first() or _new_login(email)
    if not user.is_active:
        raise WrongCode
    return user


def _new_login(email: str) -> Any:
    users = get_user_model()
    try:
        with transaction.atomic():
            return users.objects.create_user(email)
    except IntegrityError:  # made a moment ago in another window
        return users.objects.get(email__iexact=email)
