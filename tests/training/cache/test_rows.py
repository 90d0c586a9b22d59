from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.training.cache import rows as rows_on_disk
from core.training.cache.rows import RowFile

TABLE = np.arange(12, dtype=np.float16).reshape(4, 3)


def opened(folder: Path, key: str = "these") -> RowFile:
    return RowFile(folder, "table", width=3, key=key)


def filled(folder: Path) -> RowFile:
    with opened(folder) as file:
        file.append(TABLE, "torch")
    return file


def test_rows_come_back_as_they_were_and_more_can_follow(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as file:
        assert (file.contents.rows, file.contents.maker) == (4, "torch")
        file.append(TABLE[:1] + 100, "torch")
    assert opened(tmp_path).read()[[4, 0]].tolist() == [[100.0, 101.0, 102.0], [0.0, 1.0, 2.0]]


def test_rows_of_something_else_are_thrown_away(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path, "others") as file:
        assert file.contents.rows == 0
        file.append(TABLE[2:], "onnx")
    assert opened(tmp_path, "others").read().tolist() == TABLE[2:].tolist()


@pytest.mark.parametrize("damage", ["flipped", "short", "no manifest", "no JSON"])
def test_damaged_rows_are_thrown_away(tmp_path: Path, damage: str) -> None:
    filled(tmp_path)
    content, manifest = (tmp_path / "table.f16").read_bytes(), tmp_path / "table.json"
    if damage == "flipped":
        (tmp_path / "table.f16").write_bytes(content[:5] + bytes([content[5] ^ 1]) + content[6:])
    elif damage == "short":
        (tmp_path / "table.f16").write_bytes(content[:-1])
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text("{")
    with opened(tmp_path) as file:
        assert file.contents.rows == 0
        file.append(TABLE, "torch")
    assert (tmp_path / "table.f16").read_bytes() == content


def test_a_killed_program_loses_only_the_rows_that_were_not_yet_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_on_disk, "SAFE_EVERY", 3)
    (tmp_path / "killed").mkdir()
    with opened(tmp_path) as file:
        for row in TABLE:
            file.append(row[None], "torch")
        for name in ("table.f16", "table.json"):
            shutil.copy(tmp_path / name, tmp_path / "killed" / name)
    with (tmp_path / "killed" / "table.f16").open("ab") as half_written:
        half_written.write(b"\x01\x02\x03")
    with opened(tmp_path / "killed") as file:
        assert file.contents.rows == 3
        file.append(TABLE[3:], "torch")
    for name in ("table.f16", "table.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_removed_rows_are_gone(tmp_path: Path) -> None:
    filled(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []
    assert opened(tmp_path).contents.rows == 0
