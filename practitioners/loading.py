"""Loading the catalogue that ships with the product, without touching what staff have edited.

    file ──► values ──► digest ──┬─ no such row ──────────────► added
                                 ├─ row as it was loaded last ─► renewed, or the same
                                 └─ row no longer is ──────────► edited, left alone

A row remembers the digest of what its last load made of it. Whether somebody has
edited it is found by taking the digest of the row as it is now.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from practitioners.models import BodyRegion, Condition, Technique
from practitioners.models.catalogue import CatalogueRow

FOLDER = Path(__file__).parent / "catalogue"
LOAD_LOCK = 7_001  # one load at a time, however many machines start together
EVERYWHERE = "all"

Known = dict[str, Any]


class CatalogueError(Exception):
    """A data file that cannot be loaded; nothing of it was."""


@dataclass
class Loaded:
    """What one load did, in rows."""

    added: int = 0
    renewed: int = 0
    same: int = 0
    edited: int = 0


@dataclass(frozen=True)
class Entry:
    """One line of a data file: where it stands, its values and the rows it links to."""

    place: str
    slug: str
    values: dict[str, Any]
    links: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return _digest(self.values, self.links)


@transaction.atomic
def load_catalogue(folder: Path | None = None) -> Loaded:
    """Add new rows, renew untouched ones, keep every row that somebody has edited.

    Raises CatalogueError for a file that is not right, and then changes nothing.
    """
    folder = folder or FOLDER
    one_load_at_a_time()
    counts = Loaded()
    regions = load_rows(BodyRegion, _regions(folder / "body_regions.csv"), counts)
    techniques = load_rows(Technique, _techniques(folder / "techniques.csv", regions), counts)
    load_rows(Condition, _conditions(folder / "conditions.csv", regions, techniques), counts)
    return counts


def one_load_at_a_time() -> None:
    """Wait, inside a transaction, until no other machine loads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])


def load_rows(model: type[CatalogueRow], entries: Iterator[Entry], counts: Loaded) -> Known:
    """Bring the rows of one table up to date; return them by slug."""
    links = [one.name for one in model._meta.many_to_many]
    rows = model._default_manager.select_for_update().prefetch_related(*links)
    known: Known = {row.slug: row for row in rows}
    for entry in entries:
        row = known.get(entry.slug)
        if row is not None and row.loaded_digest != _digest_of(row, entry):
            counts.edited += 1
        elif row is not None and row.loaded_digest == entry.digest:
            counts.same += 1
        else:
            counts.renewed += row is not None
            counts.added += row is None
            known[entry.slug] = _write(row or model(slug=entry.slug), entry)
    return known


def _write(row: Any, entry: Entry) -> Any:
    for name, value in entry.values.items():
        setattr(row, name, value)
    row.loaded_digest = entry.digest
    try:
        row.full_clean()
    except ValidationError as problem:
        raise CatalogueError(f"{entry.place}: {'; '.join(problem.messages)}") from problem
    row.save()
    for name, others in entry.links.items():
        getattr(row, name).set(others)
    return row


def _digest_of(row: Any, entry: Entry) -> str:
    """The digest of a row as it is now, over the same fields as the line of the file."""
    values = {name: getattr(row, name) for name in entry.values}
    return _digest(values, {name: list(getattr(row, name).all()) for name in entry.links})


def _digest(values: dict[str, Any], links: dict[str, list[Any]]) -> str:
    slugs = {name: sorted(other.slug for other in others) for name, others in links.items()}
    text = json.dumps([values, slugs], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _regions(path: Path) -> Iterator[Entry]:
    for place, row in lines_of(path):
        values = {
            "name": row["name"],
            "is_paired": row["is_paired"] == "yes",
            "view": row["view"],
            "group": row["group"],
            "needs_extra_consent": row["needs_extra_consent"] == "yes",
            "position": int(row["position"]),
        }
        yield Entry(place, row["slug"], values)


def _techniques(path: Path, regions: Known) -> Iterator[Entry]:
    for place, row in lines_of(path):
        values = {
            "name": row["name"],
            "kind": row["kind"],
            "summary": row["summary"],
            "suits": row["suits"],
            "pressure": row["pressure"],
            "typical_minutes": [int(part) for part in parts_of(row["minutes"])],
            "works_everywhere": row["regions"] == EVERYWHERE,
            "needs_training": row["needs_training"] == "yes",
            "is_published": row["is_published"] == "yes",
        }
        yield Entry(
            place, row["slug"], values, {"body_regions": rows_named(row["regions"], regions, place)}
        )


def _conditions(path: Path, regions: Known, techniques: Known) -> Iterator[Entry]:
    for place, row in lines_of(path):
        values = {
            "name": row["name"],
            "offer": row["offer"],
            "summary": row["summary"],
            "safety_line": row["safety_line"],
            "note_for_staff": row["note_for_staff"],
            "icd10": row["icd10"],
            "icd10cm": row["icd10cm"],
            "affects_whole_body": row["regions"] == EVERYWHERE,
        }
        links = {
            "body_regions": rows_named(row["regions"], regions, place),
            "techniques": rows_named(row["techniques"], techniques, place),
        }
        yield Entry(place, row["slug"], values, links)


def lines_of(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line with the place to name when it is wrong."""
    with path.open(newline="", encoding="utf-8") as text:
        for number, row in enumerate(csv.DictReader(text), start=2):
            place = f"{path.name}, line {number}"
            if None in row or None in row.values():
                raise CatalogueError(f"{place}: more or fewer cells than the first line.")
            yield place, row


def rows_named(text: str, known: Known, place: str) -> list[Any]:
    """The rows that a cell names. Raises CatalogueError for one that is not there."""
    wanted = [] if text == EVERYWHERE else parts_of(text)
    unknown = [slug for slug in wanted if slug not in known]
    if unknown:
        raise CatalogueError(f"{place}: there is no {', '.join(unknown)}.")
    return [known[slug] for slug in wanted]


def parts_of(text: str) -> list[str]:
    """The entries of a cell with a list."""
    return [part for part in text.split(";") if part]
