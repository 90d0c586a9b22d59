import dataclasses
import json
import zipfile
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from core.data.ingest import ingest
from core.errors import Cancelled, ProbeError
from core.features.extract import extract
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.probing.resampling.folds import make_folds, nested, sizes_for
from core.probing.studies.curve import learning_curve
from core.probing.studies.growth import LearningCurve
from tests.probing.conftest import make_features

FIXED = ProbeConfig(c=0.01)
QUICK = ProbeConfig(c=0.01, repeats=1)


@pytest.fixture(scope="module")
def curve():
    return learning_curve(make_features((80, 60, 60), spread=5.0))


def test_a_curve_is_what_a_naive_loop_finds(curve):
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train = make_features((80, 60, 60), spread=5.0).of("train")
    sizes = sizes_for(160, 3)
    assert curve.sizes == sizes
    row = 0
    for repeat in range(2):
        for number, (fit, held) in enumerate(make_folds(train.y, train.groups, train.classes, 5, repeat).pairs):
            parts = nested(train.y[fit], train.groups[fit], sizes, (0, repeat, number))
            for place, part in enumerate(parts):
                model = make_pipeline(StandardScaler(), LogisticRegression(C=curve.c[row], max_iter=2000))
                predicted = model.fit(train.X[fit[part]], train.y[fit[part]]).predict(train.X[held])
                assert curve.accuracy[row, place] == pytest.approx((predicted == train.y[held]).mean())
                f1 = f1_score(train.y[held], predicted, average="macro", zero_division=0.0)
                assert curve.fold_macro_f1[row, place] == pytest.approx(f1)
            row += 1


def test_with_all_images_it_is_the_comparison_s_own_result(curve):
    result = cross_validate(make_features((80, 60, 60), spread=5.0))
    assert curve.accuracy[:, -1] == pytest.approx(result.fold_accuracy)
    assert curve.macro_f1[-1] == pytest.approx(result.macro_f1_mean)
    assert curve.points[-1].macro_f1 == pytest.approx(result.macro_f1_mean)


def test_the_document_says_what_was_measured(curve):
    document = curve.as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["images"], document["limit"], document["folds"], document["repeats"]) == (200, 800, 5, 2)
    assert (document["seed"], len(document["c"])) == (0, 10)
    point = document["points"][-1]
    assert (point["images"], point["per_class"]) == (160, pytest.approx(160 / 3))
    mean, spread = curve.accuracy[:, -1].mean(), curve.accuracy[:, -1].std(ddof=1) / np.sqrt(5)
    wrong = ((1 - mean) * 200 + 2) / 204
    chance = np.sqrt(wrong * (1 - wrong) / 204)
    half = stats.t.ppf(0.975, 9) * max(spread, chance)
    assert point["accuracy"] == pytest.approx(mean)
    assert point["interval"] == pytest.approx([mean - half, mean + half])
    assert [forecast["more"] for forecast in document["forecasts"]] == [100, 200]
    assert document["answer"] == " ".join(forecast["sentence"] for forecast in document["forecasts"])
    assert document["band"][-1]["images"] == document["limit"]
    assert document["law"]["a"]["median"] >= 0


def test_a_curve_comes_back_from_its_document_with_the_same_forecasts(curve):
    loaded = LearningCurve.from_json(json.loads(json.dumps(curve.as_json())))
    assert loaded.forecast(137) == curve.forecast(137)
    assert loaded.needed(0.9) == curve.needed(0.9)
    assert loaded.as_json() == curve.as_json()


def test_a_curve_comes_back_from_its_file_which_holds_no_forecast(curve, tmp_path):
    curve.save(tmp_path)
    loaded = LearningCurve.load(tmp_path)
    assert loaded.as_json([50], 0.9) == curve.as_json([50], 0.9)
    assert loaded.dataset.fingerprint == "f1"
    assert not {"forecasts", "band", "law", "answer"} & json.loads((tmp_path / "curve.json").read_text()).keys()


def test_forecasts_end_at_four_times_the_data(curve):
    assert curve.forecast(600).images == 800
    with pytest.raises(ProbeError, match="not 601"):
        curve.forecast(601)


def test_only_the_training_split_is_looked_at(curve):
    features = make_features((80, 60, 60), spread=5.0)
    X, y = features.X.copy(), features.y.copy()
    X[features.split != "train"] = np.nan
    y[features.split != "train"] = 0
    poisoned = learning_curve(dataclasses.replace(features, X=X, y=y))
    assert np.array_equal(poisoned.accuracy, curve.accuracy)


def test_held_out_images_have_no_say_in_c():
    """Each fold's C is the one that a probe chooses on the fold's training part alone."""
    features = make_features((40, 40), spread=4.0)
    train = features.of("train")
    chosen = [
        fit_rows(train.X[fit], train.y[fit], train.classes, ProbeConfig(), train.groups[fit]).chosen["c"]
        for repeat in range(2)
        for fit, _held in make_folds(train.y, train.groups, train.classes, 5, repeat).pairs
    ]
    assert list(learning_curve(features).c) == chosen
    assert len(set(chosen)) > 1


def test_groups_share_a_side_of_every_split():
    """Ten near copies of each image: a probe that could look at one of them would get everything right."""
    rng = np.random.default_rng(0)
    n = 30
    X = np.repeat(rng.normal(size=(n, 8)), 10, axis=0).astype(np.float32)
    originals = make_features((150, 150), d=8, val=0, test=0)
    y = np.repeat(rng.integers(0, 2, n), 10)
    y[:20] = np.repeat([0, 1], 10)
    features = dataclasses.replace(originals, X=X, y=y, groups=np.repeat(np.arange(n), 10))
    curve = learning_curve(features, ProbeConfig(c=100.0, repeats=4))
    assert curve.accuracy[:, -1].mean() < 0.75


def test_classes_with_enough_images_have_a_gain_of_their_own():
    curve = learning_curve(make_features((90, 90, 20), spread=3.0), FIXED)
    rows = {row.name: row for row in curve.per_class}
    assert (rows["a"].images, rows["b"].images, rows["c"].images) == (90, 90, 20)
    for name in "ab":
        low, high = rows[name].gain_interval
        assert 0 <= low <= rows[name].gain <= high
        assert rows[name].interval[0] <= rows[name].recall <= rows[name].interval[1]
        assert rows[name].why == ""
    assert rows["c"].gain is None
    assert rows["c"].why == "too few photos"


def test_too_few_images_give_a_curve_and_no_forecast():
    curve = learning_curve(make_features((6, 6, 6)), FIXED)
    assert curve.sizes[-1] == pytest.approx(14.4)
    assert curve.laws is None
    document = curve.as_json()
    assert (document["forecasts"], document["now"], document["law"], document["band"]) == ([], None, None, [])
    assert document["answer"].startswith("There are too few photos a class for a forecast")
    with pytest.raises(ProbeError, match="too few photos a class"):
        curve.forecast(10)
    assert LearningCurve.from_json(document).as_json() == document


def test_a_curve_that_falls_has_no_forecast(curve):
    worse = dataclasses.replace(curve, accuracy=curve.accuracy[:, ::-1].copy())
    assert "does not grow all the way" in worse.as_json()["answer"]


def test_fewer_than_two_images_of_a_class_is_an_error():
    with pytest.raises(ProbeError, match="at least 2 are needed"):
        learning_curve(make_features((10, 1)))


def test_progress_goes_up_and_cancelling_stops():
    steps = []
    learning_curve(make_features((20, 20)), FIXED, steps.append)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 10, 10)

    def stop(step):
        raise Cancelled

    with pytest.raises(Cancelled):
        learning_curve(make_features((20, 20)), FIXED, stop)


@pytest.mark.parametrize("probe", ["knn", "nearest_mean", "lda"])
def test_other_kinds_of_probe_have_curves_too(probe):
    curve = learning_curve(make_features((30, 30), spread=3.0), ProbeConfig(probe=probe, repeats=1))
    assert curve.config.probe == probe
    assert curve.c == ()
    assert curve.accuracy[:, -1].mean() > 0.6


def first_photos(source, target, per_class):
    """A zip of the first photos in each folder of another, but for its test split, which no curve looks at."""
    taken = Counter()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as out:
        for name in sorted(name for name in archive.namelist() if not name.startswith("test/")):
            folder = name.rpartition("/")[0]
            taken[folder] += 1
            if taken[folder] <= per_class:
                out.writestr(name, archive.read(name))
    return target


@pytest.mark.slow
@pytest.mark.parametrize(
    ("photos", "backbone", "widest"),
    [
        ("cifar10_small", "graft_plain", 0.15),
        ("ants_bees", "graft_inception", 0.2),
        ("ants_bees", "graft_residual", 0.2),
    ],
)
def test_half_of_real_photos_forecast_what_all_of_them_show(shared, tmp_path, photos, backbone, widest):
    """Half of the training images are hidden; what all of them show in the same cross-validation is as forecast."""
    source = shared / "data" / f"{photos}.zip"
    if not source.is_file():
        pytest.skip(f"{source.name} is not there")
    train = extract(ingest(first_photos(source, tmp_path / "some.zip", 250)), backbone).of("train")
    n = len(train.y)
    half = train.at(nested(train.y, train.groups, (n // 2, n), (0,))[0])
    in_a_training_part = round(n * (1 - 1 / QUICK.folds))
    low, high = learning_curve(half, QUICK).forecast(in_a_training_part - len(half.y)).interval
    assert low <= cross_validate(train, QUICK).accuracy_mean <= high
    assert high - low < widest
