"""A model that looks at several views: means of what it makes of each, kept with the run, and never beside a rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data.images.views import CROPS, FLIP, ONE, VIEWS, view_of
from core.errors import DatasetError, EvaluationError, GraftError
from core.evaluation.abstention.kept import keep_rule
from core.evaluation.abstention.rule import Rule
from core.models.classifier import Classifier
from core.models.views import FILE, keep_views, kept_views, look, with_views
from core.progress import Progress
from tests.fakes import TinyBackbone

RULE = Rule(kind="threshold", promised=0.1, threshold=0.5, n=10, answered=0.5, answered_ci=(0.2, 0.8))


@pytest.fixture
def model() -> Classifier:
    """Tells by the mean colour; the cuts of a photo with a coloured edge differ from it."""
    torch.manual_seed(0)
    return Classifier(TinyBackbone(), ("a", "b", "c")).eval()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    files = []
    for n in range(3):
        pixels = np.full((40, 60, 3), 30 * n, np.uint8)
        pixels[:6, :20, n] = 255
        files.append(tmp_path / f"{n}.png")
        Image.fromarray(pixels).save(files[-1])
    return files


@pytest.mark.parametrize("views", [FLIP, CROPS])
def test_the_probabilities_are_means_over_the_views(model: Classifier, photos: list[Path], views: str):
    one = model.look(photos)
    several = look(with_views(model, views), photos)
    for row, file in enumerate(photos):
        with Image.open(file) as image:
            each = model.predict([view_of(image.convert("RGB"), number) for number in range(VIEWS[views])])
        assert several.proba[row] == pytest.approx(each.mean(axis=0), abs=1e-6)
    assert several.proba.sum(axis=1) == pytest.approx(1)
    assert several.features == pytest.approx(one.features, abs=1e-6)
    is_same = bool(np.abs(several.proba - one.proba).max() < 1e-6)
    assert is_same == (views == FLIP)  # a mean colour has no left and right


def test_in_one_view_it_answers_as_ever(model: Classifier, photos: list[Path]):
    assert np.array_equal(look(model, photos).proba, model.look(photos).proba)
    assert look(with_views(model, FLIP), []).proba.shape == (0, 3)


def test_more_photos_than_are_seen_at_once_are_told_of_together(
    model: Classifier, photos: list[Path], monkeypatch: pytest.MonkeyPatch
):
    whole = look(with_views(model, CROPS), photos)
    monkeypatch.setattr("core.models.views.AT_ONCE", 2)
    steps: list[Progress] = []
    parts = look(model, photos, steps.append)
    assert parts.proba == pytest.approx(whole.proba, abs=1e-6)
    assert parts.features == pytest.approx(whole.features, abs=1e-6)
    assert {step.total for step in steps} == {30}
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == 30


def test_a_photo_that_cannot_be_read_is_one_problem(model: Classifier, photos: list[Path]):
    photos[1].write_bytes(b"no photo")
    problems: dict[int, GraftError] = {}
    proba = look(with_views(model, CROPS), photos, problems=problems).proba
    assert set(problems) == {1}
    assert np.isnan(proba[1]).all()
    assert np.isfinite(proba[[0, 2]]).all()
    with pytest.raises(DatasetError, match="cannot be read"):
        look(model, photos)


def test_another_way_of_looking_is_another_model_for_tables_of_answers(model: Classifier):
    before = model.fingerprint
    assert with_views(model, "").fingerprint == before
    assert with_views(model, FLIP).fingerprint != before
    assert with_views(model, ONE).fingerprint == before


def test_the_choice_is_kept_with_the_run(tmp_path: Path):
    assert kept_views(tmp_path) == ONE
    keep_views(tmp_path, CROPS)
    assert kept_views(tmp_path) == CROPS
    keep_views(tmp_path, ONE)
    assert not (tmp_path / FILE).exists()
    with pytest.raises(EvaluationError, match="no way"):
        keep_views(tmp_path, "both")
    (tmp_path / FILE).write_text('{"views": "both"}')
    with pytest.raises(EvaluationError, match="damaged"):
        kept_views(tmp_path)


def test_a_rule_for_not_answering_holds_for_single_views_alone(model: Classifier, tmp_path: Path):
    keep_views(tmp_path, FLIP)
    keep_rule(tmp_path, RULE)
    assert kept_views(tmp_path) == ONE
    with pytest.raises(EvaluationError, match="Take the rule away first"):
        keep_views(tmp_path, CROPS)
    model.caution = type(model.caution)(rule=RULE)
    with pytest.raises(EvaluationError, match="Take the rule away first"):
        with_views(model, CROPS)
    assert with_views(model, ONE).views == ONE
