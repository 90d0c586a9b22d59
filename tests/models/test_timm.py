"""Every model of timm that is listed unasked, with random weights, from the Hub's folder to a bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.backbones.load import load as load_backbone
from core.backbones.registry import info
from core.backbones.sources.timm import PREFIX, good_for
from core.bundle.archive import read_card
from core.data.dataset import Dataset
from core.evaluation.predictions import Predictions
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

    config = FinetuneConfig(known.name, "last", epochs=1, batch_size=2, lr=1e-6)  # random weights run away easily
    run = finetune(dataset, config, tmp_path / "run")
    bundle = export(run, tmp_path / "bundle.zip")
    photos = [dataset.path(item) for item in dataset.items[:2]]
    packed, own = classifier_of(bundle), classifier_of(run)
    assert all(torch.equal(value, packed.state_dict()[key]) for key, value in own.state_dict().items())
    # Features of random weights may be millions, whose last digits hang on where the weights lie in memory.
    np.testing.assert_allclose(packed.predict(photos), own.predict(photos), atol=1e-3)
    assert f"Pretrained weights: {known.repository.replace('_', chr(92) + '_')}" in read_card(bundle)


@pytest.mark.parametrize("mode", ["norms", "lora"])
def test_what_was_adapted_lightly_is_a_plain_model_in_its_bundle(
    mode: str, small_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    dataset, known = small_dataset(splits={"train": 2, "val": 1}), info(f"{PREFIX}test_vit.r160_in1k")
    put(known.repository, random_state("test_vit.r160_in1k"))
    config = FinetuneConfig(known.name, mode, epochs=2, batch_size=2, lr=0.01, head_start="zero")
    run = finetune(dataset, config, tmp_path / "run")
    assert run.kept is not None
    assert run.kept.weights != "start"
    kept = load_file(run.path / "model.safetensors")
    plain = load_backbone(known.name).state_dict()
    assert kept.keys() == {*(f"backbone.{key}" for key in plain), "head.weight", "head.bias"}
    changed = {key for key, value in plain.items() if not torch.equal(value, kept[f"backbone.{key}"])}
    assert any(key.endswith("attn.qkv.weight" if mode == "lora" else "attn.qkv.bias") for key in changed)
    assert {plain[key].ndim for key in changed} == ({2} if mode == "lora" else {1})
    bundle = export(run, tmp_path / "bundle.zip")
    photos = [dataset.path(item) for item in dataset.items[:2]]
    val = [dataset.path(item) for item in dataset.split("val")]
    np.testing.assert_allclose(classifier_of(bundle).predict(photos), classifier_of(run).predict(photos), atol=1e-5)
    predicted = Predictions.load(run.predictions_path("val")).proba
    np.testing.assert_allclose(classifier_of(bundle).predict(val), predicted, atol=1e-4)
