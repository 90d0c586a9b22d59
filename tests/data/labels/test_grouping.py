from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.ingest import ingest
from core.data.labels.grouping import group_finder
from core.data.library import list_datasets, open_dataset
from core.data.regroup import regroup
from core.errors import DatasetError
from core.progress import silent
from core.tasks import photos
from core.tasks.requests import IngestRequest, RegroupRequest
from tests.conftest import ZipBuilder, photo_bytes


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("{group}_*", "cat/p01_left_2.jpg", "p01"),
        ("{group}_*", "cat/left.jpg", ""),
        ("{group}_*", "cat/_x.jpg", ""),
        ("{group}.jpg", "p01.v2.jpg", "p01.v2"),
        ("*_{group}.jpg", "a_b_c.jpg", "b_c"),
        ("*/patient{group}-*", "train/cat/patient7-003.png", "7"),
        ("*/patient{group}-*", "patient7-003.png", ""),
        ("{group}/*", "train/cat/x.png", "cat"),
        ("{group}/*/*", "train/cat/x.png", "train"),
        ("video {group} frame*", "video 12 frame 3.png", "12"),
        ("IMG{group}", "IMG", ""),
        ("x{group}x", "xx", ""),
        ("x{group}x", "x", ""),
        ("{group}aa", "aaa", "a"),
        ("*[a]{group}(*", "1[a]2(3", "2"),
    ],
)
def test_a_pattern_finds_the_group(pattern: str, name: str, group: str) -> None:
    assert group_finder(pattern)(name) == group


@pytest.mark.parametrize(
    "pattern", ["", "*_*", "{group}_{group}", "{group}*", "*{group}", "**_{group}", "{group}" * 60]
)
def test_a_pattern_that_is_not_clear_is_refused(pattern: str) -> None:
    with pytest.raises(DatasetError, match="pattern"):
        group_finder(pattern)


def test_no_pattern_takes_long() -> None:
    started = time.monotonic()
    find = group_finder("*a" * 80 + "b{group}c")
    assert find("a" * 250) == ""
    assert time.monotonic() - started < 0.1


@pytest.fixture
def visits(small_zip: ZipBuilder) -> Path:
    """Ten patients with six photos of each class."""
    extra = {
        f"{label}/p{p}_{i}.png": photo_bytes((9 * p, 20 * i, 40 * c), 700 + 100 * p + 10 * c + i, 24)
        for p in range(10)
        for c, label in enumerate(("cat", "dog"))
        for i in range(6)
    }
    return small_zip(per_class=0, extra=extra)


def test_groups_by_name_stay_together_and_make_another_dataset(visits: Path) -> None:
    plain, grouped = ingest(visits), ingest(visits, group_pattern="{group}_*")
    assert plain.id != grouped.id
    assert ingest(visits, group_pattern="{group}_*").id == grouped.id
    assert {i.group for i in grouped.items} == {f"p{p}" for p in range(10)}
    assert {i.group for i in plain.items} == {""}
    sides = {g: {i.split for i in grouped.items if i.group == g} for g in {i.group for i in grouped.items}}
    assert all(len(splits) == 1 for splits in sides.values())
    assert set(grouped.split_counts) == {"train", "val", "test"}


def test_some_without_a_group_are_told_and_all_without_are_refused(visits: Path) -> None:
    assert "no_group:108" in ingest(visits, group_pattern="p1_{group}.png").warnings
    with pytest.raises(DatasetError, match="fits no photo's name"):
        ingest(visits, group_pattern="patient{group}_*")


def test_regrouping_makes_the_dataset_that_the_pattern_would_have_made(visits: Path) -> None:
    plain = ingest(visits, name="visits")
    made = regroup("default", plain, "{group}_*")
    straight = ingest(visits, group_pattern="{group}_*")
    assert made.id == straight.id
    assert made.items == straight.items
    assert made.name == "visits"
    assert all(made.path(i).read_bytes() == plain.path(i).read_bytes() for i in made.items)
    assert all(made.thumbnail(i).is_file() for i in made.items)
    assert regroup("default", plain, "{group}_*").id == made.id
    assert regroup("default", plain, "{group}_*", seed=1).id != made.id
    assert len(list_datasets()) == 3
    with pytest.raises(DatasetError, match=r"fits no photo's name, such as 'cat/p0_0\.png'"):
        regroup("default", plain, "{group}#*")


def test_regrouping_keeps_given_splits(small_zip: ZipBuilder) -> None:
    dataset = ingest(small_zip(splits={"train": 12, "val": 4}))
    made = regroup("default", dataset, "{group}.png")
    assert made.given_splits == dataset.given_splits == {"train": 24, "val": 8}
    assert made.made_splits == ("test",)
    given = {(i.name, i.sha256) for i in dataset.split("val")}
    assert given == {(i.name, i.sha256) for i in made.split("val")}


def test_regrouping_is_a_task(visits: Path, tmp_path: Path) -> None:
    first = photos.ingest(tmp_path, IngestRequest(source=str(visits)), silent)
    second = photos.regroup(tmp_path, RegroupRequest(dataset=first.dataset, pattern="{group}_*"), silent)
    assert second.dataset != first.dataset
    assert open_dataset("default", second.dataset).items[0].group == "p0"
    third = photos.ingest(tmp_path, IngestRequest(source=str(visits), group_pattern="{group}_*"), silent)
    assert third == replace(second, name=third.name)
