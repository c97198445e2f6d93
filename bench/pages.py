"""Every public page beside the floor's page with as many rows."""

from __future__ import annotations

from django.test import Client as TestBrowser

from bench import clinic_1m, site
from bench.clinic_1m import Clinic
from bench.line import Line, Target
from bench.timing import by_turns, queries_of

# How many rows each page lists, which is what the floor's page has to list.
PAGES = {
    "/": 6,
    "/specialists/": 50,
    "/specialists/specialist-1/": 6,
    "/techniques/": 27,
    "/techniques/swedish/": 8,
    "/conditions/": 41,
    "/conditions/neck-pain/": 8,
    "/about-medical-massage/": 1,
    "/book/": 50,
    "/book/massage/?practitioner=specialist-1": 50,
    "/sign-in/": 1,
}
MOST_QUERIES = 5


def page_floor(clinic: Clinic) -> Line:
    """The worst of the public pages, and how each of them did."""
    seconds = 0.05 if clinic == clinic_1m.TINY else 1.2
    ratios, worst = {}, ("", 0.0, 0.0, 1.0)
    queries = {path: queries_of(lambda path=path: TestBrowser().get(path)) for path in PAGES}  # type: ignore[misc]
    with site.running() as socket:
        browser = site.Browser(socket)
        for path, rows in PAGES.items():
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
    line.others |= {"worst": worst[0], "ratios": ratios}
    line.also("queries_at_most", max(queries.values()), Target("<=", MOST_QUERIES))
    line.others["queries_by_page"] = queries
    return line
