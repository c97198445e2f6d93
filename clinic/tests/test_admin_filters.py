"""The filters beside the lists of the administration: every choice is a link with words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter, FieldListFilter
from django.test import Client as Browser

from bookings.models import Task
from bookings.tests.factories import NOW, make_staff
from clinic.models import ADMIN, FRONT_DESK

LIST = "/admin/bookings/task/"


def filtered_fields() -> list[tuple[str, Any]]:
    """Every field that a list is filtered by in Django's own way."""
    return [
        (f"{model.__name__}.{name}", model._meta.get_field(name))
        for model, page in admin.site._registry.items()
        for name in page.get_list_filter(None)  # type: ignore[arg-type]
        if isinstance(name, str)
    ]


@pytest.mark.parametrize(
    "field", [pytest.param(field, id=name) for name, field in filtered_fields()]
)
def test_no_filter_offers_an_empty_word(field: Any) -> None:
    """Django offers each stored value as it stands, so a field that may be empty needs words."""
    chosen = next(
        cls
        for test, cls in FieldListFilter._field_list_filters
        if test(field)  # type: ignore[attr-defined]
    )
    assert not (chosen is AllValuesFieldListFilter and field.blank)
    assert all(str(words).strip() for _, words in field.flatchoices or ())


@pytest.mark.django_db
def test_tasks_are_filtered_by_role_and_by_person(client: Browser) -> None:
    boss = make_staff(ADMIN)
    boss.is_superuser = True
    boss.save()
    client.force_login(boss)
    for key, more in {"desk": {"role": FRONT_DESK}, "mine": {"owner": boss}}.items():
        Task.objects.create(kind="test", title=f"Call {key}", reason_key=key, due_at=NOW, **more)
    links = re.findall(r'<a href="\?[^"]*">([^<]*)</a>', client.get(LIST).content.decode())
    assert {"Front desk", "One person"} <= set(links)
    assert "" not in links
    for chosen, seen in (("Front+desk", "desk"), ("one-person", "mine")):
        page = client.get(f"{LIST}?for={chosen}").content.decode()
        assert re.findall(r"Call (\w+)", page) == [seen]
    assert client.get(f"{LIST}?for=nobody").status_code == 200
