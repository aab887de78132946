"""Numbers as people write them: 1,234, 80%, 4/5, 4.0 out of 5 stars, true."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recsys.sources.column_content import MISSING
from recsys.sources.source import Field

_TRUTHS = {"true": "1", "false": "0"}
GROUPED = r"^[+-]?\d{1,3}(?:[,'’\s\x{a0}\x{202f}]\d{3})+(?:\.\d+)?$"
_GROUPED_BY_POINTS = r"^[+-]?\d{1,3}(?:[.'’\s\x{a0}\x{202f}]\d{3})+(?:,\d+)?$"
_WITH_UNIT = r"(?i)^([+-]?\d+(?:[.,]\d+)?)\s*(%|stars?|(?:/|out of|of)\s*\d+(?:\s*stars?)?)$"
_MOSTLY = 0.9


def typed(frame: pl.DataFrame, fields: Sequence[Field], decimal_comma: bool = False) -> pl.DataFrame:
    """The frame with numbers in place of the text of fields that are numbers."""
    numbers = [field for field in fields if field.is_number and frame.schema[field.name] == pl.String]
    return frame.with_columns(
        parse(frame[field.name], decimal_comma).cast(field.dtype).alias(field.name) for field in numbers
    )


def parse(texts: pl.Series, decimal_comma: bool = False) -> pl.Series:
    """The numbers that texts are; null for what is none.

    What follows a number (%, stars, /5) is left out where nearly all numbers have the same.

    Parameters
    ----------
    texts : polars.Series of String
    decimal_comma : bool
        4.5 is written 4,5.

    Returns
    -------
    polars.Series of Float64
    """
    texts = texts.str.strip_chars()
    numbers = _plain(texts, decimal_comma)
    odd = numbers.is_null() & texts.is_not_null() & (texts != "") & ~texts.is_in(list(MISSING))
    if not odd.any():
        return numbers
    rows = odd.arg_true()
    return numbers.scatter(
        rows, _written(texts.gather(rows), decimal_comma, int(numbers.is_not_null().sum()))
    )


def _plain(texts: pl.Series, decimal_comma: bool) -> pl.Series:
    if decimal_comma:
        texts = texts.str.replace(",", ".", literal=True)
    return texts.cast(pl.Float64, strict=False)


def _written(texts: pl.Series, decimal_comma: bool, n_plain: int) -> pl.Series:
    grouped = _GROUPED_BY_POINTS if decimal_comma else GROUPED
    marks = r"[.'’\s\x{a0}\x{202f}]" if decimal_comma else r"[,'’\s\x{a0}\x{202f}]"
    text = pl.col("text")
    frame = pl.DataFrame({"text": texts}).with_columns(
        whole=pl.when(text.str.contains(grouped)).then(text.str.replace_all(marks, "")),
        truth=text.str.to_lowercase().replace_strict(_TRUTHS, default=None, return_dtype=pl.String),
        number=text.str.extract(_WITH_UNIT, 1),
        unit=text.str.extract(_WITH_UNIT, 2).str.to_lowercase().str.replace_all(r"\s", ""),
    )
    units = frame["unit"].drop_nulls()
    alike = units.n_unique() == 1 and len(units) >= _MOSTLY * (len(units) + n_plain)
    if not alike:
        frame = frame.with_columns(number=pl.lit(None, pl.String))
    return _plain(frame.select(pl.coalesce("whole", "truth", "number"))["whole"], decimal_comma)
