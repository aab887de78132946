"""What the truncated SVD asks of a matrix, so that a matrix may live anywhere.

The solver never sees the matrix A. It hands over a block of columns and gets A^T A times that
block: from this process (`recsys.linalg.gram.NormalisedGram`), or from a cluster.
"""

from __future__ import annotations

from typing import Protocol

from recsys.arrays import Floats, Rows
from recsys.config import SvdConfig
from recsys.data.interactions import Interactions


class SymmetricOperator(Protocol):
    """A symmetric, positive semidefinite matrix that can be multiplied with a block of columns.

    Attributes
    ----------
    n_columns : int
        Rows and columns of the matrix: the rows of a block.
    """

    n_columns: int

    def gram(self, block: Floats) -> Floats:
        """The matrix times the block, float32 (n_columns, w); may overwrite and return `block`."""
        ...


class GramOperator(SymmetricOperator, Protocol):
    """A^T A of a matrix A (users x items), without its empty columns.

    Attributes
    ----------
    n_items : int
        Columns of A.
    n_columns : int
        Columns of A that hold anything.
    item_rows : int64 array, shape (n_columns,)
        Which column of A each row of a block stands for.
    squared_norm : float
        Sum of the squares of A's entries.
    """

    n_items: int
    item_rows: Rows
    squared_norm: float


class SequenceOperator(SymmetricOperator, Protocol):
    """N^T N of a square matrix N (items x items) that it can also multiply with.

    Attributes
    ----------
    n_items : int
        Rows and columns of N.
    n_columns : int
        Those that hold anything.
    item_rows : int64 array, shape (n_columns,)
        Which item each row of a block stands for, most popular first.
    """

    n_items: int
    item_rows: Rows

    def times(self, block: Floats) -> Floats:
        """N times the block, float32 (n_columns, w); may overwrite and return `block`."""
        ...


class GramFactory(Protocol):
    """Makes the operator of A = Du^-a R Di^-b; `NormalisedGram` is the local one."""

    def __call__(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None, /
    ) -> GramOperator:
        """The operator of these interactions, with these exponents of user and item degrees."""
        ...
