"""What a person says of how ratings are laid out: the options of the command line, as one value."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Any

from recsys.config import CleaningConfig
from recsys.errors import DataFormatError
from recsys.sources.column_roles import stated_roles


@dataclass(frozen=True)
class ReadingOptions:
    """How ratings are to be read; what is not stated is recognised.

    Attributes
    ----------
    columns : tuple of str or None
        The role of each column in turn: user, item, rating, timestamp, or - for none.
    delimiter : str or None
    no_header : bool
        The first line is a rating, not column names.
    in_order : bool
        The ratings of each user stand in order of time, earliest first.
    scale : (float, float) or None
        Lowest and highest rating.
    unrated : tuple of float
        Values that mean "not rated".
    dates : str or None
        "day-first", "month-first" or "year-first".
    """

    columns: tuple[str, ...] | None = None
    delimiter: str | None = None
    no_header: bool = False
    in_order: bool = False
    scale: tuple[float, float] | None = None
    unrated: tuple[float, ...] = ()
    dates: str | None = None

    @property
    def layout(self) -> dict[str, Any]:
        """The arguments of the readers."""
        header = False if self.no_header else None
        return {"columns": self.columns, "delimiter": self.delimiter, "has_header": header}

    @property
    def cleaning(self) -> CleaningConfig:
        """The settings of cleaning."""
        return CleaningConfig(
            scale=self.scale, unrated=self.unrated, dates=self.dates, in_order=self.in_order
        )

    def arguments(self) -> list[str]:
        """The same as options of the command line."""
        words: list[str] = []
        if self.columns is not None:
            words.append(f"--columns={','.join(self.columns)}")
        if self.delimiter is not None:
            words.append(f"--delimiter={self.delimiter}")
        if self.scale is not None:
            words.append("--scale={!r},{!r}".format(*self.scale))
        words += [f"--unrated={value!r}" for value in self.unrated]
        if self.dates is not None:
            words.append(f"--dates={self.dates}")
        words += ["--no-header"] if self.no_header else []
        return words + (["--in-order"] if self.in_order else [])

    def with_option(self, text: str) -> ReadingOptions:
        """These options and one more, as an error states it, such as `--columns user,item,rating`.

        Raises
        ------
        DataFormatError
            Where it is no option of reading.
        """
        name, *values = shlex.split(text)
        try:
            if name == "--columns":
                columns = tuple(part.strip() for part in values[0].split(","))
                stated_roles(columns)
                return replace(self, columns=columns)
            if name == "--scale":
                low, high = (float(part) for part in values[0].split(","))
                return replace(self, scale=(low, high))
            if name == "--unrated":
                return replace(self, unrated=(*self.unrated, float(values[0])))
            if name == "--dates":
                return replace(self, dates=values[0])
        except (IndexError, ValueError) as error:
            raise DataFormatError(f"{text} cannot be understood: {error}.") from error
        raise DataFormatError(f"{text} is no option of reading.")
