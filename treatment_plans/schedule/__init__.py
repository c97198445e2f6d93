"""How often, when next, and what to say about it: pure arithmetic on local dates.

    phases ──► gap ──► due_on ──► target_on ──► due soon · due · overdue · lapsed
                 ▲                    ▲
        completed sessions      the clinic's calendar

Nothing here reads a clock, a setting or a row. All dates are calendar dates of the
clinic; a moment is made from a date and a wall-clock time in a named zone, never by
adding hours.
"""

from treatment_plans.schedule.calendar import ClinicCalendar, moment
from treatment_plans.schedule.due import (
    Adherence,
    Cycle,
    Facts,
    Pause,
    Windows,
    adherence,
    current_cycle,
    ideal_dates,
    is_complete,
    status_on,
)
from treatment_plans.schedule.phases import Phase, PhaseProblem, check_phases, describe, gap_before
from treatment_plans.schedule.reminders import (
    Decision,
    History,
    Sending,
    SendTimes,
    decide,
    send_times,
)

__all__ = [
    "Adherence",
    "ClinicCalendar",
    "Cycle",
    "Decision",
    "Facts",
    "History",
    "Pause",
    "Phase",
    "PhaseProblem",
    "SendTimes",
    "Sending",
    "Windows",
    "adherence",
    "check_phases",
    "current_cycle",
    "decide",
    "describe",
    "gap_before",
    "ideal_dates",
    "is_complete",
    "moment",
    "send_times",
    "status_on",
]
