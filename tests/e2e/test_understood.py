"""What was made of an awkward upload is said in one sentence, and other folders can be taken as the classes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import photo_bytes
from tests.e2e.visitor import Visitor


def zipped(path: Path, folders: Iterable[str], photos: int = 6) -> Path:
    """A zip of so many photos in each folder."""
    with zipfile.ZipFile(path, "w") as out:
        for f, folder in enumerate(folders):
            for i in range(photos):
                content = photo_bytes((40 * (f % 6), 200 - 30 * (f % 5), 90), 100 * f + i, 48)
                out.writestr(f"{folder}/{i}.png", content)
    return path


FOLDS = [f"my set/fold_{n}/{label}" for n in (1, 2, 3) for label in ("rose", "tulip")]
OF_FOLDS = (
    "36 photos, 2 classes from the folders' names. The folders above the classes ('fold_1', 'fold_2', 'fold_3') seem "
    "to be folds: they count as no splits."
)
NAMED = [f"{label}_{split}" for label in ("rose", "tulip") for split in ("Train", "Valid")]
OF_NAMED = (
    "24 photos, 2 classes from the folders' names, training from 'rose_Train', 'tulip_Train', validation from "
    "'rose_Valid', 'tulip_Valid'."
)


@pytest.mark.parametrize(
    ("folders", "understood", "other", "classes"),
    [
        (FOLDS, OF_FOLDS, "fold_1, fold_2, fold_3", "3 classes from the folders 2 levels above the photos"),
        (
            NAMED,
            OF_NAMED,
            "rose_Train, rose_Valid, tulip_Train, tulip_Valid",
            "4 classes from the folders of the photos",
        ),
    ],
    ids=["folds", "named"],
)
def test_another_reading_can_be_chosen(
    visitor: Visitor, tmp_path: Path, folders: list[str], understood: str, other: str, classes: str
) -> None:
    visitor.go()
    visitor.upload(zipped(tmp_path / "flowers.zip", folders))
    visitor.sees(understood)
    if "folds" not in understood:
        visitor.unfold("Other folders as classes")
    visitor.page.get_by_role("combobox", name="The classes are").click()
    visitor.page.get_by_role("option", name=other).click()
    visitor.settle()
    visitor.press("Take these as the classes")
    visitor.sees(classes)
    visitor.sees(visitor.page.get_by_test_id("stImage").locator("img"))
    for name in other.split(", "):
        expect(visitor.page.get_by_text(f"{name} · training").first).to_be_visible()
