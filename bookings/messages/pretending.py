"""Business time that somebody sets for a look ahead: in demo and test mode only.

Whoever starts work may pass a moment on as text; leases and fences go by the
database's clock all the same.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings


class CannotPretend(ValueError):
    """The moment cannot be read, or this is a clinic that is open."""


def pretended(text: str | None) -> datetime | None:
    """Read a moment like 2026-10-24T09:30+01:00; none means now. Raises CannotPretend."""
    if not text:
        return None
    if not settings.ALLOW_PRETEND_NOW:
        raise CannotPretend("A pretended moment works in demo and test mode only.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotPretend("A moment looks like 2026-10-24T09:30+01:00.") from None
    if moment.tzinfo is None:
        raise CannotPretend("A moment needs an offset, like 2026-10-24T09:30+01:00.")
    return moment
