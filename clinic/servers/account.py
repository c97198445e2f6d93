"""Whose account the servers run under.

PostgreSQL refuses to run as root, so root lends the servers an account without
rights. Nothing is made readable for that account: what it cannot enter is
copied or kept elsewhere.
"""

import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from clinic.servers.errors import ServerError

LENT_ACCOUNTS = ("postgres", "nobody")


class Switch(TypedDict, total=False):
    """The arguments of `subprocess` that change the account of a process."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A login of this machine under which servers run."""

    name: str
    uid: int
    gid: int

    @property
    def switch(self) -> Switch:
        """What `subprocess` needs to become this account; nothing when we already are."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Say whether this account may use files inside the folder."""
        return self._succeeds(["/bin/sh", "-c", 'cd -- "$0"', str(folder)])

    def can_run(self, program: Path) -> bool:
        """Say whether this account may start the program."""
        return self._succeeds([str(program), "--version"])

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(command, capture_output=True, cwd="/", **self.switch)
        except OSError:
            return False
        return done.returncode == 0


def server_account(data: Path | None = None) -> Account:
    """Choose the account: our own, or for root the data's owner or a lent one.

    Raises ServerError when root has no account to lend or the data are somebody else's.
    """
    owner = data.stat().st_uid if data and data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise ServerError(f"{data} belongs to another user; start as that user or remove it.")
        return _first([os.geteuid()])
    return _first([owner] if owner else LENT_ACCOUNTS)


def _first(names: Iterable[int | str]) -> Account:
    for name in names:
        try:
            entry = pwd.getpwuid(name) if isinstance(name, int) else pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "PostgreSQL needs a named account without root's rights; add one with `useradd -r postgres`."
    )
