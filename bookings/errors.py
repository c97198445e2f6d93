"""Why something with time is not possible, each with a code and a sentence for the client.

BookingError
├── Taken            409: SlotTaken · ClientBusy · NoRoom · HoldExpired · Changed
├── NotPossible      422: InThePast · TooSoon · TooFar · OutsideHours · Closed · Away
│                         OffGrid · NotCertified · NotOffered · DailyLimit · TooManyOpen
│                         CallToBook · TooLate · Ended · WrongState · AlreadyUsed · Refused
└── Busy             503: nothing was booked, press again
"""

from __future__ import annotations

from typing import Any


class BookingError(Exception):
    """Something about time that is not possible.

    `at_the_desk` says the same to somebody who books for others, where that is put otherwise.
    """

    code = "not_possible"
    status = 422
    sentence = "That is not possible."
    at_the_desk = ""

    def __init__(self, sentence: str = "", *, at_the_desk: str = "", **details: Any) -> None:
        if sentence:
            self.sentence, self.at_the_desk = sentence, at_the_desk
        self.details = details
        super().__init__(self.sentence)

    def said(self, *, to_staff: bool) -> str:
        """Its sentence, in the words for whoever reads it."""
        return (to_staff and self.at_the_desk) or self.sentence


class Taken(BookingError):
    status = 409


class SlotTaken(Taken):
    code = "taken"
    sentence = "That time has just been taken. Nothing was booked for you. Choose another time."
    at_the_desk = "That time has just been taken. Nothing was booked. Choose another time."


class ClientBusy(Taken):
    """`details["visit"]` is the one they have."""

    code = "client_busy"
    sentence = "This person already has a session at that time."


class NoRoom(Taken):
    code = "no_room"
    sentence = "No room is free at that time. Choose another time."


class HoldExpired(Taken):
    """The kept time ran out, and says whether it can be had again."""

    code = "hold_expired"
    sentence = "We no longer keep this time for you. Choose a time."
    at_the_desk = "We no longer keep this time for them. Choose a time."

    @property
    def is_still_free(self) -> bool:
        return bool(self.details.get("is_still_free"))


class Changed(Taken):
    """What the visitor saw is no longer what they would get; nothing was booked."""

    code = "changed"
    sentence = "Something about this session has changed. Please look again and press again."


class ChosenElsewhere(Changed):
    """The form is older than what the visitor chose in another window."""

    code = "chosen_elsewhere"
    sentence = (
        "You have chosen something else in another window. Nothing was booked."
        " Please look at your choice and press again."
    )


class MovedMeanwhile(Changed):
    """The visit is no longer where the page of the form has shown it; its sentence says where it is."""

    code = "moved_meanwhile"
    sentence = (
        "This session has been moved meanwhile. Nothing was changed. Look again and press again."
    )


class NotPossible(BookingError):
    status = 422


class InThePast(NotPossible):
    code = "past"
    sentence = "That time is in the past. Choose another time."


class TooSoon(NotPossible):
    code = "too_soon"
    sentence = "That time is too soon to book online. Call us and we will try to fit you in."


class TooFar(NotPossible):
    code = "too_far"
    sentence = "That time is further ahead than we take bookings. Choose an earlier time."


class OutsideHours(NotPossible):
    code = "outside_hours"
    sentence = "That time is outside working hours. Choose another time."


class Closed(NotPossible):
    code = "closed"
    sentence = "We are closed on that day. Choose another time."


class Away(NotPossible):
    code = "away"
    sentence = "The specialist is away then. Choose another time or another specialist."


class OffGrid(NotPossible):
    code = "off_grid"
    sentence = "Sessions do not start at that time. Choose one of the times shown."


class NotCertified(NotPossible):
    code = "not_certified"
    sentence = "This specialist cannot give that session on that day. Choose another specialist."


class NotOffered(NotPossible):
    code = "not_offered"
    sentence = "This session can no longer be booked online. Choose another one."
    at_the_desk = "This specialist no longer gives this session at this place. Choose another one."


class DailyLimit(NotPossible):
    code = "daily_limit"
    sentence = "That day has no more of these sessions. Choose another day."


class TooManyOpen(NotPossible):
    code = "too_many_open"
    sentence = "You already have as many booked sessions as can be booked online. Please call us."


class CallToBook(NotPossible):
    code = "call_to_book"
    sentence = "Please call us to book."


class TooLate(NotPossible):
    code = "too_late"
    sentence = "It is too late to change this session online, so please call us."


class NeedsReason(NotPossible):
    code = "needs_reason"
    sentence = "Please say why: this session is within the notice for changes."


class Ended(NotPossible):
    code = "ended"
    sentence = "This session is over or was cancelled, so it can no longer be changed."


class WrongState(NotPossible):
    code = "wrong_state"
    sentence = "That cannot follow from how the visit stands now."


class AlreadyUsed(NotPossible):
    """The form was used before with other answers.

    `appointment` is what it booked: to be shown to whoever booked it, and to nobody else.
    """

    code = "already_used"
    sentence = "This form was already used. Nothing else was booked."

    @property
    def appointment(self) -> Any:
        return self.details.get("appointment")


class Refused(NotPossible):
    """A gate said no; it brings its own code and sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Busy(BookingError):
    code = "busy"
    status = 503
    sentence = "We are busy, nothing was booked. Please press again."
