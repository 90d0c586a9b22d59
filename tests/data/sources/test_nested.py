"""Zips in a zip: opened where no photos lie beside them, within the limits of the one that holds them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.data.dataset import Skipped
from core.data.inspection import inspect
from core.data.limits import Limits
from core.data.messages import skip_text
from tests.conftest import photo_bytes
from tests.data.zips import Raw, build


def zipped(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def photos(prefix: str = "", first: int = 0, labels: tuple[str, ...] = ("cat", "dog")) -> dict[str, bytes]:
    return {
        f"{prefix}{label}/{i}.png": photo_bytes((90, 40 * i, 80), first + 10 * k + i, 16)
        for k, label in enumerate(labels)
        for i in range(3)
    }


def written(path: Path, entries: Mapping[str, bytes]) -> Path:
    path.write_bytes(zipped(entries))
    return path


@pytest.mark.parametrize("wrapper", ["", "leaves/"])
@pytest.mark.parametrize("inner", ["", "{split}/"])
def test_splits_in_zips_are_opened(tmp_path: Path, wrapper: str, inner: str) -> None:
    zips = {
        f"{wrapper}{split}.zip": zipped(photos(inner.format(split=split), first))
        for split, first in (("Train", 0), ("test", 50))
    }
    inspection = inspect(written(tmp_path / "a.zip", {**zips, "readme.txt": b"hello"}))
    assert (inspection.images, inspection.classes, inspection.splits) == (12, ("cat", "dog"), {"train": 6, "test": 6})
    assert [skip.entry for skip in inspection.skipped] == ["readme.txt"]


def test_a_zip_a_class_and_a_zip_beside_its_table_are_opened(tmp_path: Path) -> None:
    classes = {f"{label}.zip": zipped({f"{i}.png": c for i, c in enumerate(photos(first=9 * k).values())})
               for k, label in enumerate(("cat", "dog"))}  # fmt: skip
    assert inspect(written(tmp_path / "a.zip", classes)).classes == ("cat", "dog")
    flat = {f"{i}.png": content for i, content in enumerate(photos().values())}
    table = b"filename,label\n" + b"".join(b"%d.png,%s\n" % (i, (b"owl", b"fox")[i % 2]) for i in range(6))
    inspection = inspect(written(tmp_path / "b.zip", {"images.zip": zipped(flat), "labels.csv": table}))
    assert (inspection.images, inspection.classes) == (6, ("fox", "owl"))


def test_a_cover_beside_a_zip_does_not_keep_it_closed(tmp_path: Path) -> None:
    inner = {"inner.zip": zipped(photos()), "cover.png": photo_bytes((1, 2, 3), 99, 16)}
    opened = inspect(written(tmp_path / "a.zip", inner))
    assert (opened.images, opened.classes) == (6, ("cat", "dog"))
    assert [skip.entry for skip in opened.skipped] == ["cover.png"]


def test_beside_photos_a_zip_is_named(tmp_path: Path) -> None:
    inspection = inspect(written(tmp_path / "a.zip", {**photos(), "more.zip": zipped(photos(first=50))}))
    assert inspection.images == 6
    assert inspection.skipped == (Skipped("more.zip", "zip_inside"),)
    assert "Unpack it" in skip_text("zip_inside")


def test_a_zip_in_a_zip_in_a_zip_is_named(tmp_path: Path) -> None:
    inner = {**photos("cat-and-dog/"), "deeper.zip": zipped(photos(first=50))}
    inspection = inspect(written(tmp_path / "a.zip", {"outer.zip": zipped(inner)}))
    assert (inspection.images, inspection.skipped) == (6, (Skipped("outer/deeper.zip", "zip_inside"),))


def test_one_that_cannot_be_opened_is_left_out_and_refuses_only_where_there_is_no_other(tmp_path: Path) -> None:
    good, bad = zipped(photos()), zipped(photos(first=50))[:-30]
    inspection = inspect(written(tmp_path / "a.zip", {"good.zip": good, "bad.zip": bad}))
    assert (inspection.images, inspection.skipped) == (6, (Skipped("bad.zip", "zip_refused"),))
    inspection = inspect(written(tmp_path / "b.zip", {"bad.zip": bad}))
    assert (inspection.code, "the zip 'bad.zip'" in inspection.message) == ("corrupt_archive", True)
    locked = build(tmp_path / "locked.zip", [Raw(b"cat/x.png", b"x", flags=1)]).read_bytes()
    assert inspect(written(tmp_path / "c.zip", {"locked.zip": locked})).code == "encrypted"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({}, "no_images"),
        (photos(labels=("cat",)), "too_few_classes"),
        ({"0.png": photo_bytes((1, 2, 3), 1, 16), "1.png": photo_bytes((1, 2, 3), 2, 16)}, "no_class_folders"),
    ],
)
@pytest.mark.parametrize("archive", ["dog.rar", "in/dog.7z", "dog.tar.gz", "dog.zip"])
def test_a_refusal_names_the_archives_that_nobody_opened(
    tmp_path: Path, entries: dict[str, bytes], code: str, archive: str
) -> None:
    home = tmp_path / "home"
    for name, content in {**entries, archive: b"Rar!", "more.7z": b"7z"}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    inspection = inspect(home)
    assert inspection.code == code
    assert "There are 2 archives, which were not opened: " in inspection.message
    assert f"'{archive}'" in inspection.message


def test_paths_that_leave_are_refused_in_them_too(tmp_path: Path) -> None:
    evil = build(tmp_path / "evil.zip", [Raw(b"../../x.png", b"x")]).read_bytes()
    assert inspect(written(tmp_path / "a.zip", {"evil.zip": evil})).code == "unsafe_path"


def test_all_together_keep_the_limits_of_the_one(tmp_path: Path) -> None:
    zips = {f"{split}.zip": zipped(photos(first=first)) for split, first in (("train", 0), ("test", 50))}
    path = written(tmp_path / "a.zip", zips)
    assert inspect(path, limits=Limits(max_entries=13)).code == "too_many_entries"
    assert inspect(path, limits=Limits(max_entries=14)).images == 12
    total = sum(map(len, zips.values())) + sum(len(c) for c in photos().values())
    assert inspect(path, limits=Limits(max_total_bytes=total)).code == "too_large"
    layers = {f"{i}.zip": zipped({f"cat/{i}.bmp": bytes(3_900_000)}) for i in range(9)}
    assert inspect(written(tmp_path / "b.zip", layers)).code == "zip_bomb"


def test_a_zip_in_a_zip_may_be_larger_than_a_photo(tmp_path: Path) -> None:
    stored = zipped({**photos(), "notes.txt": bytes(90_000)}, zipfile.ZIP_STORED)
    inspection = inspect(written(tmp_path / "a.zip", {"all.zip": stored}), limits=Limits(max_entry_bytes=95_000))
    assert inspection.images == 6
    beside = {**photos(first=50), "all.zip": stored}
    inspection = inspect(written(tmp_path / "b.zip", beside), limits=Limits(max_entry_bytes=95_000))
    assert (inspection.images, inspection.skipped[0].reason) == (6, "zip_inside")


def test_names_in_them_are_read_in_one_way(tmp_path: Path) -> None:
    entries = [Raw(f"猫/{i}.png".encode("gb18030"), photo_bytes((1, 9 * i, 3), i, 16)) for i in range(3)]
    entries += [Raw(f"狗/{i}.png".encode("gb18030"), photo_bytes((90, 9 * i, 3), 10 + i, 16)) for i in range(3)]
    inner = build(tmp_path / "inner.zip", entries).read_bytes()
    inspection = inspect(written(tmp_path / "a.zip", {"train.zip": inner}), encoding="gb18030")
    assert (inspection.classes, inspection.splits) == (("狗", "猫"), {"train": 6})


def test_a_folder_with_nothing_but_zips_is_refused_and_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    written(tmp_path / "home" / "train.zip", photos())
    inspection = inspect(tmp_path / "home")
    assert (inspection.code, "There is the archive 'train.zip'" in inspection.message) == ("no_images", True)
