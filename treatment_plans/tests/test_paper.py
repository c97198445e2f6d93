"""Pages as PDF files: what they hold, who gets them, what is never fetched, and no Pango."""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation

from bookings.tests.factories import make_staff, make_user
from treatment_plans import paper
from treatment_plans.models import RecordAccess
from treatment_plans.tests.outcome_world import OutcomeWorld
from treatment_plans.tests.test_plan_measures import as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> OutcomeWorld:
    made = OutcomeWorld()
    made.case_of_client_a()
    return made


@pytest.fixture
def without_pango(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(name: str) -> Any:
        raise OSError(f"cannot load library of {name}")

    caches = (paper.can_make_pdf, paper._maker)
    monkeypatch.setattr(paper, "find_library", lambda _: None)
    monkeypatch.setattr(paper, "import_module", refuse)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def pages(world: OutcomeWorld) -> list[tuple[Any, str, str]]:
    """Who may read a page, the page, and its file."""
    desk, own = (f"/{side}/plans/{world.plan.public_id}/" for side in ("desk", "my"))
    return [
        (world.by, f"{desk}progress/", f"{desk}progress/pdf/"),
        (world.by, f"{desk}words/", f"{desk}words/pdf/"),
        (world.user, f"{own}progress/", f"{own}progress/pdf/"),
        (world.user, own, f"{own}pdf/"),
    ]


def test_a_page_for_paper_can_be_kept_as_a_file(world: OutcomeWorld) -> None:
    for user, page, file in pages(world):
        assert f'href="{file}"' in as_user(user).get(page).content.decode()
    for user, _, file in pages(world)[::3]:
        answer = as_user(user).get(file)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        name = "progress.pdf" if "progress" in file else "plan.pdf"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.content.startswith(b"%PDF-")


def test_the_plan_is_there_for_paper_too(world: OutcomeWorld) -> None:
    for user, path in (
        (world.by, f"/desk/plans/{world.plan.public_id}/words/print/"),
        (world.user, f"/my/plans/{world.plan.public_id}/print/"),
    ):
        page = as_user(user).get(path).content.decode()
        assert "You can stop at any time" in page
        assert world.client.name in page
        assert "<nav" not in page


@pytest.mark.usefixtures("without_pango")
def test_nobody_else_gets_a_file(world: OutcomeWorld) -> None:
    others = [OutcomeWorld().by, OutcomeWorld().user, make_user(), make_staff("Front desk")]
    for _, _, file in pages(world):
        for path in (file, file.replace("/pdf/", "/print/")):
            found = {as_user(user).get(path).status_code for user in others}
            assert found <= {403, 404}, path
    assert as_user(world.by).get(pages(world)[3][2]).status_code == 404


@pytest.mark.usefixtures("without_pango")
def test_a_file_at_the_desk_is_a_look_that_is_written_down(world: OutcomeWorld) -> None:
    for user, _, file in pages(world)[:3]:
        as_user(user).get(file)
    looks = RecordAccess.objects.order_by("pk").values_list("user", "what")
    assert list(looks) == [
        (world.by.pk, "progress"), (world.by.pk, "plan in plain words"),
        (world.user.pk, "own progress"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/static/css/paper.css", "file:///etc/passwd", "data:text/css,a",
        f"{paper.INSIDE}/static/", f"{paper.INSIDE}/desk/", f"{paper.INSIDE}/static/../manage.py",
        f"{paper.INSIDE}/static//etc/passwd", f"{paper.INSIDE}.example.com/static/css/paper.css",
    ],
)  # fmt: skip
def test_only_our_static_files_go_on_paper(url: str) -> None:
    with pytest.raises((ValueError, OSError, SuspiciousOperation)):
        paper.static_file(url).read_bytes()


def test_a_page_fetches_nothing_from_outside() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        there = f"http://127.0.0.1:{door.getsockname()[1]}"
        html = f'<html lang="en"><title>a</title><link rel="stylesheet" href="{there}/a.css"><img alt="b" src="{there}/b.png"><p>Text'
        assert paper.pdf(html).startswith(b"%PDF-")
        with pytest.raises(BlockingIOError):
            door.accept()


def test_a_file_has_our_letters_and_can_be_read_aloud() -> None:
    html = (
        '<html lang="en"><title>a</title><link rel="stylesheet" href="/static/css/tokens.css">'
        '<link rel="stylesheet" href="/static/css/paper.css"><h1>Plan</h1>'
    )
    said = inside(paper.pdf(html))
    assert b"+Atkinson-Hyperlegible-Next" in said
    assert b"/StructTreeRoot" in said
    assert b"/Lang" in said


def inside(file: bytes) -> bytes:
    """Everything of a PDF that is not an image or a font, unpacked."""
    parts = re.findall(rb"stream\r?\n(.*?)endstream", file, re.DOTALL)
    return b"".join(unpacked(part) for part in parts)


def unpacked(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return part


@pytest.mark.usefixtures("without_pango")
def test_without_pango_no_page_offers_a_file_and_a_file_is_refused_in_words(
    world: OutcomeWorld,
) -> None:
    for user, page, file in pages(world):
        browser = as_user(user)
        shown = browser.get(page)
        assert shown.status_code == 200
        assert "On paper" in shown.content.decode()
        assert "/pdf/" not in shown.content.decode()
        answer = browser.get(file)
        assert answer.status_code == 503
        assert "PDF files cannot be made here." in answer.content.decode()
