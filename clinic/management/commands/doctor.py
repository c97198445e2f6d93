"""Say what is wrong with this machine or installation, and how to mend it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic.doctor import Weight, examine


class Command(BaseCommand):
    help = "Say what is wrong with this machine or installation and how to mend it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for finding in examine(now=timezone.now()):
            count += finding.weight is Weight.MEND
            self.stdout.write(f"{finding.weight.value:<5} {finding.sentence}")
        if count:
            things = "thing" if count == 1 else "things"
            self.stderr.write(f"{count} {things} to mend.")
            raise SystemExit(1)
        self.stdout.write("Nothing to mend.")
