"""One bookable specialist and a browser's way through the three screens."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment, SignInCode
from bookings.picking import value_of
from bookings.sign_in_codes import code_of
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

YOU = {"for_whom": "me", "name": "Robin Newcomer", "email": "robin@example.com", "agrees": "on"}
WHOLE_WEEK = tuple(range(1, 8))


class World:
    """A clinic with one place, two rooms, one session of an hour and one specialist."""

    def __init__(self) -> None:
        self.clinic = make_clinic(travel_minutes=0, min_notice_minutes=0)
        self.place = make_location()
        self.rooms = [make_room(self.place) for _ in range(2)]
        self.service = make_service(start_grid=60)
        self.person = make_practitioner(self.service, at=self.place, weekdays=WHOLE_WEEK)
        day = (timezone.now() + timedelta(days=3)).astimezone(self.place.zone)
        self.start = day.replace(hour=10, minute=0, second=0, microsecond=0)
        self.time_url = f"/book/{self.service.slug}/"
        self.you_url = f"/book/{self.service.slug}/you/"

    def choose(self, browser: Browser, start: datetime | None = None, **where: Any) -> Any:
        """Press a time on the second screen."""
        query = {"practitioner": self.person.slug, **where}
        url = f"{self.time_url}?" + "&".join(f"{name}={value}" for name, value in query.items())
        return browser.post(url, {"start": value_of(start or self.start)})

    def details(self, **changed: Any) -> dict[str, Any]:
        """What somebody new sends from the third screen."""
        return {**YOU, "form_token": str(uuid.uuid4()), **changed}

    def ask(self, browser: Browser, **changed: Any) -> dict[str, Any]:
        """Choose a time and ask for a code; returns what to send with the code."""
        self.choose(browser)
        sent = self.details(**changed)
        assert browser.post(self.you_url, sent).status_code == 302
        return {**sent, "code": newest_code()}

    def book(self, browser: Browser, **changed: Any) -> Any:
        """All the way to the last press of somebody new."""
        return browser.post(self.you_url, self.ask(browser, **changed))

    def run_out(self) -> None:
        """Let the minutes of every kept time pass."""
        over = timezone.now() - timedelta(seconds=1)
        Appointment.objects.filter(status="held").update(held_until=over)


def newest_code() -> str:
    return code_of(SignInCode.objects.latest("pk"))


def text_of(answer: Any) -> str:
    """What a page says, with runs of white space as one."""
    return re.sub(r"\s+", " ", answer.content.decode())
