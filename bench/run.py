"""Which workload is which, and running one of them or all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bench import (
    booking,
    clinic_1m,
    database,
    directory,
    dispatch,
    due,
    guard,
    oracle,
    pages,
    plans_2m,
    races,
    slots,
)
from bench.line import Line
from clinic.memory import freeze


class World(Protocol):
    """What a workload is measured on."""

    @property
    def name(self) -> str: ...

    def seed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that is measured, on a quick world or on the full one."""

    measure: Callable[[Any], Line]
    quick: World
    full: World


def _on_clinic(measure: Callable[[clinic_1m.Clinic], Line]) -> Workload:
    return Workload(measure, clinic_1m.QUICK, clinic_1m.FULL)


def _on_plans(measure: Callable[[plans_2m.Plans], Line]) -> Workload:
    return Workload(measure, plans_2m.QUICK, plans_2m.FULL)


def _on_free_times(measure: Callable[[clinic_1m.Clinic], Line]) -> Workload:
    return Workload(measure, clinic_1m.FREE_QUICK, clinic_1m.FULL)


def _on_young_clinic(measure: Callable[[clinic_1m.Clinic], Line]) -> Workload:
    return Workload(measure, clinic_1m.YOUNG_QUICK, clinic_1m.YOUNG_FULL)


WORKLOADS = {
    "book_http": _on_clinic(booking.book_http),
    "book_sql": _on_clinic(booking.book_sql),
    "book_race": _on_clinic(races.book_race),
    "move_race": _on_clinic(races.move_race),
    "slots_1x1": _on_free_times(slots.slots_1x1),
    "slots_1x14": _on_free_times(slots.slots_1x14),
    "slots_50x14": _on_free_times(slots.slots_50x14),
    "slots_1000x30": _on_free_times(slots.slots_1000x30),
    "slots_growth": _on_young_clinic(slots.slots_growth),
    "slots_oracle": Workload(oracle.slots_oracle, oracle.QUICK, oracle.FULL),
    "directory_next": _on_free_times(directory.directory_next),
    "due_idle": _on_plans(due.due_idle),
    "due_claim": _on_plans(due.due_claim),
    "due_million": _on_plans(due.due_million),
    "dispatch": _on_clinic(dispatch.dispatch),
    "page_floor": _on_free_times(pages.page_floor),
    "plan_guard": Workload(guard.plan_guard, guard.QUICK, guard.FULL),
}


def main(names: list[str]) -> int:
    """Measure the workloads of these names, or all; one line of JSON each."""
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        print(
            f"There is no workload {unknown[0]}. There are: {', '.join(WORKLOADS)}", file=sys.stderr
        )
        return 2
    if not os.environ.get("DATABASE_URL"):
        print(
            "Nothing is measured on a clinic's own server: start this with `make bench`.",
            file=sys.stderr,
        )
        return 2
    if len(names) == 1:
        return _one(names[0])
    own = [sys.executable, "-m", "bench"]
    return max(subprocess.run([*own, name]).returncode for name in names or WORKLOADS)


def _one(name: str) -> int:
    """Measure one workload in this process; an error is a line, too."""
    workload = WORKLOADS[name]
    is_full = os.environ.get("SIZE") == "full"
    world = workload.full if is_full else workload.quick
    try:
        with database.copy_of(world.name, world.seed):
            freeze()  # what the site's own workers do
            line = workload.measure(world)
            line.size = f"{'full' if is_full else 'shrunk'}: {line.size}; {database.server_words()}"
            print(line, flush=True)
    except Exception as problem:
        traceback.print_exc()
        print(
            json.dumps({"name": name, "ok": False, "error": f"{type(problem).__name__}: {problem}"})
        )
        return 1
    return 0
