import json

import numpy as np
import pytest

from core.errors import ProbeError
from core.probing.comparison.compare import Comparison
from core.probing.comparison.record import kept_result, load_comparison, load_result, save_result
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.probe import ProbeConfig
from tests.probing.conftest import make_features

MADE = {"fingerprint": "f1", "seed": 0}


def test_the_verdict_can_be_computed_anew_from_the_disk(tmp_path):
    strong = make_features((30, 25, 20), spread=3.0)
    results = [cross_validate(strong), cross_validate(make_features((30, 25, 20), spread=3.0, backbone="resnet18"))]
    for result in results:
        save_result(result, tmp_path, MADE)
    document = Comparison(tuple(results)).as_json()
    (tmp_path / "comparison.json").write_text(json.dumps(document))
    again = load_comparison(tmp_path)
    assert again.as_json() == Comparison(tuple(results)).as_json()
    assert np.array_equal(again.results[0].oof.proba, results[0].oof.proba)


def test_only_a_result_that_was_made_in_just_this_way_is_taken_up(tmp_path):
    result = cross_validate(make_features())
    save_result(result, tmp_path, MADE)
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE).as_json() == result.as_json()
    assert kept_result(tmp_path, "pixels_16", "logistic", {**MADE, "seed": 1}) is None
    assert kept_result(tmp_path, "pixels_16", "knn", MADE) is None


@pytest.mark.parametrize("name", ["result.json", "held_out.npz"])
def test_a_damaged_result_is_made_again(tmp_path, name):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    file = tmp_path / "results" / "pixels_16.logistic" / name
    file.write_bytes(file.read_bytes()[:40])
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE) is None
    with pytest.raises(ProbeError, match="Compare again"):
        load_result(tmp_path, "pixels_16", "logistic")


def test_a_result_without_its_facts_is_damaged(tmp_path):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    file = tmp_path / "results" / "pixels_16.logistic" / "result.json"
    file.write_text(json.dumps({"made": MADE}))
    with pytest.raises(ProbeError, match="'pixels_16'"):
        load_result(tmp_path, "pixels_16", "logistic")


@pytest.mark.parametrize("content", ["", "{}", '{"results": [{"backbone": "gone", "probe": "logistic"}]}'])
def test_a_comparison_that_is_not_whole_is_told_of(tmp_path, content):
    (tmp_path / "comparison.json").write_text(content)
    with pytest.raises(ProbeError, match="Compare again"):
        load_comparison(tmp_path)


@pytest.mark.parametrize("content", ["[]", "null", '{"made": null}'])
def test_a_result_of_another_kind_is_damaged(tmp_path, content):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    (tmp_path / "results" / "pixels_16.logistic" / "result.json").write_text(content)
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE) is None
    with pytest.raises(ProbeError, match="Compare again"):
        load_result(tmp_path, "pixels_16", "logistic")


def test_facts_of_the_wrong_kind_and_another_probes_predictions_are_damage(tmp_path):
    for config in (ProbeConfig(), ProbeConfig("nearest_mean")):
        save_result(cross_validate(make_features(spread=4.0), config), tmp_path, MADE)
    place, other = (tmp_path / "results" / f"pixels_16.{probe}" for probe in ("logistic", "nearest_mean"))
    kept = (place / "held_out.npz").read_bytes()
    (place / "held_out.npz").write_bytes((other / "held_out.npz").read_bytes())
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE) is None
    (place / "held_out.npz").write_bytes(kept)
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE) is not None
    content = json.loads((place / "result.json").read_text())
    (place / "result.json").write_text(json.dumps({**content, "images_per_s": "fast"}))
    assert kept_result(tmp_path, "pixels_16", "logistic", MADE) is None
