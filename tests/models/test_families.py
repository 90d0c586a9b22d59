"""A bundle of each family of networks runs where neither Graft nor torch is, and answers as torch does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.takehome import CLASSES, alone, random_model, unpacked
from core.bundle.contents import Contents
from core.models.load import classifier_of

# One of a kind, each as small as it comes.
FAMILIES = (
    "pixels_16", "graft_residual", "graft_plain+graft_residual", "graft_plain@whole", "graft_residual@squashed",
    "efficientnet_lite0", "resnet18", "densenet121", "mobilenet_v3_small", "shufflenet_v2_x0_5", "squeezenet1_1",
    "mnasnet0_5", "regnet_y_400mf", "efficientnet_b0", "googlenet", "inception_v3", "convnext_tiny", "swin_t",
    "swin_v2_t", "maxvit_t", "vit_b_32", "timm:resnet10t.c3_in1k", "timm:vit_small_patch14_dinov2.lvd142m",
    "resnet18+timm:resnet10t.c3_in1k",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_bundle_answers_alone_what_torch_answers(name: str, tmp_path: Path) -> None:
    model = random_model(name)
    manifest = unpacked(model, tmp_path, Contents())
    assert manifest.left_out == {}
    assert manifest.graphs["model.onnx"].largest <= 1e-4
    photos = sorted((tmp_path / "selfcheck").iterdir())[::4]  # the program looks at the others anyway
    answers = alone(tmp_path, photos)
    assert [Path(str(answer["image"])).name for answer in answers] == [photo.name for photo in photos]
    shares = [list(answer["proba"].values()) for answer in answers]
    expected = model.predict(photos)
    assert np.ptp(expected, axis=0).max() > 1e-3  # else a network that sees nothing would answer rightly
    np.testing.assert_allclose(shares, expected, atol=1e-4)
    np.testing.assert_allclose(classifier_of(tmp_path).predict(photos), expected, atol=1e-6)


def test_the_bundle_of_this_file_is_one_that_graft_reads(tmp_path: Path) -> None:
    unpacked(random_model("pixels_16"), tmp_path, Contents(onnx=()))
    assert classifier_of(tmp_path).classes == CLASSES
    assert "files" not in json.loads((tmp_path / "manifest.json").read_text())
