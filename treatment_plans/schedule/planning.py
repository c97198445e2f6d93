"""The moments at which a cycle's messages go out, looking ahead over pauses.

    due_soon   from due_soon_on   until the grace has ended
    overdue    from overdue_on    until the plan has lapsed
    lapsed     from lapsed_on     without end; then silence

Each span opens at the daily job's time on the clinic's wall and a message moves on
to the client's next sending hours. One that cannot go before its span ends is of no
use any more: the next kind takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bookings.wall_clock import DAY
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.due import OUR_WINDOWS, Cycle, Facts, Pause, Windows, current_cycle
from treatment_plans.schedule.history import KINDS, History, Kind
from treatment_plans.schedule.sending import OUR_SENDING, Sending, free_from, next_opening


@dataclass(frozen=True, slots=True)
class SendTimes:
    """The planned moments of one cycle, and until when each is still of use.

    Each `until` is the first moment at which the kind is no longer right.
    """

    due_soon_at: datetime
    overdue_at: datetime
    lapsed_at: datetime
    due_soon_until: datetime
    overdue_until: datetime

    def span(self, kind: Kind) -> tuple[datetime, datetime | None]:
        """From which moment to before which a kind is the right one; None: without end."""
        spans: dict[Kind, tuple[datetime, datetime | None]] = {
            "due_soon": (self.due_soon_at, self.due_soon_until),
            "overdue": (self.overdue_at, self.overdue_until),
            "lapsed": (self.lapsed_at, None),
        }
        return spans[kind]

    def live(self, now: datetime) -> Kind | None:
        """The kind whose span holds `now`; none before the first and between two."""
        for kind in KINDS:
            opens, ends = self.span(kind)
            if opens <= now and (ends is None or now < ends):
                return kind
        return None


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to come: when it goes, and from when it is of no use (None: never)."""

    kind: Kind
    send_at: datetime
    expires_at: datetime | None


def send_times(cycle: Cycle, calendar: ClinicCalendar, sending: Sending = OUR_SENDING) -> SendTimes:
    """The spans of a cycle's three kinds by the clinic's clock alone.

    Neither the client's sending hours nor pauses to come are looked at; for the
    moments at which messages really go ask `planned_messages`.
    """
    return SendTimes(
        due_soon_at=calendar.moment(cycle.due_soon_on, sending.job_at),
        overdue_at=calendar.moment(cycle.overdue_on, sending.job_at),
        lapsed_at=calendar.moment(cycle.lapsed_on, sending.job_at),
        due_soon_until=calendar.moment(cycle.grace_until + DAY),
        overdue_until=calendar.moment(cycle.lapsed_after + DAY),
    )


def planned_messages(
    facts: Facts,
    history: History,
    calendar: ClinicCalendar,
    *,
    now: datetime,
    windows: Windows = OUR_WINDOWS,
    sending: Sending = OUR_SENDING,
) -> list[Planned]:
    """What is still to go out in the cycle that runs at `now`, in order: the due index.

    It stays right while nothing changes, over pauses that are already known as
    well. A moment that has passed means: due now. Bookings, holds, consent and the
    days between follow-ups are not looked at; they are for `decide`, which is asked
    again when a message goes. A plan that is not active has nothing to come.
    """
    if facts.status != "active":
        return []
    planner = Planner(facts, history, calendar, windows, sending)
    found = planner.to_come(as_of=calendar.day_of(now))
    return [planned for planned in found if planned.expires_at is None or planned.expires_at > now]


@dataclass(frozen=True, slots=True)
class Planner:
    """One plan with its history, under the rules of its location and clinic."""

    facts: Facts
    history: History
    calendar: ClinicCalendar
    windows: Windows = OUR_WINDOWS
    sending: Sending = OUR_SENDING

    def cycle(self, today: date) -> Cycle | None:
        return current_cycle(self.facts, self.calendar, self.windows, today=today)

    def send_times(self, cycle: Cycle) -> SendTimes:
        return send_times(cycle, self.calendar, self.sending)

    def opening(self, at: datetime) -> datetime:
        """The first moment from `at` on at which this client may be written to."""
        zone = self.history.zone or self.calendar.zone
        return next_opening(at, zone, self.calendar, self.sending)

    def free_from(self, at: datetime) -> datetime:
        """The first moment from `at` on that is not too soon after the latest follow-up."""
        latest = self.history.latest_follow_up_at()
        return at if latest is None else max(at, free_from(latest, self.calendar, self.sending))

    def to_come(self, *, as_of: date, not_before: datetime | None = None) -> list[Planned]:
        """The messages not yet sent as seen from a day, in the order in which they go."""
        kinds = [kind for kind in KINDS if kind not in self.history.sent]
        found = [self._planned(kind, as_of, not_before) for kind in kinds]
        return sorted((one for one in found if one), key=lambda planned: planned.send_at)

    def _planned(self, kind: Kind, as_of: date, not_before: datetime | None) -> Planned | None:
        """When a kind goes out; looked at again from the end of a pause that upsets it."""
        while (pause := self.facts.pause_on(as_of)) is not None:
            as_of = pause.ends_on + DAY
        cycle = self.cycle(as_of)
        if cycle is None:
            return None
        planned = self._planned_in(cycle, kind, not_before)
        upsetting = self._upsetting(cycle, planned, as_of)
        if upsetting is None:
            return planned
        return self._planned(kind, upsetting.ends_on + DAY, not_before)

    def _planned_in(self, cycle: Cycle, kind: Kind, not_before: datetime | None) -> Planned | None:
        opens, ends = self.send_times(cycle).span(kind)
        send_at = self.opening(max(opens, not_before or opens))
        return Planned(kind, send_at, ends) if ends is None or send_at < ends else None

    def _upsetting(self, cycle: Cycle, planned: Planned | None, as_of: date) -> Pause | None:
        """The first coming pause that starts before the message goes, or covers its date."""
        coming = [pause for pause in self.facts.pauses if pause.starts_on > as_of]
        if planned is not None:
            goes_on = self.calendar.day_of(planned.send_at)
            coming = [
                pause for pause in coming if pause.starts_on <= goes_on or cycle.target_on in pause
            ]
        return min(coming, key=lambda pause: pause.starts_on, default=None)
