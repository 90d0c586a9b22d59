"""The tables that said what photos are: their other columns are there when predictions are cut into slices."""

from __future__ import annotations

from pathlib import Path

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.data.labels.tables.kept import FOLDER, kept_columns
from core.data.regroup import regroup
from tests.conftest import ZipBuilder, photo_bytes

COLOURS = ((200, 60, 50), (60, 170, 70))


def with_table(small_zip: ZipBuilder, header: str) -> Dataset:
    """Ten photos, half of them cats, with a table of their labels, patients, sites and ages."""
    classes, sites = ("dog", "cat") * 5, ("north",) * 5 + ("south",) * 5
    rows = [f"{n}.png,{classes[n]},p{n // 2},{sites[n]},{20 + n}" for n in range(10)]
    photos = {f"photos/{n}.png": photo_bytes(COLOURS[n % 2], n) for n in range(10)}
    table = {"labels.csv": "\n".join([header, *rows]).encode()}
    return ingest(small_zip("t.zip", classes=(), extra={**photos, **table}))


def test_columns_that_say_more_than_is_known_are_kept(small_zip: ZipBuilder):
    dataset = with_table(small_zip, "filename,label,patient,site,age")
    columns = kept_columns(dataset)
    assert set(columns) == {"site", "age"}  # the class and the group are known anyway
    by_name = {item.sha256: item.name for item in dataset.items}
    assert {by_name[id_]: cell for id_, cell in columns["age"].items()}["photos/7.png"] == "27"
    assert set(columns["site"].values()) == {"north", "south"}
    regrouped = regroup("default", dataset, "photos/{group}.*")
    assert regrouped.id != dataset.id
    assert set(kept_columns(regrouped)) == {"site", "age", "patient"}


def test_without_a_table_or_with_a_damaged_one_there_is_nothing(small_zip: ZipBuilder, photos_zip: Path):
    assert kept_columns(ingest(photos_zip)) == {}
    dataset = with_table(small_zip, "filename,label,patient,site,age")
    (dataset.root / FOLDER / "0.csv").write_bytes(b"\xff\xfe\x00")
    assert kept_columns(dataset) == {}


def test_a_table_with_a_title_above_its_header_is_not_kept(small_zip: ZipBuilder):
    dataset = with_table(small_zip, "# all photos\nfilename,label,patient,site,age")
    assert len(dataset.items) == 10
    assert kept_columns(dataset) == {}
