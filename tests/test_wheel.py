"""The wheel, in an environment with no checkout near it."""

from __future__ import annotations

import ast
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import recsys

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BLOCKED = """
import importlib.metadata, sys
sys.modules["streamlit"] = None
installed = importlib.metadata.version
def version(name):
    if name == "streamlit":
        raise importlib.metadata.PackageNotFoundError(name)
    return installed(name)
importlib.metadata.version = version
"""
"""Makes Streamlit look as if it were not installed."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("facet-*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that has the wheel.

    Other packages are those of the running environment, so that nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("fresh") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = programs / Path(sys.executable).name
    python = python if python.exists() else programs / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run(
        [str(python), "-c", asked], capture_output=True, text=True, check=True
    ).stdout.strip()
    (Path(site) / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    done = subprocess.run([str(python), *install], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return programs


def environment(**more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**inherited, "NO_COLOR": "1", **more}


def facet(programs: Path, folder: Path, *words: str) -> str:
    done = subprocess.run(
        [str(programs / "facet"), *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_what_the_studio_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = {f"recsys/studio/pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    assets = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "recsys" / "ui" / "assets").rglob("*")
        if path.is_file()
    }
    assert pages
    assert assets
    wanted = {"recsys/studio/app.py", "recsys/studio/.streamlit/config.toml", "recsys/py.typed"}
    assert pages | assets | wanted <= names
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]
    kept = {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name}
    assert kept == {"LICENSE", "NOTICE"}


def test_the_metadata_state_version_licence_and_readme(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    assert f"\nVersion: {recsys.__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0] in metadata


@pytest.fixture(scope="module")
def built(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the installed program has built from ratings.csv."""
    folder = tmp_path_factory.mktemp("elsewhere")
    sizes = ("--users", "120", "--items", "60", "--ratings", "1200")
    facet(programs, folder, "sample", *sizes, "--out", "ratings.csv")
    words = ("build", "--ratings", "ratings.csv", "--no-evaluate", "--json")
    assert json.loads(facet(programs, folder, *words))["n_ratings"] > 0
    return folder


def test_an_installed_wheel_builds_and_answers(programs: Path, built: Path) -> None:
    assert recsys.__version__ in facet(programs, built, "--version")
    user = (built / "ratings.csv").read_text().split(",", 1)[0]
    answer = json.loads(facet(programs, built, "recommend", user, "-k", "3", "--json"))
    assert [row["rank"] for row in answer["items"]] == [1, 2, 3]


def test_an_installed_wheel_serves_the_studio(programs: Path, built: Path) -> None:
    with served(programs, built) as url:
        with urllib.request.urlopen(f"{url}/_stcore/health") as answer:
            assert answer.read() == b"ok"
        with urllib.request.urlopen(url) as answer:
            assert b"<html" in answer.read()


def test_the_installed_pages_draw(programs: Path, built: Path) -> None:
    script = (
        "from streamlit.testing.v1 import AppTest\n"
        "from recsys.ui.launch import app_file\n"
        "at = AppTest.from_file(str(app_file()), default_timeout=60).run()\n"
        "assert not at.exception, at.exception\n"
        "print(app_file())\n"
        "print(at.title[0].value)"
    )
    artifacts = str(built / "artifacts")
    done = subprocess.run(
        [str(programs / "python"), "-c", script],
        cwd=built,
        env=environment(FACET_ARTIFACTS=artifacts, RECSYS_ARTIFACTS=artifacts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    script_file, title = done.stdout.splitlines()
    assert Path(script_file).parts[-3:] == ("recsys", "studio", "app.py")
    assert title


@contextmanager
def served(programs: Path, folder: Path) -> Iterator[str]:
    """The address of an installed studio that runs in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["studio", "--no-browser", "--port", str(port)]
    with (folder / "studio.log").open("wb") as log:
        process = subprocess.Popen(
            [str(programs / "facet"), *words], cwd=folder, env=environment(), stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, (folder / "studio.log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def test_without_streamlit_the_package_builds_answers_and_publishes(tmp_path: Path) -> None:
    script = (
        BLOCKED + "from recsys import Recommender, build\n"
        "from recsys.data.sample.files import write_sample\n"
        "from recsys.config import BuildConfig\n"
        "write_sample('r.csv', n_users=120, n_items=60, n_ratings=1200, seed=1)\n"
        "build('r.csv', out='artifacts', config=BuildConfig(evaluate=False))\n"
        "recommender = Recommender.open('artifacts')\n"
        "print(len(recommender.recommend(recommender.example_users().user_id[0], k=5)))\n"
        "from recsys.cli.main import main\n"
        "main(['studio'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[:1] == ["5"], done.stderr
    assert done.returncode == 1
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_imported_package_is_declared() -> None:
    """By the name of its distribution; the studio's script and pages count too."""
    distributions = packages_distributions()
    declared = {normal(re.split(r"[<>=!~\[; ]", name)[0]) for name in PROJECT["dependencies"]}
    for extra in PROJECT.get("optional-dependencies", {}).values():
        declared |= {normal(re.split(r"[<>=!~\[; ]", name)[0]) for name in extra}
    files = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "recsys").rglob("*.py")]
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in imported(path) - sys.stdlib_module_names - {"recsys"}
        if not {normal(found) for found in distributions.get(name, [name])} & declared
    }
    assert not undeclared


def test_numba_and_llvmlite_are_bounded_above() -> None:
    for name in ("numba", "llvmlite"):
        (requirement,) = (text for text in PROJECT["dependencies"] if text.startswith(f"{name}>"))
        assert "<" in requirement


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
