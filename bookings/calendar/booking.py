"""From a kept time, or straight from the desk, to a booked visit."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from bookings.asked import ASKED, asked_by_rules
from bookings.availability import slots_at
from bookings.calendar.attempts import LookAgain, in_one_transaction
from bookings.calendar.holds import kept_wish, renew_hold, why_no_longer
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM
from bookings.calendar.taking import lock_kept, stands_on_its_locks, take_room, take_time
from bookings.calendar.writing import (
    Status,
    announce,
    check_client_is_free,
    clashes,
    clear_the_way,
    insert,
    judge,
    terms,
    update,
)
from bookings.errors import (
    AlreadyUsed,
    BookingError,
    CallToBook,
    Changed,
    ChosenElsewhere,
    HoldExpired,
    NotOffered,
    NotPossible,
    TooManyOpen,
)
from bookings.extensions import ask_gates, facts_about
from bookings.marks import Locks
from bookings.models import Appointment, Client
from bookings.refusals import Wish, why_not
from practitioners.later import later
from practitioners.models import ClinicSettings, Location, Practitioner, Room, Service
from practitioners.prepared import PreparedQuery

Choice = tuple[int, int, datetime]  # service, practitioner, start
KEPT_OR_BOOKED = PreparedQuery(
    "kept_or_booked",
    {"visitor": "text", "token": "uuid"},
    lambda visitor, token: Appointment.objects.kept_or_booked(visitor, token).annotate(
        locks=Locks()
    ),
)
BOOKED_BY_FORM = PreparedQuery(
    "booked_by_form",
    {"token": "uuid"},
    lambda token: Appointment.objects.filter(form_token=token).with_details(),
)
BEFORE_BOOKING = PreparedQuery(
    "before_booking",
    {
        "client": "bigint",
        "now": "timestamptz",
        "begin": "timestamptz",
        "end": "timestamptz",
        "but": "bigint",
    },
    lambda client, now, **when: (
        Client.objects.filter(pk=client)
        .with_open_bookings(now=now)
        .annotate(is_busy=Exists(clashes(OuterRef("pk"), **when)))
    ),
)


def _confirming(client: int, **about: Any) -> Any:
    """The client with what limits them, and all that the rules ask of the time kept for them."""
    there = {"begin": about["begin"], "end": about["end"], "but": about["moving"]}
    return (
        Client.objects.filter(pk=client)
        .only("is_call_to_book")
        .with_open_bookings(now=about["now"])
        .annotate(
            is_busy=Exists(clashes(OuterRef("pk"), **there)),
            **facts_about(client=client),
            **asked_by_rules(**about),
        )
    )


CONFIRMING = PreparedQuery("before_confirming", {**ASKED, "client": "bigint"}, _confirming)


def confirm(
    visitor: str,
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    now: datetime,
    client_note: str = "",
    source_ref: str = "",
    expected: Choice | None = None,
    with_it: Callable[[Appointment], str] | None = None,
    slug: str = "",
) -> Appointment:
    """Turn the time kept for a visitor into the client's booked visit.

    The same form sent again returns the same visit. `expected` is what the form showed;
    a choice made in another window since then is not booked by it. What `with_it` has
    said is written in the same transaction, also for a form sent again. With the `slug` of a service a time
    kept for another one is left alone. Raises HoldExpired,
    Changed, ChosenElsewhere, ClientBusy, TooManyOpen, CallToBook, Refused or AlreadyUsed.
    """
    try:
        return _confirm(
            visitor,
            client=client,
            by=by,
            form_token=form_token,
            form_digest=digest_of(client.pk, client_note, expected),
            now=now,
            client_note=client_note,
            source_ref=source_ref,
            expected=expected,
            with_it=with_it or (lambda visit: ""),
            slug=slug,
        )
    except Changed:
        renew_hold(visitor, now=now)
        raise


@in_one_transaction
def _confirm(
    visitor: str,
    *,
    client: Client,
    now: datetime,
    expected: Choice | None,
    slug: str,
    with_it: Callable[[Appointment], str],
    **given: Any,
) -> Appointment:
    kept, earlier = _locked(visitor, client, given["form_token"])
    if earlier:
        later(with_it(_same_answers(earlier, given["form_digest"])))
        return earlier
    if kept is None or slug not in ("", kept.service.slug):
        raise HoldExpired
    _check_still_kept(kept, visitor, now=now)
    check_unchanged(kept, expected)
    wish = kept_wish(kept, now=now, client=client.pk)
    fresh = wish.read_with(CONFIRMING)
    _check_still_offered(wish)
    kept.facts = fresh.facts
    _may_book_alone(fresh, kept, now=now)
    kept.status, kept.client = Status.BOOKED, client
    kept.held_by, kept.held_until = "", None
    kept.booked_by, kept.booked_at = given["by"], now
    kept.client_note, kept.source_ref = given["client_note"], given["source_ref"]
    kept.form_token, kept.form_digest = given["form_token"], given["form_digest"]
    update(
        kept, "status", "client", "held_by", "held_until", "booked_by", "booked_at",
        "client_note", "source_ref", "form_token", "form_digest",
    )  # fmt: skip
    later(with_it(kept))
    announce("booked", kept, now=now)
    return kept


def _locked(
    visitor: str, client: Client, token: UUID
) -> tuple[Appointment | None, Appointment | None]:
    """Lock what a visitor keeps for a client; it, and what the form has booked. One query for both.

    Raises Changed when they have chosen something else while the locks were waited for.
    """
    locks = lock_kept(visitor, (CLIENT, client.pk))
    found = KEPT_OR_BOOKED.rows(visitor=visitor, token=token, after=locks)
    kept = next((one for one in found if one.status == Status.HELD), None)
    if kept and not stands_on_its_locks(kept, (PRACTITIONER, ROOM)):
        raise Changed
    return kept, next((one for one in found if one.form_token == token), None)


def _check_still_kept(kept: Appointment, visitor: str, *, now: datetime) -> None:
    """Raises HoldExpired, which says whether the time can be had again."""
    if kept.held_until is not None and kept.held_until > now:
        return
    kept_for = f"We kept this time for {ClinicSettings.current().hold_minutes} minutes."
    if why_not(
        kept.service, kept.practitioner, kept.location, kept.starts_at, now=now, visitor=visitor
    ):
        raise HoldExpired(f"{kept_for} It has since been taken. Nothing was booked for you.")
    raise HoldExpired(
        f"{kept_for} It is still free: book now, or choose another.", is_still_free=True
    )


def check_unchanged(kept: Appointment, expected: Choice | None = None) -> None:
    """Raises ChosenElsewhere or Changed when the form showed something else than would be booked."""
    if expected and expected != (kept.service_id, kept.practitioner_id, kept.starts_at):
        raise ChosenElsewhere
    if terms(kept.service, kept.starts_at) != (kept.ends_at, kept.busy, kept.price):
        raise Changed(
            "The length or price of this session has changed. Nothing was booked."
            " Please look again and press again."
        )


def _check_still_offered(wish: Wish) -> None:
    """Raises Changed with the reason."""
    reason = why_no_longer(wish)
    if isinstance(reason, NotPossible):
        raise Changed(reason.sentence, reason=reason.code)
    if reason:
        raise reason


def book(
    service: Service,
    practitioner: Practitioner,
    starts_at: datetime,
    *,
    client: Client,
    by: Any,
    now: datetime,
    location: Location | None = None,
    room: Room | None = None,
    for_staff: bool = True,
    form_token: UUID | None = None,
    source_ref: str = "",
    desk_note: str = "",
) -> Appointment:
    """Book a visit at once, as the desk does on the phone.

    The same form sent again returns the same visit. Raises the error that names why the
    start cannot be booked, ClientBusy, NoRoom or AlreadyUsed, and for a client's own
    booking what `confirm` raises.
    """
    return _book(
        _Order(
            service=service,
            practitioner=practitioner,
            location=location or _place(service, practitioner, starts_at, now, for_staff),
            client=client,
            starts_at=starts_at,
            status=Status.BOOKED,
            booked_by=by,
            booked_at=now,
            # With a token of its own a booking is found again when its connection is lost.
            form_token=form_token or uuid.uuid4(),
            form_digest=digest_of(
                service.pk, practitioner.pk, starts_at, client.pk, room and room.pk, desk_note
            ),
            source_ref=source_ref,
            desk_note=desk_note,
            created_at=now,
        ),
        has_form=form_token is not None,
        by=by,
        room=room,
        for_staff=for_staff,
        now=now,
    )


class _Order:
    """What a visit shall be. It is made once its time has been got: of a crowd only a few get one."""

    def __init__(self, **about: Any) -> None:
        self.about = about

    @cached_property
    def visit(self) -> Appointment:
        return Appointment(**self.about)

    @property
    def was_written(self) -> bool:
        """Whether a try before has written it, whose answer was lost then."""
        return "visit" in vars(self) and self.visit.pk is not None

    def wish(self, **more: Any) -> Wish:
        """The time that it asks for."""
        names = ("service", "practitioner", "location", "starts_at")
        about = {name: self.about[name] for name in names}
        return Wish(**about, client=self.about["client"].pk, **more)


@in_one_transaction
def _book(order: _Order, *, has_form: bool, **given: Any) -> Appointment:
    """Book it, unless the form that it came with has done so already.

    Whoever sends a form again finds its time taken, at the latest by its token. A booking
    without a form has a token, too, and a key once it was written: then its answer was lost.
    """
    try:
        return _booked(order, **given)
    except (BookingError, LookAgain):
        about = order.about
        if has_form or order.was_written:
            earlier = _booked_by_form(about["form_token"], about["form_digest"])
            if earlier:
                return earlier
        raise


def _booked(
    order: _Order, *, by: Any, room: Room | None, for_staff: bool, now: datetime
) -> Appointment:
    wish = order.wish(now=now, for_staff=for_staff)
    take_time(wish, with_room=room is None)
    visit = order.visit
    judge(visit, wish)
    visit.facts = wish.offer.facts
    visit.room_id = take_room(visit, now=now, wanted=room, wish=wish)
    if not for_staff:
        may_book_alone(order.about["client"], visit, now=now)
    clear_the_way(visit, now=now)
    insert(visit)
    announce("booked", visit, now=now)
    return visit


def _place(
    service: Service,
    practitioner: Practitioner,
    starts_at: datetime,
    now: datetime,
    for_staff: bool,
) -> Location:
    """Where the practitioner is then, or would be. Raises NotOffered."""
    slots = slots_at(
        service, starts_at, now=now, practitioners=[practitioner.pk], for_staff=for_staff
    )
    if slots:
        return Location.objects.get(pk=slots[0].location_id)
    place = Location.objects.active().worked_at_by(practitioner).first()
    if place is None:
        raise NotOffered
    return place


def may_book_alone(client: Client, visit: Appointment, *, now: datetime) -> None:
    """Check what limits a client, and that they are free. One query, and those of the gates.

    Raises CallToBook, TooManyOpen, Refused or ClientBusy.
    """
    fresh: Any = BEFORE_BOOKING.only(
        client=client.pk, now=now, begin=visit.starts_at, end=visit.ends_at, but=visit.pk or 0
    )
    _may_book_alone(fresh, visit, now=now)


def _may_book_alone(client: Any, visit: Appointment, *, now: datetime) -> None:
    """The same of a client who was read with what limits them, and whether they are busy near it."""
    _check_open_bookings(client)
    ask_gates(client=client, visit=visit, starts_at=visit.starts_at, now=now)
    if client.is_busy:
        check_client_is_free(client, visit)


def check_open_bookings(client: Client, *, now: datetime) -> None:
    """Raises CallToBook, or TooManyOpen; what was booked together counts as one."""
    _check_open_bookings(Client.objects.with_open_bookings(now=now).get(pk=client.pk))


def _check_open_bookings(fresh: Any) -> None:
    if fresh.is_call_to_book:
        phone = ClinicSettings.current().phone
        raise CallToBook(f"Please call {phone} to book." if phone else "")
    if fresh.open_bookings >= fresh.most_open:
        raise TooManyOpen


def digest_of(*answers: object) -> str:
    """What a form was sent with, so that the same token with other answers is noticed."""
    return hashlib.sha256("\x1f".join(repr(one) for one in answers).encode()).hexdigest()


def _booked_by_form(token: UUID, digest: str) -> Appointment | None:
    """The visit that this form has booked already. Raises AlreadyUsed for other answers."""
    earlier = BOOKED_BY_FORM.first(token=token)
    return _same_answers(earlier, digest) if earlier else None


def _same_answers(earlier: Appointment, digest: str) -> Appointment:
    """What a form has booked before. Raises AlreadyUsed when it was sent with other answers."""
    if earlier.form_digest != digest:
        raise AlreadyUsed(appointment=earlier)
    return earlier
