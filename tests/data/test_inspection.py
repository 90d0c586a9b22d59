"""What is said of an upload before it is taken in, and how much of it is too much."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.photos import document
from core.data.dataset import Skipped
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.limits import Limits
from core.data.messages import skip_text
from core.errors import RejectedError
from tests.conftest import photo_bytes


def test_amounts_are_limited_in_public_only(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tight = Limits(max_upload_bytes=100, max_entries=10)
    monkeypatch.setattr(Limits, "public", classmethod(lambda _cls: tight))
    assert ingest(photos_zip).images == 40
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(RejectedError) as refused:
        ingest(photos_zip)
    assert refused.value.code == "too_large"
    assert inspect(photos_zip).code == "too_large"


def test_on_ones_own_machine_many_photos_are_welcome_and_many_nothings_are_not(tmp_path: Path) -> None:
    local = dataclasses.replace(Limits.local(), max_entries=5)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(8):
            archive.writestr(f"{'cat' if i % 2 else 'dog'}/{i}.png", photo_bytes((9, 9, 9), i))
    assert inspect(path, limits=local).images == 8
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(8):
            archive.writestr(f"cat/{i}.png", b"")
    assert inspect(path, limits=local).code == "too_many_entries"


def test_a_file_in_a_folder_may_be_too_large(tmp_path: Path, photos_zip: Path) -> None:
    with zipfile.ZipFile(photos_zip) as archive:
        archive.extractall(tmp_path / "pets")
    (tmp_path / "pets" / "cat" / "huge.png").write_bytes(b"x" * 40_000)
    inspection = inspect(tmp_path / "pets", limits=Limits(max_entry_bytes=30_000))
    assert [s.reason for s in inspection.skipped] == ["file_too_large"]


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
        inspection = inspect(source)
        assert (inspection.is_refused, inspection.images, inspection.skipped) == (False, 41, ())
    assert "245 MB" in skip_text("file_too_large")
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    public = inspect(photos_zip)
    assert (public.images, public.skipped) == (40, (Skipped("cat/huge.bmp", "file_too_large"),))
    assert "30 MB" in skip_text("file_too_large")


def test_inspecting_keeps_nothing(photos_zip: Path, graft_home: Path) -> None:
    inspection = inspect(photos_zip)
    assert not [p for p in graft_home.rglob("*") if p.is_file()]
    assert inspection.understood == "40 photos, 2 classes from the folders' names."
    assert document(inspection) == {
        "action": "accept",
        "code": None,
        "images": 40,
        "skipped": [],
        "ignored": 0,
        "classes": ["cat", "dog"],
        "splits": {},
        "warnings": [],
    }
