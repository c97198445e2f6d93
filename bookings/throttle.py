"""How often one visitor, and one network, may ask for something in a while."""

from __future__ import annotations

import hashlib
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

NETWORK_SHARE = 6  # a network may ask so many times as often as one visitor


def seconds_to_wait(name: str, request: HttpRequest, visitor: str) -> int:
    """Count this request; return 0, or the seconds until the next is welcome."""
    most, window = settings.THROTTLES[name]
    slot, over = divmod(int(time.time()), window)
    network = request.META.get("REMOTE_ADDR", "")
    counted = [(f"v:{visitor}", most), (f"n:{network}", most * NETWORK_SHARE)]
    too_many = [_count(f"{name}:{who}:{slot}", window) > limit for who, limit in counted]
    return window - over if any(too_many) else 0


def _count(key: str, window: int) -> int:
    hashed = hashlib.sha256(key.encode()).hexdigest()[:32]
    cache.add(hashed, 0, window)
    try:
        return cache.incr(hashed)
    except ValueError:  # it ran out between the two
        cache.set(hashed, 1, window)
        return 1
