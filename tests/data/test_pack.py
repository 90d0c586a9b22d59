import zipfile
from pathlib import Path

import pytest

from core.data.edits import EXCLUDE, Edit, edited
from core.data.ingest import ingest
from core.data.pack import pack, safe_name, safe_names
from core.errors import Cancelled
from core.progress import Progress
from tests.conftest import ZipBuilder, photo_bytes


def test_a_packed_dataset_taken_in_again_has_the_same_photos_classes_and_splits(
    photos_zip: Path, tmp_path: Path
) -> None:
    dataset = ingest(photos_zip)
    gone = dataset.items[0]
    changed = edited(dataset, [Edit(gone.name, gone.sha256, EXCLUDE)])
    again = ingest(pack(changed, tmp_path / "out.zip"))
    assert again.classes == dataset.classes
    assert {(i.sha256, i.label, i.split) for i in again.items} == {(i.sha256, i.label, i.split) for i in changed.items}
    assert again.made_splits == ()


def test_photos_that_would_have_one_name_are_told_apart(small_zip: ZipBuilder, tmp_path: Path) -> None:
    path = small_zip(per_class=6)
    with zipfile.ZipFile(path, "a") as archive:
        for n in range(6):
            archive.writestr(f"cat/more/{n}.png", photo_bytes((60, 80, 200), 500 + n))
    dataset = ingest(path)
    with zipfile.ZipFile(pack(dataset, tmp_path / "out.zip")) as archive:
        assert len(set(archive.namelist())) == len(dataset.items) == 18


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat", "cat"), ("a/b", "a_b"), ("..", "_"), ("con", "_con"), ("LPT1.txt", "_LPT1.txt"), ("x" * 300, "x" * 100),
        ("<b>", "_b_"), ("猫", "猫"), ("dots...", "dots"), (".hidden", "_.hidden"), ("", "_"), ("a\x00b", "a_b"),
    ],
)  # fmt: skip
def test_names_are_safe_everywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_folders_differ_also_where_case_does_not_count() -> None:
    assert safe_names(["a?", "A*", "a_ (2)"]) == ("a_", "A_ (2)", "a_ (2) (2)")


def test_stopping_leaves_nothing_behind(photos_zip: Path, tmp_path: Path) -> None:
    def stop(_progress: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        pack(ingest(photos_zip), tmp_path / "out" / "photos.zip", stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_groups_and_awkward_class_names_come_back_from_the_table(small_zip: ZipBuilder, tmp_path: Path) -> None:
    dataset = ingest(small_zip(classes=("a?b", "dog"), per_class=12), group_pattern="*/{group}.png")
    assert len({item.group for item in dataset.items}) == 12
    again = ingest(pack(dataset, tmp_path / "out.zip"))
    assert again.classes == dataset.classes
    assert {(i.sha256, i.label, i.split, i.group) for i in again.items} == {
        (i.sha256, i.label, i.split, i.group) for i in dataset.items
    }
    assert len({item.group_id for item in again.items}) == 12


def test_classes_and_groups_that_a_spreadsheet_would_run_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(12):
            archive.writestr(f"{('=1+1', '@home')[n % 2]}/-{n}_x.png", photo_bytes((60, 80, 200), n))
    dataset = ingest(path, group_pattern="*/{group}_x.png")
    assert {item.group for item in dataset.items} == {f"-{n}" for n in range(12)}
    out = pack(dataset, tmp_path / "out.zip")
    with zipfile.ZipFile(out) as archive:
        assert "'=1+1" in archive.read("labels.csv").decode("utf-8-sig")
    again = ingest(out)
    assert again.classes == ("=1+1", "@home")
    assert {(i.sha256, i.label, i.group) for i in again.items} == {(i.sha256, i.label, i.group) for i in dataset.items}
