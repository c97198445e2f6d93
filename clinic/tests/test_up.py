"""`manage.py up` with real processes, in a folder of its own: killed, started again, stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest

from clinic.servers.places import SYSTEM, _mark, socket_folder
from clinic.servers.processes import command_of, until

BASE_DIR = Path(__file__).resolve().parents[2]
PARTS = ("clinic", "practitioners", "bookings", "treatment_plans", "templates", "static")
FROM_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "SITE_URL", "PORT")


class Checkout:
    """A copy of the product in a folder of its own, where `up` is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sockets = socket_folder(folder)
        self.log = folder / "up.log"
        for name in PARTS:
            shutil.copytree(BASE_DIR / name, folder / name, ignore=shutil.ignore_patterns("tests"))
        shutil.copy(BASE_DIR / "manage.py", folder)
        self.env = {name: text for name, text in os.environ.items() if name not in FROM_OUTSIDE}
        self.env |= {"DEBUG": "1", "EMAIL_FILE_PATH": str(folder / "mail")}

    def up(self, *words: str, **env: str) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "up", *words],
                cwd=self.folder, env={**self.env, **env}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def opens(self, up: subprocess.Popen[bytes]) -> bool:
        """Wait until it has said hello; False when it ends first."""
        until(lambda: "Stop with Ctrl+C" in self.said() or up.poll() is not None, 300)
        return up.poll() is None

    def site(self) -> SplitResult:
        """Where the clinic is open, as it has said: the next port may be taken, too."""
        found = re.search(r"The clinic is open: (\S+)", self.said())
        assert found, self.said()
        return urlsplit(found[1])

    def programs(self) -> set[int]:
        """Everything that runs for this folder: its working folder or socket says so."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            try:
                is_here = (folder / "cwd").readlink() == self.folder
            except OSError:
                continue
            if is_here or str(self.sockets) in command_of(pid):
                found.add(pid)
        return found


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """A folder that root's lent account may enter, too; nothing of it is left in the end."""
    folder = Path(tempfile.mkdtemp(prefix="clinic-up-", dir="/tmp"))
    folder.chmod(0o711)
    made = Checkout(folder)
    yield made
    for pid in made.programs():
        os.kill(pid, signal.SIGKILL)
    for left in (folder, made.sockets, SYSTEM / f"clinic-{_mark(folder)}"):
        shutil.rmtree(left, ignore_errors=True)


def answer(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as page:
        return page.read().decode()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="counts processes in /proc")
def test_up_is_killed_started_again_and_stopped(checkout: Checkout) -> None:
    stranger = subprocess.Popen(["sleep", "3600"], cwd="/")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        up = checkout.up("--no-demo", "--port", str(port))
        assert checkout.opens(up), checkout.said()
        site = checkout.site()
        assert f"Port {port} is in use, so the site answers on {site.port}." in checkout.said()
        link = re.search(r"Make the first admin, once: (\S+)", checkout.said())
        assert link
        assert "Become the admin" in answer(link.group(1))
        assert "Continue as" not in answer(f"{site.geturl()}sign-in/")

        second = checkout.up("--no-demo")
        assert second.wait(60) == 1
        assert "The clinic already runs from this folder; stop it first." in checkout.said()

        orphans = checkout.programs() - {up.pid}
        up.kill()
        up.wait()
        assert len(orphans) >= 7  # two servers, site, worker and beat, and what those start
        assert orphans <= checkout.programs()

        up = checkout.up("--no-demo", "--port", str(port))
        assert checkout.opens(up), checkout.said()
        assert "An earlier start had left programs running; they were ended." in checkout.said()
        assert not orphans & checkout.programs()
        assert "Book a session" in answer(checkout.site().geturl())
        up.send_signal(signal.SIGTERM)
        assert up.wait(300) == 0
        assert checkout.programs() == set()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/clinic", "PostgreSQL does not answer"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1/0", "Valkey does not answer"),
        ("DATABASE_URL", "mysql://me:secret@127.0.0.1/clinic", "DATABASE_URL must look like"),
        ("REDIS_URL", "http://me:secret@127.0.0.1/", "REDIS_URL must look like"),
    ],
)
def test_a_server_that_is_missing_is_one_sentence(name: str, address: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=BASE_DIR, env={**os.environ, "DEBUG": "1", name: address},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr
    assert done.stdout == ""


def test_a_database_of_ones_own_is_never_thrown_away() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--reset"],
        cwd=BASE_DIR, env={**os.environ, "DEBUG": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DATABASE_URL names another one" in done.stderr
