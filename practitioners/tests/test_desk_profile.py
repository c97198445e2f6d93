"""Specialists keep their own public page up to date."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks

from practitioners.models import Practitioner
from practitioners.tests.factories import make_condition, make_practitioner

pytestmark = pytest.mark.django_db
PATH = "/desk/profile/"
SAID = {
    "about": "Hands that listen.",
    "first_visit": "We talk first.",
    "languages": "English, Polish",
}


def make_user(email: str) -> Any:
    return get_user_model().objects.create_user(email, name="Dana Example")


@pytest.fixture
def dana(client: Browser) -> Practitioner:
    user = make_user("dana@example.com")
    client.force_login(user)
    return make_practitioner(user=user, name="Dana Example", slug="dana")


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / "practitioners"


def photo(colour: str = "red", name: str = "me.png") -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", (1200, 900), colour).save(written, "PNG")
    return SimpleUploadedFile(name, written.getvalue(), "image/png")


def test_what_somebody_says_is_shown_on_their_page(client: Browser, dana: Practitioner) -> None:
    neck = make_condition(name="Neck pain")
    answer = client.post(PATH, {**SAID, "focus_areas": [neck.pk], "practising_since": "2010"})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    dana.refresh_from_db()
    assert (dana.about, dana.languages) == ("Hands that listen.", ["English", "Polish"])
    assert list(dana.focus_areas.all()) == [neck]
    page = client.get("/specialists/dana/").content.decode()
    assert "Hands that listen." in page
    assert 'href="/specialists/dana/"' in client.get(PATH).content.decode()


def test_the_choice_of_no_gender_is_called_by_words(client: Browser, dana: Practitioner) -> None:
    page = client.get(PATH).content.decode()
    assert "---" not in page
    assert '<option value="" selected>Not said</option>' in page
    for chosen in ("woman", ""):
        assert client.post(PATH, {**SAID, "gender": chosen}).status_code == 302
        dana.refresh_from_db()
        assert dana.gender == chosen


def test_what_belongs_to_the_clinic_stays(client: Browser, dana: Practitioner) -> None:
    more = {
        "name": "Doctor Dana",
        "slug": "doctor",
        "title": "Doctor",
        "is_active": "",
        "user": "1",
    }
    client.post(PATH, {**SAID, **more})
    same = Practitioner.objects.get(pk=dana.pk)
    assert (same.name, same.slug, same.title, same.is_active) == ("Dana Example", "dana", "", True)
    assert same.user == dana.user


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"about": "word " * 81}, "Use at most 80 words. There are 81."),
        ({"practising_since": "1066"}, "Enter a year from 1940 to this one."),
        ({"focus_areas": ["999999"]}, "Select a valid choice"),
        ({"about": "a\0b"}, "Null characters are not allowed"),
    ],
)
def test_a_poor_profile_says_why_and_keeps_what_was_typed(
    client: Browser, dana: Practitioner, changed: dict[str, Any], sentence: str
) -> None:
    answer = client.post(PATH, {**SAID, **changed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "We talk first." in page
    dana.refresh_from_db()
    assert dana.first_visit == ""


def test_a_condition_that_is_only_recorded_is_no_focus_area(
    client: Browser, dana: Practitioner
) -> None:
    hidden = make_condition(offer="record_only")
    assert client.post(PATH, {**SAID, "focus_areas": [hidden.pk]}).status_code == 422


def test_a_photo_is_drawn_anew_and_the_old_one_goes(
    client: Browser,
    dana: Practitioner,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    for colour in ("red", "blue"):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(PATH, {**SAID, "photo": photo(colour)})
    dana.refresh_from_db()
    (file,) = media.iterdir()
    assert dana.photo.name == f"practitioners/{file.name}"
    with Image.open(file) as picture:
        assert (picture.format, max(picture.size)) == ("JPEG", 800)
        assert picture.getpixel((5, 5))[2] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("me.jpg", b"<script>alert(1)</script>", "image/jpeg"),
        SimpleUploadedFile("me.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        SimpleUploadedFile("me.png", b"\x89PNG\r\n\x1a\n", "image/png"),
    ],
    ids=lambda one: one.name,
)
def test_what_is_no_photo_is_refused(
    client: Browser, dana: Practitioner, media: Path, upload: SimpleUploadedFile
) -> None:
    upload.seek(0)
    answer = client.post(PATH, {**SAID, "photo": upload})
    assert answer.status_code == 422
    assert "Choose a photo: JPEG or PNG, up to 10 MB." in answer.content.decode()
    assert not media.exists()


def test_only_practitioners_have_a_profile(client: Browser) -> None:
    for number, role in enumerate(("Front desk", "Admin", "Clinical lead", "")):
        user = make_user(f"person{number}@example.com")
        if role:
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        assert client.get(PATH).status_code == 403
        assert client.post(PATH, SAID).status_code == 403


def test_who_has_left_and_strangers_write_nothing(client: Browser, dana: Practitioner) -> None:
    assert Browser().post(PATH, SAID)["Location"].startswith("/sign-in/")
    Practitioner.objects.filter(pk=dana.pk).update(is_active=False)
    assert client.post(PATH, SAID).status_code == 403
    dana.refresh_from_db()
    assert dana.about == ""


def test_nobody_writes_on_the_page_of_another(client: Browser, dana: Practitioner) -> None:
    other = make_practitioner(name="Omar Example")
    client.post(f"{PATH}?practitioner={other.pk}", {**SAID, "id": other.pk, "pk": other.pk})
    other.refresh_from_db()
    assert other.about == ""
