from practitioners.models.catalogue import BodyRegion, Condition, Technique
from practitioners.models.hours import Availability, ExtraHours, TimeOff
from practitioners.models.people import Credential, Practitioner, PractitionerTechnique
from practitioners.models.places import Closure, Location, OpeningHours, Room
from practitioners.models.services import Service
from practitioners.models.site import ClinicSettings

__all__ = [
    "Availability",
    "BodyRegion",
    "ClinicSettings",
    "Closure",
    "Condition",
    "Credential",
    "ExtraHours",
    "Location",
    "OpeningHours",
    "Practitioner",
    "PractitionerTechnique",
    "Room",
    "Service",
    "Technique",
    "TimeOff",
]
