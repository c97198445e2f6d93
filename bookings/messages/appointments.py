"""What people are told about a visit: booked, moved, cancelled, reminded.

    booked      confirmation after the grace, in which all of this can be undone in silence
    moved       the new time after the grace; the confirmation of it, if none has gone out yet
    length      the same, in words of its own
    cancelled   after the grace, unless the client took it back before we had told them anything
    put back    what was undone is not told; whoever was told of it hears how it is now
    reminder    two calendar days before, on the location's wall clock

What the people who work here are told of the same changes is in `staff`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from bookings.consents import keep_said, said_by
from bookings.extensions import Event
from bookings.ics import visit_calendar
from bookings.links import visit_link
from bookings.messages import outbox, staff
from bookings.messages.ahead import Ahead
from bookings.messages.letters import write_letter
from bookings.messages.noting import Change
from bookings.messages.outbox import NewMessage
from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.staff import Told
from bookings.messages.words import clinic_words
from bookings.models import Appointment, Message
from bookings.notice import is_near, rule_for
from bookings.wall_clock import appointment_reminder_at, day_of
from practitioners.models import ClinicSettings
from practitioners.prepared import PreparedQuery

SOURCE = "appointment"
TO_CLIENT = ("confirmation", "moved", "cancelled", "visit_reminder")
WITH_FILE = ("confirmation", "moved", "cancelled")
# What ends the occurrence of a message in words of its own.
AFTER_ALL = " after all"  # a confirmation that follows a cancellation
NEW_LENGTH = " length"  # a new time that begins as before
IN_OWN_WORDS = {
    AFTER_ALL: "confirmation_by_undoing",
    NEW_LENGTH: "moved_by_length",
}
Status = Appointment.Status
LOCKED = PreparedQuery(
    "visit_locked_to_tell",
    {"key": "bigint"},
    lambda key: (
        Appointment.objects.filter(client__isnull=False, pk=key)
        .select_for_update(of=("self", "client"), no_key=True)
        .select_related("client")
        .only("client__id")
        .order_by()
    ),
)


def _told_of() -> QuerySet[Appointment]:
    """Visits with all that a message about them is made of, and what their rows were `seen` as."""
    return (
        Appointment.objects.filter(client__isnull=False)
        .select_related("practitioner", "location", "client")
        .only(
            "public_id", "version", "link_version", "status", "cancelled_by", "cancelled_at",
            "starts_at", "ends_at", "series", "practitioner__name", "location__name",
            "location__time_zone", "location__address", "location__access_notes",
            "client__name", "client__called", "client__email", "client__phone",
            "client__preferred_channel", "client__bounced_email", "client__bounced_phone",
            "client__is_deceased",
        )
        .annotate(**said_by("client"))
    )  # fmt: skip


TOLD_OF = PreparedQuery("visit_told_of", {"key": "bigint"}, lambda key: _told_of().filter(pk=key))
SEEN = """
SELECT concat_ws(' ', visit.xmin, client.xmin, person.xmin, place.xmin,
    ARRAY(SELECT said.xmin FROM bookings_channelconsent AS said
          WHERE said.client_id = client.id ORDER BY said.channel))
FROM bookings_appointment AS visit
JOIN bookings_client AS client ON client.id = visit.client_id
JOIN practitioners_practitioner AS person ON person.id = visit.practitioner_id
JOIN practitioners_location AS place ON place.id = visit.location_id
WHERE visit.id = {key}
"""


def follow(event: Event, visit: Appointment, *, now: datetime) -> None:
    """Write what a change of a visit makes necessary, in the same transaction.

    Nobody is told about a visit whose time has passed: the desk enters those, too.
    """
    if event in FOLLOWED and visit.starts_at > now:
        _write(*FOLLOWED[event](visit, now=now), now=now)


def follow_together(event: Event, visits: Sequence[Appointment], *, now: datetime) -> None:
    """The same for visits that were changed together: one mail to the client names them all."""
    coming = [visit for visit in visits if visit.starts_at > now]
    written = [FOLLOWED[event](visit, now=now) for visit in coming]
    for _, rows in written[1:]:
        rows[:] = [row for row in rows if row.kind not in WITH_FILE]
    for change, rows in written:
        _write(change, rows, now=now)


def _write(change: Change, rows: list[NewMessage], *, now: datetime) -> None:
    """Write all of it by one statement, and wake a worker if a message is due already."""
    change.write(rows)
    if any(row.send_after <= now for row in rows):
        outbox.kick()


def _booked(visit: Appointment, *, now: datetime) -> Told:
    change, to_staff = staff.tell("booked", visit, now=now)
    return change, [_confirmation(visit, now=now), *_reminder(visit, now=now), *to_staff]


def _moved(visit: Appointment, *, now: datetime) -> Told:
    was_unconfirmed = "confirmation" in _taken_back(visit, code="moved")
    told = _after_grace("confirmation" if was_unconfirmed else "moved", visit, now=now)
    change, to_staff = staff.tell("moved", visit, now=now)
    return change, [told, *_reminder(visit, now=now), *to_staff]


def _longer_or_shorter(visit: Appointment, *, now: datetime) -> Told:
    """A new end; where a new start has not been told yet, that is told with it."""
    unsaid = _taken_back(visit, code="moved")
    told = _after_grace("confirmation" if "confirmation" in unsaid else "moved", visit, now=now)
    if told.kind == "moved" and not ("moved" in unsaid and _begins_anew(visit)):
        told.occurrence += NEW_LENGTH
    change, to_staff = staff.tell("length", visit, now=now)
    return change, [told, *_reminder(visit, now=now), *to_staff]


def _begins_anew(visit: Appointment) -> bool:
    """Whether a new start was to be told before the visit got another length."""
    unsaid = _unsaid(visit, version=visit.version - 1).filter(kind="moved")
    return unsaid.exclude(occurrence__endswith=NEW_LENGTH).exists()


def _cancelled(visit: Appointment, *, now: datetime) -> Told:
    unsaid = _taken_back(visit, code="cancelled")
    was_unconfirmed = "confirmation" in unsaid or _was_silent(visit)
    others = _others(visit) if was_unconfirmed else []
    if others and not any(_is_confirmed(one) for one in others):
        told = _confirmation(others[0], now=now)
    elif was_unconfirmed and visit.cancelled_by == Appointment.CancelledBy.CLIENT:
        return staff.take_back(visit, now=now)
    else:
        told = _after_grace("cancelled", visit, now=now)
    change, to_staff = staff.tell("cancelled", visit, now=now)
    return change, [told, *to_staff]


def _put_back(visit: Appointment, *, now: datetime) -> Told:
    """Write again what the undone change took back; tell how it is whom it was told."""
    told = was_told(visit, version=visit.version - 1)
    outbox.cancel_open(SOURCE, visit.pk, kinds=TO_CLIENT, code="put_back")
    unsaid = {row.kind: row for row in _unsaid(visit, version=visit.version - 2)}
    rows = [
        _about(row.kind, visit, now=now, send_after=row.send_after)
        for kind, row in unsaid.items()
        if kind == "visit_reminder"
    ]
    if told == "cancelled":
        rows.append(_about("confirmation", visit, now=now))
        rows[-1].occurrence += AFTER_ALL
    elif told:
        rows.append(_about("moved", visit, now=now))
        if visit.changes.filter(version=visit.version - 1, event="length").exists():  # type: ignore[attr-defined]
            rows[-1].occurrence += NEW_LENGTH
    elif not {"confirmation", "moved"}.isdisjoint(unsaid) and not _is_listed(visit):
        rows.append(_confirmation(visit, now=now))
    change, to_staff = staff.put_back(visit, now=now)
    return change, [*rows, *to_staff]


def was_told(visit: Appointment, *, version: int) -> str:
    """As which kind a version of a visit has been told to the client; empty when it has not."""
    about = _about_version(visit, version)
    told = about.filter(kind__in=WITH_FILE).exclude(sending_at=None)
    return told.values_list("kind", flat=True).first() or ""


def _unsaid(visit: Appointment, *, version: int) -> QuerySet[Message]:
    """What was to be told of a version of a visit, and was taken back because it was changed."""
    return _about_version(visit, version).filter(
        state=Message.State.CANCELLED, last_code__in=("moved", "cancelled"), sending_at=None
    )


def _about_version(visit: Appointment, version: int) -> QuerySet[Message]:
    """What tells of a change of a visit, in whatever words; not a confirmation sent once more."""
    occurrences = [f"{version}{words}" for words in ("", *IN_OWN_WORDS)]
    return Message.objects.about(SOURCE, visit.pk).filter(occurrence__in=occurrences)


def _is_listed(visit: Appointment) -> bool:
    """Whether the confirmation of another visit of its series names it."""
    return any(_is_confirmed(one) for one in _others(visit))


def _was_silent(visit: Appointment) -> bool:
    """Whether nobody was ever told of a series: its one confirmation has been taken back."""
    if visit.series_id is None:
        return False
    keys = Appointment.objects.of_series(visit).values_list("pk", flat=True)
    about = Message.objects.filter(source_type=SOURCE, source_id__in=[str(key) for key in keys])
    said = about.filter(kind="confirmation")
    return said.exists() and not said.exclude(state=Message.State.CANCELLED).exists()


def _others(visit: Appointment) -> list[Appointment]:
    """The other visits of its series that are still booked, soonest first."""
    if visit.series_id is None:
        return []
    rows = Appointment.objects.filter(series=visit.series_id, status=Status.BOOKED)
    return list(rows.exclude(pk=visit.pk).select_related("location").order_by("starts_at"))


def _is_confirmed(visit: Appointment) -> bool:
    return (
        Message.objects.about(SOURCE, visit.pk)
        .filter(kind="confirmation")
        .exclude(state=Message.State.CANCELLED)
        .exists()
    )


def _listed(kind: str, visit: Appointment) -> list[Appointment]:
    """The other visits that the same mail is about."""
    if visit.series_id is None or kind not in WITH_FILE:
        return []
    if kind == "cancelled":
        rows = Appointment.objects.filter(series=visit.series_id, cancelled_at=visit.cancelled_at)
        others = rows.exclude(pk=visit.pk).select_related("location").order_by("starts_at")
        return list(others)
    return _others(visit)


FOLLOWED = {
    "booked": _booked,
    "moved": _moved,
    "length": _longer_or_shorter,
    "cancelled": _cancelled,
    "put_back": _put_back,
}


def _taken_back(visit: Appointment, *, code: str) -> list[str]:
    """Take back what the client has not been told yet; returns the kinds."""
    return outbox.cancel_open(SOURCE, visit.pk, kinds=TO_CLIENT, code=code)


def _confirmation(visit: Appointment, *, now: datetime) -> NewMessage:
    return _after_grace("confirmation", visit, now=now)


def _after_grace(kind: str, visit: Appointment, *, now: datetime) -> NewMessage:
    """A message about what can still be undone; at once where it would come too late then."""
    return _about(kind, visit, now=now, send_after=staff.told_at(visit, now=now))


def confirmation_again(visit: Appointment, *, now: datetime) -> NewMessage:
    """The confirmation once more, for its link; at most once an hour."""
    made = _about("confirmation", visit, now=now)
    made.occurrence = f"{visit.version} again {now:%Y%m%d%H}"
    return made


def _reminder(visit: Appointment, *, now: datetime) -> list[NewMessage]:
    at = appointment_reminder_at(visit.starts_at, visit.zone, booked_at=now)
    return [_about("visit_reminder", visit, now=now, send_after=at)] if at else []


def _about(
    kind: str, visit: Appointment, *, now: datetime, send_after: datetime | None = None
) -> NewMessage:
    """A message to the client; it is of no use once the visit's time has come."""
    return outbox.message(
        kind,
        source_type=SOURCE,
        source_id=visit.pk,
        occurrence=str(visit.version),
        client=visit.client,
        now=now,
        send_after=send_after,
        expires_at=visit.starts_at,
    )


def _text_of(message: Message, visit: Appointment) -> str:
    """Which words a message has: of what was undone, of another length, of whose cancellation it was."""
    for ending, text in IN_OWN_WORDS.items():
        if message.occurrence.endswith(ending):
            return text
    is_by_clinic = visit.is_cancelled and visit.cancelled_by == Appointment.CancelledBy.CLINIC
    return "cancelled_by_clinic" if is_by_clinic else message.kind


def _ready(visit: Appointment) -> Appointment:
    """A visit with what was read of its client's wishes."""
    assert visit.client is not None  # _told_of() leaves out holds
    keep_said(visit.client, visit)
    return visit


class AppointmentSource:
    """Messages to a client about one visit."""

    ahead = Ahead("visit", lock=LOCKED, told_of=_told_of, seen=SEEN, ready=_ready)

    @staticmethod
    def lock(message: Message) -> Appointment | None:
        """The visit and its client: neither changes until the decision stands."""
        key = int(message.source_id)
        visit = TOLD_OF.first(after=LOCKED.said(key=key), key=key)
        return visit and _ready(visit)

    @staticmethod
    def decide(message: Message, row: Appointment, *, now: datetime) -> Send | Stop:
        """Stop what is about an older version of the visit, or a visit that is off or over."""
        if message.occurrence.split()[0] != str(row.version):
            return Stop("moved")
        if row.is_cancelled != (message.kind == "cancelled"):
            return Stop("cancelled" if row.is_cancelled else "not_cancelled")
        if row.starts_at <= now or row.status in (Status.COMPLETED, Status.NO_SHOW):
            return Stop("visit_over")
        return Send()

    @staticmethod
    def link(message: Message, row: Appointment) -> str:
        return reverse("book_service") if row.is_cancelled else visit_link(row)

    @staticmethod
    def render(message: Message, row: Appointment, *, now: datetime) -> Mail:
        """Say when and where; never what for."""
        assert row.client is not None  # lock() leaves out holds
        clinic = ClinicSettings.current()
        words, today = clinic_words(row, clinic), day_of(now, row.zone)
        text = _text_of(message, row)
        before = staff.before(row) if text == "moved" else None
        is_elsewhen = before is not None and before.starts_at != row.starts_at
        near = is_near(row.starts_at, clinic, now=now)
        files = []
        if message.kind in WITH_FILE:
            files.append(("session.ics", visit_calendar(row, now=now), "text/calendar"))
        return write_letter(
            message,
            row.client,
            clinic=clinic,
            text=text,
            link=AppointmentSource.link(message, row),
            values={
                "when": words.when(row.starts_at, today=today),
                "was": words.when(before.starts_at, today=today) if before and is_elsewhen else "",
                "reference": row.reference,
                "minutes": str(row.minutes),
                "practitioner": row.practitioner.name,
                "place": row.location.name,
            },
            short_values={"when": words.short(row.starts_at)},
            attachments=tuple(files),
            rule=rule_for(row.starts_at, clinic, now=now) if near else "",
            address=row.location.address,
            access_notes=row.location.access_notes,
            others=tuple(
                clinic_words(one, clinic).when(one.starts_at, today=today)
                for one in _listed(message.kind, row)
            ),
        )
