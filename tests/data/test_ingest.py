"""A zip, or a folder, becomes a dataset."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core import paths
from core.data.images.decoding import decoding_with
from core.data.ingest import ingest
from core.data.intake import intake
from core.data.library import delete_dataset, list_datasets, open_dataset
from core.data.limits import Limits
from core.data.warnings import warning_text
from core.errors import Cancelled, DatasetError, RejectedError
from core.progress import Progress
from tests.conftest import ZipBuilder, photo, photo_bytes
from tests.decoders import InProcessDecoders
from tests.steps import works


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
    assert "6 photos for test, 6 for validation and 28 for training." in dataset.note
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


def test_raw_files_are_named_as_such_wherever_they_lie(small_zip: ZipBuilder) -> None:
    entries = ("cat/a.NEF", "stray.cr3", "docs/b.DNG", ".c.jpg.icloud")
    dataset = ingest(small_zip(extra=dict.fromkeys(entries, b"II*\0\x08\0\0\0")))
    reasons = {skip.entry: skip.reason for skip in dataset.skipped}
    assert reasons == {**dict.fromkeys(entries, "camera_raw"), ".c.jpg.icloud": "not_downloaded"}


def test_an_upload_without_a_photo_says_what_to_do_about_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cat/1.NEF", "cat/2.NEF", "dog/3.cr3", "dog/readme.txt"):
            archive.writestr(name, b"II*\0\x08\0\0\0")
    with pytest.raises(RejectedError, match=r"No photo could be read.*RAW file.*Export it as JPEG") as refused:
        ingest(path)
    assert refused.value.code == "no_images"


def test_cancelling_leaves_nothing_behind(photos_zip: Path) -> None:
    def stop(step: Progress) -> None:
        if step.total:
            raise Cancelled

    with pytest.raises(Cancelled):
        ingest(photos_zip, report=stop)
    assert not list(paths.datasets().iterdir())


def test_every_phase_of_an_intake_is_told_and_planned(photos_zip: Path) -> None:
    seen: list[Progress] = []
    ingest(photos_zip, report=seen.append)
    assert works(seen) == ["intake/open", "intake/read", "intake/thumbnails", "intake/compare", "intake/write"]
    assert [phase.work for phase in seen[0].ahead] == works(seen)[1:]


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
    monkeypatch.setattr(intake, "SPEED_AFTER_S", 0.0)
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
    assert [s.reason for s in dataset.skipped] == ["link"]
    assert ingest(folder).id == dataset.id
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(DatasetError, match="public"):
        ingest(folder)


def test_a_source_that_is_not_there() -> None:
    with pytest.raises(DatasetError, match=r"no file or folder 'nothing\.zip'"):
        ingest("/very/secret/nothing.zip")
    with pytest.raises(DatasetError, match=r"no sample 'dragons'.*digits"):
        ingest("sample:dragons")


def test_a_source_that_an_older_version_read_is_read_again_and_the_same_reading_is_the_same_dataset(
    photos_zip: Path,
) -> None:
    first = ingest(photos_zip)
    [mark] = (first.root / "sources").iterdir()
    mark.rename(mark.with_name(mark.name.rsplit("-", 1)[0]))
    reported: list[Progress] = []
    again = ingest(photos_zip, report=reported.append)
    assert (again.id, again.created) == (first.id, first.created)
    assert reported[-1].message == "Writing the list of photos"
    assert [summary.id for summary in list_datasets()] == [first.id]
