"""Every public page beside the floor's page with as many rows."""

from __future__ import annotations

import re

from django.test import Client as TestBrowser

from bench import clinic_1m, site
from bench.clinic_1m import Clinic
from bench.line import Line, Target
from bench.timing import by_turns, queries_of

PAGES = (
    "/",
    "/specialists/",
    "/specialists/specialist-1/",
    "/techniques/",
    "/techniques/swedish/",
    "/conditions/",
    "/conditions/neck-pain/",
    "/about-medical-massage/",
    "/book/",
    "/book/massage/?practitioner=specialist-1",
    "/sign-in/",
)
# What a page lists, one by one; what stands in its head and foot stands in the floor's, too.
WORDS = ("/about-medical-massage/",)  # its lists are text of the template
ROW = re.compile(r'<(?:li|option|tr)\b|type="radio"')
FAIR = "the same middleware and base layout, one query, as many rows as the page lists"
MOST_QUERIES = 5


def page_floor(clinic: Clinic) -> Line:
    """The worst of the public pages, and how each of them did."""
    seconds = 0.05 if clinic == clinic_1m.TINY else 1.2
    ratios, worst = {}, ("", 0.0, 0.0, 1.0)
    queries = {path: queries_of(lambda path=path: TestBrowser().get(path)) for path in PAGES}  # type: ignore[misc]
    listed = {path: rows_of(path) for path in PAGES}
    with site.running() as socket:
        browser = site.Browser(socket)
        for path, rows in listed.items():
            pair = by_turns(
                lambda path=path: browser.send(site.get(path)),  # type: ignore[misc]
                lambda rows=rows: browser.send(site.get(f"/floor/page/{rows}/")),  # type: ignore[misc]
                seconds=seconds,
            )
            ratios[path] = round(pair.ours_ms / pair.limit_ms, 2)
            worst = max(
                worst, (path, ratios[path], pair.ours_ms, pair.limit_ms), key=lambda one: one[1]
            )
    line = Line(
        "page_floor",
        worst[2],
        worst[3],
        "ms",
        Target("<=", 1.5),
        queries[worst[0]],
        size=str(clinic),
    )
    line.others |= {"worst": worst[0], "ratios": ratios, "floor": FAIR, "rows": listed}
    line.also("queries_at_most", max(queries.values()), Target("<=", MOST_QUERIES))
    line.others["queries_by_page"] = queries
    return line


def rows_of(path: str) -> int:
    """How many rows a page lists; a page of words alone counts as one."""
    if path in WORDS:
        return 1
    page = TestBrowser().get(path).content.decode()
    return max(1, len(ROW.findall(page[page.index("<main") : page.index("</main>")])))
