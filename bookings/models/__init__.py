from bookings.models.appointments import Appointment
from bookings.models.clients import Client, ClientAccess
from bookings.models.day_parts import DayPart
from bookings.models.feeds import CalendarFeed
from bookings.models.merges import ClientMerge
from bookings.models.messages import ChannelConsent, Message, MessageAttempt, VisitChange
from bookings.models.series import Series
from bookings.models.sign_in import SignInCode
from bookings.models.texts import Heartbeat, MessageTemplate
from bookings.models.todo import Task
from bookings.models.waiting import WaitlistEntry, WaitlistOffer

__all__ = [
    "Appointment",
    "CalendarFeed",
    "ChannelConsent",
    "Client",
    "ClientAccess",
    "ClientMerge",
    "DayPart",
    "Heartbeat",
    "Message",
    "MessageAttempt",
    "MessageTemplate",
    "Series",
    "SignInCode",
    "Task",
    "VisitChange",
    "WaitlistEntry",
    "WaitlistOffer",
]
