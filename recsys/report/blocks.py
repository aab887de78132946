"""What a report consists of: sections of parts, and parts of words, numbers, tables and charts.

All text is plain: the page escapes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, ClassVar, get_args

import pandas as pd
import plotly.graph_objects as go

from recsys.charts import Theme, take_title
from recsys.report.facts import Fact

THEMES: tuple[Theme, ...] = get_args(Theme)


@dataclass(frozen=True)
class Words:
    """A paragraph; `mark` is a word before it, such as "Warning"."""

    kind: ClassVar = "words"
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Facts:
    """Numbers with their names and meanings."""

    kind: ClassVar = "facts"
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Answers:
    """Questions, each with its answer in a sentence."""

    kind: ClassVar = "answers"
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Terms:
    """Terms, each with its meaning."""

    kind: ClassVar = "terms"
    terms: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    rows : sequence of rows
        A cell is a text, or a text and what stands smaller below it.
    numbers : set of str
        The columns that hold numbers: they stand to the right.
    short : set of str
        Other columns whose cells are not broken into lines.
    """

    kind: ClassVar = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | tuple[str, str]]]
    numbers: Set[str] = frozenset()
    short: Set[str] = frozenset()

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        caption: str,
        *,
        numbers: Set[str] = frozenset(),
        short: Set[str] = frozenset(),
    ) -> Table:
        """The rows of a frame; whole numbers are grouped. `numbers` are those columns that are texts."""
        counts = {str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])}
        rows = [
            [f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
            for row in frame.itertuples(index=False)
        ]
        return cls(caption, list(map(str, frame.columns)), rows, counts | numbers, short)


@dataclass(frozen=True)
class Chart:
    """A figure by theme, with its title, the sentence that says what is seen, and how to read it."""

    kind: ClassVar = "chart"
    title: str
    sentence: str
    how: str
    figures: Mapping[str, dict[str, Any]]

    @property
    def height(self) -> int:
        """In pixels, the same in each theme."""
        return int(self.figures[THEMES[0]]["layout"]["height"])

    @classmethod
    def of(
        cls,
        draw: Callable[..., go.Figure],
        sentence: Callable[..., str],
        *tables: pd.DataFrame,
        how: str = "",
        **options: Any,
    ) -> Chart:
        """Draw a chart in each theme."""
        figures: dict[str, dict[str, Any]] = {}
        title = ""
        for theme in THEMES:
            figure = draw(*tables, theme=theme, **options)
            title = take_title(figure)
            plain = json.loads(figure.to_json())
            del plain["layout"]["template"]  # the page holds it once
            figures[theme] = plain
        return cls(title, sentence(*tables, **options), how, figures)


Block = Words | Facts | Answers | Terms | Table | Chart


@dataclass(frozen=True)
class Part:
    """Blocks under a heading; `wide` where charts need the whole width."""

    title: str
    blocks: Sequence[Block]
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """Parts under a heading that the contents name by `id`."""

    id: str
    title: str
    words: str
    parts: Sequence[Part] = field(default=())
