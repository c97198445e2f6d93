"""Links that mails carry. Nothing is stored: they are signed, and die by their version."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.core import signing
from django.urls import reverse

from bookings.models import Appointment, Client, WaitlistOffer
from practitioners.models import Location, Practitioner, Service

VISIT_SALT = "clinic.visit-link"
BOOKING_SALT = "clinic.booking-link"
UNDO_SALT = "clinic.visit-undo"
OFFER_SALT = "clinic.waiting-list-offer"
UNSUBSCRIBE_SALT = "clinic.unsubscribe"
TOKEN = "TOKEN"  # noqa: S105  what stands in for one
VISIT = "visit"  # what the link is for: show, move and cancel one visit
AFTER_THE_VISIT = timedelta(hours=24)
AFTER_AN_UNDO = timedelta(hours=1)  # so long it is said that it is too late
A_YEAR = timedelta(days=365)


class BadLink(Exception):
    """The link is not one of ours."""


class OldLink(Exception):
    """The link was ours, but its visit has been moved, cancelled or is long over.

    It is the last one before the change where no other has been valid since.
    """

    def __init__(self, visit: Appointment, *, is_last: bool = False) -> None:
        self.visit, self.is_last = visit, is_last
        super().__init__()


def _path(name: str, token: str) -> str:
    """The path of a page for a token, which needs no quoting."""
    return _around(name).replace(TOKEN, token)


@cache
def _around(name: str) -> str:
    """The path with a stand-in for the token: to find it takes longer than to sign one."""
    return reverse(name, args=[TOKEN])


def _signed(named: object, *, salt: str) -> str:
    """What `signing.loads` reads again with this salt."""
    return _signer(salt, settings.SECRET_KEY).sign_object(named)


@cache
def _signer(salt: str, key: str) -> signing.TimestampSigner:
    """Kept, because mails are signed by the hundred."""
    return signing.TimestampSigner(key=key, salt=salt)


def visit_link(visit: Appointment) -> str:
    """The path that shows and changes one visit, until its time changes."""
    return _path("visit_link", visit_token(visit))


def visit_token(visit: Appointment) -> str:
    """What such a link carries."""
    named = [str(visit.public_id), visit.link_version, VISIT]
    return _signed(named, salt=VISIT_SALT)


def read_visit_link(token: str, *, now: datetime) -> Appointment:
    """The visit of a link. Raises BadLink, or OldLink with the visit it was for."""
    try:
        public_id, version, purpose = signing.loads(token, salt=VISIT_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink from None
    if purpose != VISIT:
        raise BadLink
    visit = (
        Appointment.objects.standing_or_cancelled()
        .select_related("service", "practitioner", "location", "client")
        .filter(public_id=public_id)
        .first()
    )
    if visit is None:
        raise BadLink
    if visit.link_version != version or now > visit.ends_at + AFTER_THE_VISIT:
        raise OldLink(visit, is_last=visit.link_version == version + 1)
    return visit


def undo_link(visit: Appointment) -> str:
    """The path that undoes the last change of a visit; it stands on a page, never in a mail."""
    return _path("visit_link_undo", _signed(str(visit.public_id), salt=UNDO_SALT))


def read_undo_link(token: str) -> Appointment:
    """The visit whose last change somebody wants to undo. Raises BadLink."""
    visits = Appointment.objects.standing_or_cancelled().with_details()
    try:
        public_id = signing.loads(token, salt=UNDO_SALT, max_age=AFTER_AN_UNDO)
        return visits.get(public_id=public_id)
    except (signing.BadSignature, ValueError, Appointment.DoesNotExist):
        raise BadLink from None


def booking_link(
    service: Service, practitioner: Practitioner, location: Location, *, source_ref: str
) -> str:
    """The path that opens booking with the choices made, and remembers what invited it."""
    payload = [service.slug, practitioner.slug, location.slug, source_ref]
    return _path("book_from", _signed(payload, salt=BOOKING_SALT))


def read_booking_link(token: str) -> tuple[str, str, str, str]:
    """Service, practitioner and location slugs and what invited. Raises BadLink."""
    try:
        service, practitioner, location, source_ref = signing.loads(token, salt=BOOKING_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink from None
    return service, practitioner, location, source_ref


def unsubscribe_link(client: Client) -> str:
    """The path that stops follow-up reminders to a client; it works for a year."""
    return _path("unsubscribe", _signed(str(client.public_id), salt=UNSUBSCRIBE_SALT))


def read_unsubscribe_link(token: str) -> Client:
    """The client of an unsubscribe link. Raises BadLink."""
    try:
        public_id = signing.loads(token, salt=UNSUBSCRIBE_SALT, max_age=A_YEAR)
        return Client.objects.get(public_id=public_id)
    except (signing.BadSignature, ValueError, Client.DoesNotExist):
        raise BadLink from None


def offer_link(offer: WaitlistOffer) -> str:
    """The path that answers one offer from the waiting list."""
    return _path("offer", _signed(str(offer.public_id), salt=OFFER_SALT))


def read_offer_link(token: str) -> WaitlistOffer:
    """The offer of a link, however it stands. Raises BadLink."""
    rows = WaitlistOffer.objects.select_related(
        "practitioner", "visit__location", "visit__practitioner", "visit__client",
        "visit__service", "entry__client", "entry__service", "entry__location",
        "entry__practitioner", "entry__visit__location", "entry__visit__practitioner",
    )  # fmt: skip
    try:
        return rows.get(public_id=signing.loads(token, salt=OFFER_SALT))
    except (signing.BadSignature, ValueError, TypeError, WaitlistOffer.DoesNotExist):
        raise BadLink from None
