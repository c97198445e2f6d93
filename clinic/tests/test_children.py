"""What `up` starts is watched, ended with everything below it, and found again after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.servers.children import Children, end_orphans, hold_alone
from clinic.servers.errors import ServerError
from clinic.servers.processes import _from_proc, _from_ps, command_of, marked, until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
FAMILY = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
]
OWNER = """
import os, sys, time
from pathlib import Path
from clinic.servers.children import Children
children = Children(Path(sys.argv[1]))
children.start("sleeper", ["sleep", "60"], dict(os.environ))
print(children.mark, flush=True)
time.sleep(60)
"""


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(tmp_path)
    yield made
    made.stop()


class FakeServer:
    """A server that runs for as many looks as told."""

    name = "PostgreSQL"

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_running(self) -> bool:
        self.looks -= 1
        return self.looks >= 0


def test_a_child_that_ends_is_noticed(children: Children) -> None:
    children.start("Beat", SLEEP, dict(os.environ))
    children.start("The worker", ["true"], dict(os.environ))
    assert children.wait_for_a_death([FakeServer(1000)]) == "The worker"


def test_a_server_that_ends_is_noticed(children: Children) -> None:
    children.start("Beat", SLEEP, dict(os.environ))
    assert children.wait_for_a_death([FakeServer(1)]) == "PostgreSQL"


def test_stopping_ends_the_children_of_children_but_nobody_else(children: Children) -> None:
    stranger = subprocess.Popen(FAMILY, start_new_session=True)
    children.start("The site", FAMILY, dict(os.environ))
    assert until(lambda: len(marked(children.mark)) == 2, 20)
    children.stop()
    assert marked(children.mark) == {}
    assert stranger.poll() is None
    os.killpg(stranger.pid, signal.SIGKILL)
    stranger.wait()


def test_who_does_not_listen_is_killed(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.servers.children.STOP_SECONDS", 0.5)
    children.start("The site", STUBBORN, dict(os.environ))
    assert until(lambda: len(marked(children.mark)) == 1, 20)
    children.stop()
    assert marked(children.mark) == {}


def test_orphans_of_a_killed_owner_are_ended_and_no_others(
    tmp_path: Path, children: Children
) -> None:
    children.start("alive", ["sleep", "60"], dict(os.environ))
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    mark = owner.stdout.readline().strip()
    assert (end_orphans(tmp_path), len(marked(mark))) == (0, 1)
    owner.kill()
    owner.wait()
    assert len(marked(mark)) == 1
    assert end_orphans(tmp_path) == 1
    assert (len(marked(mark)), len(marked(children.mark))) == (0, 1)
    assert [file.name for file in tmp_path.iterdir()] == [f"up-{children.mark}"]


def test_only_one_holds_the_servers(tmp_path: Path) -> None:
    first = hold_alone(tmp_path / "lock")
    with pytest.raises(ServerError, match="already runs from this folder"):
        hold_alone(tmp_path / "lock")
    first.close()
    hold_alone(tmp_path / "lock").close()


@pytest.mark.skipif(not shutil.which("ps"), reason="ps is there wherever /proc is not")
def test_processes_are_told_apart_the_same_way_without_proc(children: Children) -> None:
    children.start("sleeper", SLEEP, dict(os.environ))
    word = f"CLINIC_UP={children.mark}"
    assert until(lambda: len(_from_proc(word)) == 1, 20)
    assert _from_ps(word) == _from_proc(word) == {next(iter(marked(children.mark))): os.getpid()}
    assert command_of(2**22 + 1) == ""
