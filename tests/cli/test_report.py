"""`facet report`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_one_file_is_written_and_its_size_said(run: Run, artifacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = run("report", "--artifacts", artifacts, "--out", out)
    assert result.exit_code == 0
    assert str(out) in result.stdout
    assert " MB" in result.stdout
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    out.write_text("old")
    said = json.loads(run("report", "--artifacts", artifacts, "--out", out, "--json").stdout)
    assert said == {"report": str(out), "bytes": out.stat().st_size}


def test_what_cannot_be_written_is_one_line_and_leaves_nothing(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    for out in (tmp_path, tmp_path / "none" / "report.html", "/dev/null"):
        result = run("report", "--artifacts", artifacts, "--out", out)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
    assert run("report", "--artifacts", tmp_path).exit_code == 1
