"""What became of a catalogue: how much of it was read, and how much of it fits the ratings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CatalogReport:
    """A catalogue beside the items that are rated.

    Attributes
    ----------
    rows : int
        Rows read.
    products : int
        Different ids among them.
    unreadable : int
        Rows left out, with more fields than there are columns or with no id.
    matched : int
        Items of the ratings that are in the catalogue.
    of : int
        Items of the ratings.
    notes : tuple of str
        What a reader should know, such as which column holds the ids.
    """

    rows: int
    products: int
    unreadable: int = 0
    matched: int = 0
    of: int = 0
    notes: tuple[str, ...] = ()

    def describe(self) -> tuple[str, ...]:
        """The catalogue in sentences, one a line."""
        share = f" ({self.matched / self.of:.0%})" if self.of else ""
        lines = [
            f"Catalogue: {self.products:,} products, {self.matched:,} of the {self.of:,} items found{share}."
        ]
        if self.unreadable:
            lines.append(
                f"Catalogue: {self.unreadable:,} of {self.rows:,} rows could not be read, as with too many"
                " fields (a comma that is not in quotes) or without an id; they are left out."
            )
        repeated = self.rows - self.unreadable - self.products
        if repeated:
            lines.append(f"Catalogue: {repeated:,} rows repeat an id; the last one of each counts.")
        return (*lines, *(f"Catalogue: {note}" for note in self.notes))
