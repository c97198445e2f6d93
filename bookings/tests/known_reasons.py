"""Every sentence with which a time or a change is refused, by the reason it gives."""

from __future__ import annotations

import re

from bookings import errors
from bookings.calendar.putting_back import BY_THE_CLINIC, CHANGED_AGAIN, OVER
from bookings.errors import BookingError, Busy

TIME = r"\d\d:\d\d"
SHORT = rf"\w{{3}} \d+ \w{{3}}( \d{{4}})?, {TIME}"
LONG = rf"{TIME} on \w+ \d+ \w+( \d{{4}})?"
NOT_YET = " Nothing was changed."
# Sentences that are put together where they are said, as patterns.
PATTERNS = {
    rf"{LONG} has just been taken. (Nothing was booked( for you)?|(Your|The) session stays where it is)."
    " Choose another time.": "taken",
    rf"{LONG} is kept for .+ until {TIME}. Nothing was booked. Choose another time, or wait until then.": "taken",
    rf"(This session|One of the sessions that follow) has been moved meanwhile: it is now on .+, {TIME} with .+."
    " Nothing was changed. Look again and press again.": "moved_meanwhile",
    rf"{SHORT} has been (taken|booked for .+) since.{NOT_YET}": "taken",
    rf"Somebody is just booking {SHORT}: it is kept for them until {TIME}.{NOT_YET}": "taken",
    rf"This person has another session on {SHORT} by now.{NOT_YET}": "client_busy",
    rf"The room has been given to another session on {SHORT}.{NOT_YET}": "no_room",
    "Two of these times overlap. Choose another for one of them.": "client_busy",
    rf"(The next session begins|The room is taken) at {TIME}, so this session can last until"
    rf" {TIME} at most.{NOT_YET}": "no_longer",
    rf"(It|With the time to tidy up, it) would last until {TIME}: .+ is in until {TIME}.{NOT_YET}"
    " If it is meant so, press the button again.": "outside_hours",
    r"Somebody has changed this session meanwhile: it takes \d+ minutes. Nothing was changed now."
    " Press again if you still mean it.": "changed",
    r"We kept this time( with .+)? for \d+ minutes. It has since been taken."
    "( These are the times of everybody who gives this session.)?": "hold_expired",
    r"We kept this time for \d+ minutes. It is still free: book now, or choose another.": "still_free",
    "The three minutes for taking it back are over. You can still cancel.": "too_late",
    re.escape(OVER): "too_late",
    re.escape(BY_THE_CLINIC): "ended",
    re.escape(CHANGED_AGAIN): "ended",
}


# What is said in the words of `errors` alone: of each that has words of its own.
PLAIN = {
    one.sentence: one.code
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, BookingError) and "sentence" in vars(one)
    if one not in (BookingError, Busy)
}
PLAIN |= {
    one.at_the_desk: one.code
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, BookingError) and one.at_the_desk
}
OF_A_SERIES = re.compile(rf"(?:{SHORT}: )?(?P<own>.+) None of these sessions was booked\.")
FOR_YOU = " Nothing was booked for you."  # is left out where none of several was booked


def reason_of(sentence: str) -> str:
    """The code of the reason that a sentence gives; KeyError for one that gives none we know."""
    of_series = OF_A_SERIES.fullmatch(sentence)
    said, left_out = (of_series["own"], FOR_YOU) if of_series else (sentence, "")
    for known, code in PLAIN.items():
        if said == known.replace(left_out, ""):
            return code
    for pattern, code in PATTERNS.items():
        if re.fullmatch(pattern, said):
            return code
    raise KeyError(sentence)
