"""Load techniques, conditions and body regions; safe to run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practitioners.loading import CatalogueError, load_catalogue


class Command(BaseCommand):
    """Bring the catalogue up to date and say what changed."""

    help = "Load the catalogue. Rows that were edited here are never overwritten."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = load_catalogue()
        except CatalogueError as problem:
            raise CommandError(f"{problem} Nothing was loaded.") from problem
        if options["verbosity"]:
            self.stdout.write(
                f"{counts.added} added, {counts.renewed} renewed, {counts.same} unchanged, "
                f"{counts.edited} edited here and left alone."
            )
