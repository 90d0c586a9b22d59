"""The commands that look at photos and clean them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.library import list_datasets
from tests.cli.commands import KEEPS, filled
from tests.cli.conftest import document, mistake, run
from tests.conftest import ZipBuilder, photo_bytes
from tests.data.zips import build, good


def test_inspect_accepts(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    path = small_zip(splits={"train": 4, "val": 2}, extra={"train/cat/note.txt": b"hello", ".DS_Store": b"x"})
    inspection = document(capsys, "inspect", path)
    assert {k: inspection[k] for k in ("action", "code", "images", "ignored", "classes", "splits")} == {
        "action": "accept", "code": None, "images": 12, "ignored": 1, "classes": ["cat", "dog"],
        "splits": {"train": 8, "val": 4},
    }  # fmt: skip
    assert [skip["entry"] for skip in inspection["skipped"]] == ["train/cat/note.txt"]


def test_inspect_explains_in_sentences(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    path = small_zip(
        splits={"train": 4, "val": 2}, extra={"val/owl/1.png": photo_bytes((9, 9, 9), seed=1), "val/owl/2.jpg": b""}
    )
    code, out, err = run(capsys, "inspect", path)
    assert (code, err) == (0, "")
    assert "Class 'owl' has no photo in the training split" in out
    assert "The file is empty." in out


def test_inspect_rejects_with_a_document_and_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"this is no zip")
    code, out, err = run(capsys, "inspect", tmp_path / "bad.zip", "--json")
    assert code == 2
    assert json.loads(out)["action"] == "reject"
    assert json.loads(out)["code"] == "not_a_zip"
    assert err.count("\n") == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_doubtful_about_the_data_is_told_with_its_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, small_zip: ZipBuilder, as_json: bool
) -> None:
    shared = {f"{split}/cat/same.png": photo_bytes((9, 9, 9), seed=1) for split in ("train", "val")}
    path = small_zip(splits={"train": 6, "val": 3}, extra=shared)
    for command in (["compare", "--backbones", "pixels_16"], ["finetune", "--backbone", "pixels_16", "--epochs", "1"]):
        where = tmp_path / command[0]
        code, out, _err = run(capsys, *command, path, "--out", where, *(["--json"] if as_json else []))
        assert code == 0
        if as_json:
            assert json.loads(out)["warnings"] == ["train_val_leak"]
        else:
            assert "in both training and validation" in out


def test_health_says_what_is_wrong(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    green = photo_bytes((60, 170, 70), 950)
    data = small_zip(per_class=12, extra={"cat/wrong.png": green, "dog/right.png": green})
    report = document(capsys, "health", data, "--backbone", "pixels_16")
    assert report["duplicates"]["conflicts"] == 1
    assert report["images"] == 26


def test_health_says_in_words_what_is_wrong(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    green = photo_bytes((60, 170, 70), 950)
    data = small_zip(per_class=4, extra={"cat/wrong.png": green, "dog/right.png": green})
    code, out, _err = run(capsys, "health", data, "--backbone", "pixels_16")
    assert code == 0
    assert "1 pair of alike photos lies in two classes" in " ".join(out.split())
    assert "cat/wrong.png" in out


def test_clean_carries_out_edits_and_tells_what_they_bring(
    capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder, tmp_path: Path
) -> None:
    data = small_zip(per_class=12)
    with zipfile.ZipFile(data) as archive:
        digest = hashlib.sha256(archive.read("cat/0.png")).hexdigest()
    edits, out = tmp_path / "edits.csv", tmp_path / "clean.zip"
    edits.write_text(f"image,sha256,action,new_class\ncat/0.png,{digest},exclude,\n")
    result = document(capsys, "clean", data, "--edits", edits, "--out", out, "--backbone", "pixels_16")
    assert (result["images"], result["edits"]) == (23, 1)
    assert result["effect"]["before"]["n"] == result["effect"]["after"]["n"] > 0
    with zipfile.ZipFile(out) as archive:
        assert digest not in {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        assert len(archive.namelist()) == 23
    edits.write_text("image,sha256,action,new_class\nother.png,00,exclude,\n")
    assert "Row 2" in mistake(capsys, "clean", data, "--edits", edits, "--out", out)
    assert "no list of edits" in mistake(capsys, "clean", data, "--edits", tmp_path / "none.csv", "--out", out)


def test_groups_are_named_by_a_pattern(capsys: pytest.CaptureFixture[str], small_zip: ZipBuilder) -> None:
    data = small_zip(per_class=12)
    report = document(capsys, "health", data, "--backbone", "pixels_16", "--group-pattern", "{group}/*")
    assert report["balance"]["counts"] == {"train": {"cat": 12, "dog": 12}}  # a group is never split
    assert "{group}" in mistake(capsys, "health", data, "--group-pattern", "x")


@pytest.mark.parametrize(
    "command", ["inspect", *(name for name, words in KEEPS.items() if not {"RUN", "STOPPED"} & {*words})]
)
def test_every_command_about_photos_reads_names_as_the_user_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    photos = [replace(photo, name=photo.name.decode().encode("cp949")) for photo in good(["닭", "펭귄"], per_class=12)]
    path = build(tmp_path / "birds.zip", photos)
    edits = tmp_path / "edits.csv"
    edits.write_text(
        f"image,sha256,action,new_class\n닭/0.png,{hashlib.sha256(photos[0].content).hexdigest()},exclude,\n"
    )
    arguments = filled(command, {"DATA": str(path), "EDITS": str(edits)}, tmp_path)
    document(capsys, command, *arguments, "--encoding", "cp949")
    assert [dataset.classes for dataset in list_datasets()] == ([] if command == "inspect" else [("닭", "펭귄")])
    assert "no encoding" in mistake(capsys, command, *arguments, "--encoding", "klingon")
