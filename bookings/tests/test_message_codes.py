"""Every code that can stand in the ledger has words that staff understand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bookings.messages import codes

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = (
    r'Stop\("([a-z_]+)"\)',
    r'Wait\([^"]*"([a-z_]+)"\)',
    r'last_code="([a-z_]+)"',
    r"last_code = '([a-z_]+)'",
    r'cancel_open\([^)]*code="([a-z_]+)"',
    r'Outcome\("[a-z]+", "([a-z_]+)"',
)
FOLDERS = ("bookings/messages", "bookings/waiting", "treatment_plans", "clinic")
NOT_OF_THE_LEDGER = {"no_phone", "landline", "phone_refused"}  # of a number, before anything goes


def found_codes() -> set[str]:
    """Codes written out in the source, wherever messages are decided about."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    own = [path for path in files if not {"tests", "migrations", "forms"} & set(path.parts)]
    texts = [path.read_text() for path in own if "messages" in path.read_text()]
    return {code for text in texts for pattern in PATTERNS for code in re.findall(pattern, text)}


def test_codes_are_found_at_all() -> None:
    assert {
        "client_deceased",
        "quiet_hours",
        "cycle_over",
        "no_answer",
        "offer_over",
    } <= found_codes()


@pytest.mark.parametrize("code", sorted(found_codes() - NOT_OF_THE_LEDGER))
def test_a_code_of_the_source_has_words(code: str) -> None:
    assert code in codes.WORDS, f"{code} has no words in bookings/messages/codes.py"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("refused_550", "The relay refused it (550)"),
        ("refused_http_503", "The provider refused it (503)"),
        ("sms_21610", "The provider of text messages refused it (21610)"),
        ("bounced_5.1.1", "It came back: it could not be delivered (5.1.1)"),
        ("something_new", "Something new"),
        ("", ""),
    ],
)
def test_a_number_stays_in_brackets(code: str, words: str) -> None:
    assert codes.say(code) == words
