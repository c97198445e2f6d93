"""The statement of free times beside a sweep in Python, minute by minute, in clinics at random."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from django.db import transaction

from bench.line import Line, Target
from bench.timing import Budget, queries_of
from bookings.tests.random_clinics import RandomClinic, compare, random_question, sql_offers
from bookings.times import zone_names


@dataclass(frozen=True, slots=True)
class Clinics:
    """So many of them one after the other in an empty database, or as many as the seconds allow."""

    most: int
    seconds: float
    name: str = "empty"

    def seed(self) -> None:
        """Nothing: each is made and taken back."""


TINY = Clinics(most=3, seconds=60)
QUICK = Clinics(most=1000, seconds=30)
FULL = Clinics(most=1000, seconds=3600)


def slots_oracle(world: Clinics) -> Line:
    """How many starts only one of both offers; any zone, mostly on days on which its clock jumps."""
    zones, budget = tuple(sorted(zone_names())), Budget(world.seconds)
    clinics = agreed = mismatches = 0
    while clinics < world.most and budget.is_left():
        chance = Random(clinics)
        both, differ = compare(chance, *random_question(chance, zones))
        clinics, agreed, mismatches = clinics + 1, agreed + both, mismatches + len(differ)
    line = Line("slots_oracle", mismatches, 0, "mismatches", Target("==", 0), _queries())
    line.also("clinics", clinics)
    line.also("starts_of_both", agreed, Target(">=", 1))
    line.size = f"{clinics} of {FULL.most} random clinics"
    return line


def _queries() -> int:
    with transaction.atomic():
        clinic = RandomClinic(Random(0), "Europe/London", date(2027, 3, 28))
        queries = queries_of(lambda: sql_offers(clinic, clinic.services[0]))
        transaction.set_rollback(True)
    return queries
