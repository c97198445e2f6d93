"""What is measured has a fixed name, and a wrong name is answered with the right ones."""

from __future__ import annotations

import pytest

from bench import run

NAMES = {
    "book_http", "book_sql", "book_race", "move_race", "slots_1x1", "slots_1x14", "slots_50x14",
    "slots_1000x30", "slots_growth", "slots_oracle", "directory_next", "due_idle", "due_claim", "due_million",
    "dispatch", "page_floor", "plan_guard",
}  # fmt: skip


def test_every_workload_has_its_name() -> None:
    assert set(run.WORKLOADS) >= NAMES


def test_a_wrong_name_lists_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["slots_50x15"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("There is no workload slots_50x15. There are: book_http, ")
