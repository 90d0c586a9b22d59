"""A folder as a source: links are followed within it, and named where they lead elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.data.inspection import inspect
from core.data.limits import Limits
from core.data.sources.folder import FolderSource
from tests.conftest import photo_bytes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def photos(folder: Path, first: int, n: int = 3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        (folder / f"{first + i}.png").write_bytes(photo_bytes((90, 40 * i, 80), first + i, 16))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with photos of cats and dogs, as yet in no class folders."""
    photos(tmp_path / "home" / "store" / "cats", 10)
    photos(tmp_path / "home" / "store" / "dogs", 20)
    return tmp_path / "home"


def names(folder: Path) -> dict[str, str]:
    """The files in a folder, with the skip codes of those that are not read."""
    return {entry.name: entry.problem for entry in FolderSource(folder, Limits()).entries if not entry.is_folder}


def test_links_to_other_places_below_the_folder_are_followed(home: Path) -> None:
    (home / "Training").mkdir()
    (home / "Training" / "cat").symlink_to(home / "store" / "cats")
    (home / "Training" / "dog").symlink_to("../store/dogs", target_is_directory=True)
    (home / "Testing" / "dog").mkdir(parents=True)
    (home / "Testing" / "dog" / "x.png").symlink_to(home / "store" / "dogs" / "20.png")
    (home / "Testing" / "cat").symlink_to(home / "store" / "cats")
    inspection = inspect(home)
    assert (inspection.classes, inspection.splits) == (("cat", "dog"), {"train": 6, "test": 4})


def test_links_in_circles_end(home: Path) -> None:
    (home / "store" / "cats" / "up").symlink_to(home)
    (home / "store" / "itself").symlink_to(home / "store" / "itself")
    (home / "again").symlink_to(home / "store")
    (home / "store" / "dogs" / "over").symlink_to(home / "store" / "cats")
    files = names(home)
    assert {name for name, problem in files.items() if problem} == {
        "again/cats/up", "again/dogs/over", "again/itself", "store/cats/up", "store/itself",
        "store/dogs/over/up",
    }  # fmt: skip
    assert "store/dogs/over/10.png" in files
    assert len(files) == 6 + 2 * 6 + 3


def test_links_that_leave_the_folder_are_named(home: Path, tmp_path: Path) -> None:
    photos(tmp_path / "elsewhere", 30)
    (home / "store" / "owls").symlink_to(tmp_path / "elsewhere")
    (home / "store" / "dogs" / "x.png").symlink_to(tmp_path / "elsewhere" / "30.png")
    (home / "store" / "dogs" / "y.png").symlink_to(home / "gone.png")
    inspection = inspect(home)
    assert (inspection.images, inspection.classes) == (6, ("cats", "dogs"))
    assert {skip.entry: skip.reason for skip in inspection.skipped} == {
        "store/owls": "link", "store/dogs/x.png": "link", "store/dogs/y.png": "link",
    }  # fmt: skip


def test_nothing_but_links_to_elsewhere_is_refused_and_named(tmp_path: Path) -> None:
    photos(tmp_path / "elsewhere", 30)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cat").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "home" / "dog").symlink_to(tmp_path / "elsewhere")
    inspection = inspect(tmp_path / "home")
    assert (inspection.code, "'cat' is a symbolic link" in inspection.message) == ("symlink", True)
