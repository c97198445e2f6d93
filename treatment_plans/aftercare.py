"""Advice after a session: written by whoever treated, mailed as a link, read behind a sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from bookings.links import BadLink
from bookings.messages import outbox
from bookings.messages.letters import write_letter
from bookings.messages.routes import route_of
from bookings.messages.sources import Mail, Send, Stop
from bookings.models import Appointment, Client, Message
from practitioners.models import ClinicSettings
from treatment_plans.agreements import may_be_read_at
from treatment_plans.errors import WrongState
from treatment_plans.models import Aftercare

KIND = SOURCE = "aftercare"
SALT = "clinic.aftercare-link"
BEGUN = (Appointment.Status.STARTED, Appointment.Status.COMPLETED)


@transaction.atomic
def advise(visit: Appointment, text: str, *, by: Any, now: datetime) -> Aftercare:
    """Keep advice for the client of a session and tell them; the same words twice are one.

    Raises WrongState before it began.
    """
    if visit.status not in BEGUN or visit.client is None:
        raise WrongState("Advice can be written once the session has begun.")
    Appointment.objects.select_for_update(no_key=True).get(pk=visit.pk)
    before = visit.aftercare.filter(text=text, written_by=by).first()  # type: ignore[attr-defined]
    if before is not None:
        return before
    made = Aftercare.objects.create(appointment=visit, text=text, written_at=now, written_by=by)
    grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)
    outbox.write(
        KIND,
        source_type=SOURCE,
        source_id=made.pk,
        occurrence="",
        client=visit.client,
        now=now,
        send_after=now + grace,
    )
    return made


def aftercare_link(advice: Aftercare) -> str:
    """The path of the mail; whoever opens it proves who they are."""
    return reverse("aftercare_link", args=[signing.dumps(str(advice.public_id), salt=SALT)])


def read_aftercare_link(token: str) -> Aftercare:
    """The advice of a link. Raises BadLink."""
    try:
        public_id = signing.loads(token, salt=SALT)
        rows = Aftercare.objects.select_related("appointment__client")
        return rows.get(public_id=public_id)
    except (signing.BadSignature, ValueError, TypeError, Aftercare.DoesNotExist):
        raise BadLink from None


class AftercareSource:
    """The mail that leads a client to advice. It says nothing of what the advice is."""

    @staticmethod
    def lock(message: Message) -> Aftercare | None:
        """The advice, with its client locked until the decision stands."""
        rows = Aftercare.objects.select_related("appointment")
        found = rows.filter(pk=int(message.source_id)).first()
        if found is not None:
            people = Client.objects.select_for_update(of=("self",), no_key=True)
            found.appointment.client = people.get(appointments=found.appointment)
        return found

    @staticmethod
    def decide(message: Message, row: Aftercare, *, now: datetime) -> Send | Stop:
        """Stop when whoever would get it may not read it."""
        way = route_of(message, row.client)
        if way.address and not may_be_read_at(row.client, way):
            return Stop("nobody_may_read_it")
        return Send()

    @staticmethod
    def link(message: Message, row: Aftercare) -> str:
        return aftercare_link(row)

    @staticmethod
    def render(message: Message, row: Aftercare, *, now: datetime) -> Mail:
        link = aftercare_link(row)
        clinic = ClinicSettings.current()
        return write_letter(message, row.client, clinic=clinic, link=link)
