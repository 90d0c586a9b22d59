"""Leaving classes out: areas against scikit-learn's, who is told from whom, and the record of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from core.errors import EvaluationError, GraftError
from core.evaluation.intervals import wilson
from core.features.features import Features
from core.numbers import percent
from core.strangers.detector import KNN, MAHALANOBIS
from core.strangers.fitting import expected_rate, fit_measure, fit_strangers, threshold_of
from core.strangers.leaving_out import MOST_CLASSES, LeavingOut, LeftOut, auroc, caught_interval, leave_out
from core.strangers.record import (
    ExpectedAlarms,
    FalseAlarms,
    StrangersReport,
    drop_strangers,
    keep_strangers,
    kept_strangers,
    strangers_report,
)
from core.strangers.words import alarms_in_words, leaving_out_in_words, none_of_these_in_words, threshold_in_words
from tests.strangers.test_detector import clouds


def features(n: int = 120, c: int = 3, d: int = 8, val: bool = True) -> Features:
    X, y = clouds(n, d, c)
    split = np.where(np.arange(n) // c % 3 == 0, "val" if val else "test", "train")
    return Features(X=X, y=y, ids=tuple(map(str, range(n))), split=split, classes=tuple(f"c{k}" for k in range(c)),
                    backbone="tiny", dataset_id="d", dataset_name="made", fingerprint="f")  # fmt: skip


def test_the_area_is_scikit_learns():
    rng = np.random.default_rng(0)
    strangers, known = rng.normal(1, 1, 40).round(1), rng.normal(0, 1, 70).round(1)
    truth = np.repeat([1, 0], [40, 70])
    assert auroc(strangers, known) == pytest.approx(roc_auc_score(truth, np.concatenate([strangers, known])))


def test_a_class_is_told_from_photos_of_the_others_by_what_has_not_seen_it():
    made = features()
    told = leave_out(made)
    assert [each.label for each in told.classes] == [0, 1, 2]
    train, val = made.of("train"), made.of("val")
    for each in told.classes:
        strangers = made.X[(made.y == each.label)]
        known = val.X[val.y != each.label]
        assert (each.strangers, each.known) == (len(strangers), len(known))
        fitted = train.y != each.label
        for method in (KNN, MAHALANOBIS):
            measure = fit_measure(method, train.X[fitted], train.y[fitted])
            area = auroc(measure.distances(strangers), measure.distances(known))
            assert each.auroc[method] == pytest.approx(area, abs=0.005)
            beyond = np.sort(measure.distances(known))[int(np.ceil((len(known) + 1) * 0.95)) - 1 :][:1]
            caught = (measure.distances(strangers) > (beyond if len(beyond) else measure.distances(known).max())).sum()
            assert each.caught[method] == pytest.approx(caught, abs=1)
            low, high = each.auroc_ci[method]
            assert low <= each.auroc[method] <= high
        assert each.auroc[told.method] > 0.9  # the clouds are apart
    low, high = told.auroc_ci(told.method)
    assert low < told.auroc(told.method) <= high
    low, high = told.caught_ci(told.method)
    assert low < told.caught(told.method) <= high


def test_what_cannot_be_told_is_told_by_chance():
    made = features(300)
    noise = np.random.default_rng(0).normal(0, 1, made.X.shape).astype(np.float32)
    told = leave_out(Features(**{**vars(made), "X": noise}))
    low, high = told.auroc_ci(told.method)
    assert low < 0.5 < high


def test_of_many_classes_some_are_left_out():
    told = leave_out(features(300, c=MOST_CLASSES + 5, d=40))
    assert len(told.classes) == MOST_CLASSES
    assert len({each.label for each in told.classes}) == MOST_CLASSES


def test_without_validation_photos_there_is_nothing_to_measure():
    with pytest.raises(EvaluationError, match="validation photos"):
        leave_out(features(val=False))


def report(told: LeavingOut, **changed: object) -> StrangersReport:
    fields = {"leaving_out": told, "is_own": True, "threshold": 0.5, "expected_rate": 0.04, "n": 40,
              "test": FalseAlarms(n=50, alarms=3), **changed}  # fmt: skip
    return StrangersReport(**fields)  # type: ignore[arg-type]


def test_it_is_kept_with_a_run(tmp_path: Path):
    made = features()
    told, strangers = leave_out(made), fit_strangers(fit_measure(KNN, made.X, made.y), made.X)
    assert strangers_report(tmp_path) is None
    assert kept_strangers(tmp_path, 8) is None
    keep_strangers(tmp_path, strangers, report(told))
    assert strangers_report(tmp_path) == report(told)
    kept = kept_strangers(tmp_path, 8)
    assert kept is not None
    assert kept.threshold == strangers.threshold
    (tmp_path / "strangers.json").write_text("{}")
    with pytest.raises(EvaluationError, match="damaged"):
        strangers_report(tmp_path)
    drop_strangers(tmp_path)
    drop_strangers(tmp_path)
    assert not list(tmp_path.iterdir())


def test_numbers_are_in_json_and_in_sentences():
    told = report(leave_out(features()))
    content = told.as_json(("a", "b", "c"))
    assert content["method"] in (KNN, MAHALANOBIS)
    assert content["features"] == "own"
    assert content["false_alarms_test"] == {"n": 50, "rate": 0.06, "ci": list(FalseAlarms(n=50, alarms=3).rate_ci)}
    (rate,) = {expected_rate(each.known) for each in told.leaving_out.classes}
    assert content["caught_false_alarms"] == pytest.approx(rate)
    assert f"where about {percent(rate)} of photos of the others" in leaving_out_in_words(told)
    assert "each of 3 classes left out" in leaving_out_in_words(told)
    assert "before it was fine-tuned" not in leaving_out_in_words(told)
    assert "before it was fine-tuned" in leaving_out_in_words(report(told.leaving_out, is_own=False))
    assert "about 96.0 % of photos of the classes (95 % interval" in threshold_in_words(told)
    assert "as 40 validation photos show" in threshold_in_words(told)
    assert told.test is not None
    assert "takes 3 for strangers (6.0 %" in alarms_in_words(told.test)


def test_the_rate_of_false_alarms_lies_in_its_interval_in_95_of_100_draws():
    rng, m, draws = np.random.default_rng(0), 60, 4000
    rate = expected_rate(m)
    low, high = report(leave_out(features()), n=m, expected_rate=rate).expected_ci
    true = [1 - np.sort(rng.random(m))[m - round(rate * (m + 1))] for _draw in range(draws)]  # of uniform distances
    assert np.mean([low <= each <= high for each in true]) == pytest.approx(0.95, abs=0.012)


@pytest.mark.slow
@pytest.mark.parametrize("m", [20, 60])
def test_the_share_that_is_caught_lies_in_its_interval_in_most_draws(m: int):
    rng, strangers, draws = np.random.default_rng(0), 60, 120
    true = norm.sf(norm.isf(expected_rate(m)) - 1)
    both = [(rng.normal(1, 1, strangers), rng.normal(0, 1, m)) for _draw in range(draws)]
    held = [low <= true <= high for low, high in (caught_interval(*each) for each in both)]
    alone = [wilson(int((far > threshold_of(near)).sum()), strangers) for far, near in both]
    assert 0.92 <= np.mean(held) <= 1
    assert np.mean([low <= true <= high for low, high in alone]) < 0.85  # the threshold's own chance is not in these


def test_also_where_all_are_caught_the_interval_is_none_of_a_single_point():
    far, near = np.full(30, 9.0), np.linspace(0, 1, 40)
    assert caught_interval(far, near) == wilson(30, 30)


def test_a_record_from_before_the_threshold_was_counted_in_is_read():
    fields = {"label": 0, "strangers": 30, "known": 40, "auroc": {KNN: 0.9}, "auroc_ci": {KNN: [0.8, 0.95]}}
    old = LeftOut.from_json({**fields, "caught": {KNN: 20}})
    assert old.caught_ci(KNN) == wilson(20, 30)
    assert old.false_alarms == expected_rate(40)
    with pytest.raises(EvaluationError, match="damaged"):
        LeftOut.from_json({**fields, "caught": {KNN: 20}, "caught_ends": {KNN: [0.5, 1.5]}})


@pytest.mark.parametrize(
    "changed",
    [{"threshold": -1.0}, {"expected_rate": 1.5}, {"n": 0}, {"leaving_out": LeavingOut(classes=(), method=KNN)}],
)  # fmt: skip
def test_a_damaged_record_is_refused(changed: dict[str, object]):
    with pytest.raises(GraftError):
        report(leave_out(features()), **changed)


@pytest.mark.parametrize(("n", "alarms", "p"), [(1, 1, 2 / 41), (2, 1, 1 - 39 / 41 * 40 / 42), (20, 0, 1.0)])
def test_alarms_among_new_photos_are_as_probable_as_places_in_the_line(n: int, alarms: int, p: float):
    """Of 40 photos and a new one each place in the order is as likely: the 2 of 41 beyond the threshold, too."""
    expected = ExpectedAlarms(rate=expected_rate(40), n=40)
    assert (expected.beyond, expected.rate) == (2, pytest.approx(2 / 41))
    assert expected.p_of(FalseAlarms(n=n, alarms=alarms)) == pytest.approx(p)


def test_so_many_alarms_come_as_often_as_said():
    """Against whole draws: 40 validation photos set a threshold, and 15 others of the same kind are asked about."""
    rng = np.random.default_rng(0)
    expected, turns = ExpectedAlarms(rate=expected_rate(40), n=40), 4000
    counts = np.array([(rng.random(15) > threshold_of(rng.random(40))).sum() for _turn in range(turns)])
    for alarms in (1, 2, 4):
        p = expected.p_of(FalseAlarms(n=15, alarms=alarms))
        assert (counts >= alarms).mean() == pytest.approx(p, abs=4 * (p * (1 - p) / turns) ** 0.5)


def test_a_share_of_strangers_stands_beside_what_is_expected():
    expected = ExpectedAlarms(rate=expected_rate(40), n=40)
    few, many = (none_of_these_in_words(FalseAlarms(n=20, alarms=k), expected) for k in (2, 12))
    low, high = expected.ci
    ends = f"{100 * low:.1f} to {100 * high:.1f} %"
    beside = f"Of photos of its classes 4.9 % are expected to be called so (95 % interval {ends})"
    assert few == (
        "It takes 2 of 20 photos for none of its classes (10.0 %; 95 % interval 2.8 to 30.1 %). "
        f"{beside}. The share here is no more than chance explains."
    )
    assert many.endswith(f"{beside}. The share here is more than chance explains.")
    assert (low, high) == pytest.approx(stats.beta(2, 39).interval(0.95))


@pytest.mark.parametrize(("rate", "n"), [(-0.1, 40), (1.1, 40), (0.05, 0)])
def test_what_cannot_be_expected_is_damaged(rate: float, n: int):
    with pytest.raises(EvaluationError, match="damaged"):
        ExpectedAlarms(rate=rate, n=n)
