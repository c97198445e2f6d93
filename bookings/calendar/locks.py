"""One transaction around a change of the calendar, and the locks inside it."""

from __future__ import annotations

import functools
import random
import time
import zlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import DatabaseError, OperationalError, connection, transaction

from bookings.errors import Busy
from bookings.models import Appointment

PRACTITIONER, ROOM, CLIENT, VISITOR = 1, 2, 3, 4
LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "5s"
TRIES = 3
LONGEST_PAUSE = 0.25  # seconds
WORTH_ANOTHER_TRY = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


def in_one_transaction(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Run a verb whole or not at all; try again where PostgreSQL asks for it.

    Raises Busy after the third try. Inside an outer transaction, as tests and the
    demo clinic use it, the verb becomes a part of that one.
    """

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Result:
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "SELECT set_config('lock_timeout', %s, true),"
                            " set_config('statement_timeout', %s, true)",
                            [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
                        )
                    return verb(*args, **kwargs)
            except OperationalError as problem:
                if code_of(problem) not in WORTH_ANOTHER_TRY:
                    raise
                log.warning("calendar_retry", verb=verb.__name__, attempt=attempt)
                if attempt < TRIES:
                    time.sleep(random.uniform(0.05, LONGEST_PAUSE))  # noqa: S311  a pause, not a secret
        raise Busy

    return run


def code_of(problem: DatabaseError) -> str:
    """PostgreSQL's own code of an error, empty where there is none."""
    return getattr(problem.__cause__, "pgcode", None) or ""


def lock(kind: int, keys: Collection[int]) -> None:
    """Take the locks of one kind, ids ascending; they last until the transaction ends.

    Kinds are always taken in the order visitor, practitioner, room, client.
    """
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [kind, key])


def lock_visitor(visitor: str) -> None:
    """Let one browser do one thing at a time, whatever it sends at once."""
    lock(VISITOR, [zlib.crc32(visitor.encode()) & 0x7FFFFFFF])


def drop_expired_holds(practitioners: Collection[int], *, now: datetime) -> None:
    """Delete holds that ran out, so that they no longer guard their time."""
    Appointment.objects.filter(
        practitioner__in=practitioners, status=Appointment.Status.HELD, held_until__lte=now
    ).delete()
