"""The clinic's own words for messages: written by few, looked at first, neutral about health."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client as Browser

from bookings import own_words
from bookings.consents import opt_in
from bookings.messages import delivery
from bookings.messages.plain import plain_message
from bookings.messages.sms import MemoryGateway, length_of
from bookings.messages.texts import TEXTS, our_words
from bookings.models import Client, MessageTemplate
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.models import BodyRegion, ClinicSettings, Condition
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db
LIST = "/desk/texts/"
CHANNELS = ("email", "sms")
EACH = [(kind, channel) for kind in TEXTS for channel in CHANNELS]


@pytest.fixture(autouse=True)
def clinic() -> ClinicSettings:
    make_location()
    make_service(name="Scar massage")
    Condition.objects.create(slug="sciatica", name="Sciatica (acute)", offer="offer")
    BodyRegion.objects.create(
        slug="neck-back", name="Back of neck", view="back", group="neck", is_paired=False
    )
    return make_clinic()


@pytest.fixture
def admin(client: Browser) -> Any:
    user = make_staff("Admin", name="Mo Manager")
    client.force_login(user)
    return user


def path(kind: str = "check_in", channel: str = "email") -> str:
    return f"{LIST}{kind}/{channel}/"


def errors(answer: Any, field: str) -> list[str]:
    assert answer.status_code == 422
    assert MessageTemplate.objects.count() == 0
    return list(answer.context["form"].errors.get(field, []))


def test_every_text_has_a_page_that_shows_it_whole(client: Browser, admin: Any) -> None:
    page = client.get(LIST).content.decode()
    for kind, channel in EACH:
        assert path(kind, channel) in page
        answer = client.get(path(kind, channel))
        assert answer.status_code == 200
        shown = answer.context["preview"]
        assert "{" not in shown.text + shown.subject


@pytest.mark.parametrize(("kind", "channel"), EACH)
def test_our_own_words_pass_our_own_rules(kind: str, channel: str) -> None:
    words = our_words(kind, channel)
    for said in (words.subject, words.text, TEXTS[kind].for_other):
        assert own_words.wrong_braces(kind, said) == ""
    is_open = words.subject if channel == "email" else words.text
    assert own_words.gives_away(is_open) == ""
    assert own_words.lost(kind, TEXTS[kind].sms) == []
    shown = own_words.preview(kind, channel, words, ClinicSettings.current())
    assert length_of(shown.text)[1] <= 2 or channel == "email"


def test_what_is_saved_is_said(client: Browser, admin: Any) -> None:
    sent = {"subject": "{clinic} asks", "text": "Dear {name},\r\n\r\nhow are you? {phone}"}
    answer = client.post(path(), sent)
    assert (answer.status_code, answer["Location"]) == (302, path())
    saved = MessageTemplate.objects.get()
    assert (saved.kind, saved.channel, saved.changed_by) == ("check_in", "email", admin)
    plain_message("check_in", make_client(name="Robin Kay"), cause="1", now=NOW).save()
    delivery.send_due(now=NOW)
    (told,) = mail.outbox
    assert told.subject == "Willow Street Clinic asks"
    assert told.body.startswith("Dear Robin,\n\nhow are you?")
    assert "Stop these reminders: http" in told.body
    assert "<p>Dear Robin,</p>" in told.alternatives[0][0]
    assert "Changed on" in client.get(path()).content.decode()
    assert "own words since" in client.get(LIST).content.decode()


def test_a_parent_gets_our_opening(client: Browser, admin: Any) -> None:
    client.post(path("letter"), {"subject": "Mail", "text": "Dear {name}, a letter is here."})
    child = make_client(name="Kit Kay", email="")
    child.access.create(user=make_user(email="mum@example.com"), relation="guardian")
    plain_message("letter", child, cause="1", now=NOW).save()
    delivery.send_due(now=NOW)
    assert mail.outbox[0].subject == "Mail"
    assert mail.outbox[0].body.startswith("Hello, this is about Kit.")


def test_a_text_message_is_said_in_own_words_and_still_says_how_to_stop(
    client: Browser, admin: Any, settings: Any
) -> None:
    settings.SMS_BACKEND = "bookings.messages.sms.MemoryGateway"
    MemoryGateway.sent.clear()
    client.post(path("check_in", "sms"), {"text": "How are you, {name}? {link}"})
    person = make_client(name="Robin Kay", phone="+447700900982", preferred_channel="sms")
    opt_in(person, "sms", now=NOW, by="desk")
    plain_message("check_in", person, cause="1", now=NOW).save()
    delivery.send_due(now=NOW)
    said = MemoryGateway.sent[0].words
    assert said.startswith("How are you, Robin? http://localhost:8000/m/")
    assert said.endswith("Reply STOP to stop these.")


def test_looking_first_saves_nothing(client: Browser, admin: Any) -> None:
    sent = {"subject": "{clinic} asks", "text": "Dear {name}", "look": "1"}
    answer = client.post(path(), sent)
    assert answer.status_code == 200
    assert MessageTemplate.objects.count() == 0
    page = answer.content.decode()
    assert "Willow Street Clinic asks" in page
    assert "Dear Maya" in page
    assert "Dear {name}" in page  # what was typed is still there


def test_a_preview_shows_what_was_typed_and_not_what_it_would_do(
    client: Browser, admin: Any
) -> None:
    marked = "Hello <b id='bold'>you</b> <script>alert(1)</script>"
    sent = {"subject": "Hello", "text": marked, "look": "1"}
    page = client.post(path("due_soon"), sent).content.decode()
    assert "<b id=" not in page
    assert "<script>alert" not in page
    assert "Hello &lt;b id=" in page.split("How it looks")[1]


def test_a_preview_counts_a_text_message(client: Browser, admin: Any) -> None:
    sent = {"text": "Your session: {when}. {link} 🙂", "look": "1"}
    page = client.post(path("confirmation", "sms"), sent).content.decode()
    assert "characters, sent as 2 text messages" in page


@pytest.mark.parametrize("field", ["subject", "text"])
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "Dear {nam}",
            "We cannot fill in {nam} here. You can use {name}, {clinic}, {phone}, {link}.",
        ),
        (
            "On {when}",
            "We cannot fill in {when} here. You can use {name}, {clinic}, {phone}, {link}.",
        ),
        ("{}", "We cannot fill in {} here. You can use {name}, {clinic}, {phone}, {link}."),
        ("{{7*7}}", "We cannot fill in {7*7} here. You can use {name}, {clinic}, {phone}, {link}."),
        ("Dear {name", "A brace stands alone. Write names like {name}, {clinic}, {phone}, {link}."),
    ],
)
def test_what_cannot_be_filled_in_is_named_at_its_place(
    client: Browser, admin: Any, field: str, typed: str, sentence: str
) -> None:
    sent = {"subject": "A question", "text": "Dear {name}", field: typed}
    answer = client.post(path(), sent)
    assert errors(answer, field) == [sentence]
    assert answer.context["form"][field].value() == typed


@pytest.mark.parametrize(
    "said", ["Your scar massage", "SCIATICA again", "your neck", "No more pain", "Back  of neck"]
)
def test_a_subject_or_a_text_message_gives_nothing_away(
    client: Browser, admin: Any, said: str
) -> None:
    answer = client.post(path(), {"subject": said, "text": "Dear {name}"})
    (sentence,) = errors(answer, "subject")
    assert "Anybody may read it on a locked screen: leave it out." in sentence
    answer = client.post(path("check_in", "sms"), {"text": f"{said} {{link}}"})
    assert "locked screen" in errors(answer, "text")[0]


@pytest.mark.parametrize("said", ["We are back in town", "Face to face", "At hand"])
def test_plain_words_are_plain(client: Browser, admin: Any, said: str) -> None:
    assert client.post(path(), {"subject": said, "text": "Dear {name}"}).status_code == 302


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("How are you?", "Keep {link}"),
        ("x" * 440 + " {link}", "text messages long"),
        ("", "Enter a text"),
        ("x" * 2000, "1500"),
        ("a\0{link}", "Null characters are not allowed"),
        ("a\u202e{link}", "hidden control characters"),
    ],
)
def test_a_text_message_that_does_not_work_is_refused(
    client: Browser, admin: Any, text: str, part: str
) -> None:
    answer = client.post(path("check_in", "sms"), {"text": text})
    assert part in " ".join(errors(answer, "text"))


@pytest.mark.parametrize("subject", ["", "a\r\nBcc: x@example.com", "x" * 200, "a\u0007"])
def test_a_subject_is_one_short_line(client: Browser, admin: Any, subject: str) -> None:
    assert errors(client.post(path(), {"subject": subject, "text": "Dear {name}"}), "subject")


def test_what_is_filled_in_is_never_read_as_a_brace_or_as_html(client: Browser, admin: Any) -> None:
    client.post(path("letter"), {"subject": "For {name}", "text": "Dear {name}"})
    person = make_client(name="{link}<b>", called="{clinic}<b>")
    plain_message("letter", person, cause="1", now=NOW).save()
    delivery.send_due(now=NOW)
    assert mail.outbox[0].subject == "For {clinic}<b>"
    assert "Dear {clinic}&lt;b&gt;" in mail.outbox[0].alternatives[0][0]


def test_our_text_can_be_restored(client: Browser, admin: Any) -> None:
    client.post(path(), {"subject": "A", "text": "Dear {name}"})
    for _ in range(2):
        answer = client.post(f"{path()}restore/")
        assert (answer.status_code, answer["Location"]) == (302, path())
    assert MessageTemplate.objects.count() == 0
    assert "This is our text." in client.get(path()).content.decode()


def test_who_may_write_and_who_may_not(client: Browser) -> None:
    practitioner, someone = make_user(), make_user()
    make_practitioner(user=practitioner)
    person: Client = make_client(someone)
    allowed = [make_staff("Admin"), make_staff("Clinical lead"), make_user(is_superuser=True)]
    for user in allowed:
        client.force_login(user)
        assert [client.get(one).status_code for one in (LIST, path())] == [200, 200]
    for user in (practitioner, someone, make_staff("Front desk")):
        client.force_login(user)
        for one in (LIST, path()):
            assert client.get(one).status_code == 403
        assert client.post(path(), {"subject": "A", "text": "B"}).status_code == 403
        assert client.post(f"{path()}restore/").status_code == 403
    client.logout()
    assert client.get(LIST).status_code == 302
    assert MessageTemplate.objects.count() == 0
    assert person.pk


@pytest.mark.parametrize("wrong", ["nothing/email", "sign_in_code/email", "check_in/pigeon"])
def test_a_text_that_there_is_not_is_not_found(client: Browser, admin: Any, wrong: str) -> None:
    assert client.get(f"{LIST}{wrong}/").status_code == 404
    assert client.post(f"{LIST}{wrong}/restore/").status_code == 404


def test_the_list_costs_the_same_for_many(
    client: Browser, admin: Any, django_assert_max_num_queries: Any
) -> None:
    for kind, channel in EACH:
        MessageTemplate.objects.create(
            kind=kind, channel=channel, text="x", changed_at=NOW, changed_by=admin
        )
    with django_assert_max_num_queries(9):
        client.get(LIST)
