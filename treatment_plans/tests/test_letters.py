"""A letter after a review that ended in referring: written, printed, told of, read by one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from bookings.messages import delivery
from bookings.models import Client, ClientAccess, Message, Task
from bookings.tests.signed import unsigned
from treatment_plans import reviews
from treatment_plans.errors import WrongState
from treatment_plans.models import Letter, RecordAccess, Review
from treatment_plans.referring import letter_link, refer
from treatment_plans.tests.plan_world import PlanWorld, browse, statuses

pytestmark = pytest.mark.django_db
SENT = {
    "to_whom": "Dr Example\n1 Example Road",
    "text": "Dear colleague,\n\nI would be glad of your opinion.",
    "agrees": "on",
}


@pytest.fixture
def world(settings: Any) -> PlanWorld:
    settings.MESSAGE_GRACE_SECONDS = 0
    return PlanWorld()


def decided(world: PlanWorld, decision: str = "refer") -> Review:
    review = reviews.open_review(world.plan, now=world.now)
    return reviews.decide(review, decision, by=world.user, now=world.now, reasoning="Not better")


def written(world: PlanWorld) -> Letter:
    return refer(
        decided(world), to_whom=SENT["to_whom"], text=SENT["text"], by=world.user, now=world.now
    )


def desk(review: Review) -> str:
    return f"/desk/reviews/{review.public_id}/letter/"


def test_the_task_leads_to_a_letter_that_has_begun_and_is_done_by_it(world: PlanWorld) -> None:
    review = decided(world)
    task = Task.objects.get(reason_key=reviews.key_of(review, "refer"))
    assert task.link == desk(review)
    browser = browse(world.user)
    page = browser.get(task.link).content.decode()
    assert f"I treat {world.client.name}" in page
    assert "Once a week for 6 sessions" in page or "once a week for 6 sessions" in page
    assert browser.post(task.link, SENT)["Location"] == task.link
    letter = Letter.objects.get()
    assert (letter.to_whom, letter.written_by, letter.client) == (
        SENT["to_whom"], world.user, world.client,
    )  # fmt: skip
    task.refresh_from_db()
    assert task.done_at
    print_url = f"/desk/letters/{letter.public_id}/print/"
    page = browser.get(task.link).content.decode()
    assert print_url in page
    assert 'to <span dir="auto">Dr Example' in page
    assert page.index("Write another letter") < page.index("Keep the letter")
    paper = browser.get(print_url).content.decode()
    for words in ("Dr Example<br>1 Example Road", "glad of your opinion", world.person.name):
        assert words in paper
    assert desk(review) in browser.get(f"/desk/reviews/{review.public_id}/").content.decode()


@pytest.mark.parametrize("end", ["", " ", " .", " …\r\n\r\nYours, Dana"])
def test_a_sentence_that_was_only_begun_is_to_be_ended(world: PlanWorld, end: str) -> None:
    review, browser = decided(world), browse(world.user)
    text = f"Dear colleague,\r\n\r\nI would be glad of your opinion, because{end}"
    answer = browser.post(desk(review), {**SENT, "text": text})
    page = answer.content.decode()
    assert (answer.status_code, Letter.objects.count()) == (422, 0)
    assert 'href="#id_text"' in page
    assert "End the sentence" in page
    ended = text.replace("because", "because\r\nthe pain has not changed", 1)
    assert browser.post(desk(review), {**SENT, "text": ended}).status_code == 302


def test_pressed_twice_it_is_one_letter_and_one_mail(world: PlanWorld) -> None:
    review, browser = decided(world), browse(world.user)
    for _ in range(2):
        assert browser.post(desk(review), SENT)["Location"] == desk(review)
    assert Letter.objects.count() == 1
    assert Message.objects.filter(kind="letter").count() == 1
    browser.post(desk(review), {**SENT, "text": "Another word."})
    assert Letter.objects.count() == 2


def test_the_client_is_told_without_a_word_of_it_and_reads_it_signed_in(world: PlanWorld) -> None:
    letter = written(world)
    delivery.send_due(now=world.now)
    (sent,) = mail.outbox
    said = f"{sent.subject} {sent.body}".lower()
    assert unsigned(letter_link(letter)) in unsigned(sent.body)
    for word in ("doctor", "dr example", "opinion", "refer"):
        assert word not in said
    assert browse(None).get(letter_link(letter))["Location"].startswith("/sign-in/?next=")
    own, browser = f"/my/letters/{letter.public_id}/", browse(world.login)
    assert browser.get(letter_link(letter))["Location"] == own
    assert "glad of your opinion" in browser.get(own).content.decode()
    assert own in browser.get("/my/").content.decode()
    assert browser.get("/letter/broken/").status_code == 404
    (person,) = json.loads(browser.get("/my/data/my-data.json").content)["people"]
    assert [one["to"] for one in person["letters"]] == [SENT["to_whom"]]


def test_nobody_else_reads_or_writes_it(world: PlanWorld) -> None:
    letter = written(world)
    for path in (f"/my/letters/{letter.public_id}/", letter_link(letter)):
        found = statuses(world, path)
        assert found.pop("own") in (200, 302)
        assert found.pop("anonymous") == 302
        assert set(found.values()) == {404}, path
    found = statuses(world, f"/desk/letters/{letter.public_id}/print/")
    assert (found.pop("treating"), found.pop("lead"), found.pop("anonymous")) == (200, 200, 302)
    assert set(found.values()) <= {403, 404}
    for method, status in (("get", 200), ("post", 422)):
        found = statuses(world, desk(letter.review), method)
        assert (found.pop("treating"), found.pop("lead")) == (status, status)
        assert found.pop("anonymous") == 302
        assert set(found.values()) <= {403, 404}, method
    assert Letter.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("to_whom", "  ", "Write whom the letter goes to"),
        ("to_whom", "x" * 301, "at most 300"),
        ("text", "", "Write the letter"),
        ("text", "x" * 6001, "at most 6000"),
        ("text", "a\x00b", "Null characters"),
        ("agrees", "", "Ask the client first"),
    ],
)
def test_a_letter_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    world: PlanWorld, field: str, value: str, sentence: str
) -> None:
    answer = browse(world.user).post(desk(decided(world)), {**SENT, field: value})
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (422, True)
    kept = "1 Example Road" if field != "to_whom" else "glad of your opinion"
    assert kept in page
    assert not Letter.objects.exists()
    assert not Message.objects.filter(kind="letter").exists()


def test_after_another_decision_there_is_nothing_to_write(world: PlanWorld) -> None:
    review = decided(world, "continue")
    answer = browse(world.user).post(desk(review), SENT)
    assert answer.status_code == 422
    assert "once the review has ended in referring" in answer.content.decode()
    with pytest.raises(WrongState):
        refer(review, to_whom="Dr", text="Text", by=world.user, now=world.now)
    assert not Letter.objects.exists()


def test_what_was_written_stays_and_reading_is_written_down(world: PlanWorld) -> None:
    letter = written(world)
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.update(text="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        letter.delete()
    browse(world.user).get(f"/desk/letters/{letter.public_id}/print/")
    browse(world.login).get(f"/my/letters/{letter.public_id}/")
    assert list(RecordAccess.objects.order_by("pk").values_list("what", flat=True)) == [
        "letter", "own letter",
    ]  # fmt: skip


def test_whoever_only_books_for_somebody_is_told_nothing(world: PlanWorld) -> None:
    Client.objects.filter(pk=world.client.pk).update(email="")
    ClientAccess.objects.filter(client=world.client).update(scope="booking", relation="other")
    written(world)
    delivery.send_due(now=world.now)
    row = Message.objects.get(kind="letter")
    assert (row.state, row.last_code) == ("cancelled", "nobody_may_read_it")


def test_the_client_s_page_costs_the_same_for_many(world: PlanWorld) -> None:
    review = decided(world)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            browse(world.login).get("/my/")
        return len(queries)

    def write() -> None:
        refer(review, to_whom="Dr Example", text="Text", by=world.user, now=world.now)

    write()
    few = count()
    for _ in range(3):
        write()
    assert count() == few
