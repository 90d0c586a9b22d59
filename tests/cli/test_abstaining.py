"""The command that decides when a model should rather not answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.evaluation.abstention.kept import kept_rule
from core.runs import TEST_SEEN
from tests.cli.conftest import COLOURS, document, mistake, run
from tests.conftest import photo_bytes
from tests.evaluation.abstention.made import made


@pytest.fixture
def judged(finetuned: tuple[Path, Any], tmp_path: Path) -> Path:
    """A run with predictions of many photos of three classes."""
    path = tmp_path / "judged"
    shutil.copytree(finetuned[0], path)
    (path / TEST_SEEN).unlink(missing_ok=True)
    for split, seed in (("val", 0), ("test", 1)):
        made(300, seed, split=split).save(path / "predictions" / f"{split}.npz")
    return path


def test_a_promise_becomes_a_rule_that_is_kept(capsys: pytest.CaptureFixture[str], judged: Path) -> None:
    answer = document(capsys, "abstain", judged, "--wrong", "0.05", "--test")
    assert answer["rule"]["kind"] == "threshold"
    assert answer["rule"]["promised"] == 0.05
    assert answer["rule"]["after_test"] is False
    assert set(answer["outcomes"]) == {"val", "test"}
    assert answer["outcomes"]["val"]["coverage"] == answer["rule"]["answered"]
    assert answer["curve"][-1]["coverage"] == 1.0
    assert kept_rule(judged) is not None
    assert document(capsys, "abstain", judged)["rule"] == answer["rule"]
    shown = document(capsys, "evaluate", judged, "--split", "test")["abstention"]
    assert shown == {"rule": answer["rule"], "here": answer["outcomes"]["test"]}
    code, out, err = run(capsys, "abstain", judged)
    assert (code, err) == (0, "")
    assert "at most 5.0 % of the answers are wrong" in out
    assert "The certainty is that of one promise" in out
    assert "Test:" not in out
    assert "before its answers to the test photos had been looked at" in " ".join(out.split())
    assert document(capsys, "abstain", judged, "--wrong", "0.06")["rule"]["after_test"] is True  # by --test above
    assert document(capsys, "abstain", judged, "--off")["rule"] is None
    assert kept_rule(judged) is None
    assert document(capsys, "evaluate", judged)["abstention"] is None
    assert "It answers every photo." in run(capsys, "abstain", judged)[1]


def test_sets_and_costs(capsys: pytest.CaptureFixture[str], judged: Path, tmp_path: Path) -> None:
    answer = document(capsys, "abstain", judged, "--sets", "0.9")
    assert answer["outcomes"]["val"]["held"] >= 0.9
    file = tmp_path / "costs.json"
    file.write_text(json.dumps({"abstain": 0.2, "costs": {"class 0": {"class 2": 7}}}))
    rule = document(capsys, "abstain", judged, "--costs", file)["rule"]
    assert rule["costs"] == [[0, 1, 7], [1, 0, 1], [1, 1, 0]]
    assert rule["promised"] == 0.2
    assert "if all were answered" in run(capsys, "abstain", judged)[1]


def test_what_cannot_be_promised_is_one_line(capsys: pytest.CaptureFixture[str], judged: Path, tmp_path: Path) -> None:
    assert "at least 2,995 validation photos" in mistake(capsys, "abstain", judged, "--wrong", "0.001")
    assert "Give one" in mistake(capsys, "abstain", judged, "--wrong", "0.1", "--off")
    assert "There is no file" in mistake(capsys, "abstain", judged, "--costs", tmp_path / "none.json")
    file = tmp_path / "costs.json"
    for content, words in (
        ("no", "no JSON file"), ("{}", "'abstain' is missing"), ('{"abstain": -1}', "0 or more"),
        ('{"abstain": 1, "costs": {"owl": {}}}', "no class 'owl'"),
    ):  # fmt: skip
        file.write_text(content)
        assert words in mistake(capsys, "abstain", judged, "--costs", file)
    assert kept_rule(judged) is None


def test_a_run_learns_to_know_strangers(
    capsys: pytest.CaptureFixture[str],
    finetuned: tuple[Path, Any],
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "run"
    shutil.copytree(finetuned[0], path)
    assert "dataset" in mistake(capsys, "strangers", path)  # its photos are in another home
    monkeypatch.setenv("GRAFT_HOME", str(folder / "home"))
    assert document(capsys, "evaluate", path)["strangers"] is None
    told = document(capsys, "strangers", path)
    assert [each["class"] for each in told["classes_left_out"]] == list(COLOURS)
    assert told["features"] == "pretrained"
    shown = document(capsys, "evaluate", path)["strangers"]
    assert shown == {key: value for key, value in told.items() if key != "run"}
    code, out, err = run(capsys, "strangers", path)
    assert (code, err) == (0, "")
    assert "dog [bold]" in out
    assert "none of its classes" in out
    (tmp_path / "green.png").write_bytes(photo_bytes((20, 220, 30), seed=9))
    (row,) = document(capsys, "predict", path, tmp_path / "green.png")
    assert set(row) == {"image", "label", "proba", "none_of_these", "distance_percentile"}
    assert "none of its classes" not in run(capsys, "predict", path, tmp_path / "green.png")[1]  # one is no share
    photos = [tmp_path / "green.png", shutil.copy(tmp_path / "green.png", tmp_path / "again.png")]
    asked = " ".join(run(capsys, "predict", path, *photos)[1].split())
    assert f"It takes {2 * int(row['none_of_these'])} of 2 photos for none of its classes" in asked
    assert "of its classes {:.1f} % are expected".format(100 * told["false_alarms"]) in asked
