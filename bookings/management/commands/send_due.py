"""Do by hand what beat and a worker do every minute: find what is due and send it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings.extensions import load
from bookings.messages import delivery


class Command(BaseCommand):
    help = "Write and send every message that is due. Needs no broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop (the default)")
        parser.add_argument("--now", help="pretend it is this moment: 2026-10-24T09:30+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        now = self._moment(options["now"])
        for path in settings.SWEEPS:
            load(path)(now=now)
        counts = delivery.send_due(now=now)
        self.stdout.write(
            f"sent {counts.sent}, waiting {counts.waiting}, not needed {counts.stopped}, "
            f"failed {counts.failed}, too late {counts.expired}"
        )

    def _moment(self, text: str | None) -> datetime:
        if not text:
            return timezone.now()
        if not settings.ALLOW_PRETEND_NOW:
            raise CommandError("--now works in demo and test mode only.")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise CommandError("--now takes a moment like 2026-10-24T09:30+01:00.") from None
        if moment.tzinfo is None:
            raise CommandError("--now needs an offset, like 2026-10-24T09:30+01:00.")
        return moment
