"""Django's `migrate`, after which every role may do what the matrix of rights says."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from clinic.roles import grant_roles


class Command(migrate.Command):
    """Rights are rows that Django makes after the last migration, so roles get theirs here."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            grant_roles()
