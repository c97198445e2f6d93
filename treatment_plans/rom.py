"""Joints, movements and the ranges usually quoted for them.

The figures come from the sources named beside each row of
`catalogue/rom_norms.csv`. Sources differ, sometimes by 20 degrees: a norm is
context to read a measurement by, never a pass or a fail.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NORMS_FILE = Path(__file__).parent / "catalogue" / "rom_norms.csv"


@dataclass(frozen=True, slots=True)
class Norm:
    """What is usually quoted for one movement of one joint, in degrees."""

    joint: str
    movement: str
    has_sides: bool
    degrees: int
    source: str
    also_seen: str

    @property
    def label(self) -> str:
        return say_movement(self.joint, self.movement)


def say_movement(joint: str, movement: str) -> str:
    """Name a movement: "Cervical spine, rotation"."""
    return f"{joint.replace('-', ' ')}, {movement.replace('-', ' ')}".capitalize()


@cache
def norms() -> tuple[Norm, ...]:
    """Every movement that can be recorded, in the order of the file."""
    with NORMS_FILE.open(newline="") as rows:
        return tuple(
            Norm(
                joint=row["joint"],
                movement=row["movement"],
                has_sides=row["has_sides"] == "yes",
                degrees=int(row["usual_degrees"]),
                source=row["source"],
                also_seen=row["also_seen"],
            )
            for row in csv.DictReader(rows)
        )


def norm_of(joint: str, movement: str) -> Norm | None:
    """Find the quoted range of one movement, or None where there is none."""
    return next((one for one in norms() if (one.joint, one.movement) == (joint, movement)), None)
