"""Addresses that are worked out once say what Django's own tags say."""

from __future__ import annotations

import pytest
from django.template import Context, Template, engines
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, set_urlconf

from clinic.context_processors import STYLESHEETS
from practitioners.paths import path_to


def say(template: str, **known: object) -> str:
    return Template(template, engine=engines["django"].engine).render(Context(known))  # type: ignore[attr-defined]


def test_an_address_is_the_one_that_reverse_gives() -> None:
    assert say("{% url 'landing' %}") == "/"
    assert say("{% url 'specialist' slug %}", slug="dana") == "/specialists/dana/"
    assert say("{% url 'specialist' slug=slug %}", slug="omar") == "/specialists/omar/"
    assert say("{% url 'admin:index' %}") == reverse("admin:index")
    assert say("{% url 'desk_time_off' 7 as way %}[{{ way }}]") == "[/desk/hours/time-off/7/]"


def test_it_is_escaped_like_any_text() -> None:
    assert say("{% url 'demo_mail_text' name %}", name="a&b") == "/demo/mail/a&amp;b/"


def test_an_address_that_does_not_exist_is_an_error_or_empty() -> None:
    with pytest.raises(NoReverseMatch):
        say("{% url 'nowhere' %}")
    assert say("{% url 'nowhere' as way %}[{{ way }}]") == "[]"


def test_other_addresses_of_the_site_are_other_addresses() -> None:
    assert path_to("landing") == "/"
    set_urlconf("practitioners.urls")
    try:
        with pytest.raises(NoReverseMatch):
            path_to("landing")
    finally:
        set_urlconf(None)


def test_files_and_stylesheets_lie_where_django_says() -> None:
    assert say("{% static 'img/icon.svg' %}") == static("img/icon.svg")
    links = say("{% stylesheets %}")
    assert links.count("<link") == len(STYLESHEETS)
    assert all(f'href="{static(sheet)}"' in links for sheet in STYLESHEETS)


def test_what_is_said_twice_is_written_once() -> None:
    assert say("{% twice as it %}<b>{{ who }}</b>{% endtwice %}{{ it }}{{ it }}", who="<") == (
        "<b>&lt;</b><b>&lt;</b>"
    )
