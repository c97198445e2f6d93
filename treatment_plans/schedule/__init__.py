"""How often, when next, and what to say about it: pure arithmetic on local dates.

    phases ──► gap ──► due_on ──► target_on ──► due soon · due · overdue · lapsed
                 ▲                    ▲
        completed sessions      the clinic's calendar

Nothing here reads a clock, a setting or a row. All dates are calendar dates of the
clinic; a moment is made from a date and a wall-clock time in a named zone, never by
adding hours.
"""

from bookings.wall_clock import appointment_reminder_at, moment
from treatment_plans.schedule.adherence import (
    Adherence,
    adherence,
    course_of,
    expected_to_date,
    ideal_dates,
)
from treatment_plans.schedule.asking import ask_at, asked_before, check_in_at, planned_sessions
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.due import (
    Cycle,
    Facts,
    Pause,
    Windows,
    current_cycle,
    is_complete,
    status_on,
)
from treatment_plans.schedule.history import KINDS, History, Kind
from treatment_plans.schedule.phases import Phase, PhaseProblem, check_phases, describe, gap_before
from treatment_plans.schedule.planning import Planned, SendTimes, planned_messages, send_times
from treatment_plans.schedule.proposing import (
    Booked,
    Days,
    Free,
    Layout,
    Proposed,
    lay_out,
)
from treatment_plans.schedule.reminders import Decision, decide, standing
from treatment_plans.schedule.reviewing import LastReview, is_past_review, review_due_on
from treatment_plans.schedule.sending import Sending, next_opening
from treatment_plans.schedule.wishes import Wishes

__all__ = [
    "KINDS",
    "Adherence",
    "Booked",
    "ClinicCalendar",
    "Cycle",
    "Days",
    "Decision",
    "Facts",
    "Free",
    "History",
    "Kind",
    "LastReview",
    "Layout",
    "Pause",
    "Phase",
    "PhaseProblem",
    "Planned",
    "Proposed",
    "SendTimes",
    "Sending",
    "Windows",
    "Wishes",
    "adherence",
    "appointment_reminder_at",
    "ask_at",
    "asked_before",
    "check_in_at",
    "check_phases",
    "course_of",
    "current_cycle",
    "decide",
    "describe",
    "expected_to_date",
    "gap_before",
    "ideal_dates",
    "is_complete",
    "is_past_review",
    "lay_out",
    "moment",
    "next_opening",
    "planned_messages",
    "planned_sessions",
    "review_due_on",
    "send_times",
    "standing",
    "status_on",
]
