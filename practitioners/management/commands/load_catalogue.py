"""Load techniques, conditions and body regions; safe to run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from practitioners.loading import load_catalogue


class Command(BaseCommand):
    help = "Load the catalogue. Rows that were edited here are never overwritten."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = load_catalogue()
        if options["verbosity"]:
            self.stdout.write(f"added {counts.added}, renewed {counts.renewed}, kept {counts.kept}")
