"""Tests in several processes at once: `pytest -p clinic.tests.side_by_side -n auto`.

Apart from `conftest.py`, so that a single process needs nothing of it.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from clinic.servers.places import Places, postgres_url, valkey_url
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[2]


class OneClinic(LoadScopeScheduling):  # type: ignore[misc]
    """A file stays with one process, and all browser tests with one, as they share a clinic."""

    def _split_scope(self, nodeid: str) -> str:
        return "e2e" if nodeid.startswith("e2e/") else nodeid.split("::", 1)[0]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: a third of the time goes into waiting for workers,
    servers and leases, and browser tests hand their work to a browser.
    """
    return (os.cpu_count() or 1) + 1


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
