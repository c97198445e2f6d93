"""Somebody at the pages of a running site, who does one thing at a time.

They press the buttons of real pages, some of which have been open for a while. What an answer
says has become of a visit is written down, to be held against the database.
"""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from bookings.picking import read_start
from bookings.tests.http_browser import Answer, HttpBrowser
from bookings.tests.known_reasons import reason_of

# Reasons to which other times are an answer.
WANTS_ANOTHER = {"taken", "no_room", "client_busy", "hold_expired"}
EAGER = 20  # times as often as else
LEFT_OUT = "none"
TRIES = 5
VISIT = "([0-9a-f-]{36})"
FIRST_FREE = re.compile(r'href="([^"]+)">First free:')
Deed = Callable[[], str]


@dataclass(frozen=True)
class Said:
    """What an answer has said: who has done what with which visits, and how they stand then.

    It was said between two moments. Of `several` the first is named, others may be meant with it.
    """

    event: str
    visits: tuple[str, ...]
    by: int
    begins: datetime
    ends: datetime
    starts: tuple[datetime, ...] = ()
    person: str = ""
    client: int | None = None
    minutes: int | None = None
    several: bool = False


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, crowd: Any, user: Any, chance: random.Random) -> None:
        self.crowd, self.user, self.chance = crowd, user, chance
        self.browser = HttpBrowser(crowd.site, user)
        self.open: dict[str, Answer] = {}  # pages as they were when they were looked at
        self.said: list[Said] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.statuses: Counter[int] = Counter()
        self.pressed_at = timezone.now()

    def do_something(self) -> None:
        """Whatever comes to mind, of what can be done now; rather what nobody has managed yet."""
        for _ in range(TRIES):
            name, outcome = self._one_deed()
            if outcome:
                break
            self.open.clear()  # nothing, by the pages that are open
        assert outcome, "nothing can be done"
        self.outcomes[name, outcome] += 1
        if outcome == "done":
            self.crowd.done.add(name)

    def _one_deed(self) -> tuple[str, str]:
        wanted = {
            deed: often if deed.__name__ in self.crowd.done else often * EAGER
            for deed, often in self.deeds().items()
        }
        while wanted:
            deed = self.chance.choices(list(wanted), weights=list(wanted.values()))[0]
            del wanted[deed]
            outcome = deed()
            if outcome:
                return deed.__name__, outcome
        return "", ""

    def deeds(self) -> dict[Deed, int]:
        """What this person may do, and how often. Each says what came of it, empty if it cannot be done."""
        raise NotImplementedError

    def look(self, path: str, *also: int) -> Answer:
        """A page as it is now; it may have one of these other statuses."""
        page = self._counted(self.browser.get(path))
        assert page.status == 200 or page.status in also, f"{page.status} for {path}"
        if page.status == 200:
            self.open[path] = page
        return page

    def opened(self, path: str, *also: int) -> Answer:
        """A page that may have been open for a while."""
        is_open = path in self.open and self.chance.random() < 0.5
        return self.open[path] if is_open else self.look(path, *also)

    def times(self, path: str, *also: int) -> Answer:
        """A page of times; that of the first free time where the days asked for have none."""
        page = self.opened(path, *also)
        for _ in range(TRIES):  # others go there, too
            first_free = FIRST_FREE.search(page.text)
            if first_free is None:
                break
            page = self.look(html.unescape(first_free[1]), *also)
        return page

    def press(self, page: Answer, button: str, **chosen: str) -> Answer:
        """Press a button; the time is noted, because it tells this press from all others."""
        self.pressed_at = timezone.now()
        return self._counted(self.browser.press(page, button, **chosen))

    def pick(self, page: Answer, button: str) -> str:
        """One of the times on a page; empty where it has none, or no such button."""
        form = page.form(button)
        starts = form.choices.get("start") if form else None
        return self.chance.choice(starts) if starts else ""

    def scope(self, page: Answer, button: str) -> dict[str, str]:
        """Which sessions are meant, on a page that asks."""
        form = page.form(button)
        scopes = form.choices.get("scope") if form else None
        return {"scope": self.chance.choice(scopes)} if scopes else {}

    def dates(self, page: Answer) -> dict[str, str]:
        """An answer for every date of a series: mostly the time proposed, else another or none.

        Empty where nothing at all is free.
        """
        form = page.form("Book all of these")
        assert form, "no dates"
        chosen = {}
        for name, values in form.choices.items():
            is_fine = name in form.carries and self.chance.random() < 0.8
            chosen[name] = form.carries[name] if is_fine else self.chance.choice(values)
        free = [
            (name, one) for name, every in form.choices.items() for one in every if one != LEFT_OUT
        ]
        if set(chosen.values()) == {LEFT_OUT} and free:
            chosen.update([self.chance.choice(free)])
        return chosen if free else {}

    def together(self, page: Answer, path: str) -> list[str]:
        """The other visits that a page says were booked together with its own."""
        listed = page.said.partition("Booked together")[2].partition("</ol>")[0]
        return re.findall(f'href="{path}{VISIT}/"', listed)

    def say(self, event: str, *visits: str, **about: Any) -> None:
        """Note what was said of some visits by the answer to the last press."""
        said = Said(event, visits, self.user.pk, self.pressed_at, timezone.now())
        self.said.append(replace(said, **about))

    def why_not(self, answer: Answer, *, offers: bool = True) -> str:
        """The reason that an answer gives, with other times where one was not to be had."""
        assert answer.status in (409, 422), f"{answer.status} from {answer.path}"
        assert answer.problems, f"no reason from {answer.path}"
        reasons = [reason_of(one) for one in answer.problems]
        if offers and WANTS_ANOTHER.intersection(reasons):
            assert answer.next_free, f"{answer.problems} without other times from {answer.path}"
        return " ".join(reasons)

    def _counted(self, answer: Answer) -> Answer:
        self.statuses[answer.status] += 1
        return answer


def starts(*values: str) -> tuple[datetime, ...]:
    """The starts that a form has sent."""
    found = [read_start(one) for one in values if one != LEFT_OUT]
    return tuple(one for one in found if one)


def reference(visit: str) -> str:
    """What a page calls a visit."""
    return visit[:8].upper()
