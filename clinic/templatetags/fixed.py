"""`url` and `static` as Django has them, but what is the same on every page is worked out once.

Each page names some forty addresses in its head, menu and foot alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.templatetags.static import static as find_static
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString

from clinic.context_processors import STYLESHEETS
from practitioners.paths import path_to

register = template.Library()


class KnownURL(URLNode):
    """An address whose parts have no names."""

    def render(self, context: Context) -> str:
        try:
            path = path_to(
                self.view_name.resolve(context),
                *(part.resolve(context) for part in self.args),
                current_app=_current_app(context),
            )
        except NoReverseMatch:
            if not self.asvar:
                raise
            path = ""
        if self.asvar:
            context[self.asvar] = path
            return ""
        return conditional_escape(path) if context.autoescape else path


def _current_app(context: Context) -> str | None:
    request: Any = getattr(context, "request", None)
    match = getattr(request, "resolver_match", None)
    return getattr(request, "current_app", None) or getattr(match, "namespace", None)


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """As Django's; see there."""
    node = parse_url(parser, token)
    if node.kwargs:
        return node
    return KnownURL(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag
@cache
def static(name: str) -> str:
    """Where a file of the site's own lies; a file that changes gets another process or name."""
    return find_static(name)


@register.simple_tag
@cache
def stylesheets() -> SafeString:
    """The clinic's stylesheets, in their order."""
    links = ((find_static(sheet),) for sheet in STYLESHEETS)
    return format_html_join("\n    ", '<link rel="stylesheet" href="{}">', links)


@register.simple_block_tag
def twice(content: str) -> str:
    """What stands in it, to be said again: `{% twice as menu %}…{% endtwice %}{{ menu }} {{ menu }}`."""
    return content
