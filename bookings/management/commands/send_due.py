"""Do by hand what beat and a worker do: find what is due and send it."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings.extensions import load
from bookings.messages import delivery, heartbeat, stopping
from bookings.messages.pretending import CannotPretend, pretended

PAUSE = 30  # seconds between two rounds


class Command(BaseCommand):
    help = "Write and send every message that is due. Needs no broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")
        parser.add_argument("--now", help="pretend it is this moment: 2026-10-24T09:30+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one round, or go on round by round until asked to end."""
        now = self._moment(options["now"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.ask())
        stopping.forget()
        self._round(now)
        while not (options["once"] or now or stopping.is_asked()):
            self._rest()
            self._round(now)

    def _round(self, now: datetime | None) -> None:
        if now is None:
            for name in (heartbeat.SWEEP, heartbeat.DELIVERY):
                heartbeat.beat(name, now=timezone.now())
        for path in settings.SWEEPS:
            load(path)(now=now or timezone.now())
        counts = delivery.send_due(now=now)
        self.stdout.write(
            f"sent {counts.sent}, waiting {counts.waiting}, not needed {counts.stopped}, "
            f"failed {counts.failed}, may have arrived {counts.ambiguous}, too late {counts.expired}"
        )

    def _rest(self) -> None:
        ends_at = time.monotonic() + PAUSE
        while time.monotonic() < ends_at and not stopping.is_asked():
            time.sleep(0.5)

    def _moment(self, text: str | None) -> datetime | None:
        try:
            return pretended(text)
        except CannotPretend as problem:
            raise CommandError(f"--now: {problem}") from None
