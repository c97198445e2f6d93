"""The list of techniques, the page of each, and the two kinds compared."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from practitioners.comparison import POINTS
from practitioners.loading import load_catalogue
from practitioners.models import Condition, Technique
from practitioners.tests.factories import make_condition, make_technique

pytestmark = pytest.mark.django_db


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_groups_techniques_by_what_they_are_for(client: Client) -> None:
    make_technique(name="Hot stones", kind="relaxation")
    make_technique(name="Trigger points", kind="medical")
    make_technique(name="Swedish", kind="both")
    page = text(client, "/techniques/")
    order = [
        'id="medical"',
        "Trigger points",
        'id="both"',
        "Swedish",
        'id="relaxation"',
        "Hot stones",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)


def test_the_list_leaves_out_what_is_not_published(client: Client) -> None:
    make_technique(name="Shown")
    make_technique(name="Not shown", is_published=False)
    page = text(client, "/techniques/")
    assert "Shown</a>" in page
    assert "Not shown" not in page


def test_an_empty_list_names_the_next_step(client: Client) -> None:
    page = text(client, "/techniques/")
    assert "No techniques are listed yet." in page
    assert "/specialists/" in page


def test_a_page_says_whom_it_suits_and_leads_to_specialists(client: Client) -> None:
    technique = make_technique(
        slug="cupping",
        kind="medical",
        suits="People who do not mind the marks.",
        pressure="firm",
        typical_minutes=[15, 30],
        needs_training=True,
    )
    make_condition(name="Neck pain").techniques.add(technique)
    make_condition(name="Only recorded", offer="record_only").techniques.add(technique)
    page = text(client, "/techniques/cupping/")
    assert "People who do not mind the marks." in page
    assert "Firm" in page
    assert "15, 30 minutes" in page
    assert "evidence of extra training" in page
    assert "Neck pain" in page
    assert "Only recorded" not in page
    assert "/specialists/?technique=cupping" in page
    assert "does not replace it" in page


def test_a_technique_for_relaxation_is_never_shown_as_a_treatment(client: Client) -> None:
    technique = make_technique(slug="polarity", kind="relaxation")
    make_condition(name="Anxiety").techniques.add(technique)
    page = text(client, "/techniques/polarity/")
    assert "for relaxation only" in page
    assert "Often used for" not in page
    assert "Anxiety" not in page


def test_the_catalogue_shows_everything_published(client: Client) -> None:
    load_catalogue()
    page = text(client, "/techniques/")
    assert page.count('<li class="card-s">') == 23


@pytest.mark.parametrize("slug", ["nothing-like-it", "hidden"])
def test_an_unknown_or_hidden_technique_is_not_found_with_a_way_on(
    client: Client, slug: str
) -> None:
    make_technique(slug="hidden", is_published=False)
    response = client.get(f"/techniques/{slug}/")
    assert response.status_code == 404
    assert "/specialists/" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/techniques/a%00b/",
        "/techniques/%FF/",
        "/techniques/../../etc/passwd/",
        f"/techniques/{'a' * 4000}/",
    ],
)
def test_a_broken_address_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_asking_with_strange_parameters_changes_nothing(client: Client) -> None:
    make_technique(slug="swedish")
    assert client.get("/techniques/?page=abc&order=password&x__startswith=y").status_code == 200
    assert client.get("/techniques/swedish/?pk=1&slug=other").status_code == 200


def test_nothing_can_be_posted(client: Client) -> None:
    make_technique(slug="swedish")
    assert client.post("/techniques/").status_code == 405
    assert client.post("/techniques/swedish/").status_code == 405


def test_the_queries_of_the_list_do_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load_catalogue()
    for number in range(50):
        make_technique(name=f"More {number}")
    with django_assert_num_queries(1):
        client.get("/techniques/")


def test_the_queries_of_a_page_do_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load_catalogue()
    sports = Technique.objects.get(slug="sports")
    sports.conditions.set(Condition.objects.offered())
    with django_assert_num_queries(1):
        client.get("/techniques/sports/")


def test_the_comparison_makes_ten_points_and_does_not_promise(client: Client) -> None:
    assert len(POINTS) == 10
    page = text(client, "/about-medical-massage/")
    assert page.count('<th scope="row">') == 10
    assert "complements medical care and does not replace it" in page
    assert "What to expect at a first visit" in page
    assert "How to choose a specialist" in page
