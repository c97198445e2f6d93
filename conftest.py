"""What every test may rely on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.signing import TimestampSigner, b62_decode, b62_encode
from django.db.models.signals import post_migrate

from clinic.models import ROLES
from clinic.roles import grant_roles


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


@pytest.fixture(autouse=True, scope="session")
def _no_two_links_of_one_second() -> Iterator[None]:
    """Sign each link in another second than the one before, as it happens on a busy machine."""
    later, timestamp = cycle(range(3)), TimestampSigner.timestamp

    def restless(signer: TimestampSigner) -> str:
        return b62_encode(b62_decode(timestamp(signer)) + next(later))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "timestamp", restless)
        yield


def pytest_configure() -> None:
    """Let the roles, rows of a migration, outlive the tests that commit and end in empty tables."""
    post_migrate.connect(_add_roles)


def _add_roles(sender: AppConfig, **_: Any) -> None:
    with_models = [one for one in apps.get_app_configs() if one.models_module]
    if sender is with_models[-1]:  # their rights are rows that are there again by then
        for role in ROLES:
            Group.objects.get_or_create(name=role)
        grant_roles()
