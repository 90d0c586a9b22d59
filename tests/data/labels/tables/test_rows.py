"""Rows that are not as they should be, labels that are several at once, and tables that are too large."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.data.encodings.tables import read_together
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.labels.layout import recognise
from core.data.labels.tables import table as table_room
from core.data.labels.tables import tablefiles
from core.data.labels.tables.table import read_table
from core.data.warnings import warning_text
from core.errors import RejectedError
from tests.data.labels.tables.zips import N, rows, shots, skips, zipped


def seen(path: Path) -> dict[str, str]:
    """What inspecting says, and the class of each photo."""
    dataset = ingest(path)
    return {item.name: dataset.classes[item.label] for item in dataset.items}


def test_a_row_without_a_clear_label_leaves_its_photo_out(tmp_path: Path) -> None:
    table = "filename,cat,dog\n0.png,1,1\n1.png,0,0\n" + "".join(f"{i}.png,{1 - i % 2},{i % 2}\n" for i in range(2, N))
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table}))
    assert (inspection.images, inspection.warnings) == (N - 2, ("several_marks:1",))
    assert skips(inspection) == {"0.png": "several_labels", "1.png": "no_label"}
    table = rows("filename,label", "{i}.png,{c}", N - 2) + f"{N - 2}.png,\n{N - 1}.png\n"
    inspection = inspect(zipped(tmp_path / "b.zip", {**shots(), "t.csv": table}))
    assert skips(inspection) == {f"{N - 2}.png": "no_label", f"{N - 1}.png": "no_label"}


def test_a_row_with_too_many_cells_counts_where_its_label_is_clear(tmp_path: Path) -> None:
    table = rows("filename,label", "{i}.png,{c}", 4) + "4.png,cat,\n5.png,cat,white\n6.png,cat,dog\n7.png,old cat,x\n"
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table}))
    assert (inspection.images, inspection.warnings[:2]) == (6, ("ragged_rows:t.csv, 7", "several_marks:1"))
    assert skips(inspection) == {"6.png": "several_labels", "7.png": "ragged_row"}
    assert "(t.csv, 7 is the first such row)" in warning_text(inspection.warnings[0])


@pytest.mark.parametrize(
    ("labels", "warnings"),
    [
        (("cat", "dog", "cat dog"), ["several_labels:cat dog"]),
        (("cat", "dog", "cat|dog"), ["several_labels:cat|dog"]),
        (("cat", "dog", '"cat, dog"'), ["several_labels:cat, dog"]),
        (("cat|sun", "dog|sun", "cat|dog"), ["several_labels:cat|dog"]),
        (("cat", "dog", '"owl, grey"'), ["comma_labels:owl, grey"]),
        (("hot dog", "red cat", "owl"), []),
    ],
)
def test_labels_that_seem_to_be_several_are_told(tmp_path: Path, labels: tuple[str, ...], warnings: list[str]) -> None:
    table = "filename,label\n" + "".join(f"{i}.png,{labels[i % 3]}\n" for i in range(12))
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(n=12), "t.csv": table}))
    assert inspection.classes == tuple(sorted(label.strip('"') for label in labels))
    assert inspection.warnings == tuple(warnings)


@pytest.mark.parametrize("file", ["{i}.nef", "{i}", "{i}.jpg"])
def test_a_raw_photo_that_a_table_names_has_one_reason(tmp_path: Path, file: str) -> None:
    raws = {f"{i}.NEF": b"II*\0\x08\0\0\0" for i in range(N, N + 2)}
    table = rows("filename,label", "{i}.png,{c}") + "".join(f"{file.format(i=i)},cat\n" for i in range(N, N + 2))
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), **raws, "t.csv": table}))
    assert inspection.images == N
    assert [(skip.entry, skip.reason) for skip in inspection.skipped] == [(name, "camera_raw") for name in raws]


def test_a_table_of_nothing_but_raw_photos_is_refused_as_such(tmp_path: Path) -> None:
    entries = {"cover.png": shots()["0.png"], **{f"{i}.nef": b"II*\0" for i in range(N)}}
    inspection = inspect(zipped(tmp_path / "a.zip", {**entries, "t.csv": rows("filename,label", "{i}.nef,{c}")}))
    assert inspection.message.startswith("'t.csv', row 2: '0.nef': It is a camera's RAW file")


def test_photos_with_two_rows_are_told(tmp_path: Path) -> None:
    table = rows("filename,label", "{i}.png,{c}") + "0.png,cat\n1.png,cat\n"
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table}))
    assert (inspection.images, inspection.warnings) == (N - 1, ("several_rows:1.png",))
    table = "filename,label\n" + "".join(f"{i}.png,cat\n{i}.png,dog\n" for i in range(N))
    inspection = inspect(zipped(tmp_path / "b.zip", {**shots(), "t.csv": table}))
    assert (inspection.code, "several labels for each photo" in inspection.message) == ("bad_table", True)


@pytest.mark.parametrize("most", [1000, pytest.param(table_room.MAX_ROWS, marks=pytest.mark.slow)])
def test_too_many_rows_are_refused(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_room, "MAX_ROWS", most)
    table = read_table("filename,label\n" + "a,b\n" * (most + 1), ("t.csv",))
    assert table
    with pytest.raises(RejectedError, match=f"'t.csv': it has more than {most} rows"):
        table.rows()


def test_tables_take_a_bounded_amount_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tablefiles, "MAX_TABLES_BYTES", 300)
    photos = {**shots("cat/"), **shots("dog/", first=50)}
    large = rows("filename,label", "cat/{i}.png,{c}") + "x,y\n" * 100
    inspection = inspect(zipped(tmp_path / "a.zip", {**photos, "large.csv": large}))
    assert (inspection.images, [s.reason for s in inspection.skipped]) == (16, ["unsupported_format"])
    assert inspection.warnings == ("table_unused_large:large.csv",)


@pytest.mark.parametrize(
    "content",
    [
        b'filename,label\n"' + b"a," * 400_000,
        b"filename,label" + b",x" * 500_000,
        b'"' * 10**6,
        b"file,label\n" + b"\xe9" * 10**6,
    ],
)
def test_hostile_tables_are_done_with_quickly(content: bytes) -> None:
    started = time.process_time()
    [text], _reading = read_together([content])
    read_table(text, ("t.csv",))
    assert time.process_time() - started < 5


def test_many_photos_of_one_name_and_many_rows_take_no_time(tmp_path: Path) -> None:
    from core.data.labels.tables.matching import placed_by_tables

    photos = [(i, (f"p{i}", "image.jpg")) for i in range(20_000)]
    table = read_table("file,label\n" + "".join(f"p{i}/image.jpg,c\n" for i in range(20_000)), ("t.csv",))
    same = read_table("file,label\n" + "image.jpg,c\n" * 20_000, ("t.csv",))
    assert table
    assert same
    no_split = recognise([]).split
    started = time.process_time()
    tabled = placed_by_tables([table], photos, no_split, False)
    assert tabled
    assert len(tabled.places) == 20_000
    with pytest.raises(RejectedError, match="any of several"):
        placed_by_tables([same], photos, no_split, False)
    assert time.process_time() - started < 10
