"""What every test may rely on."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models.signals import post_migrate
from xdist.scheduler import LoadScopeScheduling

from clinic.models import ROLES
from clinic.roles import grant_roles
from clinic.servers.places import Places, postgres_url, valkey_url
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parent


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any) -> None:
    """Mail stays in memory, styles need no manifest, and no counter outlives a test."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SMS_BACKEND = ""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SECURE_SSL_REDIRECT = False
    cache.clear()


def pytest_configure() -> None:
    """Let the roles, rows of a migration, outlive the tests that commit and end in empty tables."""
    post_migrate.connect(_add_roles)


def _add_roles(sender: AppConfig, **_: Any) -> None:
    with_models = [one for one in apps.get_app_configs() if one.models_module]
    if sender is with_models[-1]:  # their rights are rows that are there again by then
        for role in ROLES:
            Group.objects.get_or_create(name=role)
        grant_roles()


class OneClinic(LoadScopeScheduling):  # type: ignore[misc]
    """A file stays with one process, and all browser tests with one, as they share a clinic."""

    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if nodeid.startswith("e2e/") else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneClinic:
    """Share out the tests of a run with processes side by side."""
    return OneClinic(config, log)


def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Give each process servers of its own: one would empty the other's cache, take its calls
    to workers, and migrate the clinic that its browser looks at.
    """
    for spec in specs:
        places = Places.throwaway(BASE_DIR)
        config.add_cleanup(partial(shutil.rmtree, places.data, ignore_errors=True))
        for server in (Postgres(places, durable=False), Valkey(places)):
            server.start()
            config.add_cleanup(server.stop)
        spec.env["DATABASE_URL"] = postgres_url(places.sockets)
        spec.env["REDIS_URL"] = valkey_url(places.sockets)
