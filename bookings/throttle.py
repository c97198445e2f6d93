"""How often one visitor, one network and one address may ask for something in a while."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

NETWORK_SHARE = 6  # a network may ask so many times as often as one visitor
ADDRESS_SHARE = 2  # and everybody together about one e-mail address
IPV6_NETWORK = 64  # bits: what one household or office is given


def seconds_to_wait(
    name: str, request: HttpRequest, visitor: str, *, address: str = "", shared: bool = True
) -> int:
    """Count this request; return 0, or the seconds until the next is welcome.

    With `shared=False` the network does not count: many may ask from one, each for their own.
    """
    most, window = settings.THROTTLES[name]
    slot, over = divmod(int(time.time()), window)
    counted = [(f"v:{visitor}", most)]
    if shared:
        counted.append((f"n:{network_of(request)}", most * NETWORK_SHARE))
    if address:
        counted.append((f"a:{address.strip().lower()}", most * ADDRESS_SHARE))
    counter: Any = cache  # Django's own types know no counting of several
    counts = counter.count([_key(f"{name}:{who}:{slot}") for who, _ in counted], window)
    too_many = [count > limit for count, (_, limit) in zip(counts, counted, strict=True)]
    return window - over if any(too_many) else 0


def network_of(request: HttpRequest) -> str:
    """The network a request comes from, as far as our own proxies can be believed.

    Each proxy appends whom it heard from, so with `PROXY_COUNT` proxies of ours
    the entry that many from the right is the visitor; what stands left of it may
    be made up.
    """
    said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    heard = [part.strip() for part in said if part.strip()]
    hops = settings.PROXY_COUNT
    text = heard[-hops] if 0 < hops <= len(heard) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:45]
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
