from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.data import ingest as ingest_module
from core.data import intake
from core.data.dataset import Dataset, read_dataset
from core.data.images.decoding import DecoderProcesses, decoding_with
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.library import delete_dataset, list_datasets, open_dataset
from core.data.limits import Limits
from core.data.messages import reject_text, skip_text, warning_text
from core.errors import Cancelled, DatasetError, GraftError, RejectedError
from core.progress import Progress
from tests.conftest import ZipBuilder, photo, photo_bytes
from tests.decoders import InProcessDecoders

ROOT = Path(__file__).resolve().parents[2]


def test_a_zip_becomes_a_dataset(photos_zip: Path) -> None:
    dataset = ingest(photos_zip, name="My pets")
    assert (dataset.name, dataset.source, dataset.classes) == ("My pets", "upload", ("cat", "dog"))
    assert dataset.counts() == {
        "train": {"cat": 14, "dog": 14},
        "val": {"cat": 3, "dog": 3},
        "test": {"cat": 3, "dog": 3},
    }
    assert dataset.made_splits == ("train", "val", "test")
    assert dataset.given_splits == {}
    assert dataset.split_counts == {"train": 28, "val": 6, "test": 6}
    assert "6 images for test, 6 for validation and 28 for training." in dataset.note
    assert "%" not in dataset.note
    assert dataset.images == len(dataset.items) == 40
    assert [i.label for i in dataset.items] == list(dataset.labels) == [0] * 20 + [1] * 20
    assert open_dataset("default", dataset.id) == dataset


def test_photos_lie_under_their_sha256_as_they_came(photos_zip: Path) -> None:
    dataset = ingest(photos_zip)
    with zipfile.ZipFile(photos_zip) as archive:
        for item in dataset.items:
            content = archive.read(item.name)
            assert dataset.path(item).read_bytes() == content
            assert item.sha256 == hashlib.sha256(content).hexdigest()
            assert (item.n_bytes, item.width, item.height, item.format) == (len(content), 48, 48, "PNG")
            with Image.open(dataset.thumbnail(item)) as small:
                assert small.size == (48, 48)


def test_the_same_bytes_again_are_the_same_dataset(photos_zip: Path, tmp_path: Path) -> None:
    first = ingest(photos_zip)
    renamed = tmp_path / "other.zip"
    renamed.write_bytes(photos_zip.read_bytes())
    reported: list[Progress] = []
    again = ingest(renamed, report=reported.append)
    assert again == first
    assert len(reported) == 1
    assert len(list_datasets()) == 1


def test_the_same_photos_in_another_zip_are_the_same_dataset_too(photos_zip: Path, tmp_path: Path) -> None:
    first = ingest(photos_zip)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(photos_zip) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    assert ingest(packed).id == first.id
    assert ingest(photos_zip, seed=3).id != first.id


def test_what_was_left_out_belongs_to_the_dataset(small_zip: ZipBuilder) -> None:
    clean = ingest(small_zip("a.zip"))
    noisy = ingest(small_zip("b.zip", extra={"cat/x.jpg": b"no photo", "cat/.DS_Store": b"x"}))
    assert noisy.fingerprint == clean.fingerprint
    assert [(s.entry, s.reason) for s in noisy.skipped] == [("cat/x.jpg", "not_an_image")]
    assert (noisy.ignored, clean.skipped) == (1, ())


def test_given_splits_are_kept(small_zip: ZipBuilder) -> None:
    dataset = ingest(small_zip(splits={"Train": 20, "valid": 4}))
    assert dataset.given_splits == {"train": 40, "val": 8}
    assert dataset.made_splits == ("test",)
    assert dataset.split_counts == {"train": 34, "val": 8, "test": 6}
    assert "no test split" in dataset.note
    assert {i.split for i in dataset.split("val")} == {"val"}


def test_skips_say_why(small_zip: ZipBuilder) -> None:
    buffer = io.BytesIO()
    photo((1, 2, 3), 5).save(buffer, "JPEG")
    extra = {
        "cat/notes.txt": b"hello",
        "cat/photo.exe": buffer.getvalue(),
        "cat/photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "cat/iphone.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "cat/labels.csv": b"a,b",
        "cat/no_ending": photo_bytes((9, 9, 9), 3),
        "cat/JPEG.PNG": buffer.getvalue(),
        "readme.md": b"hello",
        "stray.jpg": buffer.getvalue(),
    }
    dataset = ingest(small_zip(extra=extra))
    assert {s.entry: s.reason for s in dataset.skipped} == {
        "cat/notes.txt": "unsupported_format",
        "cat/photo.exe": "bad_extension",
        "cat/photo.heic": "unsupported_format",
        "cat/iphone.jpg": "unsupported_format",
        "cat/labels.csv": "unsupported_format",
        "readme.md": "unsupported_format",
        "stray.jpg": "not_in_class_folder",
    }
    assert len(dataset.items) == 22


def test_warnings_about_folders(small_zip: ZipBuilder) -> None:
    some = {
        f"{folder}/{i}.png": photo_bytes((i, 9, 9), 900 + 10 * k + i)
        for k, folder in enumerate(("Cat", "dog/old"))
        for i in range(3)
    }
    dataset = ingest(small_zip(extra={**some, "fox/": b"", "owl/x.jpg": b"text"}))
    assert dataset.classes == ("Cat", "cat", "dog")
    assert dataset.warnings == ("case_colliding_classes", "nested_folders", "empty_class:fox", "empty_class:owl")


def test_a_class_with_braces_in_its_name_is_literal(small_zip: ZipBuilder) -> None:
    dataset = ingest(small_zip(classes=["{name}", "{0}"], per_class=2))
    assert dataset.classes == ("{0}", "{name}")
    assert "'{name}'" in warning_text(dataset.warnings[1])


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ({}, "no_images"),
        ({"cat/a.txt": b"x", "dog/b.txt": b"y"}, "no_images"),
        ({"cat/a.jpg": b"x", "dog/b.jpg": b"y"}, "no_images"),
        ({"a.png": photo_bytes((1, 1, 1), 1)}, "no_class_folders"),
        ({"train/a.png": photo_bytes((1, 1, 1), 1), "test/b.png": photo_bytes((1, 1, 1), 2)}, "no_class_folders"),
        ({"cat/a.png": photo_bytes((1, 1, 1), 1), "dog/b.png": b"broken"}, "too_few_classes"),
    ],
)
def test_what_leaves_nothing_to_learn_is_refused(tmp_path: Path, entries: dict[str, bytes], code: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(RejectedError) as refused:
        ingest(path)
    assert refused.value.code == code
    assert not list(paths.datasets().iterdir())


def test_cancelling_leaves_nothing_behind(photos_zip: Path) -> None:
    def stop(step: Progress) -> None:
        if step.total:
            raise Cancelled

    with pytest.raises(Cancelled):
        ingest(photos_zip, report=stop)
    assert not list(paths.datasets().iterdir())


def test_progress_only_grows_and_ends_full(photos_zip: Path) -> None:
    seen: list[Progress] = []
    ingest(photos_zip, report=seen.append)
    steps = [s.done for s in seen if s.total]
    assert steps == sorted(steps)
    assert seen[-1].share == 1


def test_a_grown_zip_decodes_only_what_is_new(small_zip: ZipBuilder) -> None:
    first = ingest(small_zip("a.zip", per_class=10))
    started: list[InProcessDecoders] = []

    def start(limits: Limits, at_once: int) -> InProcessDecoders:
        started.append(InProcessDecoders(limits, at_once))
        return started[-1]

    extra = {f"cat/new{i}.png": photo_bytes((7, 7, 99), 9000 + i) for i in range(3)}
    with decoding_with(start):
        grown = ingest(small_zip("b.zip", per_class=10, extra=extra))
    assert [decoders.finished for decoders in started] == [3]
    assert grown.id != first.id
    facts = {i.sha256: (i.width, i.height, i.format, i.phash, i.n_bytes) for i in first.items}
    assert all(facts.get(i.sha256) in (None, (i.width, i.height, i.format, i.phash, i.n_bytes)) for i in grown.items)
    assert all(grown.path(i).is_file() and grown.thumbnail(i).is_file() for i in grown.items)
    delete_dataset("default", first.id)
    assert all(hashlib.sha256(grown.path(i).read_bytes()).hexdigest() == i.sha256 for i in grown.items)


def test_what_an_old_or_damaged_dataset_knows_is_not_trusted(small_zip: ZipBuilder) -> None:
    first = ingest(small_zip("a.zip", per_class=3))
    lost, cut = first.items[:2]
    first.thumbnail(lost).unlink()
    first.path(cut).write_bytes(b"cut")
    extra = {"cat/new.png": photo_bytes((7, 7, 99), 9000)}
    grown = ingest(small_zip("b.zip", per_class=3, extra=extra))
    assert all(hashlib.sha256(grown.path(i).read_bytes()).hexdigest() == i.sha256 for i in grown.items)
    assert all(grown.thumbnail(i).is_file() for i in grown.items)
    assert first.path(cut).read_bytes() == b"cut"


def test_progress_says_images_a_second(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_SPEED_AFTER_S", 0.0)
    seen: list[Progress] = []
    ingest(photos_zip, report=seen.append)
    assert any(re.search(r"photos: \d+ a second", step.message) for step in seen)


def test_a_folder_is_a_source_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photos_zip: Path) -> None:
    folder = tmp_path / "pets"
    with zipfile.ZipFile(photos_zip) as archive:
        archive.extractall(folder)
    (folder / "cat" / "dead.jpg").symlink_to(tmp_path / "nowhere")
    dataset = ingest(folder)
    assert (dataset.source, dataset.name, len(dataset.items)) == ("folder", "pets", 40)
    assert dataset.fingerprint == ingest(photos_zip).fingerprint
    assert [s.reason for s in dataset.skipped] == ["corrupt_entry"]
    assert ingest(folder).id == dataset.id
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(DatasetError, match="public"):
        ingest(folder)


def test_a_source_that_is_not_there() -> None:
    with pytest.raises(DatasetError, match=r"no file or folder 'nothing\.zip'"):
        ingest("/very/secret/nothing.zip")
    with pytest.raises(DatasetError, match=r"no sample 'dragons'.*digits"):
        ingest("sample:dragons")


def test_a_full_disk_is_told_plainly(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    monkeypatch.setattr(ingest_module, "write_dataset", full)
    with pytest.raises(DatasetError, match="disk is full") as problem:
        ingest(photos_zip)
    assert "secret" not in str(problem.value)
    assert not list(paths.datasets().iterdir())


def test_a_disk_that_fills_in_the_middle_leaves_nothing(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = Path.write_bytes

    def filling(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) > 20:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", filling)
    with pytest.raises(DatasetError, match="disk is full"):
        ingest(photos_zip)
    assert len(written) == 21
    assert not list(paths.datasets().iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_thumbnail_that_finds_the_disk_full_is_no_damaged_photo(tmp_path: Path) -> None:
    image = tmp_path / "x"
    image.write_bytes(photo_bytes((1, 2, 3), 1, 16))
    with DecoderProcesses(Limits(), 1) as decoders:
        future = decoders.submit(image, Path("/dev/full"))
        with pytest.raises(OSError, match="space") as problem:
            future.result(30)
        assert problem.value.errno == errno.ENOSPC
        assert decoders.submit(image, tmp_path / "x.jpg").result(30).format == "PNG"


def test_room_is_looked_for_before_anything_is_written(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 10**12, 64 * 2**20 + 10**5)
    )
    monkeypatch.setattr(Path, "write_bytes", lambda *_args: pytest.fail("something was written"))
    with pytest.raises(DatasetError, match=r"not enough room.* 1 MB, and 1 MB are free.*delete"):
        ingest(photos_zip)
    assert not list(paths.datasets().iterdir())


def test_amounts_are_limited_in_public_only(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tight = Limits(max_upload_bytes=100, max_entries=10)
    monkeypatch.setattr(Limits, "public", classmethod(lambda _cls: tight))
    assert ingest(photos_zip).images == 40
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(RejectedError) as refused:
        ingest(photos_zip)
    assert refused.value.code == "too_large"
    assert inspect(photos_zip)["code"] == "too_large"


def test_on_ones_own_machine_many_photos_are_welcome_and_many_nothings_are_not(tmp_path: Path) -> None:
    local = dataclasses.replace(Limits.local(), max_entries=5)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(8):
            archive.writestr(f"{'cat' if i % 2 else 'dog'}/{i}.png", photo_bytes((9, 9, 9), i))
    assert inspect(path, limits=local)["images"] == 8
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(8):
            archive.writestr(f"cat/{i}.png", b"")
    assert inspect(path, limits=local)["code"] == "too_many_entries"


def test_a_file_in_a_folder_may_be_too_large(tmp_path: Path, photos_zip: Path) -> None:
    with zipfile.ZipFile(photos_zip) as archive:
        archive.extractall(tmp_path / "pets")
    (tmp_path / "pets" / "cat" / "huge.png").write_bytes(b"x" * 40_000)
    found = inspect(tmp_path / "pets", limits=Limits(max_entry_bytes=30_000))
    assert [s["reason"] for s in found["skipped"]] == ["file_too_large"]


def test_on_ones_own_machine_a_photo_may_be_as_large_as_its_pixels_allow(
    tmp_path: Path, photos_zip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (3000, 4100, 3), dtype=np.uint8)
    with zipfile.ZipFile(photos_zip) as archive:
        archive.extractall(tmp_path / "pets")
    Image.fromarray(noise).save(tmp_path / "pets" / "cat" / "huge.bmp")
    with zipfile.ZipFile(photos_zip, "a") as archive:
        archive.write(tmp_path / "pets" / "cat" / "huge.bmp", "cat/huge.bmp")
    for source in (tmp_path / "pets", photos_zip):
        found = inspect(source)
        assert (found["action"], found["images"], found["skipped"]) == ("accept", 41, [])
    assert "153 MB" in skip_text("file_too_large")
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert inspect(photos_zip)["code"] == "too_large"
    assert "30 MB" in skip_text("file_too_large")


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


def test_inspecting_keeps_nothing(photos_zip: Path, graft_home: Path) -> None:
    assert inspect(photos_zip) == {
        "action": "accept",
        "code": None,
        "images": 40,
        "skipped": [],
        "ignored": 0,
        "classes": ["cat", "dog"],
        "splits": {},
        "warnings": [],
    }
    assert not [p for p in graft_home.rglob("*") if p.is_file()]


REJECTS = """unsafe_path symlink special_file corrupt_archive zip_bomb size_mismatch unsupported_compression
    encrypted too_many_entries too_many_classes no_images not_a_zip too_few_classes no_class_folders too_large
    bad_table"""
SKIPS = """duplicate_name unsupported_format name_too_long bad_crc corrupt_entry not_in_class_folder truncated
    empty_file not_an_image too_many_pixels decoder_error decode_timeout bad_extension
    file_too_large missing_file not_in_table conflicting_rows"""
WARNINGS = """case_colliding_classes class_too_small:x class_missing_in_val:x class_missing_in_test:x
    nested_folders class_missing_in_train:x empty_class:x one_group:x few_groups:x no_group:3 conflicting_duplicate
    train_val_leak train_test_leak val_test_leak table_unused:x table_unused_few:x table_unused_large:x"""


def test_every_code_has_a_sentence() -> None:
    texts = [reject_text(c, "x", Limits()) for c in REJECTS.split()] + [reject_text(c) for c in REJECTS.split()]
    texts += [skip_text(c) for c in SKIPS.split()] + [warning_text(c) for c in WARNINGS.split()]
    assert all(text.endswith((".", ").")) and "{" not in text and len(text) > 20 for text in texts)
