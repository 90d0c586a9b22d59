"""The features of backbones side by side are each one's own, from each one's own store."""

from __future__ import annotations

import numpy as np
import pytest

from core.backbones import load as loading
from core.data.dataset import Dataset
from core.errors import BackboneError
from core.features.extract import extract
from core.features.phases import extracting
from core.features.stages import stage_features
from core.progress import Phase, Progress
from tests.fakes import TinyBackbone, install, tiny_info
from tests.steps import works


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> tuple[TinyBackbone, TinyBackbone]:
    """Backbones of 16 and of 24 px: "small" and "wide"."""
    backbones = TinyBackbone(tiny_info("small")), TinyBackbone(tiny_info("wide", 24))
    install(monkeypatch, *backbones)
    return backbones


def test_rows_are_those_of_the_parts_side_by_side(two: tuple[TinyBackbone, TinyBackbone], dataset: Dataset) -> None:
    pair = extract(dataset, "wide+small")
    small, wide = extract(dataset, "small"), extract(dataset, "wide")
    np.testing.assert_array_equal(pair.X, np.hstack([small.X, wide.X]))
    assert pair.X.shape == (40, 6)
    assert pair.backbone == "small+wide"
    assert pair.ids == small.ids
    assert pair.from_store == 0
    assert small.from_store == wide.from_store == 40
    assert pair.images_per_s == pytest.approx(1 / (1 / small.images_per_s + 1 / wide.images_per_s))


def test_where_both_are_stored_together_they_cost_nothing(
    two: tuple[TinyBackbone, TinyBackbone], dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Progress] = []
    extract(dataset, "small")
    assert [phase.work for phase in extracting(dataset, "small+wide")] == ["extract/small", "load/wide", "extract/wide"]
    extract(dataset, "small+wide", report=steps.append)
    assert works(steps) == ["extract/small", "load/wide", "extract/wide"]
    assert extracting(dataset, "small+wide") == (Phase("extract/small", 0.05), Phase("extract/wide", 0.05))
    monkeypatch.setattr(loading, "load", None)
    assert extract(dataset, "small+wide").from_store == 40


def test_stages_are_looked_at_one_backbone_at_a_time(two: tuple[TinyBackbone, TinyBackbone], dataset: Dataset) -> None:
    with pytest.raises(BackboneError, match="Look at each by itself: small, wide"):
        stage_features(dataset, "small+wide")
