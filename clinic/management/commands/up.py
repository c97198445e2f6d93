"""Start the whole clinic in one terminal: database, broker, site, worker, beat."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from clinic.demo import people_here
from clinic.first_admin import first_admin_link
from clinic.reach import postgres_problem, valkey_problem
from clinic.servers.children import Children, end_orphans, hold_alone
from clinic.servers.errors import ServerError
from clinic.servers.places import Places
from clinic.servers.postgres import Postgres
from clinic.servers.processes import until
from clinic.servers.valkey import Valkey

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PORTS_TRIED = 50
SITE_SECONDS = 120


class Stopped(Exception):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    help = "Start database, broker, site, worker and beat; stop everything with Ctrl+C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=_port, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--reset", action="store_true", help="throw the local data away first")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty clinic")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, _stop)
        servers: list[Postgres | Valkey] = []
        children: Children | None = None
        try:
            places = Places.of_checkout(settings.BASE_DIR)
            self._start_servers(places, servers, reset=options["reset"])
            self._prepare(demo=not options["no_demo"])
            children = Children(places.sockets)
            self._start_children(children, self._free_port(options["port"]))
            self._say_hello()
            name = children.wait_for_a_death(servers)
            raise ServerError(f"{name} has stopped; everything else was stopped too.")
        except Stopped:
            self.stdout.write("Stopping.")
        except ServerError as problem:
            self.stderr.write(str(problem))
            raise SystemExit(1) from None
        finally:
            _ignore_signals()
            if children:
                children.stop()
            for server in reversed(servers):
                server.stop()

    def _start_servers(
        self, places: Places, started: list[Postgres | Valkey], *, reset: bool
    ) -> None:
        """Start what has no address in the environment and check what has one."""
        postgres = None if os.environ.get("DATABASE_URL") else Postgres(places)
        valkey = None if os.environ.get("REDIS_URL") else Valkey(places)
        if postgres or valkey:
            self._alone = hold_alone(places.sockets / "servers.lock")
        if end_orphans(places.sockets):
            self.stdout.write("An earlier start had left programs running; they were ended.")
        if reset:
            _forget(postgres)
        for server in (postgres, valkey):
            if server:
                started.append(server)
                server.start()
        data = postgres.data if postgres else None
        if problem := postgres_problem(data) or valkey_problem():
            raise ServerError(problem)

    def _prepare(self, *, demo: bool) -> None:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("ALTER ROLE CURRENT_USER SET jit = off")
            cursor.execute("ALTER ROLE CURRENT_USER SET plan_cache_mode = force_generic_plan")
        call_command("load_catalogue", verbosity=0)
        call_command("load_measures", verbosity=0)
        call_command("load_plan_templates", verbosity=0)
        if demo and settings.DEMO:
            call_command("load_demo", verbosity=0)
        if not settings.LOCAL:
            call_command("collectstatic", interactive=False, verbosity=0)
        connection.close()

    def _free_port(self, wanted: int) -> int:
        for port in range(wanted, wanted + PORTS_TRIED):
            if _is_free(port):
                if port != wanted:
                    self.stdout.write(f"Port {wanted} is in use, so the site answers on {port}.")
                return port
        raise ServerError(f"No free port between {wanted} and {port}; set PORT.")

    def _start_children(self, children: Children, port: int) -> None:
        self.address = f"http://localhost:{port}"
        env = {"SITE_URL": self.address, **os.environ}
        if settings.LOCAL:  # every request in the terminal would push the addresses out of sight
            env.setdefault("LOG_LEVEL", "WARNING")
        for child, command in _commands(port).items():
            children.start(child, command, env)
        is_open = until(lambda: bool(children.dead()) or _gives_pages(port), SITE_SECONDS)
        if (name := children.dead()) is not None:
            raise ServerError(f"{name} did not start; the lines above say why.")
        if not is_open:
            raise ServerError("The site does not answer; the lines above may say why.")

    def _say_hello(self) -> None:
        self.stdout.write(f"\nThe clinic is open: {self.address}/")
        if settings.DEMO:
            self.stdout.write(f"Mail that it sends: {self.address}/demo/mail/")
        if link := first_admin_link():
            self.stdout.write(f"Make the first admin, once: {self.address}{link}")
        if settings.DEMO and (people := people_here()):
            self.stdout.write("\nSign in as:")
            for who, email in people:
                self.stdout.write(f"  {who:<34} {email}")
        self.stdout.write("\nStop with Ctrl+C.")
        self.stdout.flush()


def _commands(port: int) -> dict[str, list[str]]:
    """What runs beside the servers. Root is no news to whoever started us as root."""
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]
    celery = [*python, "celery", "--quiet", "-A", "clinic"]
    return {
        "The site": [
            *python, "gunicorn", "-c", "python:clinic.gunicorn_conf", "clinic.wsgi",
            "--bind", f"127.0.0.1:{port}",
        ],
        "The worker": [
            *celery, "worker", "--concurrency", "2", "--loglevel", "warning",
            "--without-gossip", "--without-mingle",
        ],
        "Beat": [*celery, "beat", "--loglevel", "warning"],
    }  # fmt: skip


def _stop(_signal: int, _frame: FrameType | None) -> None:
    _ignore_signals()  # stopping is not interrupted
    raise Stopped


def _ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536 - PORTS_TRIED:
        raise ArgumentTypeError(f"a number from 1 to {65_535 - PORTS_TRIED}, not {text}")
    return int(text)


def _is_free(port: int) -> bool:
    """Nobody listens there, on neither of the addresses that "localhost" may mean."""
    if _answers(port, "::1"):
        return False
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(port: int, host: str) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _gives_pages(port: int) -> bool:
    """The site answers a request, whatever it says."""
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", "/", headers={"Host": f"localhost:{port}"})
        line.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        line.close()
    return True


def _forget(postgres: Postgres | None) -> None:
    """Throw the embedded database away, with the mail and the files that belong to it."""
    if postgres is None:
        raise ServerError(
            "--reset throws the embedded database away, but DATABASE_URL names another one: "
            "unset the variable, or leave --reset out."
        )
    postgres.forget()
    for folder in (Path(settings.EMAIL_FILE_PATH), Path(settings.MEDIA_ROOT)):
        if folder.is_relative_to(settings.BASE_DIR / ".local"):
            shutil.rmtree(folder, ignore_errors=True)
