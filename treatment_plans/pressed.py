"""What one press has booked and moved of a plan; for three minutes all of it can be taken back.

press at 10:15:03 ── booked  Tue 1 Dec, Tue 8 Dec    cancelled in silence
                  ── moved   Fri 4 Dec, from Wed     stands again where it stood
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from bookings import calendar
from bookings.calendar.changes import UNDO
from bookings.models import Appointment, VisitChange
from treatment_plans import reproposing
from treatment_plans.models import TreatmentPlan

MOVED = VisitChange.Event.MOVED
PRESSED = "plan_pressed"


@dataclass(frozen=True, slots=True)
class Press:
    """When it was, and what it did; `moved` with the version that each move has made."""

    at: datetime
    booked: list[Appointment]
    moved: list[tuple[Appointment, int]]

    @property
    def until(self) -> datetime:
        return self.at + UNDO

    @property
    def standing(self) -> list[Appointment]:
        """What still stands as it was left, in order of time."""
        moved = [visit for visit, version in self.moved if visit.version == version]
        booked = [visit for visit in self.booked if visit.version == 1]
        return sorted([*moved, *booked], key=lambda one: one.starts_at)


def note(session: SessionBase, plan: TreatmentPlan, token: UUID, at: datetime) -> None:
    """Remember for whoever pressed when it was; a form that is sent again is no new press."""
    if session.get(PRESSED, {}).get("token") != str(token):
        session[PRESSED] = {"plan": str(plan.public_id), "token": str(token), "at": at.isoformat()}


def noted(session: SessionBase, plan: TreatmentPlan) -> datetime | None:
    """When whoever looks has last pressed for this plan, if they have."""
    found = session.get(PRESSED, {})
    is_it = found.get("plan") == str(plan.public_id)
    return datetime.fromisoformat(found["at"]) if is_it else None


def to_undo(session: SessionBase, plan: TreatmentPlan, *, now: datetime) -> Press | None:
    """What can still be taken back. Without a press no query."""
    at = noted(session, plan)
    press = press_of(plan, at) if at and now <= at + UNDO else None
    return press if press and press.standing else None


def press_of(plan: TreatmentPlan, at: datetime) -> Press:
    """What was done to a plan's visits at that very moment. Two queries."""
    booked = Appointment.objects.filter(plan_visit__plan=plan, series__created_at=at)
    changes = VisitChange.objects.filter(appointment__plan_visit__plan=plan, event=MOVED, at=at)
    return Press(
        at,
        list(booked.with_details().order_by("starts_at")),
        [
            (change.appointment, change.version)
            for change in changes.select_related("appointment__location").order_by("starts_at")
        ],
    )


@calendar.in_one_transaction
def take_back(
    plan: TreatmentPlan, press: Press, *, by: Any, now: datetime, for_staff: bool
) -> None:
    """Take back all that a press did, or nothing; a second time changes nothing.

    Raises what `calendar.undo_series` and `calendar.put_back` raise.
    """
    waits = plan.reproposals.open().exists()
    if press.booked:
        calendar.undo_series(press.booked[0], by=by, now=now)
    for visit, version in press.moved:
        calendar.put_back(visit, version=version, by=by, now=now, for_staff=for_staff)
    if not waits:
        reproposing.as_before(plan, press.at, by=by, now=now)
