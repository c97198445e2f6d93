"""What a visitor's session remembers between the screens, until the visit is booked.

Contact details are typed before anybody is known here, so they wait in the session
on the server: an hour at most, and no longer than the booking takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session

from bookings.calendar.writing import derive
from bookings.models import Appointment
from practitioners.models import Location, Practitioner, Service
from practitioners.prepared_rows import PreparedUpdate

CHOSEN, TYPED, INVITED, DONE = (
    "booking_chosen",
    "booking_typed",
    "booking_invited",
    "booking_done",
)
FINISHED = (CHOSEN, TYPED, INVITED)
SAVE = PreparedUpdate(Session, "session_data", "expire_date")
AN_HOUR = timedelta(hours=1)
LONGEST = 500  # characters of one box; a form refuses more, a session need not keep it


class AskedFor(NamedTuple):
    """What somebody looked at when they chose: times of anybody, and by whose clock as well."""

    anybody: bool = False
    zone: str = ""


def remember_choice(
    session: SessionBase, kept: Appointment, asked_for: AskedFor | None = None
) -> None:
    """Remember which time was chosen, so that it can be had again when the minutes are over.

    And what was asked for, so that going back leads to what was looked at; as before if not said.
    """
    asked_for = asked_for or asked_for_before(session)
    session[CHOSEN] = {
        "anybody": asked_for.anybody,
        "zone": asked_for.zone,
        "service": kept.service.slug,
        "practitioner": kept.practitioner.slug,
        "location": kept.location.slug,
        "start": kept.starts_at.isoformat(),
        "seen": _seen(kept),
    }
    session.pop(DONE, None)


def is_as_seen(session: SessionBase, kept: Appointment) -> bool:
    """Tell whether price and length are still those of the time as it was chosen."""
    return bool((session.get(CHOSEN) or {}).get("seen") == _seen(kept))


def _seen(kept: Appointment) -> str:
    return f"{kept.minutes} {kept.price}"


def asked_for_before(session: SessionBase) -> AskedFor:
    """What somebody looked at when they chose the time chosen last."""
    chosen = session.get(CHOSEN) or {}
    return AskedFor(bool(chosen.get("anybody")), str(chosen.get("zone", "")))


def chosen_time(session: SessionBase, slug: str) -> Appointment | None:
    """The time chosen last for a service, as a visit that nobody keeps; not a stored row."""
    chosen = session.get(CHOSEN) or {}
    if chosen.get("service") != slug:
        return None
    service = Service.objects.filter(slug=slug).first()
    practitioner = Practitioner.objects.filter(slug=chosen["practitioner"]).first()
    location = Location.objects.filter(slug=chosen["location"]).first()
    if not (service and practitioner and location):
        return None
    visit = Appointment(
        service=service,
        practitioner=practitioner,
        location=location,
        starts_at=datetime.fromisoformat(chosen["start"]),
    )
    derive(visit)
    return visit


def forget_choice(session: SessionBase) -> None:
    """Forget which time was chosen; what was typed and what invited the booking stay."""
    session.pop(CHOSEN, None)


def remember_typed(
    session: SessionBase, typed: Mapping[str, str], names: Iterable[str], *, now: datetime
) -> None:
    """Keep what stands in these boxes, right or wrong."""
    boxes = {name: typed[name][:LONGEST] for name in names if typed.get(name)}
    asked = _typed(session, now=now).get("asked", "")
    session[TYPED] = {"boxes": boxes, "at": now.isoformat(), "asked": asked}


def typed_before(session: SessionBase, *, now: datetime) -> dict[str, Any]:
    """What was typed within the last hour, by box."""
    return dict(_typed(session, now=now).get("boxes", {}))


def remember_asking(session: SessionBase, email: str, *, now: datetime) -> None:
    """Remember where a code was sent to, so that its box is shown."""
    session[TYPED] = {**_typed(session, now=now), "asked": email, "at": now.isoformat()}


def asked_address(session: SessionBase, *, now: datetime) -> str:
    """Where the code went that was asked for on the page, or empty."""
    asked = _typed(session, now=now).get("asked")
    return asked if isinstance(asked, str) else ""


def _typed(session: SessionBase, *, now: datetime) -> dict[str, Any]:
    kept: dict[str, Any] = session.get(TYPED) or {}
    is_fresh = bool(kept) and now - datetime.fromisoformat(kept["at"]) < AN_HOUR
    return kept if is_fresh else {}


def remember_invitation(session: SessionBase, slug: str, source_ref: str) -> None:
    """Remember what invited the booking of a service."""
    session[INVITED] = {"service": slug, "ref": source_ref}


def invitation(session: SessionBase, slug: str) -> str:
    """What invited the booking of this service, or empty."""
    invited = session.get(INVITED) or {}
    return str(invited.get("ref", "")) if invited.get("service") == slug else ""


def finish(session: SessionBase, visit: Appointment, *, is_saved: bool = False) -> None:
    """Forget everything but where the visit can be seen. What is saved already is not saved again."""
    for key in FINISHED:
        session.pop(key, None)
    session[DONE] = _done(visit)
    session.modified = not is_saved


def said_finish(session: SessionBase, visit: Appointment) -> str:
    """What saves a session as it will be when this is booked, to be written with it.

    For a browser that has this session already. Nothing is forgotten before that is certain.
    """
    kept = {key: value for key, value in session.items() if key not in FINISHED}
    row = session.create_model_instance({**kept, DONE: _done(visit)})  # type: ignore[attr-defined]
    return SAVE.said(row)


def _done(visit: Appointment) -> dict[str, str]:
    return {"service": visit.service.slug, "visit": str(visit.public_id)}


def just_booked(session: SessionBase, slug: str) -> str:
    """The public id of the visit booked last, if it was of this service."""
    done = session.get(DONE) or {}
    return str(done.get("visit", "")) if done.get("service") == slug else ""
