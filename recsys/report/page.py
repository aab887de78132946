"""The report as one HTML file that needs neither us nor the network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from recsys._version import __version__
from recsys.charts import CONFIG, PALETTE, template
from recsys.charts.text import day_of, plain
from recsys.recommender import Recommender
from recsys.report.blocks import THEMES, Chart, Facts, Section
from recsys.report.data import data_quality, exploration
from recsys.report.facts import MADE_UP, data_facts, lead
from recsys.report.quality import making, quality
from recsys.report.reading import how_to_read
from recsys.report.users import example_users

_LONGEST = 2_000
"""Characters of a text."""


def report_html(recommender: Recommender) -> str:
    """A report on a version: its data, how good it is, example users, data quality, and how to read it.

    Returns
    -------
    str
        One HTML page of about 5 MB, most of which is plotly.js. It makes no call to any server, and shows
        text from the data as plain text. Light or dark as the reader's system is; light on paper.
    """
    manifest = recommender.manifest
    sections = [
        exploration(recommender),
        quality(recommender),
        example_users(recommender),
        data_quality(recommender),
        how_to_read(manifest.evaluation),
        making(recommender),
    ]
    page = _environment()
    scripts = [Markup(get_plotlyjs()), _part(page, "report.js")]
    return page.get_template("report.html").render(
        title=f"Report: {plain(manifest.name, 120)}",
        lead=lead(manifest),
        made_up=MADE_UP if manifest.made_up else "",
        built=f"Version {manifest.version}, built on {day_of(manifest.built_at)}.",
        writer=f"Facet {__version__}",
        summary=Facts(list(data_facts(manifest.summary))),
        sections=sections,
        drawn=_drawn(sections),
        style=_part(page, "report.css", palette=PALETTE),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
    )


def _environment() -> Environment:
    """Templates in which every text is plain: control characters are taken out, and the rest is escaped."""

    def finalize(value: object) -> object:
        return value if isinstance(value, Markup) else plain(value, _LONGEST)

    return Environment(
        loader=PackageLoader("recsys.report"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _part(page: Environment, name: str, **values: Any) -> Markup:
    """A script or style sheet of ours, to stand in the page as it is."""
    return Markup(page.get_template(name).render(**values))


def _hash(script: Markup) -> str:
    """What the page's policy knows a script by: no other script runs."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _drawn(sections: list[Section]) -> dict[str, Any]:
    """What the page's script draws: the figures of each chart by theme, in the order of the page."""
    return {
        "config": {**CONFIG, "responsive": True},
        "templates": {theme: template(theme).to_plotly_json() for theme in THEMES},
        "charts": [chart.figures for chart in _charts(sections)],
    }


def _charts(sections: list[Section]) -> Iterator[Chart]:
    for section in sections:
        for part in section.parts:
            yield from (block for block in part.blocks if isinstance(block, Chart))
