"""The mails that tell staff of the calendar. No name of a client leaves the house."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from bookings.messages.digests import FRONT_DESK, span_of, trouble_of
from bookings.messages.sources import Mail, Send, Stop
from bookings.messages.staff import NOTICE, before
from bookings.messages.words import clinic_words, site_link, write_mail
from bookings.models import Message, VisitChange
from bookings.times import Words
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings, Location

WORDS = {
    "booked": "A session was booked",
    "moved": "A session was moved",
    "length": "The length of a session was changed",
    "cancelled": "A session was cancelled",
    "put_back": "A session takes place after all, as it was",
}


class StaffNoticeSource:
    """Messages to a member of staff about one change of a visit."""

    @staticmethod
    def lock(message: Message) -> VisitChange | None:
        changes = VisitChange.objects.select_related(
            "appointment__location", "appointment__practitioner", "practitioner"
        )
        return changes.filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: VisitChange, *, now: datetime) -> Send | Stop:
        """Stop for somebody who has left, and where a later change has been told of."""
        if message.user is None or not message.user.is_active:
            return Stop("left")
        return Stop("changed_again") if row.version != row.appointment.version else Send()

    @staticmethod
    def render(message: Message, row: VisitChange, *, now: datetime) -> Mail:
        """Say what happened, when and with whom it is; the desk page says for whom."""
        clinic = ClinicSettings.current()
        visit = row.appointment
        assert message.user is not None  # decide() has seen to it
        earlier = before(visit)
        words, today = clinic_words(visit, clinic), day_of(now, visit.zone)
        return write_mail(
            "staff_notice",
            to=message.user.email,
            subject=f"{WORDS[row.event]}: {words.short(visit.starts_at)}",
            clinic=clinic,
            what=WORDS[row.event],
            when=words.when(visit.starts_at, today=today),
            was=words.when(earlier.starts_at, today=today)
            if earlier and row.event == "moved"
            else "",
            practitioner=visit.practitioner.name,
            reference=visit.reference,
            link=f"{site_link('desk_day')}?day={day_of(visit.starts_at, visit.zone).isoformat()}",
        )


class Line(NamedTuple):
    """One visit in a digest: what has become of it since the last one."""

    event: str
    when: str
    practitioner: str
    reference: str


class DigestSource:
    """The mail of the evening about one location."""

    @staticmethod
    def lock(message: Message) -> Location | None:
        return Location.objects.filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: Location, *, now: datetime) -> Send | Stop:
        """Stop for somebody who has left, and for a day on which nothing is left to tell."""
        if message.user is None or not message.user.is_active or not message.user.works_here:
            return Stop("left")
        has_news = digest_of(message, row) or trouble_of(message, row)
        return Send() if has_news else Stop("nothing_to_tell")

    @staticmethod
    def render(message: Message, row: Location, *, now: datetime) -> Mail:
        clinic = ClinicSettings.current()
        words = Words(row.zone, clinic.time_style)
        lines = [
            Line(
                change.get_event_display(),
                words.when(change.starts_at, today=day_of(now, row.zone)),
                change.practitioner.name,
                change.appointment.reference,
            )
            for change in digest_of(message, row)
        ]
        assert message.user is not None  # decide() has seen to it
        return write_mail(
            "daily_digest",
            to=message.user.email,
            subject=f"{row.name}: what changed in the calendar"
            if lines
            else f"{row.name}: messages that did not get through",
            clinic=clinic,
            location=row,
            lines=lines,
            troubles=trouble_of(message, row),
            link=site_link("desk_day"),
            todo=site_link("todo"),
        )


def digest_of(message: Message, location: Location) -> list[VisitChange]:
    """The last change of every visit since the evening before, in order of the visits.

    Leaves out what this person was told at once, what was undone, bookings that came and
    went in between, and, for somebody who is not at the desk, the visits of others.
    """
    since, until = span_of(message, location)
    changes = VisitChange.objects.filter(
        appointment__location=location, at__gte=since, at__lt=until
    ).select_related("appointment", "practitioner")
    of_visit: dict[int, list[VisitChange]] = {}
    for change in changes:
        of_visit.setdefault(change.appointment_id, []).append(change)
    concerning, told = _concerning(message.user, of_visit), _told(message.user, changes)
    lasting = [
        lived[-1]
        for visit, all_of_it in of_visit.items()
        if visit in concerning
        and (lived := _without_undone(all_of_it))
        and lived[-1].pk not in told
        and not (lived[0].event == "booked" and lived[-1].event == "cancelled")
    ]
    return sorted(lasting, key=lambda change: (change.starts_at, change.pk))


def _without_undone(lived: list[VisitChange]) -> list[VisitChange]:
    """The changes of one visit without those that were undone, as far as both are among them."""
    left: list[VisitChange] = []
    for change in lived:
        if change.event == "put_back" and left and left[-1].version == change.version - 1:
            left.pop()
        else:
            left.append(change)
    return left


def _concerning(user: Any, visits: Collection[int]) -> set[int]:
    """Those of the visits that are, or were, with this person; all of them for the desk."""
    if FRONT_DESK in user.roles:
        return set(visits)
    own = VisitChange.objects.filter(appointment__in=visits, practitioner__user=user)
    return set(own.values_list("appointment_id", flat=True))


def _told(user: Any, changes: Iterable[VisitChange]) -> set[int]:
    """Those of the changes that this person had a mail of their own about."""
    notices = Message.objects.filter(
        source_type=NOTICE, user=user, source_id__in=[str(change.pk) for change in changes]
    )
    return {int(pk) for pk in notices.values_list("source_id", flat=True)}
