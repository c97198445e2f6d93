"""Many at once for the same times: nobody is booked twice, and nothing stays unsold."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from django.contrib.auth import get_user_model
from django.utils import timezone

from bench import clinic_1m, crowd, database, limits, logins, site
from bench.booking import FORM
from bench.clinic_1m import Clinic
from bench.crowd import Seen, Slot, tried
from bench.line import Line, Target
from bookings import calendar
from bookings.errors import SlotTaken
from bookings.models import Appointment, Client
from bookings.picking import value_of
from practitioners.models import Location, Practitioner, Service

HOUR = timedelta(hours=1)
NOTHING = Target("==", 0)
AT_MOST_THREE_TIMES = Target("<=", 3)
CANCELLED = 0.1  # of the tries
WANTED = 200  # slots; on each of their forty days of people there is room for one at least
LOCK = 1  # the kind of lock that the limit takes
OUR_PEOPLE, OTHER_PEOPLE, WEB_PEOPLE = range(1, 9), range(9, 17), range(17, 25)


def book_race(clinic: Clinic) -> Line:
    """Every client wants every slot: by the function, by a bare INSERT, and over HTTP."""
    many, slots = _sizes(clinic, 50, 200)
    before, people = crowd.deadlocks(), logins.sign_in(many)
    mine, theirs, web = (
        crowd.wanted(clinic, ours, slots) for ours in (OUR_PEOPLE, OTHER_PEOPLE, WEB_PEOPLE)
    )
    ours, bare, quiet = Seen(), Seen(), crowd.quiet(clinic)
    for half in (0, 1):
        ours.add(crowd.run([one.client for one in people], Booking(mine[half::2], quiet[half::2])))
        bare.add(crowd.run([one.client for one in people], Inserting(theirs[half::2])))
    statuses = _over_http(people, web)
    line = Line(
        "book_race", ours.p99_ms, bare.p99_ms, "ms p99", AT_MOST_THREE_TIMES,
        size=f"{many} clients x {slots} slots twice, {clinic}",
    )  # fmt: skip
    line.also("attempts", len(ours.seconds) + many * slots)
    _say_what_went_wrong(line, ours, [*mine, *web], before)
    line.also(
        "http_5xx", sum(count for status, count in statuses.items() if status >= 500), NOTHING
    )
    line.others |= {"function": dict(ours.outcomes), "http": dict(statuses)}
    return line


def move_race(clinic: Clinic) -> Line:
    """Clients move into the same slots, while others book and cancel there."""
    many, tries = _sizes(clinic, 32, 200)
    before, people = crowd.deadlocks(), logins.sign_in(2 * many)
    mine, theirs = (crowd.wanted(clinic, one, 2 * WANTED) for one in (OUR_PEOPLE, OTHER_PEOPLE))
    ours, bare, quiet = Seen(), Seen(), crowd.quiet(clinic)
    for half in (0, 1):
        given = [one.client for one in people[half * many : (half + 1) * many]]
        there = slice(half * WANTED, (half + 1) * WANTED)  # days on which nobody stands yet
        ours.add(crowd.run(given, Moving(mine[there], quiet[half::2], tries // 2)))
        bare.add(crowd.run(given, Updating(theirs[there], tries // 2)))
    line = Line(
        "move_race", ours.p99_ms, bare.p99_ms, "ms p99", AT_MOST_THREE_TIMES,
        size=f"{many} clients x {tries} tries, {clinic}",
    )  # fmt: skip
    line.also("attempts", len(ours.seconds))
    _say_what_went_wrong(line, ours, [], before)
    line.others["function"] = dict(ours.outcomes)
    return line


def _sizes(clinic: Clinic, many: int, each: int) -> tuple[int, int]:
    if clinic == clinic_1m.TINY:
        return 4, 6
    return many, each if clinic == clinic_1m.FULL else each // 5


def _say_what_went_wrong(line: Line, seen: Seen, slots: Sequence[Slot], deadlocks: int) -> None:
    line.also("double_bookings", crowd.double_bookings(), NOTHING)
    line.also("slots_left_unsold", crowd.left_unsold(slots), NOTHING)
    line.also("deadlocks", crowd.deadlocks() - deadlocks, NOTHING)
    line.also("errors", crowd.errors(seen), NOTHING)


class Booking:
    """Try every slot once, in an order of one's own."""

    def __init__(self, slots: Sequence[Slot], quiet: Sequence[Slot]) -> None:
        self.slots, self.quiet = slots, quiet
        self.service = Service.objects.get()
        self.people, self.place = Practitioner.objects.in_bulk(), Location.objects.get(pk=1)
        self.desk, _ = get_user_model().objects.get_or_create(email="desk@example.com")

    def prepare(self, client: int) -> None:
        """Book once in quiet, so that the crowd does not wait for statements to be planned."""
        slot = self.quiet[client % len(self.quiet)]
        tried(partial(self.book, Client.objects.get(pk=client), slot))

    def __call__(self, client: int, chance: random.Random) -> list[tuple[str, float]]:
        person = Client.objects.get(pk=client)
        slots = chance.sample(self.slots, len(self.slots))
        return [tried(partial(self.book, person, slot)) for slot in slots]

    def book(self, client: Client, slot: Slot) -> Appointment:
        return calendar.book(
            self.service, self.people[slot.practitioner], slot.at,
            client=client, by=self.desk, location=self.place, now=timezone.now(),
        )  # fmt: skip


class Inserting:
    """The same by one guarded INSERT of a bare driver."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = slots
        self.service = Service.objects.get().pk

    def __call__(self, client: int, chance: random.Random) -> list[tuple[str, float]]:
        slots = chance.sample(self.slots, len(self.slots))
        with database.session().cursor() as cursor:
            return [tried(partial(self.insert, cursor, client, slot)) for slot in slots]

    def insert(self, cursor: Any, client: int, slot: Slot) -> int | None:
        keys = (slot.practitioner, slot.practitioner, client, 1, self.service)
        found = limits.execute(cursor, "book", *keys, slot.at).fetchone()
        return found[0] if found else None


class Moving(Booking):
    """Move one's visit about; now and then cancel it and book another."""

    def __init__(self, slots: Sequence[Slot], quiet: Sequence[Slot], tries: int) -> None:
        super().__init__(slots, quiet)
        self.tries = tries

    def prepare(self, client: int) -> None:
        """Book, move and cancel once in quiet."""
        super().prepare(client)
        visit = Appointment.objects.standing().filter(client=client).first()
        if visit is not None:
            tried(partial(self.move, visit, Slot(visit.practitioner_id, visit.starts_at + HOUR)))
            tried(partial(self.cancel, visit))

    def __call__(self, client: int, chance: random.Random) -> list[tuple[str, float]]:
        person, seen = Client.objects.get(pk=client), []
        for _ in range(self.tries):
            visit, to = person.appointments.standing().first(), chance.choice(self.slots)
            if visit is None:
                deed: partial[Any] = partial(self.book, person, to)
            elif chance.random() < CANCELLED:
                deed = partial(self.cancel, visit)
            else:
                deed = partial(self.move, visit, to)
            seen.append(tried(deed))
        return seen

    def cancel(self, visit: Appointment) -> None:
        calendar.cancel(
            visit, cancelled_by="client", by=self.desk, now=timezone.now(), for_staff=True
        )

    def move(self, visit: Appointment, slot: Slot) -> None:
        calendar.move(
            visit, starts_at=slot.at, practitioner=self.people[slot.practitioner], location=self.place,
            by=self.desk, now=timezone.now(), for_staff=True,
        )  # fmt: skip


class Updating(Inserting):
    """The same by one UPDATE behind a lock, of a bare driver."""

    def __init__(self, slots: Sequence[Slot], tries: int) -> None:
        super().__init__(slots)
        self.tries = tries

    def __call__(self, client: int, chance: random.Random) -> list[tuple[str, float]]:
        line = database.session(autocommit=False)
        cursor, visit = line.cursor(), None
        while visit is None:
            at = chance.choice(self.slots)
            visit = self.insert(cursor, client, at)
            line.commit()
        seen = []
        for _ in range(self.tries):
            to = chance.choice(self.slots)
            seen.append(tried(partial(self.move, line, cursor, visit, at.practitioner, to)))
            at = to if seen[-1][0] == "done" else at
        line.close()
        return seen

    def move(self, line: Any, cursor: Any, visit: int, practitioner: int, to: Slot) -> None:
        try:
            limits.execute(cursor, "lock", LOCK, sorted({practitioner, to.practitioner}))
            limits.execute(cursor, "move", to.practitioner, visit, to.at)
            line.commit()
        except psycopg2.errors.ExclusionViolation:
            line.rollback()
            raise SlotTaken from None


def _over_http(people: Sequence[logins.Login], slots: Sequence[Slot]) -> Counter[int]:
    """Every browser chooses every slot and, where it is kept, books it; how often which status came.

    Who cannot book what is kept for them gives it back. Somebody may have been refused
    meanwhile for its sake, so what is left is offered to everybody once more, in turn.
    """
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def work(path: Path, login: logins.Login, seed: int) -> None:
        browser, found = site.Browser(path), []
        for slot in random.Random(seed).sample(slots, len(slots)):
            found += _try(browser, login, slot)
        browser.close()
        with lock:
            statuses.update(found)

    with site.running() as path:
        threads = [
            threading.Thread(target=work, args=(path, one, seed)) for seed, one in enumerate(people)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        browser = site.Browser(path)
        for slot in slots:
            for login in people if crowd.left_unsold([slot]) else ():
                statuses.update(_try(browser, login, slot))
        browser.close()
    return statuses


def _try(browser: site.Browser, login: logins.Login, slot: Slot) -> list[int]:
    """Choose a slot, then book it or give it back; the statuses that came."""
    address = "/book/massage/you/"
    found = [browser.send(_choose(login, slot)).status]
    if found == [302]:
        form = {**FORM, "form_token": str(uuid.uuid4())}
        found.append(browser.send(site.post(address, login.session, form)).status)
    if found == [302, 409]:
        form = {**FORM, "give_back": value_of(slot.at)}
        browser.send(site.post(address, login.session, form))
    return found


def _choose(login: logins.Login, slot: Slot) -> site.Request:
    address = f"/book/massage/?practitioner=specialist-{slot.practitioner}&location=place-1"
    return site.post(address, login.session, {"start": value_of(slot.at)})
