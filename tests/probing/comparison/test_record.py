import dataclasses
import json

import numpy as np
import pytest

from core.errors import ProbeError
from core.models.runs import load_run
from core.probing.comparison.compare import compare
from core.probing.comparison.comparison import Comparison, Failure
from core.probing.comparison.record import (
    ResultOrigin,
    load_comparison,
    load_result,
    reusable_result,
    save_comparison,
    save_result,
)
from core.probing.comparison.shortlist import Screened, Shortlist
from core.probing.crossval.crossval import cross_validate
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from tests.probing.conftest import make_features

MADE = ResultOrigin(fingerprint="f1", weights="w")


def two(names=("resnet18", "resnet34")):
    """Features by two networks, each with half of the columns."""
    whole = make_features((30, 25, 20), spread=3.0)
    halves = (whole.X[:, :6], whole.X[:, 6:])
    return [dataclasses.replace(whole, X=X, backbone=name) for X, name in zip(halves, names, strict=True)]


@pytest.fixture
def comparison():
    """A comparison with everything that one can hold."""
    results = tuple(map(cross_validate, two()))
    screened = Screened(backbone="resnet18", accuracy=0.8, interval=(0.7, 0.9), kept=True, reason="best")
    return Comparison(
        results,
        Shortlist((screened,), 40),
        (Failure("vgg11", "no weights"),),
        ProbeConfig(seed=3),
        DatasetFacts("d1", "clouds", "f1", ("train_val_leak",)),
    )


@pytest.fixture
def kept(comparison, tmp_path):
    """The folder that the comparison is kept in."""
    for result in comparison.results:
        save_result(result, tmp_path, MADE)
    save_comparison(comparison, tmp_path)
    return tmp_path


def test_everything_can_be_computed_anew_from_the_disk(comparison, kept):
    loaded = load_comparison(kept)
    assert loaded.as_json() == comparison.as_json()
    assert (loaded.dataset, loaded.config, loaded.failures) == (
        comparison.dataset, comparison.config, comparison.failures
    )  # fmt: skip
    assert loaded.shortlist == comparison.shortlist
    assert np.array_equal(loaded.results[0].oof.proba, comparison.results[0].oof.proba)


def test_what_can_be_computed_is_not_stored(kept):
    content = json.loads((kept / "comparison.json").read_text())
    assert content["results"] == [{"backbone": name, "probe": "logistic"} for name in ("resnet18", "resnet34")]
    assert content.keys() == {
        "results", "shortlist", "failed", "dataset", "dataset_name", "fingerprint", "warnings", "config",
    }  # fmt: skip


OLDER = {
    "results": [{"backbone": name, "probe": "logistic", "accuracy_mean": 0.9} for name in ("resnet18", "resnet34")],
    "ensembles": [{"backbone": "resnet18 + resnet34", "kind": kind} for kind in ("features", "probabilities")],
    "shortlist": None, "failed": [], "dataset": "d1", "dataset_name": "clouds", "warnings": [], "config": {"seed": 3},
}  # fmt: skip
"""Older versions wrote the document of `compare --json`; later ones named the two best, whose result had no model."""


def test_an_older_comparison_is_read_without_what_it_kept_of_two_together(comparison, tmp_path):
    for result in comparison.results:
        save_result(result, tmp_path, MADE)
    for content in (OLDER, {**OLDER, "members": ["resnet18", "resnet34"]}):
        (tmp_path / "comparison.json").write_text(json.dumps(content))
        loaded = load_comparison(tmp_path)
        assert [result.as_json() for result in loaded.results] == [result.as_json() for result in comparison.results]


def test_the_librarys_comparison_is_kept_in_a_folder_and_goes_on_there(tmp_path):
    first, second = (compare(two(), ProbeConfig(c=0.01), folder=tmp_path, pair=True) for _turn in range(2))
    assert load_comparison(tmp_path).as_json() == first.as_json()
    assert second.as_json() == first.as_json()  # with the very seconds that it took: nothing is judged once more
    for name in ("resnet18", "resnet18+resnet34"):
        assert load_run(tmp_path / "probes" / name).splits() == ("val", "test", "oof")


def test_only_a_result_that_was_made_in_just_this_way_is_taken_up(tmp_path):
    result = cross_validate(make_features())
    save_result(result, tmp_path, MADE)
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE).as_json() == result.as_json()
    other_seed = dataclasses.replace(MADE, config=ProbeConfig(seed=1))
    assert reusable_result(tmp_path, "pixels_16", "logistic", other_seed) is None
    assert reusable_result(tmp_path, "pixels_16", "knn", MADE) is None


@pytest.mark.parametrize("name", ["result.json", "held_out.npz"])
def test_a_damaged_result_is_made_again(tmp_path, name):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    file = tmp_path / "results" / "pixels_16.logistic" / name
    file.write_bytes(file.read_bytes()[:40])
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE) is None
    with pytest.raises(ProbeError, match="Compare again"):
        load_result(tmp_path, "pixels_16", "logistic")


def test_a_result_without_its_facts_is_damaged(tmp_path):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    file = tmp_path / "results" / "pixels_16.logistic" / "result.json"
    file.write_text(json.dumps({"made": MADE.to_json()}))
    with pytest.raises(ProbeError, match="'pixels_16'"):
        load_result(tmp_path, "pixels_16", "logistic")


@pytest.mark.parametrize("content", ["", "{}", '{"results": [{"backbone": "gone", "probe": "logistic"}]}'])
def test_a_comparison_that_is_not_whole_is_reported(tmp_path, content):
    (tmp_path / "comparison.json").write_text(content)
    with pytest.raises(ProbeError, match="Compare again"):
        load_comparison(tmp_path)


@pytest.mark.parametrize("content", ["[]", "null", '{"made": null}'])
def test_a_result_of_another_kind_is_damaged(tmp_path, content):
    save_result(cross_validate(make_features()), tmp_path, MADE)
    (tmp_path / "results" / "pixels_16.logistic" / "result.json").write_text(content)
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE) is None
    with pytest.raises(ProbeError, match="Compare again"):
        load_result(tmp_path, "pixels_16", "logistic")


def test_facts_of_the_wrong_kind_and_another_probes_predictions_are_damage(tmp_path):
    for config in (ProbeConfig(), ProbeConfig("nearest_mean")):
        save_result(cross_validate(make_features(spread=4.0), config), tmp_path, MADE)
    directory, other_directory = (tmp_path / "results" / f"pixels_16.{probe}" for probe in ("logistic", "nearest_mean"))
    held_out = (directory / "held_out.npz").read_bytes()
    (directory / "held_out.npz").write_bytes((other_directory / "held_out.npz").read_bytes())
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE) is None
    (directory / "held_out.npz").write_bytes(held_out)
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE) is not None
    content = json.loads((directory / "result.json").read_text())
    (directory / "result.json").write_text(json.dumps({**content, "images_per_s": "fast"}))
    assert reusable_result(tmp_path, "pixels_16", "logistic", MADE) is None
