"""The arrows between the apps, and inside each, stay as drawn in docs/decisions.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("practitioners", "bookings", "treatment_plans", "clinic")
MAY_IMPORT = {
    "practitioners": {"practitioners"},
    "bookings": {"practitioners", "bookings"},
    "treatment_plans": {"practitioners", "bookings", "treatment_plans"},
    "clinic": set(APPS),
}
# Inside an app an arrow points from left to right, never back.
ORDER = ("urls", "views", "forms", "models")
PURE = {
    "bookings/times.py",
    "bookings/wall_clock.py",
    "treatment_plans/charts.py",
    "treatment_plans/outcomes.py",
    "treatment_plans/schedule",
}


def modules(app: str) -> Iterator[Path]:
    for path in sorted((ROOT / app).rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
            yield path


def imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node, node.module or ""
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def layer(module: str, app: str) -> str | None:
    rest = module.removeprefix(f"{app}.").split(".")[0]
    return rest if module.startswith(f"{app}.") and rest in ORDER else None


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_what_lies_below_it(app: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(app)
        for _, name in imports(path)
        if (top := name.split(".")[0]) in APPS and top not in MAY_IMPORT[app]
    ]
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_inside_an_app_no_arrow_points_back(app: str) -> None:
    wrong = []
    for path in modules(app):
        own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts), app)
        if own is None:
            continue
        for _, name in imports(path):
            other = layer(name, app)
            if other is not None and ORDER.index(other) < ORDER.index(own):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_nothing_below_the_views_imports_a_view(app: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(app)
        if not {"views", "urls.py", "views.py"} & set(path.relative_to(ROOT / app).parts)
        for _, name in imports(path)
        if name.startswith(tuple(f"{one}.views" for one in APPS))
    ]
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_no_function_imports(app: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in modules(app)
        for outer in ast.walk(ast.parse(path.read_text()))
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_no_signals_and_no_get_model(app: str) -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in modules(app)
        if "get_model(" in path.read_text() or "django.dispatch" in path.read_text()
    ]
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_views_fetch_only_through_words_of_a_queryset(app: str) -> None:
    """A view that says `.objects.filter` has written a rule in the wrong place."""
    wrong = []
    for path in modules(app):
        if not {"views", "views.py"} & set(path.relative_to(ROOT / app).parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Attribute)
                and node.value.attr in ("objects", "_default_manager")
                and node.attr in ("all", "filter", "get", "exclude", "create")
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} .objects.{node.attr}")
    assert wrong == []


def test_pure_modules_know_no_django() -> None:
    wrong = []
    for place in sorted(PURE):
        path = ROOT / place
        files = [path] if path.suffix else sorted(path.rglob("*.py")) or [path.with_suffix(".py")]
        for file in files:
            wrong += [
                f"{file.relative_to(ROOT)} imports {name}"
                for _, name in imports(file)
                if name.split(".")[0] == "django"
            ]
    assert wrong == []


def test_no_module_is_called_after_nothing() -> None:
    vague = {"utils", "helpers", "common", "services", "misc"}
    wrong = [
        str(path.relative_to(ROOT)) for app in APPS for path in modules(app) if path.stem in vague
    ]
    # These hold the rows that a clinic calls services.
    assert wrong == ["practitioners/admin/services.py", "practitioners/models/services.py"]
