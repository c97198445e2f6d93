"""Start the whole clinic in one terminal: database, broker, site, worker, beat."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import psycopg2
import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from clinic.demo import people
from clinic.first_admin import first_admin_link
from clinic.servers.errors import ServerError
from clinic.servers.places import Places
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey

POLL = 0.3  # seconds between looks at the children
STOP_SECONDS = 25


class Stopped(Exception):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    help = "Start database, broker, site, worker and beat; stop everything with Ctrl+C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--reset", action="store_true", help="throw the local data away first")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty clinic")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _stop)
        started: list[Postgres | Valkey] = []
        children: dict[str, subprocess.Popen[bytes]] = {}
        try:
            self._start_servers(started, reset=options["reset"])
            self._prepare(demo=not options["no_demo"])
            self._start_children(children, self._free_port(options["port"]))
            self._say_hello(demo=not options["no_demo"])
            name = _wait_for_a_death(children)
            raise CommandError(f"{name} has stopped; everything else was stopped too.")
        except Stopped:
            self.stdout.write("Stopping.")
        except ServerError as problem:
            raise CommandError(str(problem)) from None
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            _stop_children(children)
            for server in reversed(started):
                server.stop()

    def _start_servers(self, started: list[Postgres | Valkey], *, reset: bool) -> None:
        """Start what has no address in the environment and check what has one."""
        places = Places.of_checkout(settings.BASE_DIR)
        postgres, valkey = Postgres(places), Valkey(places)
        if not os.environ.get("DATABASE_URL"):
            if _is_taken(places):
                raise ServerError("The clinic already runs from this folder; stop it first.")
            (places.run / "up.pid").write_text(str(os.getpid()))
            if reset:
                postgres.stop()
                shutil.rmtree(postgres.data, ignore_errors=True)
            started.append(postgres)
            postgres.start()
        if not os.environ.get("REDIS_URL"):
            started.append(valkey)
            valkey.start()
        _check_postgres()
        _check_valkey()

    def _prepare(self, *, demo: bool) -> None:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("ALTER ROLE CURRENT_USER SET jit = off")
        call_command("load_catalogue", verbosity=0)
        call_command("load_measures", verbosity=0)
        if demo and settings.DEMO:
            call_command("load_demo", verbosity=0)
        connection.close()

    def _free_port(self, wanted: int) -> int:
        for port in range(wanted, wanted + 50):
            with socket.socket() as door:
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    door.bind(("127.0.0.1", port))
                except OSError:
                    continue
                if port != wanted:
                    self.stdout.write(f"Port {wanted} is in use, so the site answers on {port}.")
                return port
        raise ServerError(f"No free port between {wanted} and {wanted + 49}; set PORT.")

    def _start_children(self, children: dict[str, subprocess.Popen[bytes]], port: int) -> None:
        self.address = f"http://localhost:{port}"
        env = {**os.environ, "SITE_URL": os.environ.get("SITE_URL", self.address)}
        python = [sys.executable, "-m"]
        commands = {
            "The site": [
                *python, "gunicorn", "clinic.wsgi", "--bind", f"127.0.0.1:{port}",
                "--workers", "2", "--threads", "4", "--log-level", "warning",
                "--graceful-timeout", "5",
            ],
            "The worker": [
                *python, "celery", "-A", "clinic", "worker", "--concurrency", "2",
                "--loglevel", "warning", "--without-gossip", "--without-mingle",
            ],
            "Beat": [*python, "celery", "-A", "clinic", "beat", "--loglevel", "warning"],
        }  # fmt: skip
        for name, command in commands.items():
            children[name] = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, start_new_session=True
            )
        _wait_until_it_answers(port, children["The site"])

    def _say_hello(self, *, demo: bool) -> None:
        self.stdout.write(f"\nThe clinic is open: {self.address}/")
        if demo and settings.DEMO:
            self.stdout.write(f"Mail that it sends: {self.address}/demo/mail/\n\nSign in as:")
            for who, email in people():
                self.stdout.write(f"  {who:<34} {email}")
        else:
            link = first_admin_link()
            if link:
                self.stdout.write(f"Make the first admin, once: {self.address}{link}")
        self.stdout.write("\nStop with Ctrl+C.")
        self.stdout.flush()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def _is_taken(places: Places) -> bool:
    """Tell whether another `up` of this checkout is alive."""
    try:
        pid = int((places.run / "up.pid").read_text())
        words = open(f"/proc/{pid}/cmdline", "rb").read()  # noqa: SIM115
    except (OSError, ValueError):
        return False
    return pid != os.getpid() and b"manage.py\0up" in words


def _check_postgres() -> None:
    params = connection.get_connection_params()
    try:
        psycopg2.connect(**{**params, "connect_timeout": 5}).close()
    except psycopg2.Error:
        raise ServerError(
            "PostgreSQL does not answer at DATABASE_URL; start it, or unset the variable."
        ) from None


def _check_valkey() -> None:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3).ping()
    except redis.RedisError:
        raise ServerError(
            "Valkey does not answer at REDIS_URL; start it, or unset the variable."
        ) from None


def _wait_until_it_answers(port: int, site: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if site.poll() is not None:
            raise ServerError("The site did not start; the lines above say why.")
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise ServerError("The site does not answer.")


def _wait_for_a_death(children: dict[str, subprocess.Popen[bytes]]) -> str:
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                return name
        time.sleep(POLL)


def _stop_children(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask every child to end, then end those that do not."""
    for child in children.values():
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children.values():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
