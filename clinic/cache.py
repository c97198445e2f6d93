"""A cache that nobody has to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

PATIENCE = 0.2  # seconds for a connection or an answer
REST = 5.0  # seconds without asking again after a failure
# As one: a key cannot run out between the two.
COUNT = """
local counts = {}
for place, key in ipairs(KEYS) do
    redis.call('SET', key, 0, 'EX', ARGV[1], 'NX')
    counts[place] = redis.call('INCR', key)
end
return counts
"""


class PatientRedisCache(BaseCache):
    """Valkey while it answers within 200 ms; otherwise this process's own memory.

    After a failure it is left alone for five seconds, so a hung server costs one
    request 200 ms and the others nothing. Counters then count per process.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {**params.get("OPTIONS", {}), "socket_timeout": PATIENCE}
        if not server.startswith("unix:"):
            options["socket_connect_timeout"] = PATIENCE
        self._shared = _Shared(server, {**params, "OPTIONS": options})
        self._own = _Own("own", {k: v for k, v in params.items() if k != "OPTIONS"})
        self._rests_until = 0.0

    def _ask(self, call: Callable[[Any], Any]) -> Any:
        if time.monotonic() >= self._rests_until:
            try:
                return call(self._shared)
            except (RedisError, OSError):
                self._rests_until = time.monotonic() + REST
        return call(self._own)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: str, default: Any = None, version: Any = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: str, version: Any = None) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, version)))

    def incr(self, key: str, delta: int = 1, version: Any = None) -> int:
        return int(self._ask(lambda cache: cache.incr(key, delta, version)))

    def count(self, keys: Sequence[str], timeout: int) -> list[int]:
        """Count one more under each key, within so many seconds from its first; gives the counts."""
        return list(self._ask(lambda cache: cache.count(keys, timeout)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())


class _Shared(RedisCache):
    """Django's own, which counts several things in one round trip."""

    @cached_property
    def _line(self) -> Any:
        """One client for all: making one takes longer than what it asks."""
        return self._cache.get_client(write=True)

    def count(self, keys: Sequence[str], timeout: int) -> list[int]:
        asked = [self.make_and_validate_key(key) for key in keys]
        return list(self._line.eval(COUNT, len(asked), *asked, timeout))


class _Own(LocMemCache):
    """Django's own, which counts, too."""

    def count(self, keys: Sequence[str], timeout: int) -> list[int]:
        return [1 if self.add(key, 1, timeout) else self.incr(key) for key in keys]
