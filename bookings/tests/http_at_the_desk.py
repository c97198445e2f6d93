"""Somebody of the front desk, at the pages of a running site."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from bookings.models import Client
from bookings.tests.http_browser import Answer
from bookings.tests.http_people import VISIT, Deed, Person, reference, starts

BOOK, BOOK_ALL, MOVE = "Book this time", "Book all of these", "Move to this time"
CANCEL, LENGTH = "Cancel this session", "Change the length"
STANDING = rf'<tr id="visit-[0-9a-f-]+"\s*>\s*<th scope="row"><a href="/desk/visits/{VISIT}/"'
UNDOABLE = f'action="/desk/visits/{VISIT}/undo/"'


class AtTheDesk(Person):
    """Books for everybody, and changes every visit."""

    def deeds(self) -> dict[Deed, int]:
        return {self.desk_book: 26, self.desk_series: 10, self.desk_move: 22, self.desk_cancel: 12,
                self.desk_undo: 18, self.desk_length: 16}  # fmt: skip

    # --- Booking -------------------------------------------------------------------------

    def desk_book(self) -> str:
        client, person, page = self._times_for_somebody()
        start = self.pick(page, BOOK)
        if not start:
            return ""
        answer = self.press(page, BOOK, start=start, times="1")
        if answer.status != 302:
            return self.why_not(answer)
        visit, who = self._led_to(answer), person.slug if person else ""
        self.say("booked", visit, starts=starts(start), person=who, client=client.pk)
        if self.chance.random() < 0.8:  # else the form may be sent again
            self.open.pop(page.path, None)
        return "done"

    def desk_series(self) -> str:
        client, person, page = self._times_for_somebody()
        start = self.pick(page, BOOK)
        if not start:
            return ""
        many, weeks = self.chance.choice(["2", "3"]), self.chance.choice(["1", "2"])
        dates = self.press(page, BOOK, start=start, times=many, every_weeks=weeks)
        self.open.pop(page.path, None)
        assert dates.status == 200
        chosen = self.dates(dates)
        if not chosen:
            return ""
        answer = self.press(dates, BOOK_ALL, **chosen)
        if answer.status != 302:
            return self.why_not(answer)
        first, who = self._led_to(answer), person.slug if person else ""
        others = self.together(self.open[answer.url], "/desk/visits/")
        at = starts(*chosen.values())
        self.say("booked", first, *others, starts=at, person=who, client=client.pk, several=True)
        return "done"

    def _times_for_somebody(self) -> tuple[Client, Any, Answer]:
        client = self.chance.choice(self.crowd.clients)
        person = self.chance.choice([None, *self.crowd.people])
        who = f"practitioner={person.slug}&" if person else ""
        path = f"/desk/clients/{client.public_id}/book/{self.crowd.service.slug}/"
        return client, person, self.times(f"{path}?{who}from={self.crowd.first_day}")

    # --- Changing ------------------------------------------------------------------------

    def desk_move(self) -> str:
        visit, person = self._one_of_the_day(STANDING), self.chance.choice(self.crowd.people)
        if not visit:
            return ""
        query = f"practitioner={person.slug}&from={self.crowd.first_day}"
        page = self.times(f"/desk/visits/{visit}/move/?{query}", 422)
        if page.status != 200:
            return self.why_not(page)
        start = self.pick(page, MOVE)
        if not start:
            return ""
        scope = self.scope(page, MOVE)
        answer = self.press(page, MOVE, start=start, **scope)
        if answer.status != 302:
            return self.why_not(answer)
        self.say(
            "moved", self._led_to(answer, visit), starts=starts(start), person=person.slug,
            several=scope.get("scope") == "following",
        )  # fmt: skip
        return "done"

    def desk_cancel(self) -> str:
        visit = self._one_of_the_day(STANDING)
        if not visit:
            return ""
        page = self.opened(f"/desk/visits/{visit}/cancel/")
        scope = self.scope(page, CANCEL)
        whose = self.chance.choice(["client", "clinic"])
        answer = self.press(page, CANCEL, cancelled_by=whose, **scope)
        if answer.status != 302:
            return self.why_not(answer)
        is_for_all = scope.get("scope") == "following"
        self.say("cancelled", self._led_to(answer, visit), several=is_for_all)
        return "done"

    def desk_undo(self) -> str:
        visit = self._one_of_the_day(UNDOABLE)
        page = self.opened(f"/desk/visits/{visit}/") if visit else None
        if page is None or page.form("Undo") is None:
            return ""
        answer = self.press(page, "Undo")
        if answer.status != 302:
            return self.why_not(answer)
        self.say("put_back", self._led_to(answer, visit, "again as before."), several=True)
        return "done"

    def desk_length(self) -> str:
        visit = self._one_of_the_day(STANDING)
        page = self.opened(f"/desk/visits/{visit}/") if visit else None
        if page is None or page.form(LENGTH) is None:
            return ""
        minutes = self.chance.choice(["45", "60", "75", "90"])
        answer = self.press(page, LENGTH, minutes=minutes)
        if answer.status != 302:
            reason = self.why_not(answer, offers=False)
            if reason not in ("outside_hours", "changed") or self.chance.random() < 0.5:
                return reason
            answer = self.press(answer, LENGTH)  # it is meant
        if answer.status != 302:
            return self.why_not(answer, offers=False)
        led_to = self._led_to(answer, visit, f"The session takes {minutes} minutes now.")
        self.say("length", led_to, minutes=int(minutes))
        return "done"

    def _led_to(self, answer: Answer, visit: str = "", notice: str = "") -> str:
        """The visit to whose page a success has led, and where it is said."""
        found = re.fullmatch(f"/desk/visits/({visit or VISIT[1:-1]})/", answer.url)
        assert found, f"done, and then {answer.url}"
        page = self.look(answer.url)
        assert reference(found[1]) in page.text
        assert notice in " ".join(page.notices), f"{notice!r} is not said"
        return found[1]

    def _one_of_the_day(self, pattern: str) -> str:
        """One of the visits that a page of the day shows, if it has such."""
        day = self.crowd.first_day + timedelta(days=self.chance.randrange(self.crowd.days))
        found = set(re.findall(pattern, self.opened(f"/desk/?day={day}").text))
        return self.chance.choice(sorted(found)) if found else ""
