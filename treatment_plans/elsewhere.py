"""Visits of a plan with somebody else or at another place than the plan's own, and how they are said.

A medical visit belongs to the only plan that runs, whoever gives it. The dates of a plan are
times of its own specialist at its own place, so such a visit is a session and stays where it is.
"""

from __future__ import annotations

from bookings.models import Appointment
from bookings.times import Words
from treatment_plans.models import TreatmentPlan


def is_elsewhere(plan: TreatmentPlan, visit: Appointment) -> bool:
    """Whether a visit is with somebody else or at another place than the plan says."""
    return (visit.practitioner_id, visit.location_id) != (plan.practitioner_id, plan.location_id)


def place_words(plan: TreatmentPlan, visit: Appointment) -> str:
    """New York time (EST), Fifth Avenue: whose clock and where; empty at the plan's own place."""
    if visit.location_id == plan.location_id:
        return ""
    return f"{_clock(visit)}, {visit.location.name}"


def with_words(plan: TreatmentPlan, visit: Appointment) -> str:
    """New York time (EST), with Sam Example, Fifth Avenue; empty where it is as the plan says."""
    if not is_elsewhere(plan, visit):
        return ""
    with_whom = f"with {visit.practitioner.name}, {visit.location.name}"
    is_there = visit.location_id == plan.location_id
    return with_whom if is_there else f"{_clock(visit)}, {with_whom}"


def _clock(visit: Appointment) -> str:
    return Words(visit.zone).clock_line(visit.starts_at)
