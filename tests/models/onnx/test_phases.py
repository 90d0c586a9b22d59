"""What an export tells of its time: each part is one phase, of the length that its work has, and says how far it is."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from core.backbones.registry import info
from core.bundle.contents import Contents
from core.data.dataset import Dataset
from core.models.beside import phases as parts_beside
from core.models.export import export
from core.models.onnx.phases import phases, proving
from core.progress import Progress
from core.runs import Run

ALL = Contents(onnx=("fp32", "fp16", "int8", "photo"), page=True)


def seconds(*precisions: str, n_val: int) -> dict[str, float]:
    return {name: sum(phase.seconds for phase in some) for name, some in phases(precisions, LITE, n_val).items()}


LITE = info("graft_residual")


def test_only_what_is_done_takes_time() -> None:
    assert set(seconds("fp32", n_val=150)) == {"write", "check"}
    assert set(seconds("fp32", "photo", n_val=150)) == {"write", "check", "photos"}
    assert set(seconds("fp32", "int8", n_val=150)) == {"write", "check", "judge"}
    assert set(seconds("fp32", "int8", n_val=0)) == {"write", "check"}  # what it costs is not known without photos
    assert set(parts_beside(Contents(), LITE, None)) == {"onnx", "prove"}
    assert set(parts_beside(ALL, LITE, None)) == {"onnx", "prove", "page"}
    assert parts_beside(Contents(onnx=()), LITE, None) == {}


def test_more_photos_and_networks_take_longer_up_to_what_is_asked() -> None:
    few, many, most = (seconds("fp32", "int8", n_val=n)["judge"] for n in (100, 400, 4000))
    assert many == pytest.approx(4 * few)
    assert most == many
    one, three = (seconds(*some, n_val=100)["check"] for some in (("fp32",), ("fp32", "fp16", "int8")))
    assert one < three < 2 * one
    assert proving(("fp32",), LITE).seconds < proving(("fp32", "int8"), LITE).seconds


def test_the_rules_of_thumb_are_near_what_was_measured_on_two_cores() -> None:
    """Of a probe on ants and bees (153 validation photos), everything but what is loaded and written at the end."""
    measured_s = {"graft_residual": 9.0, "efficientnet_lite0": 18.0}
    for name, took_s in measured_s.items():
        expected = sum(
            sum(phase.seconds for phase in some) for some in phases(ALL.onnx, info(name), 153).values()
        ) + sum((proving(ALL.onnx, info(name)).seconds, 1.1))
        assert took_s / 1.8 < expected < took_s * 1.8, name


def test_each_part_of_an_export_is_one_phase_whose_share_never_falls(
    runs: dict[str, Run], dataset: Dataset, tmp_path: Path
) -> None:
    steps: list[Progress] = []
    export(runs["pixels"], tmp_path / "b.zip", steps.append, contents=ALL, dataset=dataset)
    works = [work for work, _some in groupby(step.phase.work if step.phase else "" for step in steps)]
    expected = ["onnx/write", "onnx/check", "onnx/photos", "onnx/judge", "onnx/prove", "page", "export"]
    assert [work for work in works if work != "load"] == expected
    first = next(step for step in steps if step.phase and step.phase.work == "onnx/write")
    assert [phase.work for phase in first.ahead] == expected[1:]
    for work in expected:
        shares = [step.share for step in steps if step.phase and step.phase.work == work and step.share is not None]
        assert shares == sorted(shares), work
