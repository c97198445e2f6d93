"""What the data files say: complete, consistent, and honest."""

from __future__ import annotations

import csv
import re
from collections import Counter

import pytest

from practitioners.loading import FOLDER


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def by_slug(name: str) -> dict[str, dict[str, str]]:
    return {row["slug"]: row for row in rows(name)}


def parts(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


CLAIMS = [  # what massage must not be said to do
    r"immun(e|ity) (system )?(boost|strengthen)",
    r"boosts?|strengthens? (the|your) immune",
    r"toxins?|cortisol|detox",
    r"lose weight|burns? fat",
    r"re-?align|straightens? (the|your) spine",
    r"\bcures?\b|\bheals?\b|guarantee|miracle",
    r"replaces? (your )?(medicine|medical care)",
    r"lowers? (your )?blood pressure",
    r"energy flow|chakra|meridian|balances? (your )?energy|cerebrospinal",
]
DENIALS = r"\b(not|no|never|nor)\b"


@pytest.mark.parametrize(
    ("name", "count"), [("techniques", 26), ("conditions", 40), ("body_regions", 47)]
)
def test_every_row_is_there_once(name: str, count: int) -> None:
    slugs = Counter(row["slug"] for row in rows(name))
    assert len(slugs) == count
    assert [slug for slug, times in slugs.items() if times > 1] == []


def test_techniques_of_a_spa_are_for_relaxation_and_three_are_not_shown() -> None:
    techniques = by_slug("techniques")
    assert {slug for slug, row in techniques.items() if row["is_published"] == "no"} == {
        "facial-wrap",
        "foot-massage",
        "head-spa",
    }
    for slug in ("hot-stone", "cold-stone", "foot-massage", "head-spa", "facial-wrap"):
        assert techniques[slug]["kind"] == "relaxation"
    assert {row["kind"] for row in techniques.values()} == {"medical", "relaxation", "both"}


def test_some_techniques_need_evidence_of_training() -> None:
    assert {
        slug for slug, row in by_slug("techniques").items() if row["needs_training"] == "yes"
    } == {
        "cupping",
        "lymphatic-drainage",
        "postnatal",
        "prenatal",
    }


@pytest.mark.parametrize("slug", ["healing-touch", "polarity", "craniosacral"])
def test_gentle_touch_is_offered_for_relaxation_and_nothing_more(slug: str) -> None:
    row = by_slug("techniques")[slug]
    assert row["kind"] == "relaxation"
    assert "relaxation only" in row["summary"]


def test_conditions_offered_with_care_say_when_and_where_to_turn() -> None:
    cared_for = [row for row in rows("conditions") if row["offer"] == "offer_with_care"]
    assert len(cared_for) == 22
    somewhere = r"\b(999|doctor|midwife)\b"
    assert [row["slug"] for row in cared_for if not re.search(somewhere, row["safety_line"])] == []


def test_five_conditions_are_only_recorded() -> None:
    recorded = {row["slug"] for row in rows("conditions") if row["offer"] == "record_only"}
    assert recorded == {
        "circulation-problems",
        "high-blood-pressure",
        "low-immunity",
        "lupus",
        "weight-gain",
    }


@pytest.mark.parametrize("name", ["techniques", "conditions"])
def test_every_row_has_a_short_text(name: str) -> None:
    for row in rows(name):
        sentences = re.findall(r"[.;](?:\s|$)", row["summary"])
        assert 1 <= len(sentences) <= 4, row["slug"]
        assert "!" not in row["summary"] + row.get("safety_line", "")


@pytest.mark.parametrize("claim", CLAIMS)
def test_nothing_is_claimed_that_massage_does_not_do(claim: str) -> None:
    """A sentence with such words must deny them."""
    said = []
    for row in rows("techniques") + rows("conditions"):
        for column in ("summary", "suits", "safety_line", "note_for_staff"):
            for sentence in re.split(r"(?<=[.;])\s", row.get(column, "")):
                if re.search(claim, sentence, re.I) and not re.search(DENIALS, sentence, re.I):
                    said.append((row["slug"], sentence))
    assert said == []


def test_links_lead_to_rows() -> None:
    regions, techniques = set(by_slug("body_regions")), set(by_slug("techniques"))
    for row in rows("techniques") + rows("conditions"):
        assert row["regions"] == "all" or set(parts(row["regions"])) <= regions, row["slug"]
        assert set(parts(row.get("techniques", ""))) <= techniques, row["slug"]


def test_regions_run_from_head_to_foot_with_each_part_together() -> None:
    ordered = sorted(rows("body_regions"), key=lambda row: int(row["position"]))
    groups = [row["group"] for row in ordered]
    seen = [group for place, group in enumerate(groups) if place == 0 or groups[place - 1] != group]
    assert seen == [
        "head", "neck", "shoulder", "arm", "hand", "trunk", "upper-back", "low-back", "hip",
        "thigh", "knee", "lower-leg", "foot",
    ]  # fmt: skip
    assert len({row["position"] for row in ordered}) == 47


def test_intimate_regions_need_extra_consent() -> None:
    asked = {row["slug"] for row in rows("body_regions") if row["needs_extra_consent"] == "yes"}
    assert asked == {
        "chest", "abdomen-upper", "abdomen-lower", "hip-front", "groin", "thigh-inner", "sacrum",
        "buttock",
    }  # fmt: skip
