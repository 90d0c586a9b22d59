"""Every model of timm that is listed unasked, with random weights, from the Hub's folder to a bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.backbones.registry import info
from core.backbones.sources.timm import PREFIX, good_for
from core.bundle.archive import read_card
from core.data.dataset import Dataset
from core.features.extract import extract
from core.features.stages import stage_features
from core.models.export import export
from core.models.load import classifier_of
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.hub import put, random_state


@pytest.mark.parametrize(
    "name", ["test_vit.r160_in1k", *(pytest.param(name, marks=pytest.mark.slow) for name in good_for())]
)
def test_it_is_extracted_fine_tuned_by_stages_and_loaded_from_its_bundle(
    name: str, small_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    dataset, known = small_dataset(splits={"train": 2, "val": 1}), info(PREFIX + name)
    if known.sizes:  # a small input, as the time that this takes grows with its area
        known = info(f"{known.name}@{known.sizes[1]}")
    put(known.repository, random_state(name))

    features = extract(dataset, known.name)
    assert features.X.shape == (6, known.feature_dim)
    assert features.X.std(axis=0).max() > 0
    stages = stage_features(dataset, known.name)
    assert list(stages) == list(known.stages)
    np.testing.assert_allclose(stages[known.stages[-1]].X, features.X, rtol=1e-2, atol=1e-2)

    run = finetune(dataset, FinetuneConfig(known.name, "last", epochs=1, batch_size=2), tmp_path / "run")
    bundle = export(run, tmp_path / "bundle.zip")
    photos = [dataset.path(item) for item in dataset.items[:2]]
    np.testing.assert_allclose(classifier_of(bundle).predict(photos), classifier_of(run).predict(photos), atol=1e-5)
    assert f"Pretrained weights: {known.repository.replace('_', chr(92) + '_')}" in read_card(bundle)
