"""Accuracy against the number of components: against a naive loop, and the recommended number."""

import dataclasses
import json

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.errors import Cancelled, ProbeError
from core.features.reduce import parse
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.component_counts import Components
from core.probing.studies.components import probe_components, widths_up_to
from tests.probing.conftest import make_features


def flat(n_informative=3, d=20, per_class=(40, 40, 40)):
    """Features of which the first few directions hold the classes and much of the variance, and the others nothing."""
    features = make_features(per_class, d=d, spread=1.0)
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(len(per_class), n_informative)) * 4
    latent = centres[features.y] + rng.normal(size=(len(features.y), n_informative))
    X = latent @ rng.normal(size=(n_informative, d)) + rng.normal(size=(len(features.y), d)) * 0.5
    return dataclasses.replace(features, X=X.astype(np.float32))


@pytest.mark.parametrize(
    ("most", "widths"), [(1, (1,)), (2, (1, 2)), (5, (1, 2, 4, 5)), (8, (1, 2, 4, 8)), (9, (1, 2, 4, 8, 9))]
)
def test_the_numbers_that_are_tried(most, widths):
    assert widths_up_to(most) == widths


@pytest.mark.parametrize("whiten", [False, True])
def test_every_number_gets_what_a_naive_loop_gives_it(whiten):
    features = flat()
    train = features.of("train")
    config = ProbeConfig(c=0.1, pca=parse("1 whiten") if whiten else parse(""), folds=4, repeats=2, seed=5)
    study = probe_components(features, config)
    assert [point.components for point in study.points] == [1, 2, 4, 8, 16, 20]
    for point in study.points:
        accuracy, kept = [], []
        for seed in (5, 6):
            folds = StratifiedKFold(4, shuffle=True, random_state=seed).split(train.X, train.y)
            for fit, held in folds:
                pca = PCA(point.components, whiten=whiten, svd_solver="full")
                model = make_pipeline(StandardScaler(), pca, LogisticRegression(C=0.1, max_iter=1000))
                accuracy.append(model.fit(train.X[fit], train.y[fit]).score(train.X[held], train.y[held]))
                kept.append(pca.explained_variance_ratio_.sum())
        assert point.fold_accuracy == pytest.approx(accuracy)
        assert point.variance == pytest.approx(np.mean(kept), abs=1e-5)


@pytest.mark.slow
def test_a_number_gets_what_a_probe_with_that_reduction_gets():
    features = flat()
    (four,) = (point for point in probe_components(features).points if point.components == 4)
    assert four.fold_accuracy == cross_validate(features, ProbeConfig(pca=parse("4"))).fold_accuracy


def test_few_are_recommended_where_few_are_enough(tmp_path):
    study = probe_components(flat(), ProbeConfig(c=0.1))
    assert study.recommended in (2, 4)
    assert study.recommended <= study.best
    accuracy = {point.components: point.accuracy_mean for point in study.points}
    assert accuracy[1] < accuracy[study.recommended] - 0.05
    assert {pair.a for pair in study.pairs} == {f"PCA to {study.best}"}
    assert len(study.pairs) == 5
    document = study.as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["recommended"] == study.recommended
    assert study.why.startswith(f"{study.recommended} ")
    study.save(tmp_path)
    assert "why" not in json.loads((tmp_path / Components.FILE).read_text())
    assert Components.load(tmp_path).as_json() == document
    (tmp_path / Components.FILE).write_text(json.dumps(document))  # as an older Graft kept it
    assert Components.load(tmp_path).as_json() == document


def test_all_are_recommended_where_all_are_needed():
    """Every direction has the same variance, and tells another class apart."""
    rng = np.random.default_rng(0)
    features = make_features((40,) * 8, d=8)
    X = np.eye(8)[features.y] * 6 + rng.normal(size=(len(features.y), 8))
    study = probe_components(dataclasses.replace(features, X=X.astype(np.float32)), ProbeConfig(c=0.1, repeats=1))
    assert study.recommended == study.best == 8
    assert study.why == "8 components do best, and no fewer are as good in practice (of 8)."


@pytest.mark.parametrize("probe", ["knn", "lda", "nearest_mean"])
def test_other_kinds_of_probe_are_counted_for_too(probe):
    study = probe_components(flat(), ProbeConfig(probe, folds=3, repeats=1))
    assert study.as_json()["probe"] == probe
    assert study.points[-1].accuracy_mean > 0.8


def test_there_are_no_more_components_than_images_to_fit_on():
    features = make_features((6, 6), d=40, val=0, test=0)
    study = probe_components(features, ProbeConfig(c=0.1, folds=3, repeats=1, pca=parse("1 whiten")))
    assert [point.components for point in study.points] == [1, 2, 4, 7]


def test_only_the_training_split_is_looked_at():
    features = flat()
    X = features.X.copy()
    X[features.split != "train"] = np.nan
    clean, poisoned = (
        probe_components(f, ProbeConfig(c=0.1, repeats=1)) for f in (features, dataclasses.replace(features, X=X))
    )
    assert clean.points == poisoned.points


def test_progress_is_reported_and_can_be_stopped():
    steps = []
    probe_components(flat(), ProbeConfig(c=0.1, folds=3, repeats=1), steps.append)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert (steps[-1].done, steps[-1].total) == (3, 3)

    def stop(step):
        if step.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        probe_components(flat(), ProbeConfig(c=0.1), stop)


def alike(features, rows):
    """The same features, but for these rows all the same."""
    X = np.broadcast_to(features.X[:1], features.X.shape).copy()
    X[rows] = features.X[rows]
    return dataclasses.replace(features, X=X)


def test_images_that_all_look_the_same_have_no_components(features):
    with pytest.raises(ProbeError, match=r"All photos look the same to 'pixels_16'.*no components"):
        probe_components(alike(features, []))


def test_folds_in_which_all_look_the_same_lose_no_variance(features):
    odd = np.flatnonzero(features.split == "train")[-1:]
    counted = probe_components(alike(features, odd), ProbeConfig(c=1.0))
    assert [point.variance for point in counted.points] == pytest.approx([1.0] * len(counted.points))
    json.dumps(counted.as_json(), allow_nan=False)


@pytest.mark.parametrize("pca", ["", "2", "0.9", "2 whiten"])
@pytest.mark.parametrize("probe", ["logistic", "knn"])
def test_a_probe_on_images_that_all_look_the_same_says_so(features, probe, pca):
    result = cross_validate(alike(features, []), ProbeConfig(probe=probe, pca=parse(pca), repeats=1))
    assert result.notes[0].startswith("All photos look the same to 'pixels_16'")
    assert np.isfinite(result.oof.proba).all()
    json.dumps(result.as_json(), allow_nan=False)
