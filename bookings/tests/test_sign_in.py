"""Proving an address with a code, without a page."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.messages import delivery
from bookings.models import Message, SignInCode
from bookings.sign_in import MAX_TRIES, WrongCode, ask_code, check_code, proved_before
from bookings.sign_in_codes import code_of
from bookings.tests.factories import make_user
from practitioners.tests.factories import make_clinic

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ROBIN = "robin@example.com"


def ask(email: str = ROBIN, *, visitor: str = "me", now: datetime = NOW) -> str:
    return code_of(ask_code(email, visitor=visitor, now=now))


def check(code: str, *, email: str = ROBIN, visitor: str = "me", now: datetime = NOW) -> Any:
    return check_code(visitor, email, code, now=now)


def test_the_code_proves_the_address_and_makes_the_login_once() -> None:
    first = check(ask())
    assert (first.email, first.has_usable_password()) == (ROBIN, False)
    assert check(ask(" Robin@Example.com ")) == first
    assert get_user_model().objects.count() == 1


def test_a_code_has_six_digits_and_is_stored_nowhere() -> None:
    codes = [ask(visitor=f"v{number}") for number in range(50)]
    assert {len(code) for code in codes} == {6}
    assert all(code.isdecimal() for code in codes)
    assert max(Counter(codes).values()) <= 2
    stored = str(list(SignInCode.objects.values())) + str(list(Message.objects.values()))
    assert not [code for code in codes if f"'{code}'" in stored]


def test_the_mail_carries_it_and_its_subject_does_not(settings: Any) -> None:
    make_clinic()
    code = ask()
    delivery.send_due(now=NOW)
    (sent,) = mail.outbox
    assert sent.to == [ROBIN]
    assert code in sent.body
    assert code not in sent.subject


@pytest.mark.parametrize(
    "wrong",
    ["code", "visitor", "email", "late", "used", "older", "tries"],
)
def test_whatever_is_wrong_the_words_are_the_same(wrong: str) -> None:
    older = ask()
    code = ask(now=NOW + timedelta(seconds=1))
    sent: dict[str, Any] = {"code": code}
    if wrong == "code":
        sent["code"] = f"{(int(code) + 1) % 10**6:06d}"
    elif wrong == "visitor":
        sent["visitor"] = "somebody"
    elif wrong == "email":
        sent["email"] = "other@example.com"
    elif wrong == "late":
        sent["now"] = NOW + timedelta(minutes=10, seconds=1)
    elif wrong == "used":
        check(code)
    elif wrong == "older":
        sent["code"] = older
    else:
        for _ in range(MAX_TRIES):
            with pytest.raises(WrongCode):
                check("x")
    with pytest.raises(WrongCode) as refusal:
        check(**sent)
    assert refusal.value.sentence == WrongCode.sentence


def test_a_code_works_until_its_last_minute() -> None:
    assert check(ask(), now=NOW + timedelta(minutes=9, seconds=59)).email == ROBIN


def test_known_and_unknown_addresses_take_the_same_steps() -> None:
    make_user(email=ROBIN)
    steps = []
    for email in (ROBIN, "nobody@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask(email)
        steps.append([query["sql"].split()[0] for query in asked.captured_queries])
    assert steps[0] == steps[1]


def test_a_shut_login_stays_shut() -> None:
    make_user(email=ROBIN, is_active=False)
    with pytest.raises(WrongCode):
        check(ask())


def test_a_login_is_found_whatever_its_capitals() -> None:
    user = make_user(email="Robin@example.com")
    assert check(ask()) == user


class TestProvedBefore:
    """For the second half of a double click only."""

    def test_the_code_that_was_just_used_still_says_who_it_was(self) -> None:
        code = ask()
        user = check(code)
        assert proved_before(ROBIN, code, now=NOW + timedelta(minutes=1)) == user

    def test_not_before_it_was_used_nor_long_after_nor_another_one(self) -> None:
        code = ask()
        assert proved_before(ROBIN, code, now=NOW) is None
        check(code)
        assert proved_before(ROBIN, "x", now=NOW) is None
        assert proved_before("other@example.com", code, now=NOW) is None
        assert proved_before(ROBIN, code, now=NOW + timedelta(minutes=11)) is None
