"""Every kind of probe: its results, against scikit-learn alone, without a look at held-out rows."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from core.errors import ProbeError
from core.features.reduce import parse
from core.i18n import gettext
from core.probing.probes.estimators import LinearSVM, RbfSVM
from core.probing.probes.kinds import KINDS, find
from core.probing.probes.probe import ProbeConfig, fit_probe, fit_rows
from tests.probing.conftest import make_features

AFFINE = [name for name, kind in KINDS.items() if kind.affine]


def test_the_kinds_there_are():
    assert list(KINDS) == ["logistic", "linear_svm", "rbf_svm", "knn", "random_forest", "lda", "nearest_mean"]
    assert AFFINE == ["logistic", "linear_svm", "lda", "nearest_mean"]
    for kind in KINDS.values():
        assert (kind.label, kind.about) == (gettext(kind.title), gettext(kind.sentence))
        assert kind.about.endswith(".")
        assert kind.reference
    with pytest.raises(ProbeError, match="no probe 'svm'; choose logistic, linear_svm"):
        find("svm")


@pytest.mark.parametrize("probe", KINDS)
@pytest.mark.parametrize("per_class", [(20, 30), (20, 20, 20), (9, 40, 12, 9)])
def test_every_kind_learns_and_its_pipeline_says_the_same(probe, per_class):
    features = make_features(per_class, spread=1.5)
    fitted = fit_probe(features, ProbeConfig(probe))
    proba = fitted.predict_proba(features.X)
    assert (proba.dtype, proba.shape) == (np.float32, (len(features.y), len(per_class)))
    assert proba.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert proba == pytest.approx(fitted.pipeline.predict_proba(features.X), abs=1e-4)
    held_out = features.split != "train"
    assert (proba[held_out].argmax(axis=1) == features.y[held_out]).mean() > 0.8
    assert fitted.converged
    assert fitted.affine == (probe in AFFINE)
    assert fitted.predict_proba(features.X[:0]).shape == (0, len(per_class))
    with pytest.raises(ProbeError, match=r"the shape \(n, 12\)"):
        fitted.predict_proba(features.X[:, :5])


@pytest.mark.parametrize("probe", AFFINE)
@pytest.mark.parametrize("reduction", ["4", "0.9", "6 whiten", "0.8 whiten", "lda", "lda 1"])
@pytest.mark.parametrize("per_class", [(20, 30), (15, 20, 12, 9)])
def test_the_folded_head_equals_the_pipeline(probe, reduction, per_class):
    features = make_features(per_class, spread=2.0)
    fitted = fit_probe(features, ProbeConfig(probe, pca=parse(reduction)))
    assert (fitted.weight.shape, fitted.bias.shape) == ((len(per_class), 12), (len(per_class),))
    assert fitted.predict_proba(features.X) == pytest.approx(fitted.pipeline.predict_proba(features.X), abs=1e-4)


PLAIN = {
    "logistic": lambda chosen, d: LogisticRegression(C=chosen["c"], max_iter=5000, tol=1e-6),
    "rbf_svm": lambda chosen, d: SVC(C=chosen["c"], gamma="scale", break_ties=True),
    "knn": lambda chosen, d: KNeighborsClassifier(int(chosen["k"]), metric="cosine", weights="distance"),
    "random_forest": lambda chosen, d: RandomForestClassifier(100, max_features="log2", random_state=0),
    "lda": lambda chosen, d: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "nearest_mean": lambda chosen, d: NearestCentroid(),
}


@pytest.mark.parametrize("probe", PLAIN)
def test_a_probe_is_what_scikit_learn_alone_finds(probe):
    features = make_features((30, 25, 20), spread=3.0, val=30)
    fitted = fit_probe(features, ProbeConfig(probe))
    train, val = features.of("train"), features.of("val")
    pipeline = make_pipeline(StandardScaler(), PLAIN[probe](fitted.chosen, 12)).fit(train.X, train.y)
    assert fitted.predict_proba(val.X).argmax(axis=1).tolist() == pipeline.predict(val.X).tolist()
    if not KINDS[probe].temperature_scaled:
        assert fitted.predict_proba(val.X) == pytest.approx(pipeline.predict_proba(val.X), abs=1e-3)


@pytest.mark.parametrize("per_class", [(40, 25), (30, 25, 20)])
@pytest.mark.parametrize("c", [1e-3, 1e-1])
def test_the_linear_svm_is_liblinears(per_class, c):
    features = make_features(per_class, spread=3.0)
    X = StandardScaler().fit_transform(features.X)
    ours = LinearSVM(c, tol=1e-7).fit(X, features.y)
    theirs = LinearSVC(C=c, dual=False, intercept_scaling=1000.0, tol=1e-8, max_iter=10000).fit(X, features.y)
    assert ours.decision_function(X) == pytest.approx(theirs.decision_function(X), abs=2e-3)


def test_a_kernel_too_large_to_hold_gives_the_same():
    features = make_features((30, 25, 20), spread=3.0)
    held = RbfSVM(10.0).fit(features.X, features.y).decision_function(features.X)
    too_large = RbfSVM(10.0, most_held=10).fit(features.X, features.y)
    assert too_large.decision_function(features.X) == pytest.approx(held, abs=1e-4)


def test_a_kernel_that_is_kept_is_not_used_for_other_rows():
    first, second = make_features((30, 25, 20), spread=3.0), make_features((20, 20, 20), spread=3.0, seed=1)
    warm = RbfSVM(warm_start=True)
    for features in (first, second, first):
        for c in (1.0, 10.0):
            fresh = RbfSVM(c).fit(features.X, features.y).decision_function(second.X)
            warm.set_params(C=c)
            assert np.array_equal(warm.fit(features.X, features.y).decision_function(second.X), fresh)


def test_an_rbf_svm_of_too_many_images_is_refused():
    y = np.arange(20_002) % 2
    with pytest.raises(ProbeError, match=r"20002 photos take hours.*Choose another"):
        fit_rows(np.zeros((len(y), 1), np.float32), y, ("a", "b"), ProbeConfig("rbf_svm"))


@pytest.mark.parametrize("probe", KINDS)
def test_features_that_are_all_alike_give_every_class_its_share_or_more(probe):
    y = np.repeat([0, 1], 20)
    proba = fit_rows(np.ones((40, 5), np.float32), y, ("a", "b"), ProbeConfig(probe)).predict_proba(np.ones((1, 5)))
    assert np.isfinite(proba).all()
    assert proba.sum() == pytest.approx(1)


def test_lda_needs_two_images_of_a_class():
    X = np.array([[0, 0], [9, 1], [1, 9]], np.float32)
    for config in (ProbeConfig("lda"), ProbeConfig(pca=parse("lda"))):
        with pytest.raises(ProbeError, match="a class with at least 2 photos"):
            fit_rows(X, np.arange(3), ("a", "b", "c"), config)


@pytest.mark.parametrize("probe", sorted(set(KINDS) - {"lda"}))
def test_one_image_a_class_is_enough_to_fit(probe):
    X = np.array([[0, 0], [9, 1], [1, 9]], np.float32)
    fitted = fit_rows(X, np.arange(3), ("a", "b", "c"), ProbeConfig(probe))
    assert np.isfinite(fitted.predict_proba(X)).all()
    assert fitted.chosen.get("temperature", 1.0) == 1.0


@pytest.mark.parametrize("probe", KINDS)
def test_the_same_rows_give_the_same_probe(probe):
    features = make_features(spread=3.0)
    first, second = (fit_probe(features, ProbeConfig(probe)).predict_proba(features.X) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("probe", KINDS)
@pytest.mark.parametrize("reduction", ["", "lda"])
def test_noise_is_classified_no_better_than_by_chance(probe, reduction):
    """Had a scaler, a reduction or a setting seen held-out rows, features of pure noise would beat chance."""
    from core.probing.crossval.crossval import cross_validate

    rng, accuracies = np.random.default_rng(0), []
    for seed in range(4):
        features = make_features((40, 40), d=30, seed=seed)
        features.X[:] = rng.normal(size=features.X.shape)
        config = ProbeConfig(probe, pca=parse(reduction), repeats=1, seed=seed)
        accuracies.append(cross_validate(features, config).accuracy_mean)
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.12)  # four standard errors of 320 images
