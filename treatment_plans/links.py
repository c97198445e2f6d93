"""The link by which a client answers a plan's questions before a visit.

Signed, for one visit, one purpose and one occasion; it dies with the visit's time, like the
links of `bookings.links`, and when the visit is over.
"""

from __future__ import annotations

from datetime import datetime

from django.core import signing
from django.urls import reverse

from bookings.links import BadLink, OldLink
from bookings.models import Appointment
from treatment_plans.models import Occasion, PlanVisit

SALT = "clinic.measures-link"
MEASURES = "measures"
OVER = (Appointment.Status.COMPLETED, Appointment.Status.NO_SHOW, Appointment.Status.CANCELLED)


def measures_link(visit: Appointment, occasion: str) -> str:
    """The path that asks what a plan wants to know before a visit."""
    payload = [str(visit.public_id), visit.link_version, MEASURES, occasion]
    return reverse("measures_link", args=[signing.dumps(payload, salt=SALT)])


def read_measures_link(token: str, *, now: datetime) -> tuple[PlanVisit, str]:
    """The visit and the occasion of a link. Raises BadLink, or OldLink with the visit."""
    try:
        public_id, version, purpose, occasion = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink from None
    if purpose != MEASURES or occasion not in Occasion.values:
        raise BadLink
    found = (
        PlanVisit.objects.select_related(
            "appointment__practitioner", "appointment__location", "plan__location", "plan__client"
        )
        .filter(appointment__public_id=public_id)
        .first()
    )
    if found is None:
        raise BadLink
    visit = found.appointment
    if visit.link_version != version or visit.status in OVER or now > visit.ends_at:
        raise OldLink(visit)
    return found, occasion
