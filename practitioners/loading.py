"""Loading the catalogue that ships with the product, without touching what staff have edited."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from practitioners.models import BodyRegion, Condition, Technique
from practitioners.models.catalogue import CatalogueRow

FOLDER = Path(__file__).parent / "catalogue"


@dataclass
class Loaded:
    """What one load did."""

    added: int = 0
    renewed: int = 0
    kept: int = 0


@transaction.atomic
def load_catalogue() -> Loaded:
    """Add new rows, renew untouched ones, keep every row that somebody has edited."""
    counts = Loaded()
    for row in _rows("body_regions"):
        _load(BodyRegion, row["slug"], _region(row), {}, counts)
    regions = {region.slug: region for region in BodyRegion.objects.all()}
    for row in _rows("techniques"):
        links = {"body_regions": _listed(row["regions"], regions)}
        _load(Technique, row["slug"], _technique(row), links, counts)
    techniques = {technique.slug: technique for technique in Technique.objects.all()}
    for row in _rows("conditions"):
        links = {
            "body_regions": _listed(row["regions"], regions),
            "techniques": _listed(row["techniques"], techniques),
        }
        _load(Condition, row["slug"], _condition(row), links, counts)
    return counts


def _load(
    model: type[CatalogueRow],
    slug: str,
    values: dict[str, Any],
    links: dict[str, list[Any]],
    counts: Loaded,
) -> None:
    found = model._default_manager.filter(slug=slug).first()
    digest = _digest(values, links)
    if found is not None and (found.loaded_digest == digest or _is_edited(found, values, links)):
        counts.kept += 1
        return
    counts.added += found is None
    counts.renewed += found is not None
    row, _ = model._default_manager.update_or_create(
        slug=slug, defaults={**values, "loaded_digest": digest}
    )
    for name, others in links.items():
        getattr(row, name).set(others)


def _is_edited(row: Any, values: dict[str, Any], links: dict[str, list[Any]]) -> bool:
    """Tell whether a row no longer is what its last load made of it."""
    now = {name: getattr(row, name) for name in values}
    linked = {name: list(getattr(row, name).all()) for name in links}
    return row.loaded_digest != _digest(now, linked)


def _digest(values: dict[str, Any], links: dict[str, list[Any]]) -> str:
    slugs = {name: sorted(other.slug for other in others) for name, others in links.items()}
    text = json.dumps([values, slugs], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="") as lines:
        yield from csv.DictReader(lines)


def _listed(text: str, known: dict[str, Any]) -> list[Any]:
    return [known[slug] for slug in text.split(";") if slug in known]


def _region(row: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "is_paired": row["is_paired"] == "yes",
        "view": row["view"],
        "group": row["group"],
        "needs_extra_consent": row["needs_extra_consent"] == "yes",
        "position": int(row["position"]),
    }


def _technique(row: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "kind": row["kind"],
        "summary": row["summary"],
        "suits": row["suits"],
        "pressure": row["pressure"],
        "typical_minutes": [int(part) for part in row["minutes"].split(";") if part],
        "works_everywhere": row["regions"] == "all",
        "needs_training": row["needs_training"] == "yes",
        "is_published": row["is_published"] == "yes",
    }


def _condition(row: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "offer": row["offer"],
        "summary": row["summary"],
        "safety_line": row["safety_line"],
        "note_for_staff": row["note_for_staff"],
        "icd10": row["icd10"],
        "icd10cm": row["icd10cm"],
        "affects_whole_body": row["regions"] == "all",
    }
