"""Visits, clients and messages in Django admin, and the hours that visits stand in. Nothing clinical."""

from bookings.admin.clients import ClientAdmin
from bookings.admin.hours import (
    AvailabilityAdmin,
    ClosureAdmin,
    ExtraHoursAdmin,
    LocationAdmin,
    TimeOffAdmin,
)
from bookings.admin.messages import MessageAdmin
from bookings.admin.specialists import SpecialistAdmin
from bookings.admin.visits import AppointmentAdmin, TaskAdmin

__all__ = [
    "AppointmentAdmin",
    "AvailabilityAdmin",
    "ClientAdmin",
    "ClosureAdmin",
    "ExtraHoursAdmin",
    "LocationAdmin",
    "MessageAdmin",
    "SpecialistAdmin",
    "TaskAdmin",
    "TimeOffAdmin",
]
