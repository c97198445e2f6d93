"""Run a command with a PostgreSQL and a Valkey of its own: `python -m clinic.servers.throwaway CMD`.

Tests need no data that outlives a power cut, so commits are not flushed. What measures
says `--durable` before the command: then every commit waits for the disk, as at a clinic.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from clinic.servers.errors import ServerError
from clinic.servers.places import Places, postgres_url, valkey_url
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[2]
DURABLE = "--durable"


def main(command: list[str]) -> int:
    """Start both servers, run the command, stop both, return its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    durable = command[:1] == [DURABLE]
    command = command[1:] if durable else command
    places = Places.throwaway(BASE_DIR)
    postgres, valkey = Postgres(places, durable=durable), Valkey(places)
    try:
        postgres.start()
        valkey.start()
        urls = {
            "DATABASE_URL": postgres_url(places.sockets),
            "REDIS_URL": valkey_url(places.sockets),
        }
        defaults = {"SECRET_KEY": "only-for-checks"}
        return subprocess.run(command, env={**defaults, **os.environ, **urls}).returncode
    except ServerError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(places.data, ignore_errors=True)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
