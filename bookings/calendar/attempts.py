"""One transaction around a change of the calendar, and when it is tried again."""

from __future__ import annotations

import functools
import random
import threading
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

from bookings.calendar.saying import saying_once
from bookings.calendar.turns import turns
from bookings.errors import Busy
from practitioners.once import read_once

LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "5s"
PATIENCE = "SET LOCAL lock_timeout = '{}'; SET LOCAL statement_timeout = '{}'; "
TRIES = 3
LOOKS = 8  # as often may somebody be faster before we call it a crowd
PAUSE = (0.05, 0.25)  # seconds
WORTH_ANOTHER_TRY = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization
TOO_SLOW = "57014"
CUT_OFF = ("", "08", "57P")  # no code at all, connection lost, server going down
# Constraints that only a rival can break; looking again names the reason.
RIVALS = ("_not_twice", "form_token_key")

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class LookAgain(Exception):
    """Somebody was faster: what was read before the locks no longer holds."""


class _Running(threading.local):
    """Whether a verb of this thread is at work, so that another becomes a part of it."""

    is_inside = False


_running = _Running()


def in_one_transaction(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Run a verb whole or not at all, and again where that is safe.

    A verb called by another is a part of it: its refusal takes back only its own
    writes and locks, and what has to be tried again is all of the outer one. So the
    outer one must be fit to run twice. Inside any other transaction, where a refusal
    could be committed or locks outlive the verb, it raises RuntimeError.

    When the connection is lost nobody knows whether the commit was, so the verb runs
    once more: each finds what it has done before, by its form's token or by how the
    visit stands. Raises Busy when all tries are used up: then nothing was written.
    """

    @functools.wraps(verb)
    def run(*args: Any, **kwargs: Any) -> Result:
        once = functools.partial(_once, verb, args, kwargs)
        return once() if _running.is_inside else _with_patience(verb.__name__, once)

    return run


def _once(verb: Callable[..., Result], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result:
    is_part, _running.is_inside = _running.is_inside, True
    try:
        with _said_by(kwargs.get("by")), transaction.atomic(durable=not is_part):
            if is_part:
                return verb(*args, **kwargs)
            with read_once(), saying_once(PATIENCE.format(LOCK_TIMEOUT, STATEMENT_TIMEOUT)):
                return verb(*args, **kwargs)
    finally:
        _running.is_inside = is_part


def _with_patience(name: str, once: Callable[[], Result]) -> Result:
    tries, looks, losses = 0, 0, 0
    while tries < TRIES and looks < LOOKS:
        try:
            with turns:
                return once()
        except LookAgain:
            looks += 1
        except IntegrityError as problem:
            if not constraint_of(problem).endswith(RIVALS):
                raise
            looks += 1
        except (OperationalError, InterfaceError) as problem:
            code = code_of(problem)
            if code in WORTH_ANOTHER_TRY:
                tries += 1
                log.warning("calendar_retry", verb=name, code=code, tries=tries)
                time.sleep(random.uniform(*PAUSE))  # noqa: S311  a pause, not a secret
            elif code == TOO_SLOW:
                raise Busy from problem
            elif losses or not was_cut_off(code):
                raise
            else:
                losses += 1
                log.warning("calendar_connection_lost", verb=name)
                connection.close()
    raise Busy


def code_of(problem: DatabaseError | InterfaceError) -> str:
    """PostgreSQL's own code of an error, empty where there is none."""
    return getattr(problem.__cause__, "pgcode", None) or ""


def was_cut_off(code: str) -> bool:
    """Tell whether an error means that the connection is gone."""
    return code == CUT_OFF[0] or code.startswith(CUT_OFF[1:])


def constraint_of(problem: DatabaseError) -> str:
    """The name of the constraint that said no."""
    return getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None) or ""


def because(reason: str | None) -> AbstractContextManager[Any]:
    """Let the history say why, where somebody said so."""
    return pghistory.context(reason=reason) if reason else nullcontext()


def _said_by(by: Any) -> AbstractContextManager[Any]:
    """Let the history name who did it."""
    return pghistory.context(user=by.pk) if by is not None else nullcontext()
