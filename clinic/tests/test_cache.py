"""The cache has a database of its own beside the broker's."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from clinic.servers import cache_url


def test_clearing_it_loses_no_call_to_a_worker() -> None:
    broker = redis.from_url(settings.REDIS_URL)
    broker.rpush("calls", "one")
    cache.set("counter", 1)
    cache.clear()
    assert cache.get("counter") is None
    assert broker.lpop("calls") == b"one"


@pytest.mark.parametrize(
    ("broker", "beside"),
    [
        ("unix:///tmp/c/valkey.sock", "unix:///tmp/c/valkey.sock?db=1"),
        ("redis://localhost:6379", "redis://localhost:6379?db=1"),
        ("redis://:secret@localhost/3?timeout=2", "redis://:secret@localhost/3?timeout=2&db=4"),
    ],
)
def test_it_is_the_database_after_the_brokers(broker: str, beside: str) -> None:
    assert cache_url(broker) == beside
