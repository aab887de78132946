"""Arrows point down only: what each layer may import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = {
    "recsys.errors": set(),
    "recsys.config": set(),
    "recsys.data": {"recsys.config", "recsys.errors"},
    "recsys.model": {"recsys.data", "recsys.config", "recsys.errors"},
    "recsys.store": {"recsys.data", "recsys.config", "recsys.errors"},
    "recsys.evaluation": {"recsys.model", "recsys.data", "recsys.config", "recsys.errors"},
}
CORE = {*LAYERS, "recsys.charts", "recsys.bundle", "recsys.browser", "recsys.recommender", "recsys.pipeline"}
OUTSIDE_OF_CORE = ("streamlit", "pages", "app")
SOURCES = sorted((ROOT / "recsys").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Names of the modules a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def within(name: str, layer: str) -> bool:
    return name == layer or name.startswith(f"{layer}.")


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_layer_imports_only_those_below(path: Path) -> None:
    own = [layer for layer in LAYERS if within(module(path), layer)]
    for layer in own:
        ours = {name for name in imports(path) if name.startswith("recsys.")}
        stray = {n for n in ours if not any(within(n, low) for low in LAYERS[layer] | {layer})}
        assert not stray, f"{path} may not import {stray}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_only_the_ui_imports_streamlit_and_nothing_imports_a_page(path: Path) -> None:
    outside = {name for name in imports(path) if any(within(name, banned) for banned in OUTSIDE_OF_CORE)}
    if within(module(path), "recsys.ui"):
        outside = {name for name in outside if not within(name, "streamlit")}
    assert not outside
    if any(within(module(path), layer) for layer in CORE):
        assert not {name for name in imports(path) if within(name, "recsys.ui")}


@pytest.mark.parametrize("path", [ROOT / "app.py", *(ROOT / "pages").glob("*.py")], ids=module)
def test_pages_reach_the_models_only_through_the_layers_above_them(path: Path) -> None:
    below = ("recsys.model", "recsys.store", "recsys.bundle", "recsys.evaluation")
    assert not {name for name in imports(path) if any(within(name, layer) for layer in below)}
