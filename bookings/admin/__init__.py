"""Visits, clients and messages in Django admin, and the hours that visits stand in. Nothing clinical."""

from bookings.admin.hours import (
    AvailabilityAdmin,
    ClosureAdmin,
    ExtraHoursAdmin,
    TimeOffAdmin,
)
from bookings.admin.specialists import SpecialistAdmin
from bookings.admin.visits import AppointmentAdmin, MessageAdmin, TaskAdmin

__all__ = [
    "AppointmentAdmin",
    "AvailabilityAdmin",
    "ClosureAdmin",
    "ExtraHoursAdmin",
    "MessageAdmin",
    "SpecialistAdmin",
    "TaskAdmin",
    "TimeOffAdmin",
]
