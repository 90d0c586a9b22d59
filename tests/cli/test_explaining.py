"""`explain`: where a model looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.explaining.records import GRAD_CAM, HeatMap
from core.numbers import percent
from tests.cli.conftest import COLOURS, document, mistake, run
from tests.conftest import photo


@pytest.fixture
def image(tmp_path: Path) -> Path:
    photo((200, 60, 50), seed=1, size_px=60).save(tmp_path / "new.png")
    return tmp_path / "new.png"


def test_explain_as_json(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], image: Path, tmp_path: Path
) -> None:
    out = tmp_path / "maps"
    (told,) = document(capsys, "explain", finetuned[0], image, "--out", out, "--alike", 2)
    assert told["image"] == str(image)
    assert told["label"] == told["predicted"] == max(COLOURS, key=told["proba"].__getitem__)
    assert told["method"] == GRAD_CAM
    with Image.open(told["overlay"]) as picture:
        assert picture.size == (60, 60)
    assert HeatMap.load(Path(told["map"])).label == told["label"]
    assert told["faithfulness"]["hidden"][0] == pytest.approx(told["proba"][told["label"]], abs=1e-4)
    assert told["alike"] == []  # the photos of this run are in another home
    assert "brightest fifth" in told["faithfulness"]["verdict"]


def test_explain_as_a_table_of_a_chosen_class(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], image: Path, tmp_path: Path
) -> None:
    words = ("explain", finetuned[0], image, "--class", "dog [bold]", "--method", "occlusion", "--out", tmp_path / "m")
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert "dog [bold]" in out
    assert "brightest fifth" in out


def test_a_file_that_is_no_photo_stops_nothing(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], image: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    code, out, err = run(capsys, "explain", finetuned[0], bad, image, "--out", tmp_path / "maps", "--no-check")
    assert code == 1
    assert out.strip()
    assert [file.name for file in (tmp_path / "maps").glob("*.png")] == ["2-new.png"]
    assert "bad.png" in err
    assert run(capsys, "explain", finetuned[0], bad, "--out", tmp_path / "none")[0] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--class", "owl"), "no class 'owl'"), (("--method", "magic"), "method is 'magic'")],
    ids=str,
)
def test_what_cannot_be_asked_is_a_mistake(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], image: Path, tmp_path: Path,
    words: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    assert message in mistake(capsys, "explain", finetuned[0], image, "--out", tmp_path, *words)
    assert "no model 'none'" in mistake(capsys, "explain", "none", image, "--out", tmp_path)


def test_a_bundle_is_looked_into_without_its_training_photos(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], image: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "model.zip"
    document(capsys, "export", finetuned[0], "--out", bundle)
    (answer,) = document(capsys, "explain", bundle, image, "--out", tmp_path, "--no-check")
    assert Path(answer["overlay"]).is_file()
    assert answer["alike"] == []
    assert "holds no training photos" in mistake(capsys, "explain", bundle, image, "--out", tmp_path, "--alike", 2)


def test_attention_over_the_photos_that_are_named(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path
) -> None:
    words = ("attention", finetuned[0], "--data", data, "--split", "train", "--images", 6)
    told = document(capsys, *words)
    assert (told["n"], told["split"]) == (6, "train")
    assert told["border_hidden"].keys() == {"accuracy", "accuracy_ci", "drop", "drop_ci"}
    assert {each["label"] for each in told["classes"]} <= set(COLOURS)
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert "Attention on the border" in out
    assert "From the border alone" in out
    assert "on the border, which is 44" in out
    assert f"Whole photos: {percent(told['accuracy'])} of 6 are right" in out


def test_attention_needs_photos(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]) -> None:
    assert "no such dataset" in mistake(capsys, "attention", finetuned[0]).lower()
    assert "split is 'oof'" in mistake(capsys, "attention", finetuned[0], "--split", "oof")
