"""The forms of a page as a browser sends them: with everything that stands in their boxes."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
BUTTON = re.compile(r"<button\b([^>]*)>(.*?)</button>", re.DOTALL)
BOX = re.compile(r"<(input|select|option)\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


@dataclass
class Form:
    """Where a form goes, what it carries when nothing is touched, and what can be chosen."""

    action: str
    carries: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


def form_with(page: str, button: str) -> Form | None:
    """The form that a button sends whose words begin so, with what the button itself says."""
    pressed = next(
        (one for one in BUTTON.finditer(page) if _words(one[2]).startswith(button)), None
    )
    if pressed is None:
        return None
    said = _attributes(pressed[1])
    for found in FORM.finditer(page):
        about = _attributes(found[1])
        is_inside = found.start() < pressed.start() < found.end()
        if about.get("id") == said["form"] if "form" in said else is_inside:
            form = _read(found[2], about.get("action", ""))
            if "name" in said:
                form.carries[said["name"]] = said.get("value", "")
            return form
    return None


def _read(inside: str, action: str) -> Form:
    form, listed = Form(action), ""
    for tag, text in BOX.findall(inside):
        about = _attributes(text)
        name, value = about.get("name", listed), about.get("value", "")
        if tag == "select":
            listed = name
        elif tag == "option":
            form.choices.setdefault(listed, []).append(value)
            if "selected" in about or listed not in form.carries:
                form.carries[listed] = value
        elif about.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in about:
                form.carries[name] = value
        else:
            form.carries[name] = value
    return form


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", text).split())


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in ATTRIBUTE.findall(text)}
