from pathlib import Path

import numpy as np
import pytest
import torch

from core.paths import read_json
from core.pretraining.evaluate import Score, embed, load_exported, probe_score, read_labelled_zip, score_card
from core.pretraining.export import Words, export, preprocessing
from core.pretraining.recipe import Recipe
from core.pretraining.student import Student
from tests.conftest import ZipBuilder

RECIPE = Recipe("tiny", input_px=32)
WORDS = Words("nothing", "nobody", "none")


def test_an_exported_student_computes_the_same_features(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student("tiny", [], 3).eval()
    export(student, RECIPE, tmp_path / "mine.json", epochs=0, words=WORDS)
    trunk, how = load_exported(tmp_path / "mine.json")
    images = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(trunk(images), student.trunk(images), atol=5e-3, rtol=5e-3)
    assert (how.resize_px, how.crop_px, how.interpolation) == (32, 32, "bicubic")


def test_wilsons_interval_and_the_probe_on_separable_features(small_zip: ZipBuilder, tmp_path: Path) -> None:
    low, high = Score(81, 100).interval
    assert (low, high) == pytest.approx((0.7222, 0.8749), abs=1e-3)
    images, classes = read_labelled_zip(small_zip())
    features = np.stack([np.asarray(image).mean((0, 1)) for image in images]).astype(np.float32)
    assert probe_score(features, classes) == Score(len(classes), len(classes))
    torch.manual_seed(0)
    export(Student("tiny", [], 1), RECIPE, tmp_path / "x.json", epochs=0, words=WORDS)
    measured = score_card(tmp_path / "x.json", small_zip())
    written = read_json(tmp_path / "x.json")["accuracy"]
    assert [entry["value"] for entry in written.values()] == [round(measured.value, 4)]


def test_features_do_not_depend_on_the_batch(small_zip: ZipBuilder) -> None:
    images, _classes = read_labelled_zip(small_zip())
    trunk = Student("tiny", [], 1).trunk
    together = embed(trunk, images, preprocessing(32))
    np.testing.assert_allclose(embed(trunk, images[2:3], preprocessing(32))[0], together[2], atol=1e-5)
