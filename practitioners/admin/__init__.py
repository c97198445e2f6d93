"""Managing services, places and the catalogue in Django admin.

Specialists and their hours are registered by bookings, which knows the visits they touch.
"""

from practitioners.admin.catalogue import BodyRegionAdmin, ConditionAdmin, TechniqueAdmin
from practitioners.admin.clinic import ClinicSettingsAdmin
from practitioners.admin.places import RoomAdmin
from practitioners.admin.services import ServiceAdmin

__all__ = [
    "BodyRegionAdmin",
    "ClinicSettingsAdmin",
    "ConditionAdmin",
    "RoomAdmin",
    "ServiceAdmin",
    "TechniqueAdmin",
]
