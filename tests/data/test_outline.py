"""What was understood of an upload, in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.library import open_dataset
from core.data.outline import FOLDERS, Outline, outline_text
from tests.conftest import ZipBuilder
from tests.data.labels.tables.zips import rows, shots, zipped


def test_folders_and_splits(small_zip: ZipBuilder) -> None:
    path = small_zip(splits={"Training": 8, "Testing": 4})
    expected = "24 photos, 2 classes from the folders' names, training from 'Training', test from 'Testing'."
    assert inspect(path).understood == expected
    dataset = ingest(path)
    assert dataset.understood == open_dataset("default", dataset.id).understood == expected


def test_tables_their_splits_and_their_groups(tmp_path: Path) -> None:
    table = rows("filename,label,split,patient", "{i}.png,{c},test,p{i}", 6)
    table += "6.png,cat,train,p6\n7.png,dog,train,p7\n"
    path = zipped(tmp_path / "a.zip", {**shots("images/"), "labels.csv": table})
    assert inspect(path).understood == (
        "8 photos, 2 classes from 'labels.csv', splits from 'labels.csv', groups from 'labels.csv'."
    )


def test_a_table_with_split_folders(tmp_path: Path) -> None:
    photos = {**shots("Test images/"), **shots("Train images/", first=50)}
    photos = {name.replace("n images/", "n images/t"): content for name, content in photos.items()}
    table = "file,label\n" + "".join(f"{i}.png,{'ab'[i % 2]}\nt{i}.png,{'ab'[i % 2]}\n" for i in range(8))
    assert inspect(zipped(tmp_path / "a.zip", {**photos, "t.csv": table})).understood == (
        "16 photos, 2 classes from 't.csv', training from 'Train images', test from 'Test images'."
    )


def test_what_lies_above_the_classes(small_zip: ZipBuilder) -> None:
    folds = inspect(small_zip("a.zip", splits={f"fold_{n}": 2 for n in range(1, 12)})).understood
    assert folds.endswith("classes ('fold_1', 'fold_2', 'fold_3', … (11)) seem to be folds: they count as no splits.")
    sites = inspect(small_zip("b.zip", splits={"siteA": 4, "siteB": 4})).understood
    assert "('siteA', 'siteB') seem to say where photos come from: they count as no classes." in sites


def test_a_sample_and_a_dataset_of_an_older_version_say_numbers(small_zip: ZipBuilder) -> None:
    assert inspect("sample:textures").understood.endswith(" classes.")
    dataset = ingest(small_zip())
    manifest = dataset.root / "dataset.json"
    content = json.loads(manifest.read_text())
    del content["outline"]
    manifest.write_text(json.dumps(content))
    assert open_dataset("default", dataset.id).understood == "20 photos, 2 classes."


@pytest.mark.parametrize(
    ("photos", "classes", "text"), [(1, 1, "1 photo, 1 class from the folders' names."), (1234, 2, "1,234 photos, 2 c")]
)
def test_numbers_are_written_as_people_do(photos: int, classes: int, text: str) -> None:
    assert outline_text(Outline(classes_from=FOLDERS), photos, classes, {}).startswith(text)
