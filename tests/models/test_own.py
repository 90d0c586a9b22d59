"""A model on a checkpoint of the user's own: it goes on in its bundle where that checkpoint is not."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
from torchvision import models

from core.backbones.adopt import adopt
from core.backbones.sources import own
from core.bundle.archive import read_card
from core.data.dataset import Dataset
from core.errors import BundleError
from core.models.export import export
from core.models.load import classifier_of
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.hub import random_state


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    own.use_folder(tmp_path / "own")
    return tmp_path / "own"


@pytest.mark.parametrize("architecture", ["squeezenet1_1", "timm:test_vit"])
def test_its_bundle_needs_no_checkpoint(
    architecture: str, folder: Path, tmp_path: Path, small_dataset: Callable[..., Dataset]
) -> None:
    of_timm = architecture.startswith("timm:")
    state = random_state("test_vit") if of_timm else models.get_model(architecture).state_dict()
    safetensors.torch.save_file(state, tmp_path / "mine.safetensors")
    added = adopt(tmp_path / "mine.safetensors", "mine", folder, architecture=architecture)
    dataset = small_dataset(splits={"train": 2, "val": 1})
    run = finetune(dataset, FinetuneConfig(f"{added.name}@whole", "last", epochs=1, batch_size=2), tmp_path / "run")
    bundle = export(run, tmp_path / "bundle.zip")
    photos = [dataset.path(item) for item in dataset.items[:2]]
    expected = classifier_of(run).predict(photos)
    assert "Pretrained weights: mine\\.safetensors" in read_card(bundle).replace("mine.", "mine\\.", 1)
    assert f'"{architecture.removeprefix("timm:")}"' in read_card(bundle)

    own.remove("mine", folder)
    np.testing.assert_allclose(classifier_of(bundle).predict(photos), expected, atol=1e-5)


def test_nor_does_that_of_a_pair_with_it(folder: Path, tmp_path: Path, small_dataset: Callable[..., Dataset]) -> None:
    safetensors.torch.save_file(models.get_model("squeezenet1_1").state_dict(), tmp_path / "mine.safetensors")
    adopt(tmp_path / "mine.safetensors", "mine", folder, architecture="squeezenet1_1")
    dataset = small_dataset(splits={"train": 2, "val": 1})
    config = FinetuneConfig("local:mine@whole+graft_plain", epochs=1, batch_size=2)
    run = finetune(dataset, config, tmp_path / "run")
    assert run.backbone == "graft_plain+local:mine@whole"
    bundle = export(run, tmp_path / "bundle.zip")
    photos = [dataset.path(item) for item in dataset.items[:2]]
    expected = classifier_of(run).predict(photos)
    own.remove("mine", folder)
    np.testing.assert_allclose(classifier_of(bundle).predict(photos), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        ("torchvision:vgg16", "do not fit"),
        ("timm:vit_giant_patch14_clip_224", "do not fit"),
        ("timm:nothing", "not known"),
    ],
)
def test_a_bundle_that_names_another_network_is_refused(
    architecture: str, message: str, folder: Path, tmp_path: Path, small_dataset: Callable[..., Dataset]
) -> None:
    safetensors.torch.save_file(models.get_model("squeezenet1_1").state_dict(), tmp_path / "mine.safetensors")
    added = adopt(tmp_path / "mine.safetensors", "mine", folder, architecture="squeezenet1_1")
    dataset = small_dataset(splits={"train": 2, "val": 1})
    run = finetune(dataset, FinetuneConfig(added.name, epochs=1, batch_size=2), tmp_path / "run")
    with zipfile.ZipFile(export(run, tmp_path / "bundle.zip")) as bundle:
        parts = {name: bundle.read(name) for name in bundle.namelist()}
    parts["manifest.json"] = parts["manifest.json"].replace(added.architecture.encode(), architecture.encode())
    with zipfile.ZipFile(tmp_path / "bent.zip", "w") as bent:
        for name, content in parts.items():
            bent.writestr(name, content)
    with pytest.raises(BundleError, match=message):
        classifier_of(tmp_path / "bent.zip")
