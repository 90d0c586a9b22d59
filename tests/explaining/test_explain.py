"""Heat maps: against what a model's parts say by hand, for every method, and after its weights were shuffled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from core.backbones.backbone import Backbone
from core.backbones.load import load
from core.backbones.spec import Preprocessing
from core.errors import DatasetError, ExplainError
from core.explaining.explain import explain
from core.explaining.gradcam import class_activation
from core.explaining.records import GRAD_CAM, HIRESCAM, LAYERLESS, METHODS, OCCLUSION
from core.explaining.subject import Subject
from core.models.classifier import Classifier
from tests.explaining.models import noise, patched, told_by_colour, with_random_weights


@pytest.mark.parametrize("method", METHODS)
def test_a_red_quarter_speaks_for_red(method: str) -> None:
    subject = told_by_colour()
    photo = subject.photo(patched())
    heat = explain(subject, photo, 0, method)
    assert (heat.method, heat.label) == (method, "red")
    assert heat.values.shape == (64, 64)  # the photo's own size, as it is small
    quarters = [heat.values[rows, columns].mean() for rows in (slice(32), slice(32, 64))
                for columns in (slice(32), slice(32, 64))]  # fmt: skip
    assert quarters[3] > 3 * max(quarters[:3])


def test_grad_cam_is_what_each_place_adds_to_the_score() -> None:
    subject = told_by_colour()
    photo = subject.photo(patched())
    (grid,) = class_activation(subject, photo, 0, GRAD_CAM)
    red, green, blue = photo.inputs.numpy()
    expected = 10 * (red - (red + green + blue) / 3) / red.size  # the mean over places, less that of all classes
    np.testing.assert_allclose(grid, expected, atol=1e-6)
    (same,) = class_activation(subject, photo, 0, HIRESCAM)
    np.testing.assert_allclose(same, expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_map_adds_up_to_the_score_where_nothing_speaks_against_the_class(method: str) -> None:
    subject = told_by_colour()
    photo = subject.photo(Image.new("RGB", (32, 32), (200, 40, 40)))
    score = 10 * (200 - 280 / 3) / 255
    assert explain(subject, photo, 0, method).values.sum() == pytest.approx(score, rel=1e-3)


def test_the_bias_of_the_head_is_spread_evenly() -> None:
    subject = told_by_colour()
    plain = explain(subject, subject.photo(patched()), 0, GRAD_CAM)
    with torch.no_grad():
        subject.classifier.head.bias.copy_(torch.tensor([3.0, 0.0, 0.0]))
    raised = explain(subject, subject.photo(patched()), 0, GRAD_CAM)
    np.testing.assert_allclose(raised.values - plain.values, 2 / 64**2, rtol=1e-3)  # 3, less the mean of all classes


def test_occlusion_is_the_mean_drop_over_the_windows_that_hide_a_cell() -> None:
    subject = told_by_colour()
    photo = subject.photo(patched((255, 0, 0)))
    heat = explain(subject, photo, 0, OCCLUSION)
    cells = heat.cells()
    red, green, blue = photo.inputs.numpy()  # a cell is a pixel of the input here, and a hidden one is 0
    drop = (10 * (red - (red + green + blue) / 3) / red.size).astype(np.float64)
    pixels = 4 * 4  # of the photo in each cell
    assert cells[15, 15] * pixels == pytest.approx(drop[15, 15], rel=0.05)
    assert cells[4, 4] * pixels == pytest.approx(0, abs=0.05 * drop[15, 15])


def test_what_is_not_seen_is_cold() -> None:
    subject = told_by_colour(preprocessing=Preprocessing(32, 16, mean=(0.0,) * 3, std=(1.0,) * 3))
    heat = explain(subject, subject.photo(patched(size=(128, 64))), 0, GRAD_CAM)
    assert heat.seen == (0.375, 0.25, 0.625, 0.75)
    assert heat.values[32, 79] > 0  # red, within the square
    assert heat.values[32, 82] == heat.values[50, 70] == 0


def test_backbones_side_by_side_share_what_they_say() -> None:
    subject = with_random_weights("graft_plain+graft_plain@whole")
    photo = subject.photo(noise())
    both, target = class_activation(subject, photo, 1, HIRESCAM), 1
    head = subject.classifier.head
    logits = subject.logits(photo.inputs[None])[0].astype(np.float64)
    bias = head.bias.detach().double().numpy()
    # behind the last maps there is only their mean, so that each map adds up to its part of the score
    assert sum(map(float, (grid.sum() for grid in both))) == pytest.approx(
        logits[target] - logits.mean() - (bias[target] - bias.mean()), abs=1e-5
    )
    assert explain(subject, photo, target, GRAD_CAM).seen == (0.0, 0.0, 1.0, 1.0)


def test_a_backbone_without_layers_is_explained_by_what_needs_none() -> None:
    subject = with_random_weights("pixels_16")
    photo = subject.photo(noise())
    assert subject.methods(photo) == LAYERLESS
    assert subject.default(photo) == OCCLUSION
    for method in LAYERLESS:
        assert explain(subject, photo, 0, method).scaled.max() == 1
    with pytest.raises(ExplainError, match="Choose the method 'occlusion'"):
        explain(subject, photo, 0, GRAD_CAM)


def test_a_model_that_has_predicted_can_be_explained() -> None:
    subject = with_random_weights("graft_plain")
    subject.classifier.predict([noise(seed=n) for n in range(3)])
    assert explain(subject, subject.photo(noise()), 0, GRAD_CAM).scaled.max() == 1
    assert not [hook for module in subject.classifier.modules() for hook in module._forward_hooks]


def test_what_cannot_be_explained_is_told() -> None:
    subject = told_by_colour()
    with pytest.raises(ExplainError, match="no class number 3"):
        explain(subject, subject.photo(patched()), 3, GRAD_CAM)
    with pytest.raises(ExplainError, match="method is 'magic'"):
        explain(subject, subject.photo(patched()), 0, "magic")
    with pytest.raises(DatasetError, match="cannot be read"):
        subject.photo(Path("none.jpg"))


@pytest.mark.parametrize("method", [GRAD_CAM, *LAYERLESS])
def test_a_map_is_about_the_model_and_not_about_the_photo_alone(method: str) -> None:
    """As a test of sanity: J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018."""
    photo_of = noise((96, 96))
    trained = Classifier(load("graft_plain"), ("a", "b", "c", "d")).eval()
    torch.manual_seed(1)
    torch.nn.init.normal_(trained.head.weight)
    subject = Subject(trained)
    before = _map(subject, photo_of, method)
    with torch.no_grad():
        trained.head.weight.copy_(trained.head.weight[:, torch.randperm(trained.head.in_features)])
    shuffled = _map(subject, photo_of, method)
    assert abs(spearmanr(before, shuffled).statistic) < 0.6
    trained.backbone = randomised_backbone()
    randomised = _map(Subject(trained.eval()), photo_of, method)
    assert abs(spearmanr(before, randomised).statistic) < 0.6


def randomised_backbone() -> Backbone:
    """One whose weights are so large that what it gives is not nearly nothing."""
    backbone = load("graft_plain", pretrained=False)
    for parameter in backbone.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter)
    return backbone


def _map(subject: Subject, image: Image.Image, method: str) -> NDArray[np.float64]:
    photo = subject.photo(image)
    target = int(subject.logits(photo.inputs[None])[0].argmax())  # of a class that nothing speaks for, nothing is seen
    return explain(subject, photo, target, method).cells(8).ravel()
