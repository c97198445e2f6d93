"""How often one visitor, one network and one address may ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from bookings.throttle import ADDRESS_SHARE, NETWORK_SHARE, network_of, seconds_to_wait

MOST, WINDOW = 3, 600


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.THROTTLES = {"thing": (MOST, WINDOW), "other": (MOST, WINDOW)}


def ask(
    visitor: str, *, network: str = "192.0.2.1", name: str = "thing", address: str = ""
) -> bool:
    """Whether one more request is welcome."""
    request = RequestFactory().get("/", REMOTE_ADDR=network)
    return seconds_to_wait(name, request, visitor, address=address) == 0


def test_so_many_are_welcome_and_then_the_real_wait_is_named() -> None:
    assert [ask("me") for _ in range(MOST + 1)] == [True] * MOST + [False]
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
    assert 0 < seconds_to_wait("thing", request, "me") <= WINDOW


def test_others_and_other_things_are_counted_apart() -> None:
    for _ in range(MOST + 1):
        ask("me")
    assert ask("you")
    assert ask("me", name="other")


def test_a_network_of_many_visitors_is_limited() -> None:
    welcome = [ask(f"visitor {number}") for number in range(MOST * NETWORK_SHARE + 2)]
    assert welcome == [True] * (MOST * NETWORK_SHARE) + [False] * 2
    assert ask("somebody", network="198.51.100.7")


def test_an_address_is_limited_whoever_asks_from_wherever() -> None:
    welcome = [
        ask(f"v{number}", network=f"192.0.2.{number}", address=f"{'A' if number % 2 else 'a'}@b.c ")
        for number in range(MOST * ADDRESS_SHARE + 1)
    ]
    assert welcome == [True] * (MOST * ADDRESS_SHARE) + [False]
    assert ask("another", network="198.51.100.7", address="other@b.c")


class TestNetworks:
    def network(self, **meta: str) -> str:
        return network_of(RequestFactory().get("/", **meta))  # type: ignore[arg-type]

    def test_without_proxies_nobody_can_make_up_a_network(self) -> None:
        found = self.network(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9")
        assert found == "192.0.2.1"

    @pytest.mark.parametrize(
        ("proxies", "heard", "network"),
        [
            (1, "203.0.113.9", "203.0.113.9"),
            (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
            (2, "203.0.113.9", "192.0.2.1"),
            (1, "", "192.0.2.1"),
            (1, "x" * 100, "x" * 45),
        ],
    )
    def test_only_what_our_own_proxies_added_counts(
        self, settings: Any, proxies: int, heard: str, network: str
    ) -> None:
        settings.PROXY_COUNT = proxies
        header = {"HTTP_X_FORWARDED_FOR": heard} if heard else {}
        assert self.network(REMOTE_ADDR="192.0.2.1", **header) == network

    def test_a_household_has_one_ipv6_network(self) -> None:
        first = self.network(REMOTE_ADDR="2001:db8:1:2:aaaa::1")
        assert first == self.network(REMOTE_ADDR="2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
        assert first != self.network(REMOTE_ADDR="2001:db8:1:3::1")
