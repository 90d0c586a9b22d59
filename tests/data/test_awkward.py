"""The shared awkward uploads: honest ones from public reports, which are read as a person would read them."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.data.inspection import Inspection, inspect

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "awkward"
pytestmark = pytest.mark.skipif(
    not _FOLDER.is_dir(), reason="the shared directory with awkward uploads is not beside the repository"
)


@dataclass(frozen=True)
class Case:
    """A file, the folder in it where it has to be unpacked, and what is right for it."""

    file: str
    images: int
    classes: tuple[str, ...] = ("cat", "dog")
    splits: tuple[tuple[str, int], ...] = ()
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    folder: str = ""


CASES = (
    Case("split_Training_Testing.zip", 24, splits=(("test", 8), ("train", 16))),
    Case("stray_nested_1.zip", 22, splits=(("train", 16), ("val", 6)), skipped=("not_in_class_folder",)),
    Case("csv_abs_colab.zip", 16),
    Case("csv_abs_home_flat.zip", 16),
    Case("csv_partial.zip", 7, skipped=("not_in_table",) * 9),
    Case("csv_quotes.zip", 16),
    Case(
        "csv_multilabel_space.zip", 16, ("cat", "cat dog", "cat dog sun", "dog"),
        warnings=("several_labels:cat dog sun",),
    ),
    Case(
        "zip_in_zip.zip", 32, splits=(("test", 16), ("train", 16)), skipped=("unsupported_format",),
        warnings=("table_unused_few:sample_submission.csv", "train_test_leak"),
    ),
    Case("hidden_folders.tar.gz", 16, folder="hidden"),
    Case("symlinked_classes.tar.gz", 24, ("cat", "cow", "dog"), skipped=("link",) * 3, folder="."),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_an_awkward_upload_is_read_as_a_person_would(case: Case, tmp_path: Path) -> None:
    inspection = inspect(opened(case, tmp_path))
    assert (inspection.code, inspection.images, inspection.classes) == ("", case.images, case.classes)
    assert tuple(sorted(inspection.splits.items())) == case.splits
    assert reasons(inspection) == case.skipped
    assert inspection.warnings == case.warnings


def test_a_folder_of_links_to_elsewhere_is_refused_by_their_names(tmp_path: Path) -> None:
    inspection = inspect(opened(Case("symlinked_classes.tar.gz", 0, folder="sl"), tmp_path))
    assert (inspection.code, "'cat' is a symbolic link" in inspection.message) == ("symlink", True)


def opened(case: Case, tmp_path: Path) -> Path:
    """The zip, or the folder in an archive that is unpacked first."""
    if not case.folder:
        return _FOLDER / case.file
    with tarfile.open(_FOLDER / case.file) as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    return tmp_path / case.folder


def reasons(inspection: Inspection) -> tuple[str, ...]:
    return tuple(skip.reason for skip in inspection.skipped)
