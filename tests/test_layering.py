"""Arrows point down only: what each room may import, and no circles within a room."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    ("_version", "errors", "config", "arrays", "columns", "progress", "memory", "kernel_cache"),
    ("sources",),
    ("data",),
    ("linalg",),
    ("model",),
    ("search",),
    ("evaluation",),
    ("versions",),
    ("filters", "answers"),
    ("rules",),
    ("dataset",),
    ("served",),
    ("served_simple",),
    ("reasons", "connected", "notes", "dataset_access"),
    ("ranker_access",),
    ("rule_access",),
    ("new_products", "what_if", "lists"),
    ("similar_products", "audience", "map_access"),
    ("batch",),
    ("recommender",),
    ("rule_cost", "version_comparison"),
    ("version_before", "forgetting"),
    ("engine",),
    ("build_inputs", "item_map"),
    ("pipeline", "estimates"),
    ("cluster", "jobs", "export"),
    ("charts",),
    ("report",),
    ("api",),
    ("ui",),
    ("cli",),
    ("__main__",),
)
"""From the lowest to the highest: a room imports those above it in this list, and itself."""
HEIGHT = {room: height for height, rooms in enumerate(ROOMS) for room in rooms}
SOURCES = sorted((ROOT / "recsys").rglob("*.py"))
SCREENS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]


def imports(path: Path) -> set[str]:
    """Names of the modules that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def rooms_of(names: set[str]) -> set[str]:
    parts = (name.split(".") for name in names if name.startswith("recsys."))
    return {room for _, room, *_ in parts if room in HEIGHT}


@pytest.mark.parametrize("path", [path for path in SOURCES if module(path) != "recsys"], ids=module)
def test_a_room_imports_only_those_below_it(path: Path) -> None:
    room = module(path).split(".")[1]
    assert room in HEIGHT, f"{path}: name the room in ROOMS"
    above = {other for other in rooms_of(imports(path)) if HEIGHT[other] > HEIGHT[room]}
    beside = {other for other in rooms_of(imports(path)) if HEIGHT[other] == HEIGHT[room]} - {room}
    assert not above, f"{path} may not import {above}"
    assert not beside or room in ROOMS[0], f"{path} may not import {beside}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {module(path) for path in SOURCES}
    graph = {module(path): imports(path) & names - {module(path)} for path in SOURCES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {error.args[1]}")


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_only_the_ui_imports_streamlit(path: Path) -> None:
    if not module(path).startswith("recsys.ui"):
        assert not {name for name in imports(path) if name.split(".")[0] == "streamlit"}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_nothing_imports_a_page(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("pages", "app")}


@pytest.mark.parametrize("path", SCREENS, ids=module)
def test_a_page_reaches_the_models_only_through_the_ui(path: Path) -> None:
    below = {"model", "linalg", "search", "versions", "evaluation", "sources", "data"}
    assert not rooms_of(imports(path)) & below
