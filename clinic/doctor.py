"""What is wrong with a machine or an installation, each with how to mend it.

Every examination looks at one thing and starts and stops nothing. What needs a
database is asked only when there is one, so that one fault is not reported as ten.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from packaging.requirements import Requirement

from bookings.models import Heartbeat
from clinic.celery import app
from clinic.first_admin import has_admin
from clinic.reach import postgres_problem, relay_problem, valkey_problem
from clinic.servers.errors import ServerError
from clinic.servers.places import Places
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey
from treatment_plans.paper import DEBIAN, can_make_pdf

OLDEST_PYTHON = (3, 11)
LEAST_SPACE = 500 * 2**20  # bytes: a day of the journal, and room to breathe
LITTLE_SPACE = 2 * 2**30
SHORTEST_KEY = 50
OLDEST_BEAT = timedelta(minutes=3)
CLOCKS_DIFFER = timedelta(seconds=5)
WRITTEN_IN = 2026
NEVER_IN_PRODUCTION = ("only-for-development", "only-for-checks")


class Weight(Enum):
    """How much a finding matters."""

    FINE = "ok"
    NOTE = "note"
    MEND = "MEND"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in a sentence that says what to do when it is not fine."""

    weight: Weight
    sentence: str


def fine(sentence: str) -> Finding:
    return Finding(Weight.FINE, sentence)


def note(sentence: str) -> Finding:
    return Finding(Weight.NOTE, sentence)


def mend(sentence: str) -> Finding:
    return Finding(Weight.MEND, sentence)


def examine(*, now: datetime) -> Iterator[Finding]:
    """Look at everything, from the machine up to the mail."""
    yield python_version(sys.version_info[:3])
    yield packages(settings.BASE_DIR / "requirements.txt")
    yield clock(now)
    yield time_zones()
    yield folder(settings.BASE_DIR / ".local")
    yield space(shutil.disk_usage(settings.BASE_DIR).free)
    database = postgres()
    yield database
    if database.weight is Weight.FINE:
        yield from inside_the_database(now=now)
    broker = valkey()
    yield broker
    if broker.weight is Weight.FINE:
        yield worker()
    yield mail()
    yield from (demo_mode() if settings.LOCAL else production())
    yield paper()
    yield chromium()


def python_version(running: tuple[int, ...]) -> Finding:
    words = ".".join(map(str, running))
    if running < OLDEST_PYTHON:
        return mend(
            f"Python {words} is too old: install Python 3.11 or newer and `make clean run`."
        )
    return fine(f"Python {words}")


def packages(pins: Path) -> Finding:
    """Compare what is installed with the pins."""
    lines = [line.partition("#")[0].strip() for line in pins.read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    wrong = [words for one in wanted if (words := _difference(one))]
    if wrong:
        return mend(f"Packages differ from requirements.txt ({', '.join(wrong)}): run `make run`.")
    return fine(f"{len(wanted)} packages as pinned")


def _difference(wanted: Requirement) -> str:
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing"
    return "" if wanted.specifier.contains(found) else f"{wanted.name} is {found}"


def clock(now: datetime) -> Finding:
    if now.year < WRITTEN_IN:
        return mend(f"The clock says {now:%d %B %Y}: set it, best by `timedatectl set-ntp true`.")
    return fine(f"Clock: {now:%d %B %Y %H:%M} UTC")


def time_zones() -> Finding:
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return mend("Time zones are missing: run `make run`, which installs tzdata.")
    return fine("Time zones")


def folder(local: Path) -> Finding:
    """The folder of our own data, or where it will be made."""
    place = local if local.is_dir() else local.parent
    if not os.access(place, os.W_OK | os.X_OK):
        return mend(f"{place} cannot be written: `chown -R $(id -un) {place}`.")
    return fine(f"{place} can be written")


def space(free: int) -> Finding:
    words = f"{free / 2**30:.1f} GB free on the disk"
    if free < LEAST_SPACE:
        return mend(f"Only {words}: PostgreSQL stops when it is full; make room.")
    return note(f"Only {words}: make room soon.") if free < LITTLE_SPACE else fine(words)


def postgres() -> Finding:
    """The database of DATABASE_URL, or the embedded one."""
    if os.environ.get("DATABASE_URL"):
        problem = postgres_problem()
        return mend(problem) if problem else fine("PostgreSQL answers")
    try:
        places = Places.of_checkout(settings.BASE_DIR)
        server = Postgres(places)
        if not server.is_running():
            server.program()
            return note("The embedded PostgreSQL does not run: `make run` starts it.")
    except ServerError as error:
        return mend(str(error))
    problem = postgres_problem(server.data)
    return mend(problem) if problem else fine(f"PostgreSQL answers, embedded in {server.data}")


def inside_the_database(*, now: datetime) -> Iterator[Finding]:
    yield database_clock(now)
    missing = migrations()
    yield missing
    if missing.weight is Weight.FINE:
        yield from (beat(name, words, now=now) for name, words in BEATS)
        yield first_admin()


def database_clock(now: datetime) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (theirs,) = cursor.fetchone()
    if abs(theirs - now) > CLOCKS_DIFFER:
        seconds = round((theirs - now).total_seconds())
        return mend(
            f"The clock of the database is {seconds:+d} seconds from ours: set both by NTP."
        )
    return fine("The clock of the database agrees")


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if count:
        words = "1 migration is" if count == 1 else f"{count} migrations are"
        return mend(f"{words} not applied: `manage.py migrate`.")
    return fine("All migrations are applied")


BEATS = (
    ("sweep", "Looking for what is due"),
    ("delivery", "Handing messages over"),
)


def beat(name: str, words: str, *, now: datetime) -> Finding:
    """Whether beat and a worker do what they have to do every minute."""
    at = Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
    if at is None:
        return note(f"{words}: never yet. A running worker and beat do it every minute.")
    age = now - at
    if age < -CLOCKS_DIFFER:
        return mend(f"{words}: in the future, so a clock has gone backwards; set it by NTP.")
    minutes = int(age.total_seconds() // 60)
    if age > OLDEST_BEAT:
        return mend(f"{words}: {minutes} minutes ago, so beat or the worker stands; start both.")
    return fine(f"{words}: within the last {minutes + 1} minutes")


def first_admin() -> Finding:
    if has_admin():
        return fine("The clinic has an admin")
    return note("Nobody manages the clinic yet: `manage.py up --no-demo` prints a link for that.")


def valkey() -> Finding:
    """The broker of REDIS_URL, or the embedded one."""
    if os.environ.get("REDIS_URL"):
        problem = valkey_problem()
        return mend(problem) if problem else fine("Valkey answers")
    try:
        server = Valkey(Places.of_checkout(settings.BASE_DIR))
        if not server.is_running():
            server.program()
            return note("The embedded Valkey does not run: `make run` starts it.")
    except ServerError as error:
        return mend(str(error))
    problem = valkey_problem()
    return mend(problem) if problem else fine("Valkey answers, embedded")


def worker() -> Finding:
    answers = app.control.ping(timeout=2)
    if answers:
        return fine(f"{len(answers)} worker{'' if len(answers) == 1 else 's'} at work")
    return mend("No worker answers: `manage.py up`, or `celery -A clinic worker`.")


def mail() -> Finding:
    if settings.DEMO:
        return fine("Mail stays here and is read at /demo/mail/")
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return fine(f"Mail goes through {settings.EMAIL_BACKEND}")
    problem = relay_problem()
    return mend(problem) if problem else fine("The mail relay answers")


def demo_mode() -> Iterator[Finding]:
    yield note(
        "DEBUG=1: for one's own machine only; whoever reaches the site may become a demo person."
    )


def production() -> Iterator[Finding]:
    """What a site on the network must not have."""
    hosts, address = settings.ALLOWED_HOSTS, urlsplit(settings.SITE_URL)
    key = settings.SECRET_KEY
    wrong = [
        (
            len(key) < SHORTEST_KEY or key in NEVER_IN_PRODUCTION,
            "SECRET_KEY is short or well known: set 50 random characters, for example of "
            '`python -c "import secrets; print(secrets.token_urlsafe(50))"`.',
        ),
        ("*" in hosts, "ALLOWED_HOSTS allows every name: list the names of the site."),
        (
            address.hostname not in hosts and "*" not in hosts,
            f"SITE_URL leads to {address.hostname}, which ALLOWED_HOSTS does not list: "
            "mails would lead nowhere; let both name the site.",
        ),
        (
            not settings.HTTPS,
            "HTTPS=0: cookies and records travel in the open; serve the site by https and unset it.",
        ),
        (
            settings.HTTPS and address.scheme != "https",
            "SITE_URL does not start with https://: links in mails would be redirected; correct it.",
        ),
        (
            settings.DEFAULT_FROM_EMAIL.endswith("example.com"),
            "DEFAULT_FROM_EMAIL is an example: set the address that the clinic writes from.",
        ),
        (
            not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists(),
            "Styles and scripts are not collected: `manage.py collectstatic --noinput`.",
        ),
    ]
    found = [mend(sentence) for is_so, sentence in wrong if is_so]
    found += [
        mend(f"{message.msg.splitlines()[0]} {message.hint or ''}".strip())
        for message in run_checks(include_deployment_checks=True)
        if message.level >= WARNING and message.id not in SAID_ABOVE
    ]
    yield from found or [fine("Settings fit a site on the network")]


SAID_ABOVE = {"security.W009", "security.W020", "security.W008", "security.W012", "security.W016"}


def paper() -> Finding:
    if can_make_pdf():
        return fine("Pango for PDF files")
    return note(
        "No page offers a PDF, because Pango is missing; the rest works without it. On Debian: "
        f"`sudo apt-get install -y {' '.join(DEBIAN)}`, then start the site again."
    )


def chromium() -> Finding:
    names = (settings.BASE_DIR / ".ci" / "packages").read_text().split()
    if shutil.which("chromium"):
        return fine("Chromium for the browser tests")
    return note(f"`make test` needs Debian packages: `sudo apt-get install -y {' '.join(names)}`.")
