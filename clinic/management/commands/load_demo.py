"""Fill an empty database with the demo clinic."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic import demo


class Command(BaseCommand):
    help = "Load the demo clinic into an empty database; does nothing where a clinic exists."

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo.is_loaded():
            demo.load(now=timezone.now())
