"""A browser for crowds: real HTTP to a running site, cookies and form tokens, no more."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from bookings.tests.http_forms import Form, form_with

PATIENCE = 120  # seconds; a crowd on a small machine takes its time
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    url: str  # where a redirect leads
    retry_after: str
    path: str = ""  # its own address

    def value_of(self, name: str) -> str:
        """What stands in a hidden box of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no {name} on the page"
        return html.unescape(found[1])

    @property
    def said(self) -> str:
        """The page with runs of white space as one."""
        return re.sub(r"\s+", " ", self.text)

    @property
    def next_free(self) -> list[str]:
        """The times that are offered in place of a refused one."""
        below = self.said.partition("Next free:")[2].partition("</ul>")[0]
        return re.findall(r"(?:[?&;]at=|#visit-\d+-)(\d+)", below)

    @property
    def problems(self) -> list[str]:
        """What the page says is wrong, sentence by sentence."""
        listed = self.said.partition('class="error-summary"')[2].partition("</ul>")[0]
        return [_words(one) for one in re.findall(r"<li>(.*?)</li>", listed)]

    @property
    def notices(self) -> list[str]:
        """What the page tells beside its own matter."""
        found = re.findall(r'class="notice [^"]*">(.*?)</div>', self.said)
        return [_words(" ".join(re.findall(r"<p>(.*?)</p>", one))) for one in found]

    def form(self, button: str) -> Form | None:
        """The form of a button with these words, if the page has one."""
        return form_with(self.text, button)


class HttpBrowser:
    """One visitor of a site; signed in as a user, or as nobody."""

    def __init__(self, host: str, user: Any = None) -> None:
        self.host = host
        self.cookies: dict[str, str] = {}
        self.form_key = ""
        if user is not None:
            known = Client()
            known.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            self.cookies[name] = known.cookies[name].value

    def get(self, path: str) -> Answer:
        answer = self._ask("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text)
        self.form_key = found[1] if found else self.form_key
        return answer

    def post(self, path: str, **sent: str) -> Answer:
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": self.form_key, **sent}))

    def press(self, page: Answer, button: str, **chosen: str) -> Answer:
        """Press a button of a page: its form goes with all that it carries, and what is chosen."""
        form = page.form(button)
        assert form, f"no button {button!r} on {page.path}"
        for name, value in chosen.items():
            assert value in form.choices.get(name, [value]), f"{name} has no {value} on {page.path}"
        return self.post(form.action or page.path, **{**form.carries, **chosen})

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {
            "Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items()),
            # As through the proxy that speaks https for a real clinic.
            "X-Forwarded-Proto": "https",
            "Origin": f"https://{self.host}",
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(self.host, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
            if "Max-Age=0" in rest:
                del self.cookies[name]
        url, wait = response.headers.get("Location", ""), response.headers.get("Retry-After", "")
        return Answer(response.status, text, url, wait, path)


def _words(text: str) -> str:
    """Words without the marks around them."""
    return html.unescape(TAG.sub("", text)).strip()
