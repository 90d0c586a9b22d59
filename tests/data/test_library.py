"""The datasets of a workspace: listed, deleted, damaged and made whole again, taken in twice at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core import paths
from core.data.dataset import Dataset, read_dataset
from core.data.ingest import ingest
from core.data.library import delete_dataset, list_datasets, open_dataset
from core.errors import DatasetError, GraftError
from tests.conftest import ZipBuilder

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dataset.json", b"{"),
        ("dataset.json", b"{}"),
        ("dataset.json", b'{"schema": 99}'),
        ("items.parquet", b"PAR1 not"),
        ("items.parquet", None),
        ("skipped.json", b"[[1]]"),
    ],
)
def test_a_damaged_dataset_says_so_and_comes_back_with_the_next_upload(
    photos_zip: Path, file: str, content: bytes | None
) -> None:
    dataset = ingest(photos_zip)
    damaged = dataset.root / file
    damaged.unlink() if content is None else damaged.write_bytes(content)
    with pytest.raises(DatasetError, match=r"damaged.*upload"):
        open_dataset("default", dataset.id)
    assert [s.id for s in list_datasets()] == [dataset.id]
    assert ingest(photos_zip).items == dataset.items
    assert open_dataset("default", dataset.id).items == dataset.items


def test_a_lost_photo_comes_back_with_the_next_upload(photos_zip: Path) -> None:
    dataset = ingest(photos_zip)
    dataset.path(dataset.items[3]).unlink()
    again = ingest(photos_zip)
    assert again.path(again.items[3]).is_file()


def test_datasets_are_listed_newest_first_and_deleted(small_zip: ZipBuilder) -> None:
    first = ingest(small_zip("a.zip", per_class=3))
    second = ingest(small_zip("b.zip", per_class=4))
    assert [s.id for s in list_datasets()] == [second.id, first.id]
    summary = list_datasets()[1]
    assert (summary.name, summary.images, summary.split_counts) == ("a", 6, {"train": 2, "test": 2, "val": 2})
    assert not isinstance(summary, Dataset)
    delete_dataset("default", first.id)
    delete_dataset("default", first.id)
    assert [s.id for s in list_datasets()] == [second.id]
    assert not first.root.exists()
    with pytest.raises(DatasetError, match="no such dataset"):
        open_dataset("default", first.id)


@pytest.mark.parametrize("bad", ["", "..", "../../x", "a" * 16 + "/..", "ABCDEF0123456789"])
def test_ids_are_no_paths(bad: str) -> None:
    delete_dataset("default", bad)
    with pytest.raises(DatasetError, match="no such dataset"):
        open_dataset("default", bad)
    with pytest.raises(GraftError):
        open_dataset("../x", "0" * 16)


def test_two_processes_may_take_in_the_same_at_once(photos_zip: Path) -> None:
    code = "import sys; from core.data.ingest import ingest; print(ingest(sys.argv[1]).id)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, photos_zip], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ids = {process.communicate(timeout=60)[0].strip() for process in running}
    assert len(ids) == 1
    assert [p.name for p in paths.datasets().iterdir()] == list(ids)
    assert len(read_dataset(paths.datasets() / ids.pop()).items) == 40
