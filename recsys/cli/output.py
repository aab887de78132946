"""What the command line prints: progress on stderr, answers on stdout."""

from __future__ import annotations

import json
from typing import Any

import click
import pandas as pd

from recsys.errors import shown as printable


class Narrator:
    """Tells progress on stderr: a spinner on a terminal, plain lines otherwise."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, markup=False)
        self._status = self._console.status("") if self._console.is_terminal else None

    def __enter__(self) -> Narrator:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, message: str) -> None:
        """Steps begin with a capital and stay to be read; what a step is at is shown while it lasts."""
        if self._status:
            self._status.update(message)
        if not message[0].islower():
            self._console.print(message)


def say_built(manifest: dict[str, Any], out: str) -> None:
    numbers, cleaning = manifest["summary"], manifest["cleaning"]
    click.echo(
        f"{manifest['name']}: {numbers['n_ratings']:,} ratings by {numbers['n_users']:,} users"
        f" of {numbers['n_items']:,} items ({cleaning['source']})."
    )
    for note in cleaning["notes"]:
        click.echo(f"  {printable(note, 400)}")
    rejected = sum(reason["count"] for reason in cleaning["rejected"].values())
    if rejected or cleaning["duplicates"]:
        click.echo(f"{rejected:,} rows rejected, {cleaning['duplicates']:,} duplicates resolved.")
    seconds = sum(manifest["seconds"].values())
    click.echo(
        f"Version {manifest['version']} is in service in {out}"
        f" ({seconds:.1f} s, peak memory {manifest['peak_memory_mb']:,} MB)."
    )


def print_answer(frame: pd.DataFrame, form: str) -> None:
    note = frame.attrs.get("note")
    if form == "json":
        records = json.loads(frame.to_json(orient="records", double_precision=6))
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
        return
    if "reasons" in frame:
        frame = frame.assign(reasons=[_reasons_text(reasons) for reasons in frame.reasons])
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    else:
        if note:
            click.echo(note, err=True)
        shown = frame.drop(columns=[name for name in ("image_url", "category") if name in frame])
        click.echo(shown.to_string(index=False, max_colwidth=48, float_format=lambda x: f"{x:.3f}"))


def _reasons_text(reasons: list[dict[str, Any]]) -> str:
    return "; ".join(str(reason.get("title") or reason["item_id"]) for reason in reasons)


def report_text(result: dict[str, Any]) -> str:
    models = {"this model": result["model"], **result["baselines"]}
    lines = [f"Task: {result['task']}. {result.get('protocol', '')}".rstrip(), ""]
    table = pd.DataFrame(
        {
            name: {metric: _figure(value) for metric, value in metrics.items()}
            for name, metrics in models.items()
        }
    )
    lines += [table.fillna("").to_string(), ""]
    lines.append("Chosen: " + ", ".join(f"{key} {value}" for key, value in result["chosen"].items()))
    lines.append("Seconds: " + ", ".join(f"{key} {value:.1f}" for key, value in result["seconds"].items()))
    return "\n".join(lines)


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['value']:.4f} [{value['low']:.4f}, {value['high']:.4f}]"
    return f"{value:.4f}"
