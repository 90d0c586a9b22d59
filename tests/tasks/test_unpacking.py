"""Files, folders and zips that a model is asked about, as the files that it is shown."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from core.errors import DatasetError, RejectedError
from core.progress import silent
from core.tasks.unpacking import unpacked
from core.tasks.using import NamedFile
from tests.conftest import photo_bytes

PHOTO = photo_bytes((200, 60, 50), 1)
MEANT = ["a.png", "deep/er/b.JPG", "c.nef", "no_ending"]
OTHERS = ["notes.txt", "deep/labels.csv"]
NOTHING = ["__MACOSX/._a.png", ".DS_Store", ".hidden/x.png", "Thumbs.db"]


def zipped(path: Path, *names: str) -> NamedFile:
    with zipfile.ZipFile(path, "w") as out:
        for name in names:
            out.writestr(name, PHOTO)
    return NamedFile(path=str(path), name=path.name)


def in_folder(path: Path, *names: str) -> NamedFile:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(PHOTO)
    return NamedFile(path=str(path), name=path.name)


@pytest.mark.parametrize("made", [zipped, in_folder])
def test_the_photos_of_a_zip_or_a_folder_are_meant_and_nothing_else(tmp_path: Path, made):
    asked = unpacked([made(tmp_path / "p.zip", *MEANT, *OTHERS, *NOTHING)], tmp_path / "out", silent)
    assert sorted(file.name for file in asked.files) == sorted(MEANT)
    assert [Path(file.path).read_bytes() for file in asked.files] == [PHOTO] * len(MEANT)
    assert (asked.left_out, asked.failed) == (len(OTHERS), ())


def test_files_stay_as_they_are_and_what_holds_photos_stands_before_their_names(tmp_path: Path):
    single = NamedFile(path=str(tmp_path / "single"), name="anything.txt")
    asked = unpacked(
        [single, zipped(tmp_path / "p.zip", "a.png"), in_folder(tmp_path / "f", "a.png")], tmp_path / "out", silent
    )
    assert [file.name for file in asked.files] == ["anything.txt", "p.zip/a.png", "f/a.png"]
    assert asked.files[0] == single
    assert (tmp_path / "f" / "a.png").samefile(asked.files[2].path)


def test_no_name_in_a_zip_is_a_name_on_the_disk(tmp_path: Path):
    asked = unpacked([zipped(tmp_path / "p.zip", "con.png", "x/" * 40 + "a.png")], tmp_path / "out", silent)
    assert {Path(file.path) for file in asked.files} == set((tmp_path / "out").iterdir())
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"0", "1"}


def test_a_broken_entry_says_so_and_stops_nothing(tmp_path: Path):
    image = zipped(tmp_path / "p.zip", "a.png", "b.png")
    content = bytearray(Path(image.path).read_bytes())
    content[content.index(PHOTO[:16]) + 20] ^= 0xFF
    Path(image.path).write_bytes(content)
    asked = unpacked([image], tmp_path / "out", silent)
    assert [file.name for file in asked.files] == ["b.png"]
    ((failed),) = asked.failed
    assert (failed.image, failed.reason, failed.label) == ("a.png", "bad_crc", "")
    assert failed.error


def test_a_zip_that_leads_out_is_refused_whole(tmp_path: Path):
    with pytest.raises(RejectedError):
        unpacked([zipped(tmp_path / "p.zip", "a.png", "../evil.png")], tmp_path / "out", silent)
    assert not (tmp_path / "evil.png").exists()


def test_what_is_no_zip_is_told_of_as_one_who_asks_would_have_it(tmp_path: Path):
    (tmp_path / "p.zip").write_bytes(b"hello")
    with pytest.raises(RejectedError, match=r"'p\.zip' is not a zip file\. Bring photos") as caught:
        unpacked([NamedFile(path=str(tmp_path / "p.zip"), name="p.zip")], tmp_path / "out", silent)
    assert caught.value.code == "not_a_zip"


@pytest.mark.parametrize("made", [zipped, in_folder])
def test_where_there_is_no_photo_that_is_said(tmp_path: Path, made):
    with pytest.raises(DatasetError, match=r"no photo in 'p\.zip'"):
        unpacked([made(tmp_path / "p.zip", "notes.txt")], tmp_path / "out", silent)


def test_a_public_app_opens_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(DatasetError, match="public app"):
        unpacked([in_folder(tmp_path / "f", "a.png")], tmp_path / "out", silent)
