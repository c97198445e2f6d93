"""Load the outcome measures; safe to run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practitioners.loading import CatalogueError
from treatment_plans.loading import load_measures


class Command(BaseCommand):
    """Bring the outcome measures up to date and say what changed."""

    help = "Load the outcome measures. Rows that were edited here are never overwritten."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = load_measures()
        except CatalogueError as problem:
            raise CommandError(f"{problem} Nothing was loaded.") from problem
        if options["verbosity"]:
            self.stdout.write(
                f"{counts.added} added, {counts.renewed} renewed, {counts.same} unchanged, "
                f"{counts.edited} edited here and left alone."
            )
