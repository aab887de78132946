"""Files of a made-up electronics store of any size, for the first run and for benchmarks.

Each customer has one or two tastes (photographer, gamer, ...), one favourite camp in
each department, a budget, a generosity and a number of ratings; each product has a
shelf, a price, a quality and a popularity. Customers are made in chunks, each from a
seed of its own, so memory does not grow with the number of ratings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.arrays import Rows
from recsys.config import SEED
from recsys.data.sample.catalog import CATEGORIES, ROOT, name_product
from recsys.data.sample.shop import Products, Shop, make_degrees, make_products, shelf_table
from recsys.errors import SampleError, explain

SHOP_SIZE = {"n_users": 8_000, "n_items": 1_500, "n_ratings": 120_000}
N_NEW = 60
"""Products in the catalogue of the first run that nobody has rated yet."""

_CHUNK_RATINGS = 600_000
_ALPHABET = np.frombuffer(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ", dtype=np.uint8)


def _make_ids(rows: Rows, letter: str, length: int, seed: int) -> pl.Series:
    """Ids like U7QH2M4CXK9TA: a letter and a scrambled row number, unique for each row."""
    bits = 5 * (length - 1)
    mask, half = np.uint64(2**bits - 1), np.uint64(bits // 2)
    keys = np.random.default_rng([seed, 4]).integers(2**bits, size=2, dtype=np.uint64)
    code = rows.astype(np.uint64)
    for multiplier, key in zip((0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9), keys, strict=True):
        code = (code * np.uint64(multiplier) + key) & mask
        code ^= code >> half
    text = np.empty((len(rows), length), dtype=np.uint8)
    text[:, 0] = ord(letter)
    for column in range(1, length):
        text[:, column] = _ALPHABET[(code >> np.uint64(5 * (column - 1))) & np.uint64(31)]
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * length
    array = pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(text))
    return pl.Series(array)


def _user_ids(rows: Rows, seed: int) -> pl.Series:
    return _make_ids(rows, "U", 13, seed)


def _item_ids(rows: Rows, seed: int) -> pl.Series:
    return _make_ids(rows, "P", 10, seed)


def stream_sample(*, n_users: int, n_items: int, n_ratings: int, seed: int = SEED) -> Iterator[pl.DataFrame]:
    """Ratings of a made-up shop, some hundred thousand at a time.

    Yields
    ------
    polars.DataFrame
        Columns user_id, item_id (String), rating (Float32), timestamp (Int64). No (user,
        item) occurs twice. `n_ratings` rows in all, or a few less where customers would have
        to rate nearly everything.

    Raises
    ------
    SampleError
        Where the sizes are inconsistent.
    """
    if not 1 <= n_users <= n_ratings <= n_users * n_items:
        raise SampleError(
            f"{n_ratings:,} ratings of {n_items:,} items by {n_users:,} users are not possible: each "
            "user rates at least one item, and no item twice. Choose other sizes."
        )
    shop = Shop(n_items, seed)
    rng = np.random.default_rng([seed, 1])
    degrees = make_degrees(n_users, n_items, n_ratings, rng)
    ends = np.cumsum(degrees, dtype=np.int64)
    cuts = np.searchsorted(ends, np.arange(_CHUNK_RATINGS, n_ratings, _CHUNK_RATINGS))
    bounds = np.unique(np.concatenate([[0], cuts, [n_users]]))
    wanted = np.array_split(rng.permutation(n_items), len(bounds) - 1)
    for number, (start, stop) in enumerate(pairwise(bounds)):
        rows = shop.chunk(number, degrees[start:stop], wanted[number])
        yield pl.DataFrame(
            {
                "user_id": _user_ids(rows["user"] + start, seed),
                "item_id": _item_ids(rows["item"], seed),
                "rating": rows["rating"],
                "timestamp": rows["timestamp"],
            }
        )


def sample_catalog(n_items: int, seed: int = SEED, n_new: int = 0) -> Iterator[pl.DataFrame]:
    """Catalogue of the same shop: item_id, title, brand, category, price (US dollars).

    `n_new` products that nobody has rated yet come last.
    """
    products = make_products(n_items, np.random.default_rng([seed, 0]))
    yield from _described(products, 0, np.random.default_rng([seed, 3]), seed)
    if n_new:
        products = make_products(n_new, np.random.default_rng([seed, 5]))
        yield from _described(products, n_items, np.random.default_rng([seed, 6]), seed)


def _described(
    products: Products, first_row: int, rng: np.random.Generator, seed: int
) -> Iterator[pl.DataFrame]:
    first, _, _ = shelf_table()
    n_items = len(products.shelf)
    for start in range(0, n_items, 50_000):
        rows = np.arange(start, min(n_items, start + 50_000))
        shelf = products.shelf[rows]
        category = np.searchsorted(first, shelf, side="right") - 1
        camp, numbers = shelf - first[category], rng.integers(2**20, size=(len(rows), 8))
        kinds = [CATEGORIES[one] for one in category]
        names = [name_product(*one) for one in zip(kinds, camp.tolist(), numbers, strict=True)]
        yield pl.DataFrame(
            {
                "item_id": _item_ids(rows + first_row, seed),
                "title": [title for title, _ in names],
                "brand": [brand for _, brand in names],
                "category": [f"{ROOT} > {kind.path}" for kind in kinds],
                "price": products.price[rows].round(2),
            }
        )


def _write(frames: Iterator[pl.DataFrame], path: Path, *, header: bool) -> None:
    try:
        with path.open("wb") as file:
            for number, frame in enumerate(frames):
                frame.write_csv(file, include_header=header and number == 0)
    except OSError as error:
        raise SampleError(f"Cannot write {explain(error, path)}") from error


def _write_parts(frames: Iterator[pl.DataFrame], folder: Path, parts: int) -> None:
    """Deal the rows out to Parquet files, so that a user's ratings lie in several of them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as open_files:
            writers: list[pq.ParquetWriter] = []
            for frame in frames:
                if not writers:
                    schema = frame.to_arrow().schema
                    paths = [folder / f"part-{part:04}.parquet" for part in range(parts)]
                    writers = [open_files.enter_context(pq.ParquetWriter(path, schema)) for path in paths]
                for part, writer in enumerate(writers):
                    writer.write_table(frame[part::parts].to_arrow())
    except OSError as error:
        raise SampleError(f"Cannot write {explain(error, folder)}") from error


def write_sample(
    path_ratings: str | Path,
    *,
    n_users: int = SHOP_SIZE["n_users"],
    n_items: int = SHOP_SIZE["n_items"],
    n_ratings: int = SHOP_SIZE["n_ratings"],
    seed: int = SEED,
    path_catalog: str | Path | None = None,
    header: bool = False,
    n_new: int = 0,
    parts: int | None = None,
) -> None:
    """Write a made-up shop's ratings as CSV: user, item, rating, unix seconds.

    By default there is no header, as in Amazon's files of 2014. With `parts`, `path_ratings` is a
    folder, and the ratings are dealt out to so many Parquet files. The same arguments give the
    same bytes. Memory stays under about 500 MB at any size.

    Raises
    ------
    SampleError
        Where the sizes are inconsistent, or a file cannot be written.
    """
    ratings = stream_sample(n_users=n_users, n_items=n_items, n_ratings=n_ratings, seed=seed)
    if parts is None:
        _write(ratings, Path(path_ratings), header=header)
    else:
        _write_parts(ratings, Path(path_ratings), parts)
    if path_catalog is not None:
        _write(sample_catalog(n_items, seed, n_new), Path(path_catalog), header=True)


def sample_shop(folder: str | Path, *, seed: int = SEED) -> tuple[Path, Path]:
    """Write the shop of the first run: ratings.csv (with a header) and items.csv.

    Returns
    -------
    (ratings_path, catalog_path)
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    ratings, catalog = folder / "ratings.csv", folder / "items.csv"
    write_sample(ratings, seed=seed, path_catalog=catalog, header=True, n_new=N_NEW)
    return ratings, catalog
