"""The list of conditions and the page of each."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from practitioners.loading import load_catalogue
from practitioners.models import BodyRegion, Condition
from practitioners.tests.factories import make_condition, make_technique

pytestmark = pytest.mark.django_db


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_holds_what_is_offered_and_nothing_else(client: Client) -> None:
    make_condition(name="Neck pain", offer="offer")
    make_condition(name="Sciatica", offer="offer_with_care")
    make_condition(name="Lupus", offer="record_only")
    page = text(client, "/conditions/")
    assert "Neck pain" in page
    assert "Sciatica" in page
    assert "Lupus" not in page
    assert "999, 112, 911" in page


def test_the_list_of_the_catalogue(client: Client) -> None:
    load_catalogue()
    assert text(client, "/conditions/").count('<li class="card-s">') == 35


def test_an_empty_list_names_the_next_step(client: Client) -> None:
    page = text(client, "/conditions/")
    assert "No conditions are listed yet." in page


def test_a_page_leads_to_specialists_and_to_booking(client: Client) -> None:
    neck = make_condition(slug="neck-pain", name="Neck pain", summary="Pain in the neck.")
    neck.techniques.add(
        make_technique(name="Trigger points", kind="medical"),
        make_technique(name="Hidden one", is_published=False),
        make_technique(name="Quiet holds", kind="relaxation"),
    )
    neck.body_regions.add(
        BodyRegion.objects.create(
            slug="neck-back", name="Back of neck", is_paired=True, view="back", group="neck"
        )
    )
    page = text(client, "/conditions/neck-pain/")
    assert "Pain in the neck." in page
    assert "/specialists/?condition=neck-pain" in page
    assert 'href="/book/"' in page
    assert "Back of neck" in page
    assert "Hidden one" not in page
    order = ["Techniques often used", "Trigger points", "For relaxation only", "Quiet holds"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)


def test_a_safety_line_stands_in_a_box_before_everything_else(client: Client) -> None:
    sciatica = make_condition(
        slug="sciatica",
        offer="offer_with_care",
        safety_line="Numb between the legs? Call 999, 112, 911.",
    )
    sciatica.techniques.add(make_technique())
    page = text(client, "/conditions/sciatica/")
    assert "notice-care" in page
    assert page.index("Numb between the legs?") < page.index("Techniques often used")


def test_notes_for_staff_are_not_for_visitors(client: Client) -> None:
    make_condition(slug="neck-pain", note_for_staff="Ask the screening questions.", icd10="M54.2")
    page = text(client, "/conditions/neck-pain/")
    assert "screening questions" not in page
    assert "M54.2" not in page


@pytest.mark.parametrize("slug", ["nothing-like-it", "lupus"])
def test_what_is_unknown_or_only_recorded_is_not_found_with_a_way_on(
    client: Client, slug: str
) -> None:
    make_condition(slug="lupus", offer="record_only")
    response = client.get(f"/conditions/{slug}/")
    assert response.status_code == 404
    assert "/specialists/" in response.content.decode()


def test_every_page_of_the_catalogue_opens(client: Client) -> None:
    load_catalogue()
    for condition in Condition.objects.offered():
        page = text(client, condition.get_absolute_url())
        assert condition.summary.split("'")[0] in page


def test_nothing_can_be_posted(client: Client) -> None:
    make_condition(slug="neck-pain")
    assert client.post("/conditions/").status_code == 405
    assert client.post("/conditions/neck-pain/").status_code == 405


def test_the_queries_do_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load_catalogue()
    for number in range(50):
        make_condition(name=f"More {number}")
    with django_assert_num_queries(1):
        client.get("/conditions/")
    with django_assert_num_queries(1):
        client.get("/conditions/neck-pain/")
