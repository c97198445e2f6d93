"""The mail of the demo: written to files, read in the browser, and only there."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser

from bookings.messages.sms import Text, open_gateway
from bookings.messages.words import write_mail
from practitioners.tests.factories import make_clinic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "clinic.demo_mail.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def send(subject: str = "Hello", to: str = "maya@example.com") -> None:
    written = write_mail(
        "staff_notice", to=to, subject=subject, clinic=make_clinic(), what="Something", link="/x/"
    )
    mail = EmailMultiAlternatives(
        subject, f"See http://localhost/v/abc/ for {subject}", to=[to],
        headers={"Message-ID": "<msg-1@example.com>"},
    )  # fmt: skip
    mail.attach_alternative(written.html, "text/html")
    mail.attach("session.ics", b"BEGIN:VCALENDAR", "text/calendar")
    mail.send()


def names(client: Browser) -> list[str]:
    page = client.get("/demo/mail/").content.decode()
    return re.findall(r'/demo/mail/([0-9a-f-]+)/"', page)


def test_every_mail_is_listed_the_newest_first(client: Browser) -> None:
    for subject in ("First", "Second", "Third"):
        send(subject)
    page = client.get("/demo/mail/").content.decode()
    found = re.findall(r"First|Second|Third", page)
    assert found == ["Third", "Second", "First"]


def test_before_the_first_mail_the_list_says_so(client: Browser) -> None:
    assert b"No mail has been sent yet." in client.get("/demo/mail/").content


def test_a_mail_shows_its_head_and_its_text_with_links_to_press(client: Browser) -> None:
    send("Grüße")
    (name,) = names(client)
    page = client.get(f"/demo/mail/{name}/").content.decode()
    assert "Grüße" in page
    assert "maya@example.com" in page
    assert "&lt;msg-1@example.com&gt;" in page
    assert 'href="http://localhost/v/abc/"' in page


def test_an_attachment_is_a_download(client: Browser) -> None:
    send()
    (name,) = names(client)
    assert f"/demo/mail/{name}/files/0/" in client.get(f"/demo/mail/{name}/").content.decode()
    file = client.get(f"/demo/mail/{name}/files/0/")
    assert file.content == b"BEGIN:VCALENDAR"
    assert file["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert client.get(f"/demo/mail/{name}/files/1/").status_code == 404


def test_the_html_part_may_use_its_one_style_block_and_no_other(client: Browser) -> None:
    send()
    (name,) = names(client)
    page = client.get(f"/demo/mail/{name}/html/")
    (style,) = re.findall(r"<style>(.*?)</style>", page.content.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page["Content-Security-Policy"]
    assert f"style-src 'self' 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e%2fsecret", "0" * 20 + "-00000000"])
def test_what_is_not_a_mail_is_not_found(client: Browser, name: str) -> None:
    for part in ("", "html/", "files/0/"):
        assert client.get(f"/demo/mail/{name}/{part}").status_code == 404


def test_outside_the_demo_there_is_no_such_page(client: Browser, settings: Any) -> None:
    send()
    (name,) = names(client)
    settings.DEMO = False
    for path in ("", f"{name}/", f"{name}/html/", f"{name}/files/0/"):
        assert client.get(f"/demo/mail/{path}").status_code == 404


def test_nothing_can_be_posted_there(client: Browser) -> None:
    assert client.post("/demo/mail/").status_code == 405


def test_a_text_message_lies_beside_the_mail(client: Browser, settings: Any) -> None:
    settings.SMS_BACKEND = "clinic.demo_mail.SmsGateway"
    gateway = open_gateway()
    assert gateway is not None
    words = "Willow Street: your session is booked. Ż http://localhost/m/abc/"
    assert gateway.hand_over(Text("+447700900982", words)).kind == "sent"
    (name,) = names(client)
    page = client.get(f"/demo/mail/{name}/").content.decode()
    assert "Text message" in page
    assert "+447700900982" in page
    assert "Ż" in page
    assert 'href="http://localhost/m/abc/"' in page
    assert "Message-ID" not in page
