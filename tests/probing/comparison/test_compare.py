import dataclasses
import json

import numpy as np
import pytest

from core.errors import BackboneError, Cancelled, ProbeError
from core.evaluation.intervals import wilson
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.features.reduce import parse
from core.models.runs import load_run
from core.probing.comparison.compare import compare
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes import kinds
from core.probing.probes.kinds import POWERS
from core.probing.probes.probe import ProbeConfig, fit_probe
from tests.probing.conftest import make_features
from tests.steps import works


def naive(features, repeats):
    """Fold accuracies, macro F1 of all predictions, and how many a repeat gets right on average, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = features.of("train")
    accuracy, y_true, y_pred = [], [], []
    for repeat in range(repeats):
        for fit, held in StratifiedKFold(5, shuffle=True, random_state=repeat).split(train.X, train.y):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
            predicted = model.fit(train.X[fit], train.y[fit]).predict(train.X[held])
            accuracy.append(accuracy_score(train.y[held], predicted))
            y_true.extend(train.y[held])
            y_pred.extend(predicted)
    right = accuracy_score(y_true, y_pred, normalize=False) / repeats
    return accuracy, f1_score(y_true, y_pred, average="macro"), right


def test_a_result_is_what_a_naive_loop_finds():
    features = make_features((30, 25, 20), spread=4.0)
    accuracy, macro_f1, right = naive(features, 2)
    result = cross_validate(features, ProbeConfig(c=0.01))
    assert result.fold_accuracy == pytest.approx(accuracy)
    assert result.accuracy_mean == pytest.approx(np.mean(accuracy))
    assert result.macro_f1_mean == pytest.approx(macro_f1)
    assert result.accuracy_ci == pytest.approx(wilson(right, 75))
    assert 0.4 < result.accuracy_mean < 0.99
    assert (result.feature_dim, result.images_per_s, len(result.oof)) == (12, 50.0, 75)
    assert (result.folds, result.repeats) == (5, 2)
    assert result.oof.ids == features.of("train").ids


def test_a_verdict_is_what_a_naive_computation_finds():
    """Folds, pipeline and the corrected resampled t interval, all anew, for two backbones of which one sees less."""
    from scipy import stats

    strong = make_features((30, 25, 20), spread=3.0)
    weak = dataclasses.replace(strong, X=strong.X[:, :4], backbone="resnet18")
    comparison = compare([weak, strong], ProbeConfig(c=0.01, repeats=3))
    differences = np.subtract(naive(strong, 3)[0], naive(weak, 3)[0])
    spread = np.sqrt(differences.var(ddof=1) * (1 / 15 + 1 / 4))
    (pair,) = comparison.as_json()["verdict"]["pairs"]
    assert (pair["a"], pair["b"]) == ("pixels_16", "resnet18")
    assert pair["diff"] == pytest.approx(differences.mean())
    assert pair["interval"] == pytest.approx(stats.t.interval(0.95, 14, differences.mean(), spread))
    assert pair["p_better"] == pytest.approx(1 - stats.t.cdf((0.01 - differences.mean()) / spread, 14))
    assert comparison.as_json()["repeats"] == 3


def test_only_the_training_split_is_looked_at():
    features = make_features()
    X, y = features.X.copy(), features.y.copy()
    X[features.split != "train"] = np.nan
    y[features.split != "train"] = 0
    clean, poisoned = (cross_validate(f) for f in (features, dataclasses.replace(features, X=X, y=y)))
    assert np.array_equal(clean.oof.proba, poisoned.oof.proba)
    assert set(clean.oof.ids) == set(features.of("train").ids)


def test_noise_is_classified_no_better_than_by_chance():
    """Had scaler, PCA or probe seen held-out rows, features of pure noise would beat chance."""
    accuracies = []
    for seed in range(20):
        features = make_features((40, 40), d=60, seed=seed)
        noise = np.random.default_rng(seed).normal(size=features.X.shape).astype(np.float32)
        config = ProbeConfig(c=10.0, pca=parse("20"), seed=seed)
        accuracies.append(cross_validate(dataclasses.replace(features, X=noise), config).accuracy_mean)
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.04)  # three standard errors


def test_a_row_changes_only_what_is_fitted_with_it():
    """Moving one image far away leaves the predictions of its own fold's other images as they were."""
    from core.probing.resampling.folds import make_folds

    features = make_features()
    train = features.of("train")
    held = make_folds(train.y, train.groups, features.classes, 5, 0).pairs[0][1]
    X = features.X.copy()
    X[np.flatnonzero(features.split == "train")[held[0]]] = 1e3
    before, after = (cross_validate(f).oof.proba for f in (features, dataclasses.replace(features, X=X)))
    assert np.array_equal(before[held[1:]], after[held[1:]])
    assert not np.array_equal(before, after)


def test_backbones_are_compared_on_the_same_folds_in_the_order_given():
    informative = make_features(spread=1.0)
    noise = dataclasses.replace(informative, X=np.random.default_rng(0).normal(size=(96, 7)).astype(np.float32))
    noise = dataclasses.replace(noise, backbone="resnet18")
    comparison = compare([noise, informative])
    assert comparison.folds == 5
    assert [result.backbone for result in comparison.results] == ["resnet18", "pixels_16"]
    assert [result.backbone for result in comparison.ranked] == ["pixels_16", "resnet18"]
    assert comparison.verdict.best == "pixels_16"
    assert comparison.verdict.pairs[0].interval[0] > 0
    document = comparison.as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert set(document["results"][0]) >= {
        "backbone", "probe", "accuracy_mean", "accuracy_ci", "macro_f1_mean", "fold_accuracy", "feature_dim",
        "images_per_s",
    }  # fmt: skip
    assert document["results"][0]["feature_dim"] == 7


def test_each_backbone_reports_its_folds_and_then_its_result():
    first = make_features()
    second = dataclasses.replace(first, backbone="resnet18")
    steps = []
    compare((features for features in (first, second)), report=steps.append)
    assert works(steps) == ["probe/logistic/pixels_16", "probe/logistic/resnet18"]
    assert (steps[-1].share, steps[-1].ahead) == (1, ())
    assert len({step.done for step in steps if step.stage == "pixels_16"}) == 11  # none and each of ten folds
    assert {step.stage for step in steps[:6]} == {"pixels_16"}
    assert [step.data["result"] for step in steps if step.data] == [
        {"backbone": name, "probe": "logistic"} for name in ("pixels_16", "resnet18")
    ]


def test_one_backbone_is_compared_with_nothing():
    assert compare([make_features()]).as_json()["verdict"]["pairs"] == []


def test_the_user_can_stop_between_folds():
    def stop(progress):
        if progress.done:
            raise Cancelled

    with pytest.raises(Cancelled):
        compare([make_features()], report=stop)


def test_different_images_are_not_compared():
    with pytest.raises(ProbeError, match="same photos"):
        compare([make_features(seed=0), make_features(seed=1)])


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ProbeError, match="at least one"):
        compare([])


def test_an_unknown_backbone_is_an_error():
    with pytest.raises(BackboneError, match="'resnet17'"):
        compare([make_features(backbone="resnet17")])


def test_fewer_folds_and_missing_components_and_rough_optimisers_have_notes(monkeypatch):
    monkeypatch.setattr(kinds, "MAX_ITERATIONS", 1)
    features = dataclasses.replace(make_features((30, 4)), note="The speed is of another dataset.")
    result = cross_validate(features, ProbeConfig(pca=parse("64")))
    assert result.folds == 4
    assert [note.split(",")[0] for note in result.notes] == [
        "The speed is of another dataset.",
        "4 folds instead of 5",
        "PCA kept all 12 components there can be; 64 were asked for.",
        "The probe's optimiser stopped before it was done",
    ]


def test_a_probe_becomes_a_run(tmp_path):
    from safetensors.numpy import load_file

    features = make_features(classes=("ant", "蜂", "wasp"))
    config = ProbeConfig(seed=3)
    probe, result = fit_probe(features, config), cross_validate(features, config)
    run = save_probe_run(features, config, probe, result, tmp_path / "run")
    loaded = load_run(tmp_path / "run")
    assert loaded == run
    assert loaded.splits() == ("val", "test", "oof")
    assert (loaded.kind, loaded.backbone, loaded.classes) == ("probe", "pixels_16", ("ant", "蜂", "wasp"))
    assert (loaded.dataset_id, loaded.dataset_name, loaded.fingerprint) == ("d1", "clouds", "f1")
    assert (loaded.config, config.seed) == (config, 3)
    head = load_file(tmp_path / "run" / "head.safetensors")
    assert np.array_equal(head["weight"], probe.weight)
    assert np.array_equal(head["bias"], probe.bias)
    for split in loaded.splits():
        predictions = Predictions.load(loaded.predictions_path(split))
        assert loaded.metrics[split] == evaluate(predictions).summary()  # whoever looks again finds the same
        assert predictions.split == split
    assert loaded.metrics["oof"].n == 60
    assert loaded.metrics["val"].n == 18


def test_a_run_without_held_out_images_has_no_such_split(tmp_path):
    features = make_features(val=0, test=0)
    run = save_probe_run(features, ProbeConfig(), fit_probe(features), None, tmp_path)
    assert run.splits() == ()
    assert run.metrics == {}


def test_the_settings_that_were_chosen_inside_each_fold_are_in_the_document():
    chosen = cross_validate(make_features(), ProbeConfig(repeats=1)).as_json()["chosen"]
    assert len(chosen["c"]) == 5
    assert set(chosen["c"]) <= set(POWERS)
    assert cross_validate(make_features(), ProbeConfig("knn")).chosen.keys() == {"k"}
