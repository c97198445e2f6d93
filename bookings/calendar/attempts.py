"""One transaction around a change of the calendar, and when it is tried again."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import pghistory
import structlog
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from bookings.errors import BookingError, Busy, ClientBusy, NoRoom, SlotTaken

LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "5s"
TRIES = 3
LOOKS = 8  # as often may somebody be faster before we call it a crowd
PAUSE = (0.05, 0.25)  # seconds
WORTH_ANOTHER_TRY = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization
TOO_SLOW = "57014"
CUT_OFF = ("", "08", "57P")  # no code at all, connection lost, server going down
BY_CONSTRAINT: dict[str, type[BookingError]] = {
    "practitioner_not_twice": SlotTaken,
    "room_not_twice": NoRoom,
    "client_not_twice": ClientBusy,
}

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class LookAgain(Exception):
    """Somebody was faster: what was read before the locks no longer holds."""


def in_one_transaction(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Run a verb whole or not at all, and again where that is safe.

    The transaction is durable: inside another one, where a refusal could be lost or
    locks outlive the verb, it raises RuntimeError. When the connection is lost nobody
    knows whether the commit was, so the verb runs once more: each finds what it has
    done before, by its form's token or by how the visit stands. Raises Busy when all
    tries are used up: then nothing was written.
    """

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Result:
        tries, looks, losses = 0, 0, 0
        while tries < TRIES and looks < LOOKS:
            try:
                with _said_by(kwargs.get("by")), transaction.atomic(durable=True):
                    _be_patient_but_not_for_ever()
                    return verb(*args, **kwargs)
            except LookAgain:
                looks += 1
            except IntegrityError as problem:
                refusal = BY_CONSTRAINT.get(constraint_of(problem))
                if refusal is NoRoom or constraint_of(problem).endswith("form_token_key"):
                    looks += 1
                elif refusal:
                    raise refusal() from problem
                else:
                    raise
            except (OperationalError, InterfaceError) as problem:
                code = code_of(problem)
                if code in WORTH_ANOTHER_TRY:
                    tries += 1
                    log.warning("calendar_retry", verb=verb.__name__, code=code, tries=tries)
                    time.sleep(random.uniform(*PAUSE))  # noqa: S311  a pause, not a secret
                elif code == TOO_SLOW:
                    raise Busy from problem
                elif losses or not was_cut_off(code):
                    raise
                else:
                    losses += 1
                    log.warning("calendar_connection_lost", verb=verb.__name__)
                    connection.close()
        raise Busy

    return run


def code_of(problem: DatabaseError | InterfaceError) -> str:
    """PostgreSQL's own code of an error, empty where there is none."""
    return getattr(problem.__cause__, "pgcode", None) or ""


def was_cut_off(code: str) -> bool:
    """Tell whether an error means that the connection is gone."""
    return code == CUT_OFF[0] or code.startswith(CUT_OFF[1:])


def constraint_of(problem: DatabaseError) -> str:
    """The name of the constraint that said no."""
    return getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None) or ""


def _be_patient_but_not_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
        )


def _said_by(by: Any) -> AbstractContextManager[Any]:
    """Let the history name who did it."""
    return pghistory.context(user=by.pk) if by is not None else nullcontext()
