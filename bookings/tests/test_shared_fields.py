"""Forms of the last page of booking have the same fields, and yet are nobody else's."""

from __future__ import annotations

from uuid import UUID

from bookings.forms import SignedInForm, YouForm
from bookings.models import Client

TOKEN = {"form_token": UUID(int=1)}


def _signed_in(*names: str, own: Client | None = None, most: int = 1) -> SignedInForm:
    people = [Client(name=name) for name in names]
    return SignedInForm(initial=TOKEN, own=own, people=people, most=most)


def _named(form: SignedInForm) -> list[str]:
    return [name for _, name in form.fields["for_whom"].choices]  # type: ignore[attr-defined]


def test_each_login_sees_its_own_people() -> None:
    first, second = _signed_in("Ben"), _signed_in("Cleo", own=Client(name="Ada"))
    assert _named(first) == ["Me", "Ben", "Someone else"]
    assert _named(second) == ["Me, Ada", "Cleo", "Someone else"]


def test_what_one_form_leaves_out_another_has() -> None:
    known, new = _signed_in(own=Client(name="Ada")), _signed_in()
    assert {"name", "phone"}.isdisjoint(known.fields)
    assert {"name", "phone"} <= set(new.fields)


def test_only_who_may_book_several_sessions_is_asked_how_many() -> None:
    many, one = _signed_in(most=4), _signed_in()
    assert [choice for choice, _ in many.fields["times"].choices] == [1, 2, 3, 4]  # type: ignore[attr-defined]
    assert "times" not in one.fields


def test_a_form_that_was_sent_and_shown_leaves_no_trace() -> None:
    blank = str(YouForm(initial=TOKEN)), str(_signed_in(most=4))
    for form in (
        YouForm({"email": "no address", "date_of_birth_0": "40"}),
        SignedInForm({"for_whom": "nobody"}, own=None, people=[], most=4),
    ):
        assert not form.is_valid()
        assert "errorlist" in str(form)
    assert blank == (str(YouForm(initial=TOKEN)), str(_signed_in(most=4)))
