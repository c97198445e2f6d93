"""Load the templates of plans; safe to run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practitioners.loading import CatalogueError
from treatment_plans.plan_templates import load_plan_templates


class Command(BaseCommand):
    """Bring the templates of plans up to date and say what changed."""

    help = "Load the templates of plans. Rows that were edited here are never overwritten."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = load_plan_templates()
        except CatalogueError as problem:
            raise CommandError(f"{problem} Nothing was loaded.") from problem
        if options["verbosity"]:
            self.stdout.write(
                f"{counts.added} added, {counts.renewed} renewed, {counts.same} unchanged, "
                f"{counts.edited} edited here and left alone."
            )
