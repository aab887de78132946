"""Archives, folders, pipes: one table is read, several are listed; bounds hold; scratch files go."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.config import CleaningConfig, LimitsConfig
from recsys.data.catalog import load_catalog
from recsys.data.clean import load_interactions, load_ratings
from recsys.errors import DataFormatError
from recsys.sources.ratings import recognise
from recsys.sources.registry import open_source

DRAW = random.Random(3)
HEADER = "user_id,item_id,rating\n"
LINES = [
    f"u{user},i{item},{DRAW.randint(1, 5)}\n" for user in range(30) for item in DRAW.sample(range(50), 6)
]
TABLE = HEADER + "".join(LINES)
OTHER = "item_id,title\ni1,x\n"


def zipped(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", ".").replace("DIR", "data/"), text)
    return path


def tarred(path: Path, mode: str, **files: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            entry = tarfile.TarInfo("./" + name.replace("_", "."))
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def rows_of(location: object, **told: object) -> int:
    return load_ratings(location, **told).frame.height  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["zip", "w:", "w:gz", "w:bz2", "w:xz", "gz", "bz2", "xz", "zip of gz"])
def test_a_container_of_one_table_is_read_as_that_table(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "download"
    if kind.startswith("w:"):
        tarred(path, kind, ratings_csv=TABLE, README_md="about", LICENSE="free")
    elif kind == "zip":
        zipped(path, DIRratings_csv=TABLE, README_md="about")
    elif kind == "zip of gz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("ratings.csv.gz", gzip.compress(TABLE.encode()))
    else:
        packed = {"gz": gzip.compress(TABLE.encode()), "bz2": bz2.compress(TABLE.encode())}
        path.write_bytes(packed.get(kind) or lzma.compress(TABLE.encode()))
    assert rows_of(path, scratch=tmp_path) == len(LINES)
    gc.collect()
    assert os.listdir(tmp_path) == ["download"]


@pytest.mark.parametrize("kind", ["zip", "w:gz"])
def test_of_several_tables_one_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "ml"
    files = {"ratings_csv": TABLE, "movies_csv": OTHER}
    zipped(path, **files) if kind == "zip" else tarred(path, kind, **files)
    with pytest.raises(DataFormatError, match=r"ratings\.csv.*movies\.csv.*ml:"):
        open_source(path)
    assert rows_of(f"{path}:ratings.csv") == len(LINES)
    assert load_catalog(f"{path}:movies.csv").rows() == [("i1", "x")]
    with pytest.raises(DataFormatError, match="no file 'nothing'"):
        open_source(f"{path}:nothing")


def test_archives_without_a_table_and_broken_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="no table"):
        open_source(zipped(tmp_path / "a.zip", README_md="about"))
    whole = zipped(tmp_path / "b.zip", ratings_csv=TABLE).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataFormatError, match=r"b\.zip.*damaged"):
        open_source(tmp_path / "b.zip")
    whole = tarred(tmp_path / "c.tgz", "w:gz", ratings_csv=TABLE * 30).read_bytes()
    (tmp_path / "c.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataFormatError, match=r"c\.tgz"):
        open_source(tmp_path / "c.tgz")


def test_a_folder_a_pattern_and_a_list_of_one_shape_are_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    (folder / "deep").mkdir(parents=True)
    (folder / "p1.csv").write_text(HEADER + "".join(LINES[:50]) + "u1,i1,bad\n")
    (folder / "p2.csv").write_text(HEADER + "".join(LINES[50:90]))
    (folder / "deep" / "p3.csv").write_text("".join(LINES[90:]))
    for other in ("_SUCCESS", "p2.csv~", "p2.csv.bak", "#p2.csv#"):
        (folder / other).write_text("u1,i1,5\n")
    report = load_ratings(folder).report
    assert report.accepted == len(LINES)
    sample = report.rejected["rating not a number"].samples[0]
    assert (sample.line, sample.text) == (52, "p1.csv: u1,i1,bad")
    assert rows_of(str(folder / "p*.csv")) == 90
    assert rows_of([folder / "p2.csv", folder / "deep" / "p3.csv"]) == len(LINES) - 50


def test_a_folder_of_different_tables_is_listed(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text(TABLE)
    (tmp_path / "movies.csv").write_text(OTHER)
    with pytest.raises(DataFormatError, match=r"movies\.csv: item_id, title.*ratings\.csv: user_id"):
        open_source(tmp_path)


@pytest.mark.parametrize("name", ["r[1].parquet", "r?.parquet", "r*.feather", "[ab].feather", "r[1].csv"])
def test_names_may_hold_the_marks_of_a_pattern(name: str, tmp_path: Path) -> None:
    frame = pl.read_csv(io.StringIO(TABLE))
    if name.endswith(".parquet"):
        frame.write_parquet(tmp_path / name)
    elif name.endswith(".feather"):
        frame.write_ipc(tmp_path / name)
    else:
        frame.write_csv(tmp_path / name)
    assert rows_of(tmp_path / name) == len(LINES)


def test_a_named_pipe_and_standard_input_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(TABLE))
    writer.start()
    assert rows_of(pipe) == len(LINES)
    writer.join()
    code = "from recsys.data.clean import load_ratings; print(load_ratings('-').frame.height)"
    done = subprocess.run(
        [sys.executable, "-c", code], input=TABLE, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(LINES)


def test_a_pipe_that_nobody_writes_to_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DataFormatError, match="nobody writes"):
        recognise(pipe, limits=LimitsConfig(pipe_seconds=0.1))
    with pytest.raises(DataFormatError, match="device"):
        recognise("/dev/null")


# Bounds -----------------------------------------------------------------------------------

SMALL = LimitsConfig(id_bytes=20, line_bytes=1_000, text_chars=30, ratio_from=100_000, unpack_ratio=20)


def refused(path: Path, said: str, limits: LimitsConfig = SMALL) -> None:
    with pytest.raises(DataFormatError, match=said) as error:
        load_interactions(path, config=CleaningConfig(limits=limits))
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_file_that_unpacks_to_too_much_is_refused(pack: object, tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv"
    path.write_bytes(pack((TABLE + "\n" * 1_000_000).encode()))  # type: ignore[operator]
    refused(path, "unpacks to more than")
    refused(
        zipped(tmp_path / "bomb.zip", ratings_csv=TABLE),
        "unpacks to more",
        LimitsConfig(unpacked_bytes=1_000),
    )


def test_a_line_that_is_too_long_is_refused(tmp_path: Path) -> None:
    for name, text in {
        "r.csv": TABLE + "a" * 3_000,
        "r.jsonl": '{"user_id":"1","item_id":"2"}\n{"user_id":"' + "a" * 3_000,
    }.items():
        (tmp_path / name).write_text(text)
        refused(tmp_path / name, "longer than 1,000 bytes")
        (tmp_path / "z.gz").write_bytes(gzip.compress(text.encode()))
        refused(tmp_path / "z.gz", "longer than 1,000 bytes")


def test_rows_with_a_long_id_are_rejected_and_counted(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(TABLE + "u" * 30 + ",i1,3\nu1," + "i" * 21 + ",4\n")
    report = load_ratings(tmp_path / "r.csv", config=CleaningConfig(limits=SMALL)).report
    assert report.rejected["id too long"].count == 2
    assert report.accepted == len(LINES)


def test_long_titles_are_cut_and_a_bomb_of_a_catalogue_is_refused(tmp_path: Path) -> None:
    table = pa.table({"item_id": [f"i{n}" for n in range(100)], "title": ["x" * 100_000] * 100})
    pq.write_table(table, tmp_path / "c.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(DataFormatError, match="unpacks to more than"):
        load_catalog(tmp_path / "c.parquet", limits=SMALL)
    pq.write_table(table, tmp_path / "c.parquet")  # One text, by a dictionary in every row.
    with pytest.raises(DataFormatError, match="unpacks to more than"):
        load_catalog(tmp_path / "c.parquet", limits=SMALL)
    (tmp_path / "c.csv").write_text("item_id,title\n" + "".join(f"i{n},{'x' * 300}\n" for n in range(9)))
    assert load_catalog(tmp_path / "c.csv", limits=SMALL)["title"].to_list() == ["x" * 30] * 9


def test_json_that_is_nested_deeply_is_a_rejected_row(tmp_path: Path) -> None:
    good = "".join(
        f'{{"user_id":"u{n % 7}","item_id":"i{n % 11}","rating":{1 + n % 5}}}\n' for n in range(40)
    )
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    (tmp_path / "r.jsonl").write_text(good + deep + "\n" + good.replace('"u', '"v').replace("vser", "user"))
    report = load_ratings(tmp_path / "r.jsonl").report
    assert report.rejected["unparseable row"].samples[0].line == 41
    (tmp_path / "deep.jsonl").write_text(deep)
    with pytest.raises(DataFormatError):
        load_ratings(tmp_path / "deep.jsonl")


def test_half_a_character_of_json_is_no_failure(tmp_path: Path) -> None:
    lines = [
        f'{{"user_id": "u\\ud800{n % 5}", "item_id": "i{n % 7}", "rating": {n % 5 + 1}}}' for n in range(35)
    ]
    (tmp_path / "r.jsonl").write_text("\n".join([*lines, '{"broken']))
    report = load_ratings(tmp_path / "r.jsonl").report
    assert (report.accepted, report.n_rejected) == (35, 1)


def test_objects_and_lists_of_json_are_no_ids(tmp_path: Path) -> None:
    good = "".join(
        f'{{"user_id":"u{n % 7}","item_id":"i{n % 11}","rating":{1 + n % 5}}}\n' for n in range(40)
    )
    bad = '{"user_id":{"id":1},"item_id":"i1","rating":3}\n{"user_id":"u1","item_id":["i1"],"rating":3}\n'
    (tmp_path / "r.jsonl").write_text(good + bad + '{"user_id":"u1","item_id":"[REC]","rating":3}\n')
    clean = load_ratings(tmp_path / "r.jsonl")
    assert clean.report.rejected["empty id"].count == 2
    assert "[REC]" in set(clean.frame["item_id"])


def test_text_of_the_data_stands_in_messages_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "r\x1b[31m.csv"
    path.write_text("who\x1b[2J,what\u202e\na,b\n" * 3)
    with pytest.raises(DataFormatError) as error:
        load_ratings(path)
    assert not {"\x1b", "\u202e", "\n"} & set(str(error.value))
