"""From a waiting row to a delivered message, in three small transactions.

    T1 claim    pending ──► claimed    a batch, skipping what others hold, with a lease
    T2 decide   claimed ──► sending    source rows locked first; a cancel that came before wins
       render   under these locks, so that what is said is what was decided; an error, or a
                death, takes the decision back
       hand over to the mail relay, or to the provider of text messages
    T3 result   sending ──► sent       or back to pending, or parked

Where a source can be read ahead, T2 is decided and rendered before its locks, some at a
time (`drafts`), and takes one trip, which marks only what has not changed meanwhile (`ahead`).

Whoever dies between T2 and T3 leaves a row in `sending`, which comes back flagged as
ambiguous under the same Message-ID. `now` is business time; left out, each row is
looked at by the clock on the wall.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from bookings.consents import offers_texts
from bookings.extensions import message_source
from bookings.messages import ahead, claim, deciding, fuse, recovery, results, stopping, trouble
from bookings.messages.breaker import Breaker
from bookings.messages.deciding import Letter
from bookings.messages.drafts import Draft, Drafts
from bookings.messages.helping import Helpers
from bookings.messages.relay import open_relay
from bookings.messages.sms import open_gateway
from bookings.messages.sources import Send, Stop, Wait
from bookings.models import Client, Message
from practitioners.once import read_once

State = Message.State
Channel = Client.Channel
A_MOMENT = timedelta(seconds=5)
LOCK_WAIT = "5s"  # for the rows a message is about
TRY_AGAIN_SOON = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization
RECONNECT_AFTER = (1, 2, 4, 8, 15, 30)  # seconds; together less than a lease
log = structlog.get_logger(__name__)
breaker = Breaker()  # of the mail relay
text_breaker = Breaker()  # of the provider of text messages


@dataclass
class Counts:
    """What one run did."""

    sent: int = 0
    waiting: int = 0
    stopped: int = 0
    failed: int = 0
    expired: int = 0
    ambiguous: int = 0
    lost: int = 0
    ids: list[int] = field(default_factory=list)

    def add(self, what: str) -> None:
        setattr(self, what, getattr(self, what) + 1)

    def add_all(self, other: Counts) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@contextmanager
def wait_for_locks() -> Iterator[None]:
    """Wait for the rows that a message is about as long as LOCK_WAIT says, not for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_WAIT])
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


class CarrierRests(Exception):
    """What would carry the message takes nothing for the moment."""


class Run:
    """One worker working through what is due, until nothing is left or it has to stop.

    `call_help` is told of every whole batch, because then there may be more.
    """

    def __init__(
        self,
        carriers: dict[str, Any],
        *,
        now: datetime | None,
        ends_at: float,
        call_help: Callable[[], None] | None = None,
    ) -> None:
        self.worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        self.carriers = carriers
        self.counts = Counts()
        self._now = now
        self._ends_at = ends_at
        self._call_help = call_help

    @property
    def now(self) -> datetime:
        return self._now or timezone.now()

    def has_to_stop(self) -> bool:
        return stopping.is_asked() or time.monotonic() >= self._ends_at

    def tidy(self) -> None:
        """Take back what dead workers held, and end what is too late."""
        for message in recovery.take_back(now=self.now):
            self.counts.add("failed" if message.state == State.FAILED else "ambiguous")
        self.counts.expired += len(recovery.expire(now=self.now))

    def work(self, *, only: Collection[int] | None) -> None:
        """Claim and deliver batch by batch."""
        lanes = fuse.open_lanes(now=self.now)
        while not self.has_to_stop():
            size = breaker.may_take(settings.MESSAGE_BATCH, at=time.monotonic())
            if not size:
                log.warning("relay_rests")
                took_at = time.monotonic()
                self._deliver_all(self._texts_only(lanes), took_at=took_at)
                return
            took_at = time.monotonic()
            batch = claim.take(self.worker, now=self.now, lanes=lanes, size=size, only=only)
            if not batch:
                return
            if self._call_help and len(batch) == settings.MESSAGE_BATCH:
                self._call_help()
            self._deliver_all(batch, took_at=took_at)

    def help(self) -> None:
        """Claim and deliver beside another, while the relay is well: a probe is for one alone.

        So are rows that may kill who takes them: that would be the other one, too.
        """
        lanes = fuse.open_lanes(now=self.now)
        while not self.has_to_stop() and breaker.is_closed:
            took_at = time.monotonic()
            size = settings.MESSAGE_BATCH
            batch = claim.take(
                self.worker, now=self.now, lanes=lanes, size=size, with_suspects=False
            )
            if not batch:
                return
            self._deliver_all(batch, took_at=took_at)

    def _texts_only(self, lanes: list[int]) -> list[Message]:
        """While the mail relay rests: a batch of what will probably go as a text message."""
        if not offers_texts():
            return []
        keys = Message.objects.probably_texts(now=self.now)[: settings.MESSAGE_BATCH]
        return claim.take(
            self.worker, now=self.now, lanes=lanes, size=settings.MESSAGE_BATCH, only=list(keys)
        )

    @read_once()
    @wait_for_locks()
    def _deliver_all(self, batch: list[Message], *, took_at: float) -> None:
        """Deliver one after the other, and give back what would not begin in half a lease.

        Left to run out, it would look as if the row had killed its worker. The clinic's
        settings and words are read once for all of them.
        """
        ends_at = took_at + claim.lease().total_seconds() / 2
        drafts = Drafts(batch, ahead.read(batch), clock=lambda: self.now)
        for place, message in enumerate(batch):
            nothing_goes = not (offers_texts() or breaker.may_take(1, at=time.monotonic()))
            is_late = place > 0 and time.monotonic() >= ends_at
            if self.has_to_stop() or nothing_goes or is_late:
                claim.release(batch[place:])
                return
            self.counts.add(self._deliver(message, drafts.of(place)))

    def _deliver(self, message: Message, draft: Draft | None = None) -> str:
        """Take one claimed message as far as it goes; returns what became of it."""
        try:
            letter = commit(message, now=self.now, draft=draft)
            if letter is None:
                return "waiting" if message.state == State.PENDING else "stopped"
        except claim.ClaimLost:
            return "lost"
        except CarrierRests:
            claim.release([message], wait=timedelta(seconds=settings.MESSAGE_BREAKER_SECONDS))
            return "waiting"
        except (OperationalError, InterfaceError) as problem:
            if _code_of(problem) not in TRY_AGAIN_SOON:
                raise
            claim.release([message], wait=A_MOMENT)
            return "waiting"
        except Exception:  # one bad row must not stop the others; it is parked after three tries
            log.exception("message_not_prepared", message=message.pk, kind=message.kind)
            return results.not_prepared(message, now=self.now)
        return self._hand_over(message, letter)

    def _hand_over(self, message: Message, letter: Letter) -> str:
        outcome = self.carriers[letter.channel].hand_over(letter.content)
        carrier = breaker_of(letter.channel)
        if outcome.kind in ("sent", "hard"):
            carrier.went_well()
        else:
            carrier.failed(
                is_timeout=outcome.is_timeout,
                at=time.monotonic(),
                pause=settings.MESSAGE_BREAKER_SECONDS,
            )
        result = _patiently(
            lambda: results.finish(message, outcome, address=letter.to, now=self.now)
        )
        if result == "sent":
            self.counts.ids.append(message.pk)
        return result


def breaker_of(channel: str) -> Breaker:
    """The breaker of a channel's carrier."""
    return text_breaker if channel == Channel.SMS else breaker


def send_due(
    *,
    now: datetime | None = None,
    limit_seconds: float | None = None,
    only: Collection[int] | None = None,
    timeout: float | None = None,
) -> Counts:
    """Hand over everything that is due, or of it `only` some rows, until the time is over.

    Many may do so at once. `timeout` shortens the patience with the relay.
    """
    seconds = settings.MESSAGE_TASK_SECONDS if limit_seconds is None else limit_seconds
    ends_at = time.monotonic() + seconds
    helpers = Helpers(lambda: _help(now=now, ends_at=ends_at))
    call = helpers.call if only is None else None
    with helpers, _carriers(timeout=timeout) as carriers:
        run = Run(carriers, now=now, ends_at=ends_at, call_help=call)
        if only is None:
            run.tidy()
        run.work(only=only)
    for counts in helpers.results():
        run.counts.add_all(counts)
    return run.counts


def _help(*, now: datetime | None, ends_at: float) -> Counts:
    """What a helper does, in a thread of its own."""
    try:
        with _carriers() as carriers:
            run = Run(carriers, now=now, ends_at=ends_at)
            run.help()
        return run.counts
    finally:
        connection.close()  # the thread's


@contextmanager
def _carriers(*, timeout: float | None = None) -> Iterator[dict[str, Any]]:
    """A line to the mail relay, and to the provider of text messages."""
    with open_relay(timeout=timeout) as relay:
        yield {Channel.EMAIL.value: relay, Channel.SMS.value: open_gateway()}


def commit(message: Message, *, now: datetime, draft: Draft | None = None) -> Letter | None:
    """T2: decide under lock, put it into words, mark the row as being sent; None when it was settled.

    Raises ClaimLost when the row was cancelled or its lease ran out meanwhile, CarrierRests
    when it has to wait for its carrier.
    """
    if draft and _mark_draft(message, draft):
        return draft.letter
    with transaction.atomic(durable=True):
        row = message_source(message.source_type).lock(message)
        answer = deciding.decide(message, row, now=now)
        if isinstance(answer, Send):
            if letter := deciding.write(message, row, now=now):
                answer = _mark(message, letter, now=now)
            else:
                answer = Stop("no_address")
        if isinstance(answer, Send):
            return letter
        _settle(message, answer, now=now)
        return None


def _mark_draft(message: Message, draft: Draft) -> bool:
    """Mark a message whose letter is written, if all that it was made of is still so. Raises CarrierRests."""
    try:
        _set_mark(message, draft.mark)
    except claim.ClaimLost:
        return False
    return True


def _mark(message: Message, letter: Letter, *, now: datetime) -> Send | Wait:
    """Mark the row as being sent, unless its client has had too many. Raises ClaimLost, CarrierRests."""
    try:
        _set_mark(message, deciding.mark_of(message, letter, now=now))
    except claim.ClaimLost:
        if held := fuse.check(message, now=now):
            return held
        raise
    return Send()


def _set_mark(message: Message, mark: claim.Mark) -> None:
    """Mark the row as being sent. Raises ClaimLost, CarrierRests."""
    if not breaker_of(mark.channel).may_take(1, at=time.monotonic()):
        raise CarrierRests
    claim.commit_to_send(message, mark)


def _settle(message: Message, answer: Wait | Stop, *, now: datetime) -> None:
    """Write down a decision not to send. Raises ClaimLost."""
    if isinstance(answer, Wait):
        claim.put_back(message, send_after=answer.until, code=answer.code)
        return
    claim.drop(message, code=answer.code)
    if answer.code in ("no_address", "address_bounced"):
        trouble.tell_desk_to_call(message, now=now)
    elif answer.code == "no_consented_channel":
        trouble.tell_desk_of_no_way(message, now=now)


def _patiently(write: Callable[[], str]) -> str:
    """Keep trying to write a result down while the database is away.

    What the relay has accepted must not be forgotten: forgotten, it is sent twice.
    """
    for seconds in RECONNECT_AFTER:
        try:
            return write()
        except (OperationalError, InterfaceError):
            log.warning("result_not_written", again_in=seconds)
            connection.close()
            time.sleep(seconds)
    return write()


def _code_of(problem: Exception) -> str:
    return getattr(problem.__cause__, "pgcode", None) or ""
