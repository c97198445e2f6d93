"""Which way a message goes: one channel, as the client wishes, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.consents import CannotText, opt_in, opt_out, wishes_of
from bookings.messages import delivery
from bookings.messages.breaker import Breaker
from bookings.messages.handover import Outcome
from bookings.messages.plain import plain_message
from bookings.messages.reminding import say_missing, say_reminders
from bookings.messages.routes import route
from bookings.messages.sms import MemoryGateway, Text
from bookings.models import ChannelConsent, Client, Message, Task
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_client, make_user
from practitioners.tests.factories import make_clinic, make_location

pytestmark = pytest.mark.django_db
MOBILE, ANOTHER, LANDLINE = "+447700900982", "+447700900983", "+442079460000"
State = Message.State
HOUR = timedelta(hours=1)


class Gateway(MemoryGateway):
    """Answers what a test wants, then yes."""

    answers: list[Outcome] = []

    def hand_over(self, text: Text) -> Outcome:
        super().hand_over(text)
        return self.answers.pop(0) if self.answers else Outcome("sent", "sent", reference="SM1")


@pytest.fixture(autouse=True)
def texts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[Text]:
    """A clinic that sends text messages, and what it has sent."""
    settings.SMS_BACKEND = f"{__name__}.Gateway"
    monkeypatch.setattr(delivery, "text_breaker", Breaker())
    make_clinic()
    make_location()
    Gateway.sent.clear()
    Gateway.answers.clear()
    return Gateway.sent


def texter(**fields: Any) -> Client:
    """Somebody who prefers text messages and has said yes to them."""
    person = make_client(**{"phone": MOBILE, "preferred_channel": "sms", **fields})
    opt_in(person, "sms", now=NOW, by="desk")
    return person


def write(person: Client, kind: str = "check_in", **when: Any) -> Message:
    row = plain_message(kind, person, cause="test", now=NOW, **when)
    row.save()
    return row


def send(row: Message, now: Any = NOW) -> tuple[str, str, str]:
    delivery.send_due(now=now)
    row.refresh_from_db()
    return row.state, row.via, row.last_code


@pytest.mark.parametrize(
    ("preferred", "said", "fields", "follow_up", "reminder", "letter"),
    [
        # with e-mail and a mobile number
        ("email", {}, {}, "email", "email", "email"),
        ("sms", {}, {}, "email", "email", "email"),
        ("sms", {"sms": True}, {}, "sms", "sms", "email"),
        ("email", {"sms": True}, {}, "email", "email", "email"),
        ("email", {"sms": True, "email": False}, {}, "sms", "email", "email"),
        ("sms", {"sms": False}, {}, "email", "email", "email"),
        ("email", {"email": False}, {}, "client_opted_out", "email", "email"),
        ("sms", {"email": False, "sms": False}, {}, "client_opted_out", "email", "email"),
        # without an address, or with one that is refused
        ("sms", {"sms": True}, {"email": ""}, "sms", "sms", "sms"),
        ("email", {"sms": True}, {"email": ""}, "sms", "sms", "sms"),
        ("sms", {}, {"email": ""}, "no_consented_channel", "no_address", "no_address"),
        ("email", {"sms": True}, {"bounced_email": "a@example.com"}, "sms", "sms", "sms"),
        ("email", {}, {"bounced_email": "a@example.com"}, "no_consented_channel",
         "address_bounced", "address_bounced"),
        # with a number that gets no text messages
        ("sms", {"sms": True}, {"phone": LANDLINE}, "email", "email", "email"),
        ("sms", {"sms": True}, {"phone": ""}, "email", "email", "email"),
        ("sms", {"sms": True}, {"bounced_phone": MOBILE}, "email", "email", "email"),
        ("sms", {"sms": True}, {"phone": LANDLINE, "email": ""}, "no_consented_channel",
         "no_address", "no_address"),
        ("sms", {"sms": True, "email": False}, {"phone": LANDLINE}, "no_consented_channel",
         "email", "email"),
    ],
)  # fmt: skip
def test_one_channel_is_chosen(
    preferred: str, said: dict[str, bool], fields: Any, follow_up: str, reminder: str, letter: str
) -> None:
    given = {"email": "a@example.com", "phone": MOBILE, "preferred_channel": preferred, **fields}
    person = make_client(**given)
    for channel, is_given in said.items():
        ChannelConsent.objects.create(
            client=person, channel=channel, is_given=is_given, changed_at=NOW, changed_by="desk"
        )
    found = [route(person, kind) for kind in ("overdue", "visit_reminder", "letter")]
    assert [way.code or way.channel for way in found] == [follow_up, reminder, letter]
    assert [bool(way.address) for way in found] == [not way.code for way in found]


def test_a_clinic_without_text_messages_writes_mail(settings: Any) -> None:
    person = texter()
    settings.SMS_BACKEND = ""
    assert [route(person, kind).channel for kind in ("overdue", "visit_reminder")] == ["email"] * 2
    assert wishes_of(person).wanted == ("email",)


def test_a_follow_up_goes_once_and_by_one_channel(texts: list[Text], mailoutbox: Any) -> None:
    row = write(texter())
    assert send(row) == (State.SENT, "sms", "sent")
    assert (row.sent_to, row.provider_ref, row.attempts) == (MOBILE, "SM1", 1)
    (text,) = texts
    assert text.to == MOBILE
    assert text.words.startswith("Willow Street Clinic: how have you been")
    assert text.words.endswith(" Reply STOP to stop these.")
    assert mailoutbox == []


def test_a_letter_by_text_does_not_speak_of_stopping(texts: list[Text]) -> None:
    send(write(texter(email=""), "letter"))
    assert "STOP" not in texts[0].words


def test_a_changed_wish_changes_what_waits(texts: list[Text], mailoutbox: Any) -> None:
    person = texter()
    row = write(person)
    opt_out(person, now=NOW, by="reply", channels=("sms",))
    assert send(row) == (State.SENT, "email", "sent")
    assert texts == []


def test_a_wish_that_changes_in_the_last_moment_counts(
    texts: list[Text], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = texter()
    row = write(person)
    commit = delivery.commit

    def change_then_commit(*args: Any, **more: Any) -> Any:
        opt_out(person, now=NOW, channels=("sms",))
        return commit(*args, **more)

    monkeypatch.setattr(delivery, "commit", change_then_commit)
    assert send(row) == (State.SENT, "email", "sent")
    assert texts == []


def test_an_answer_that_is_lost_is_never_tried_again_by_itself(texts: list[Text]) -> None:
    Gateway.answers.append(Outcome("ambiguous", "no_answer", is_timeout=True))
    row = write(texter())
    assert send(row) == (State.UNKNOWN, "sms", "no_answer")
    assert row.is_ambiguous
    send(row, NOW + HOUR)
    assert len(texts) == 1
    assert Task.objects.get().title.startswith("A message may or may not have reached")


def test_what_may_have_arrived_keeps_to_its_channel(mailoutbox: Any) -> None:
    person = make_client(phone=MOBILE)
    row = write(person)
    Message.objects.filter(pk=row.pk).update(is_ambiguous=True, via="email")
    opt_in(person, "sms", now=NOW, by="desk")
    Client.objects.filter(pk=person.pk).update(preferred_channel="sms")
    assert send(row) == (State.SENT, "email", "sent")
    assert len(mailoutbox) == 1


def test_a_refusal_for_now_is_tried_again(texts: list[Text]) -> None:
    Gateway.answers.append(Outcome("soft", "sms_20429"))
    row = write(texter())
    assert send(row) == (State.PENDING, "sms", "sms_20429")
    Message.objects.filter(pk=row.pk).update(next_attempt_at=None)
    assert send(row) == (State.SENT, "sms", "sent")


def test_a_number_that_is_refused_for_good_is_left_alone(texts: list[Text]) -> None:
    Gateway.answers.append(Outcome("hard", "sms_21614", blames_address=True))
    person = texter()
    assert send(write(person)) == (State.FAILED, "sms", "sms_21614")
    person.refresh_from_db()
    assert str(person.bounced_phone) == MOBILE
    assert Task.objects.count() == 1
    later = write(person, "letter")
    assert send(later) == (State.SENT, "email", "sent")
    person.phone = ANOTHER
    person.save()
    assert route(person, "overdue").address == ANOTHER


def test_a_number_that_had_said_stop_is_taken_at_its_word(texts: list[Text]) -> None:
    Gateway.answers.append(Outcome("hard", "sms_21610", withdraws_consent=True))
    person = texter()
    assert send(write(person))[0] == State.FAILED
    said = ChannelConsent.objects.get(client=person, channel="sms")
    assert (said.is_given, said.changed_by) == (False, "reply")
    assert route(person, "overdue").channel == "email"


def test_an_address_of_whoever_acts_for_them_is_left_alone_too() -> None:
    child, user = make_client(email=""), make_user(email="mum@example.com")
    child.access.create(user=user, relation="guardian")
    assert route(child, "letter").address == "mum@example.com"
    child.bounced_email = "Mum@example.com"
    assert route(child, "letter").code == "address_bounced"


def test_a_provider_that_is_ill_stops_texts_and_no_mail(texts: list[Text], mailoutbox: Any) -> None:
    Gateway.answers += [Outcome("soft", "no_connection", is_timeout=True)] * 2
    rows = [write(texter()) for _ in range(4)]
    mailed = write(make_client())
    assert send(mailed)[0] == State.SENT
    assert len(texts) == 2
    assert {send(row)[0] for row in rows} == {State.PENDING}


def test_a_relay_that_is_ill_stops_no_text(
    texts: list[Text], monkeypatch: pytest.MonkeyPatch
) -> None:
    resting = Breaker(open_until=float("inf"))
    monkeypatch.setattr(delivery, "breaker", resting)
    mailed, row = write(make_client()), write(texter())
    assert send(row) == (State.SENT, "sms", "sent")
    mailed.refresh_from_db()
    assert mailed.state == State.PENDING


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("", "We have no phone number. Enter a mobile number first."),
        (LANDLINE, "020 7946 0000 cannot get text messages. Enter a mobile number first."),
        ("+448001111111", "0800 111 1111 cannot get text messages. Enter a mobile number first."),
    ],
)
def test_a_yes_to_texts_needs_a_number_that_gets_them(phone: str, sentence: str) -> None:
    person = make_client(phone=phone)
    with pytest.raises(CannotText) as refused:
        opt_in(person, "sms", now=NOW, by="desk")
    assert refused.value.sentence == sentence
    assert ChannelConsent.objects.count() == 0


@pytest.mark.parametrize("phone", ["+447400123456", "+12025550143", "+33612345678", MOBILE])
def test_mobile_numbers_of_many_countries_do(phone: str) -> None:
    opt_in(make_client(phone=phone), "sms", now=NOW, by="desk")
    assert ChannelConsent.objects.get().is_given


def test_a_consent_says_who_when_and_how_and_keeps_its_past() -> None:
    person, user = make_client(phone=MOBILE), make_user()
    opt_in(person, "sms", now=NOW, by="desk", user=user)
    opt_in(person, "sms", now=NOW + HOUR, by="client")
    opt_out(person, now=NOW + 2 * HOUR, by="reply", channels=("sms",))
    said = ChannelConsent.objects.get()
    assert (said.is_given, said.changed_at, said.changed_by, said.user) == (
        False, NOW + 2 * HOUR, "reply", None,
    )  # fmt: skip
    past = said.events.order_by("pgh_id").values_list("is_given", "changed_by", "user")  # type: ignore[attr-defined]
    assert list(past) == [(True, "desk", user.pk), (False, "reply", None)]


def test_the_short_link_of_a_text_leads_on_and_a_mail_has_none(
    client: Any, texts: list[Text]
) -> None:
    row = write(texter())
    send(row)
    path = texts[0].words.split("http://localhost:8000")[1].split()[0]
    assert len(path) == len("/m//") + 22
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    Message.objects.filter(pk=row.pk).update(via="email")
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["nonsense", "A" * 22, "é" * 22, "A" * 300])
def test_a_short_link_that_is_not_ours_is_a_page(client: Any, name: str) -> None:
    assert client.get(f"/m/{name}/").status_code == 404


def test_the_desk_reads_what_really_happens() -> None:
    both = texter(email="robin@example.com")
    assert say_reminders(both) == "by text message, else by e-mail"
    assert say_reminders(make_client(email="", phone="")) == "none: no email address"
    assert say_reminders(texter(email="", phone=MOBILE)) == "by text message"
    bounced = make_client(email="robin@example.com", bounced_email="robin@example.com")
    assert say_reminders(bounced) == "none: mails to their address come back"
    opt_out(both, now=NOW)
    assert say_reminders(both) == "stopped: they want none"


def test_text_messages_that_are_chosen_but_have_no_effect_are_named(settings: Any) -> None:
    person = make_client(phone=MOBILE, preferred_channel="sms")
    assert say_missing(person) == "Text messages are chosen, but not agreed to."
    assert say_missing(make_client()) == ""
    assert say_missing(texter()) == ""
    without = texter()
    without.phone = None
    assert say_missing(without) == "Text messages are chosen, but there is no mobile number."
    settings.SMS_BACKEND = ""
    assert say_missing(person) == "Text messages are chosen, but this clinic sends none."
