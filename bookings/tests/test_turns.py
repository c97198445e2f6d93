"""Threads take turns in the order in which they came, and nobody's turn is ever lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bookings.calendar.turns import Turns

PATIENCE = 5  # seconds; a turn that does not come in them never will


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.001)


def in_line(turns: Turns, *names: str, work: Callable[[str], None]) -> list[threading.Thread]:
    """Threads that have come in this order and do their work when it is their turn."""

    def one(name: str) -> None:
        with turns:
            work(name)

    threads = []
    for number, name in enumerate(names, 1):
        threads.append(threading.Thread(target=one, args=(name,), daemon=True))
        threads[-1].start()
        wait_until(lambda number=number: len(turns._waiting) == number)  # type: ignore[misc]
    return threads


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Interrupt this thread, as the time limit of a worker does."""

    def ring(*about: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_who_came_first_goes_first_though_another_comes_at_the_very_moment() -> None:
    turns, order = Turns(1), list[str]()
    with turns:
        threads = in_line(turns, "first", "second", "third", work=order.append)
    with turns:  # nobody who waits is overtaken
        order.append("last")
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["first", "second", "third", "last"]


def test_as_many_as_may_are_at_work_and_no_more() -> None:
    turns, gate, inside = Turns(2), threading.Event(), list[str]()

    def work(name: str) -> None:
        inside.append(name)
        gate.wait(PATIENCE)

    with turns, turns:
        threads = in_line(turns, "a", "b", "c", "d", work=work)
        assert inside == []
    wait_until(lambda: len(inside) == 2)
    time.sleep(0.05)
    assert sorted(inside) == ["a", "b"]
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(inside) == ["a", "b", "c", "d"]
    assert turns._free == 2


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="wrong"), turns:
        raise ValueError("wrong")
    assert turns._free == 1


def test_who_is_interrupted_while_waiting_takes_no_turn_along() -> None:
    turns, order = Turns(1), list[str]()
    with turns:
        with pytest.raises(TimeoutError), alarm(0.05), turns:
            raise AssertionError("There was no turn to be had.")
        (behind,) = in_line(turns, "behind", work=order.append)
    behind.join(PATIENCE)
    assert order == ["behind"]
    assert (turns._free, len(turns._waiting)) == (1, 0)


def test_who_is_interrupted_as_the_turn_comes_hands_it_on() -> None:
    turns, given = Turns(1), threading.Lock()
    turns._free = 0  # whoever had it has just given it to `given`, which waits no more
    turns._give_up(given)
    assert turns._free == 1
