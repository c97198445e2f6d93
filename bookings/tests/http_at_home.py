"""A client who is signed in, at the pages of a running site."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Appointment, Client
from bookings.picking import read_shown, read_start
from bookings.tests.http_browser import Answer
from bookings.tests.http_people import VISIT, Deed, Person, reference, starts
from bookings.tests.known_reasons import reason_of

A_MOMENT = timedelta(seconds=1)
MOVED, AS_BEFORE = "moved. The new time is below.", "again as before."
ALREADY_THEN = "This is the time that your session has now. Nothing was changed."
GIVEN_BACK = "We no longer keep that time for you. Nothing is booked."
BOOK, BOOK_ALL, LONGER = "Book this time", "Book all of these", "Keep 5 more minutes"


class AtHome(Person):
    """Keeps times, books them, and changes what is booked for them."""

    def __init__(self, crowd: Any, user: Any, client: Client, chance: random.Random) -> None:
        super().__init__(crowd, user, chance)
        self.client = client
        self.kept = ""  # as the last screen shows it
        self.is_over = False  # the minutes of what is kept
        self.regrets: list[Answer] = []  # pages on which something can be undone
        self.times_url = f"/book/{crowd.service.slug}/"

    def deeds(self) -> dict[Deed, int]:
        of_visits: dict[Deed, int] = {self.move: 14, self.cancel: 7, self.undo: 10}
        if not self.kept:
            return {self.choose: 60, **of_visits}
        return {self.choose_another: 12, self.keep_longer: 12, self.give_back: 8, self.book: 24,
                self.book_too_late: 8, self.book_series: 12, **of_visits}  # fmt: skip

    # --- The time that is kept -----------------------------------------------------------

    def choose(self) -> str:
        person = self.chance.choice([None, *self.crowd.people])
        who = f"practitioner={person.slug}&" if person else ""
        page = self.times(f"{self.times_url}?{who}from={self.crowd.first_day}")
        start = self.pick(page, "Continue")
        if not start:
            return ""
        answer = self.press(page, "Continue", start=start)
        if answer.status != 302:
            return self.why_not(answer)
        assert answer.url == f"{self.times_url}you/"
        self.kept, self.is_over = self.look(answer.url).value_of("shown"), False
        with_whom, at = self._shown()
        assert at == read_start(start)
        assert person is None or with_whom == person.pk
        return "done"

    def choose_another(self) -> str:
        return self.choose()

    def keep_longer(self) -> str:
        page = self._last_screen()
        if page.form(LONGER) is None:
            return ""
        if self.chance.random() < 0.2:
            self._run_out()
        answer = self.press(page, LONGER)
        again = self._last_screen() if answer.status == 302 else answer
        if again.status != 200:
            return self._lost(again)
        if "Kept for you until" not in again.said:
            (notice,) = again.notices
            return reason_of(notice)
        assert again.value_of("shown") == self.kept
        assert again.form(LONGER) is None
        return "done"

    def give_back(self) -> str:
        page = self._last_screen()
        if page.form("Give this time back") is None:
            return ""
        answer = self.press(page, "Give this time back")
        assert answer.status == 302
        assert self.look(answer.url).notices == [GIVEN_BACK]
        self.kept = ""
        return "done"

    def book(self) -> str:
        return self._book(self._last_screen())

    def book_too_late(self) -> str:
        """The minutes are over before the button is pressed, perhaps before the page is seen."""
        is_open = self.chance.random() < 0.5
        page = self._last_screen()
        self._run_out()
        return self._book(page if is_open else self._last_screen())

    def _book(self, page: Answer) -> str:
        if page.status != 200:
            return self._lost(page)
        answer = self.press(page, BOOK, times="1")
        if answer.status == 409 and self.why_not(answer) == "still_free":
            answer = self.press(answer, BOOK, times="1")
        if answer.status != 302:
            return self._lost(answer)
        visit = self._led_to(answer)
        with_whom, at = self._shown()
        person = self.crowd.slug_of[with_whom]
        self.say("booked", visit, starts=(at,), person=person, client=self.client.pk)
        self.kept = ""
        return "done"

    def book_series(self) -> str:
        page = self._last_screen()
        if page.status != 200:
            return self._lost(page)
        many, weeks = self.chance.choice(["2", "3"]), self.chance.choice(["1", "2"])
        answer = self.press(page, BOOK, times=many, every_weeks=weeks)
        assert answer.url == f"{self.times_url}series/"
        page = self.look(answer.url)
        chosen = self.dates(page)
        if not chosen:
            return ""
        answer = self.press(page, BOOK_ALL, **chosen)
        if answer.status == 409:
            reason, other = self.why_not(answer), self.dates(answer)
            if not other or self.chance.random() < 0.3:
                return reason
            chosen = other
            answer = self.press(answer, BOOK_ALL, **chosen)
        if answer.status != 302:
            return self.why_not(answer)
        first = self._led_to(answer)
        others = self.together(self.open[answer.url], "/my/visits/")
        dates = starts(*chosen.values())
        self.say("booked", first, *others, starts=dates, client=self.client.pk, several=True)
        self.kept = ""
        return "done"

    def _last_screen(self) -> Answer:
        """What is kept; or other times, where it is gone."""
        return self.look(f"{self.times_url}you/", 409)

    def _led_to(self, answer: Answer) -> str:
        """The visit to whose page a booking has led, where it can be taken back."""
        found = re.fullmatch(f"/book/done/{VISIT}/", answer.url)
        assert found, f"booked, and then {answer.url}"
        page = self.look(answer.url)
        assert reference(found[1]) in page.text or "cancelled" in page.said
        if page.form("Undo"):
            self.regrets.append(page)
        return found[1]

    def _lost(self, answer: Answer) -> str:
        """Why there is no visit; on a page of other times nothing is kept any more."""
        form = answer.form(BOOK)
        if form is None:
            self.kept = ""
        else:
            self.is_over = "hold_again" in form.carries
        return self.why_not(answer)

    def _shown(self) -> tuple[int, datetime]:
        shown = read_shown(self.kept)
        assert shown is not None
        return shown[1:]

    def _run_out(self) -> None:
        with_whom, at = self._shown()
        kept = Appointment.objects.filter(status="held", practitioner=with_whom, starts_at=at)
        if not self.is_over:  # else it may be somebody else's by now
            assert kept.update(held_until=timezone.now() - A_MOMENT) == 1
        self.is_over = True

    # --- What is booked ------------------------------------------------------------------

    def move(self) -> str:
        visit = self._one_of_mine()
        if not visit:
            return ""
        near = self.chance.choice(["", f"?from={self.crowd.first_day}"])
        page = self.times(f"/my/visits/{visit}/move/{near}")
        start = self.pick(page, "Move to this time")
        if not start:
            return ""
        scope = self.scope(page, "Move to this time")
        answer = self.press(page, "Move to this time", start=start, **scope)
        if answer.status != 302:
            return self.why_not(answer)
        self._see(answer, visit, MOVED, ALREADY_THEN)
        is_for_all = scope.get("scope") == "following"
        self.say("moved", visit, starts=starts(start), several=is_for_all)
        return "done"

    def cancel(self) -> str:
        visit = self._one_of_mine()
        page = self.opened(f"/my/visits/{visit}/cancel/") if visit else None
        if page is None or page.form("Cancel this session") is None:
            return ""
        scope = self.scope(page, "Cancel this session")
        answer = self.press(page, "Cancel this session", **scope)
        if answer.status != 302:
            return self.why_not(answer)
        assert answer.url == f"/my/visits/{visit}/"
        self.say("cancelled", visit, several=scope.get("scope") == "following")
        page = self.look(answer.url)  # by then the desk may have put it back
        if page.form("Undo"):
            self.regrets.append(page)
        return "done"

    def undo(self) -> str:
        """Take back what was done a while ago: a booking, a move or a cancellation."""
        if not self.regrets:
            return ""
        page = self.regrets.pop(self.chance.randrange(len(self.regrets)))
        form = page.form("Undo")
        found = re.fullmatch(f"/(book/done|my/visits)/{VISIT}/undo/", form.action if form else "")
        assert found
        is_booking, visit = found[1] == "book/done", found[2]
        answer = self.press(page, "Undo")
        if answer.status != 302:
            return self.why_not(answer, offers=not is_booking)
        if is_booking:
            assert answer.url == page.path
            self.look(answer.url)  # by then the desk may have put it back
        else:
            self._see(answer, visit, AS_BEFORE)
        self.say("cancelled" if is_booking else "put_back", visit, several=True)
        return "done"

    def _see(self, answer: Answer, visit: str, *notices: str) -> None:
        """The page of the visit, which says what was done, and where it can be undone."""
        assert answer.url == f"/my/visits/{visit}/"
        page = self.look(answer.url)
        said = " ".join(page.notices)
        assert any(one in said for one in notices), f"{said!r} is said, none of {notices}"
        assert reference(visit) in page.text
        if page.form("Undo"):
            self.regrets.append(page)

    def _one_of_mine(self) -> str:
        mine = set(re.findall(f'href="/my/visits/{VISIT}/"', self.opened("/my/").text))
        return self.chance.choice(sorted(mine)) if mine else ""
