"""What every test may rely on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management.commands import flush
from django.core.signing import TimestampSigner, b62_decode, b62_encode
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError


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


@pytest.fixture(autouse=True, scope="session")
def _rows_are_locked_in_a_transaction() -> Iterator[None]:
    """Refuse to lock rows where only a test has begun a transaction, as it is refused at the clinic."""
    execute = SQLCompiler.execute_sql

    def checked(compiler: Any, *args: Any, **kwargs: Any) -> Any:
        blocks = compiler.connection.atomic_blocks
        if compiler.query.select_for_update and all(one._from_testcase for one in blocks):
            raise TransactionManagementError("Rows are locked outside of a transaction.")
        return execute(compiler, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLCompiler, "execute_sql", checked)
        yield


@pytest.fixture(autouse=True, scope="session")
def _roles_stay() -> Iterator[None]:
    """Tests that commit end in empty tables, but for roles and rights, the rows of migrations.

    To make those anew took longer than most of the tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", _emptied)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield


def _emptied(style: Any, connection: Any, **_: bool) -> list[str]:
    stay = {
        one._meta.db_table for one in (ContentType, Permission, Group, Group.permissions.through)
    }
    tables = set(
        connection.introspection.django_table_names(only_existing=True, include_views=False)
    )
    return connection.ops.sql_flush(style, sorted(tables - stay))  # type: ignore[no-any-return]
