"""Where the servers keep their data, their sockets and their programs.

A socket's path may have 107 bytes and a checkout may lie deep, so sockets live
in a short private folder named after the user and the checkout.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from clinic.servers.account import Account, server_account
from clinic.servers.errors import ServerError

SHORT = Path("/tmp")  # noqa: S108  the folders in it are private and their owner is checked


def database_url(base_dir: Path) -> str:
    """Name the checkout's embedded PostgreSQL, whether it runs or not."""
    return postgres_url(socket_folder(base_dir))


def redis_url(base_dir: Path) -> str:
    """Name the checkout's embedded Valkey, whether it runs or not."""
    return valkey_url(socket_folder(base_dir))


def cache_url(broker: str) -> str:
    """Name the database after the broker's: clearing the cache must lose no call to a worker."""
    parts = urlsplit(broker)
    number = parts.path.strip("/") if parts.scheme != "unix" else ""
    return f"{broker}{'&' if parts.query else '?'}db={int(number or 0) + 1}"


def postgres_url(sockets: Path) -> str:
    return f"postgresql://postgres@/clinic?host={sockets}"


def valkey_url(sockets: Path) -> str:
    return f"unix://{sockets / 'valkey.sock'}"


def socket_folder(base_dir: Path) -> Path:
    """The short folder of the checkout's sockets, the same in every terminal of one user."""
    return SHORT / f"clinic-{os.geteuid()}-{_mark(base_dir)}"


def _mark(base_dir: Path) -> str:
    return hashlib.sha256(os.fsencode(base_dir.resolve())).hexdigest()[:10]


@dataclass(frozen=True)
class Places:
    """The folders of one pair of servers and the account they run under.

    `data` outlives a run, `run` holds the log, `sockets` is private and also says
    what runs, because it stays where it is when somebody removes `.local`.
    """

    data: Path
    sockets: Path
    run: Path
    programs: Path
    account: Account

    @classmethod
    def of_checkout(cls, base_dir: Path) -> "Places":
        """Make the lasting folders of a checkout.

        Raises ServerError when somebody else owns one of them.
        """
        local = base_dir / ".local"
        make_folder(local, 0o711 if os.geteuid() == 0 else 0o700)
        run = make_folder(local / "run", 0o700)
        data = local
        account = server_account(local / "postgres")
        if not account.can_enter(local):
            data = make_folder(SYSTEM / f"clinic-{_mark(base_dir)}", 0o711)
            account = server_account(data / "postgres")
        sockets = make_private(socket_folder(base_dir), account)
        return cls(data, sockets, run, data / "programs", account)

    @classmethod
    def throwaway(cls, base_dir: Path) -> "Places":
        """Make a fresh private folder for data that nobody will miss."""
        account = server_account()
        folder = Path(tempfile.mkdtemp(prefix="clinic-test-", dir=_short_temp(account)))
        os.chown(folder, account.uid, account.gid)
        programs = SYSTEM / f"clinic-{_mark(base_dir)}" / "programs"
        return cls(folder, folder, folder, programs, account)


SYSTEM = Path("/var/lib")


def _short_temp(account: Account) -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(str(folder)) < 60 and account.can_enter(folder) else SHORT


def make_folder(folder: Path, mode: int) -> Path:
    """Make a folder of ours with exactly this mode; one that exists keeps its mode."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    return folder


def make_private(folder: Path, account: Account) -> Path:
    """Make a folder that only the account (and root) can enter.

    Raises ServerError when something else already stands there: in a shared
    folder anybody may have put it there first.
    """
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise ServerError(f"{folder} is not a private folder of {account.name}; remove it.")
    return folder


def runnable(folder: Path, program: str, places: Places) -> Path:
    """Give the path under which the servers' account may start a wheel's program.

    A checkout in a private home cannot be entered by the account that root
    lends: the wheel's package is copied out then, once per version.
    """
    if places.account.can_run(folder / program):
        return folder / program
    site = next(parent for parent in folder.parents if parent.name == "site-packages")
    inside = folder.relative_to(site)
    version = int((site / inside.parts[0]).stat().st_mtime)
    copy = places.programs / f"{inside.parts[0]}-{version}"
    if not copy.is_dir():
        _copy_whole(site, inside, copy)
    found = copy / inside / program
    if not places.account.can_run(found):
        raise ServerError(f"The account {places.account.name} cannot run {found}.")
    return found


def _copy_whole(site: Path, inside: Path, copy: Path) -> None:
    """Copy a program's folder and its libraries beside the final place, then rename.

    Being killed half-way leaves no half copy. The libraries are found by their
    place next to the package, so both keep their names.
    """
    make_folder(copy.parent, 0o711)
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    package, part = inside.parts[0], Path(*inside.parts[:2])
    for folder in (part, Path(f"{package}.libs")):
        if (site / folder).is_dir():
            shutil.copytree(site / folder, unfinished / folder, symlinks=True)
    _let_enter(unfinished)
    try:
        unfinished.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(unfinished)


def _let_enter(top: Path) -> None:
    """Let every account run what lies in a folder of ours, whatever root's umask was."""
    for folder, _inside, files in os.walk(top):
        Path(folder).chmod(0o755)
        for file in files:
            if not (path := Path(folder, file)).is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
