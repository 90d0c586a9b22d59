"""The command that compares backbones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import BackboneError
from core.probing.comparison.record import load_comparison
from tests.cli.conftest import document, run


def test_compare_as_json(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    comparison = document(capsys, "compare", data, "--backbones", "graft_plain,pixels_16", "--pca", "0.95")
    assert comparison["folds"] == 5
    assert [row["backbone"] for row in comparison["results"]] == ["graft_plain", "pixels_16"]
    keys = {"probe", "accuracy_mean", "accuracy_ci", "macro_f1_mean", "fold_accuracy", "feature_dim", "images_per_s"}
    for row in comparison["results"]:
        assert keys <= set(row)
        assert len(row["fold_accuracy"]) == 10  # 5 folds, twice
        assert row["accuracy_mean"] > 0.9, "two colours are easily told apart"
        assert row["accuracy_ci"][0] <= row["accuracy_mean"] <= row["accuracy_ci"][1]


def test_compare_as_a_table_and_kept(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    out = tmp_path / "kept"
    code, table, err = run(capsys, "compare", data, "--backbones", "pixels_16", "--pca", "8", "--out", out)
    assert (code, err) == (0, "")
    assert "pixels_16" in table
    assert "%" in table
    assert "cross-validation on 16 training photos" in table
    assert (out / "comparison.json").is_file()
    judged = document(capsys, "evaluate", out / "probes" / "pixels_16", "--split", "oof")
    assert judged["n"] == len(load_comparison(out).results[0].oof)


def test_a_backbone_that_fails_is_told_and_the_others_are_shown(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.features import extract as room

    real = room.extract

    def unavailable(dataset: Any, name: str, **rest: Any) -> Any:
        if name == "resnet18":
            raise BackboneError("the weights\nare not here")
        return real(dataset, name, **rest)

    monkeypatch.setattr(room, "extract", unavailable)
    code, out, err = run(capsys, "compare", data, "--backbones", "resnet18,pixels_16", "--json")
    assert code == 0
    assert [row["backbone"] for row in json.loads(out)["results"]] == ["pixels_16"]
    assert err == "resnet18: the weights are not here\n"
