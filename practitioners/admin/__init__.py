"""Managing specialists, services, hours and the catalogue in Django admin."""

from practitioners.admin.catalogue import BodyRegionAdmin, ConditionAdmin, TechniqueAdmin
from practitioners.admin.clinic import ClinicSettingsAdmin
from practitioners.admin.places import ClosureAdmin, LocationAdmin, RoomAdmin
from practitioners.admin.services import ServiceAdmin
from practitioners.admin.specialists import PractitionerAdmin

__all__ = [
    "BodyRegionAdmin",
    "ClinicSettingsAdmin",
    "ClosureAdmin",
    "ConditionAdmin",
    "LocationAdmin",
    "PractitionerAdmin",
    "RoomAdmin",
    "ServiceAdmin",
    "TechniqueAdmin",
]
