"""The command that asks a model about photos: files, folders, links, and a table that goes on."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import document, run
from tests.conftest import photo_bytes


def test_every_image_is_in_the_answer_and_those_that_cannot_be_read_say_why(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    (tmp_path / "good.png").write_bytes(photo_bytes((200, 60, 50), 1))
    (tmp_path / "bad.png").write_bytes(b"no image at all")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path / "bad.png", tmp_path / "good.png", "--json")
    assert code == 1
    bad, good = json.loads(out)
    assert (Path(bad["image"]).name, bad["label"], bad["proba"], bad["reason"]) == ("bad.png", None, {}, "not_an_image")
    assert bad["error"].startswith("It is not a photo")
    assert (Path(good["image"]).name, set(good)) == ("good.png", {"image", "label", "proba"})
    assert "bad.png" in err
    assert err.count("\n") == 1
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path)
    assert (code, err.count("\n")) == (1, 1)
    assert "It is not a photo" in out


def test_where_no_image_can_be_read_it_is_a_mistake(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    for n in range(3):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path, "--json")
    assert code == 2
    assert [row["reason"] for row in json.loads(out)] == ["empty_file"] * 3
    assert "The file is empty" in err
    assert "(and 2 more)" in err


def test_a_folder_means_its_photos_by_their_endings_and_none_of_what_systems_leave_there(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    photo = photo_bytes((200, 60, 50), 1)
    meant = ["a.png", "b.jfif", "c.JPE", "no_ending", "sub/a.jpg"]
    left_out = ["__MACOSX/x.jpg", ".hidden/x.jpg", "._a.png", ".DS_Store", "notes.txt", "labels.csv", "film.mov"]
    for name in (*meant, *left_out, "d.NEF", ".e.jpg.icloud"):
        path = tmp_path / "mix" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo if name != "d.NEF" else b"II*\0\x08\0\0\0")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path / "mix", "--json")
    assert code == 1
    assert "2 photos in hidden folders were left out" in err
    assert f"'{tmp_path / 'mix' / '.hidden'}': 1" in err
    named = ", ".join(f"'{tmp_path / 'mix' / name}'" for name in ("film.mov", "labels.csv", "notes.txt"))
    assert "3 files were left out" in err
    assert f"({named})" in err
    rows = {str(Path(row["image"]).relative_to(tmp_path / "mix")): row.get("reason", "") for row in json.loads(out)}
    assert rows == {**dict.fromkeys(meant, ""), "d.NEF": "camera_raw", ".e.jpg.icloud": "not_downloaded"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_folder_are_followed_within_it_or_named(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "mix"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.png").write_bytes(photo_bytes((200, 60, 50), 1))
    (tmp_path / "elsewhere").mkdir()
    links = {"again": folder / "in", "v1.2": tmp_path / "elsewhere", "up": folder, "dead.jpg": tmp_path / "nothing"}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    code, out, _err = run(capsys, "predict", finetuned[0], folder, "--json")
    assert code == 1
    rows = {str(Path(row["image"]).relative_to(folder)): row.get("reason", "") for row in json.loads(out)}
    assert rows == {"again/a.png": "", "in/a.png": "", **dict.fromkeys(("dead.jpg", "up", "v1.2"), "link")}


def table_in(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def test_answers_for_a_folder_are_a_table_that_goes_on_where_it_was_left(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    folder, out = tmp_path / "photos", tmp_path / "out" / "answers.csv"
    (folder / "deep" / "er").mkdir(parents=True)
    for n, name in enumerate(("a.png", "deep/b.png", "deep/er/c.png")):
        (folder / name).write_bytes(photo_bytes((200, 60, 50), n))
    (folder / "bad.png").write_bytes(b"no image at all")
    code, printed, err = run(capsys, "predict", finetuned[0], folder, "--out", out, "--json")
    assert code == 1
    assert "bad.png" in err
    told = json.loads(printed)
    assert (told["file"], told["images"], told["before"]) == (str(out), 4, 0)
    assert [row["reason"] for row in told["failed"]] == ["not_an_image"]
    rows = table_in(out)
    assert [str(Path(row["image"]).relative_to(folder)) for row in rows] == [
        "a.png", "bad.png", "deep/b.png", "deep/er/c.png",
    ]  # fmt: skip
    exact = document(capsys, "predict", finetuned[0], folder / "a.png")[0]["proba"]
    for name, share in exact.items():
        heading = next(heading for heading in rows[0] if heading.endswith(name))
        assert float(rows[0][heading]) == pytest.approx(share, abs=1e-6)
    assert (rows[1]["label"], rows[1]["reason"]) == ("", "not_an_image")
    assert len({row["model"] for row in rows}) == 1

    (folder / "bad.png").write_bytes(photo_bytes((50, 60, 200), 9))
    (folder / "new.png").write_bytes(photo_bytes((50, 60, 200), 10))
    code, printed, _err = run(capsys, "predict", finetuned[0], folder, "--out", out)
    assert code == 0
    assert "Wrote 2 photos' answers" in printed
    assert "3 were there already" in printed
    after = table_in(out)
    assert after[:3] == [row for row in rows if row["label"]]
    assert [Path(row["image"]).name for row in after[3:]] == ["bad.png", "new.png"]
    assert all(row["label"] and not row["error"] for row in after)
