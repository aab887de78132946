"""What the numbers and the ids of a file are: markers, scales, counts, missing ids."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.config import CleaningConfig
from recsys.data.clean import load_interactions, load_ratings
from recsys.errors import AmbiguousFileError, DataFormatError

DRAW = random.Random(11)
PAIRS = [(f"u{user}", f"i{item}") for user in range(40) for item in DRAW.sample(range(60), 10)]


def rated(path: Path, draw: Callable[[], object], name: str = "rating") -> Path:
    rows = [f"{user},{item},{draw()}" for user, item in PAIRS]
    path.write_text("\n".join([f"user_id,item_id,{name}", *rows]) + "\n")
    return path


MARKERS: dict[str, tuple[Callable[[], object], str]] = {
    "0 below 1 to 10, most frequent": (lambda: DRAW.choice([0] * 20 + list(range(1, 11))), "0"),
    "0 below 5 to 10, with a gap": (lambda: DRAW.choice([0, 5, 6, 7, 8, 9, 10]), "0"),
    "0 below stars": (lambda: DRAW.choice([0] * 6 + [1, 2, 3, 4, 5]), "0"),
    "-1 below 1 to 10": (lambda: DRAW.choice([-1, *range(1, 11)]), "-1"),
    "-1 below 0 to 5": (lambda: DRAW.choice([-1, 0, 1, 2, 3, 4, 5]), "-1"),
    "99 above -10 to 10": (lambda: DRAW.choice([99, round(DRAW.uniform(-10, 10), 2)]), "99"),
    "99.9 above stars": (lambda: DRAW.choice([99.9, 1, 2, 3, 4, 5]), "99.9"),
    "9999999 above stars": (lambda: DRAW.choice([9_999_999, 1, 2, 3, 4, 5]), "9999999"),
    "9 above stars": (lambda: DRAW.choice([9, 1, 2, 3, 4, 5]), "9"),
}


@pytest.mark.parametrize("kind", MARKERS)
def test_a_marker_is_asked_about_and_both_answers_work(kind: str, tmp_path: Path) -> None:
    draw, marker = MARKERS[kind]
    path = rated(tmp_path / "r.csv", draw)
    with pytest.raises(AmbiguousFileError, match=f"--unrated {marker} ") as asked:
        load_ratings(path)
    assert len(asked.value.readings) == 2
    left_out = load_ratings(path, config=CleaningConfig(unrated=(float(marker),)))
    n = left_out.report.rejected["not rated"].count
    assert n + left_out.report.accepted == len(PAIRS)
    low, high = map(float, asked.value.readings[1].option.removeprefix("--scale ").split(","))
    kept = load_ratings(path, config=CleaningConfig(scale=(low, high)))
    assert (kept.report.accepted, kept.scale) == (len(PAIRS), (low, high))


SCALES: dict[str, tuple[Callable[[], object], tuple[float, float]]] = {
    "stars": (lambda: DRAW.randint(1, 5), (1, 5)),
    "half stars": (lambda: DRAW.randint(1, 10) / 2, (0.5, 5)),
    "0 to 10": (lambda: DRAW.randint(0, 10), (0, 10)),
    "percent": (lambda: 5 * DRAW.randint(0, 20), (0, 100)),
    "-1, 0, 1": (lambda: DRAW.choice([-1, 0, 1]), (-1, 1)),
    "like or not": (lambda: DRAW.choice([0, 1]), (0, 1)),
}


@pytest.mark.parametrize("kind", SCALES)
def test_a_scale_that_nobody_stated_rejects_no_row(kind: str, tmp_path: Path) -> None:
    draw, scale = SCALES[kind]
    clean = load_ratings(rated(tmp_path / "r.csv", draw))
    assert (clean.scale, clean.report.n_rejected, clean.implicit) == (scale, 0, False)


def test_a_stated_scale_is_obeyed_however_many_rows_it_leaves_out(tmp_path: Path) -> None:
    path = rated(tmp_path / "r.csv", lambda: DRAW.choice([0, 0, 0, 0, 7, 8]))
    report = load_ratings(path, config=CleaningConfig(scale=(1, 10))).report
    assert report.rejected["rating outside the scale"].count > 0.5 * len(PAIRS)
    with pytest.raises(DataFormatError, match="--scale"):
        load_ratings(path, config=CleaningConfig(scale=(20, 30)))


COUNTS: dict[str, Callable[[], object]] = {
    "plays": lambda: int(DRAW.lognormvariate(1.5, 1.6)) + 1,
    "quantity": lambda: DRAW.choice([1, 1, 1, 2, 2, 3]),
    "times": lambda: DRAW.choice([1, 1, 1, 2, 3, 4, 5] * 3 + [6, 12, 24, 48]),
    "hours": lambda: round(DRAW.lognormvariate(1.5, 1.6), 1),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_kept_added_up_and_called_no_stars(name: str, tmp_path: Path) -> None:
    path = rated(tmp_path / "r.csv", COUNTS[name], name)
    with path.open("a") as file:
        file.write("u1,new,3\nu1,new,4\n")
    data, report = load_interactions(path)
    assert data.implicit
    assert report.n_rejected == 0
    assert any("counts" in note for note in report.notes)
    row = data.users.row("u1")
    assert row is not None
    mine = dict(
        zip(data.items.ids(data.item_rows[data.slice(row)]), data.ratings[data.slice(row)], strict=True)
    )
    assert mine["new"] == 7


@pytest.mark.parametrize(
    "word", ["NULL", "null", "nan", "NaN", "None", "\\N", "N/A", "#N/A", "<NA>", "NaT", "NA", "unknown", ""]
)
@pytest.mark.parametrize("column", ["user", "item"])
def test_a_word_for_missing_is_no_id(word: str, column: str, tmp_path: Path) -> None:
    rows = []
    for n, (user, item) in enumerate(PAIRS):
        user, item = (
            (word if n % 4 == 0 and column == "user" else user),
            (word if n % 4 == 0 and column == "item" else item),
        )
        rows.append(f"{user},{item},{1 + n % 5}")
    (tmp_path / "r.csv").write_text("user_id,item_id,rating\n" + "\n".join(rows) + "\n")
    clean = load_ratings(tmp_path / "r.csv")
    assert clean.report.rejected["empty id"].count == len(PAIRS) / 4
    assert word not in {*clean.frame["user_id"], *clean.frame["item_id"]}


@pytest.mark.parametrize("pad", [" ", "  ", "\t", "\u00a0"])
def test_white_space_around_ids_and_numbers_is_no_part_of_them(pad: str, tmp_path: Path) -> None:
    rows = [f"{user},{item},{1 + n % 5}" for n, (user, item) in enumerate(PAIRS)]
    late = [row.replace(",", f"{pad},{pad}") + pad for row in rows]
    (tmp_path / "a.csv").write_text("user_id,item_id,rating\n" + "\n".join(rows) + "\n")
    (tmp_path / "b.csv").write_text("user_id,item_id,rating\n" + "\n".join([*rows[:300], *late[300:]]) + "\n")
    assert load_ratings(tmp_path / "b.csv").frame.rows() == load_ratings(tmp_path / "a.csv").frame.rows()


@pytest.mark.parametrize("form", ["1.2{}E+12", "123456789012345{}6.0"])
def test_ids_that_a_spreadsheet_or_a_decimal_has_cut_are_refused(form: str, tmp_path: Path) -> None:
    rows = [f"{form.format(n % 7)},{item},{1 + n % 5}" for n, (_, item) in enumerate(PAIRS)]
    (tmp_path / "r.csv").write_text("user_id,item_id,rating\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataFormatError, match=r"has cut.*text"):
        load_ratings(tmp_path / "r.csv")
