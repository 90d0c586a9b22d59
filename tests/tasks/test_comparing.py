"""The verb that compares backbones: the results that it keeps, uses again, and leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.data.library import list_datasets
from core.errors import BackboneError, Cancelled, WeightsUnavailable
from core.features.reduce import Reduction
from core.models.runs import find_runs, load_run
from core.probing.comparison.comparison import Comparison, Failure
from core.probing.comparison.record import load_comparison, load_result
from core.probing.probes.probe import ProbeConfig
from core.progress import Progress, silent
from core.tasks.comparing import compare
from core.tasks.requests import CompareRequest
from core.tasks.results import Compared
from tests.steps import works

BACKBONE = "graft_plain"


def _compared(folder: Path, source: Path, *names: str, **more: Any) -> Comparison:
    more = {"config": ProbeConfig(folds=3, repeats=1), **more}
    compare(folder, CompareRequest(dataset=str(source), backbones=names, **more), silent)
    return load_comparison(folder)


def test_compare_keeps_probes_and_reports_each_backbone_as_it_ends(photos_zip: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    names, config = (BACKBONE, "pixels_16", BACKBONE), ProbeConfig(pca=Reduction("pca", 8))
    request = CompareRequest(dataset=str(photos_zip), backbones=names, config=config)
    compared = compare(tmp_path / "job", request, steps.append)
    comparison = load_comparison(tmp_path / "job")
    assert [result.backbone for result in comparison.results] == [BACKBONE, "pixels_16"]
    assert comparison.failures == ()
    assert comparison.verdict.best in (BACKBONE, "pixels_16")
    assert comparison.config == config
    assert len(comparison.results[0].fold_accuracy) == comparison.folds * comparison.repeats
    best = comparison.most_accurate
    assert compared == Compared(
        file="comparison.json", dataset=comparison.dataset.id, best=best.backbone, accuracy=best.accuracy_mean
    )
    assert [step.data["result"] for step in steps if "result" in step.data] == [
        {"backbone": name, "probe": "logistic"} for name in (BACKBONE, "pixels_16")
    ]
    assert {step.stage for step in steps} - {""} == {BACKBONE, "pixels_16"}
    compared_after = [work for work in works(steps) if not work.startswith("intake/")]
    assert compared_after == [
        f"{work}/{name}"
        for name in (BACKBONE, "pixels_16")
        for work in ("load", "extract", "probe/logistic", "fit/logistic")
    ]
    runs = find_runs(tmp_path)
    assert {run.backbone for run in runs} == {BACKBONE, "pixels_16"}
    assert all(run.kind == "probe" and run.dataset_id == comparison.dataset.id for run in runs)
    assert set(runs[0].splits()) == {"val", "test", "oof"}


def test_a_backbone_that_fails_does_not_lose_the_others(
    photos_zip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.features import extract as room

    real_extract = room.extract

    def offline(dataset: Any, name: str, **rest: Any) -> Any:
        if name == "resnet18":
            raise WeightsUnavailable("resnet18 is not here")
        return real_extract(dataset, name, **rest)

    monkeypatch.setattr(room, "extract", offline)
    comparison = _compared(tmp_path / "job", photos_zip, "resnet18", "pixels_16")
    assert [result.backbone for result in comparison.results] == ["pixels_16"]
    assert comparison.failures == (Failure("resnet18", "resnet18 is not here"),)
    with pytest.raises(WeightsUnavailable):
        _compared(tmp_path / "job", photos_zip, "resnet18")


def test_compare_wants_backbones_that_there_are(photos_zip: Path, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="Choose at least one"):
        _compared(tmp_path, photos_zip)
    with pytest.raises(BackboneError, match="resnet18"):
        _compared(tmp_path, photos_zip, "pixels_16", "resnet81")
    assert list_datasets() == [], "a wrong name is told before anything is done"


def test_what_was_found_is_not_computed_again(photos_zip: Path, tmp_path: Path) -> None:
    def stop(step: Progress) -> None:
        if "result" in step.data:
            raise Cancelled

    request = CompareRequest(dataset=str(photos_zip), backbones=(BACKBONE, "pixels_16"))
    with pytest.raises(Cancelled):
        compare(tmp_path / "job", request, stop)
    first = load_result(tmp_path / "job", BACKBONE, "logistic")
    compare(tmp_path / "job", request, silent)
    compare(tmp_path / "other", request, silent)
    resumed, fresh = (load_comparison(tmp_path / name) for name in ("job", "other"))
    seconds = [comparison.results[0].seconds for comparison in (resumed, fresh)]  # no two runs take just as long
    assert seconds[0] == first.seconds
    assert seconds[1] != first.seconds
    assert [result.fold_accuracy for result in resumed.results] == [result.fold_accuracy for result in fresh.results]
    assert resumed.verdict == fresh.verdict


def test_other_settings_are_computed_anew(photos_zip: Path, tmp_path: Path) -> None:
    before = _compared(tmp_path / "job", photos_zip, "pixels_16")
    after = _compared(tmp_path / "job", photos_zip, "pixels_16", config=ProbeConfig(folds=2, repeats=2))
    assert [len(comparison.results[0].fold_accuracy) for comparison in (before, after)] == [3, 4]


def test_several_probes_share_their_folds_and_the_first_has_the_verdict(photos_zip: Path, tmp_path: Path) -> None:
    probes = ("nearest_mean", "logistic")
    comparison = _compared(tmp_path, photos_zip, BACKBONE, "pixels_16", probes=probes)
    assert [(result.backbone, result.probe) for result in comparison.results] == [
        (BACKBONE, "nearest_mean"), (BACKBONE, "logistic"), ("pixels_16", "nearest_mean"), ("pixels_16", "logistic"),
    ]  # fmt: skip
    assert comparison.verdict == comparison.verdicts["nearest_mean"]
    assert load_run(tmp_path / "probes" / BACKBONE).method == "nearest_mean"
    assert load_run(tmp_path / "probes" / f"{BACKBONE}.logistic").method == "logistic"


def test_the_first_probe_is_kept_under_the_backbones_name_whatever_was_there(photos_zip: Path, tmp_path: Path) -> None:
    for probes in (("nearest_mean", "lda"), ("lda", "nearest_mean")):
        comparison = _compared(tmp_path, photos_zip, "pixels_16", probes=probes, config=ProbeConfig(repeats=1))
        assert comparison.results[0].probe == probes[0]
        assert load_run(tmp_path / "probes" / "pixels_16").method == probes[0]


def test_the_two_best_networks_side_by_side_are_compared_unless_that_is_not_wanted(
    photos_zip: Path, tmp_path: Path
) -> None:
    names, pair = (BACKBONE, "graft_inception", "pixels_16"), f"graft_inception+{BACKBONE}"
    steps: list[Progress] = []
    request = CompareRequest(dataset=str(photos_zip), backbones=names, config=ProbeConfig(folds=3, repeats=1))
    compare(tmp_path / "a", request, steps.append)
    results = load_comparison(tmp_path / "a").results
    assert [result.backbone for result in results] == [*names, pair]
    assert results[-1].feature_dim == 896
    assert results[-1].images_per_s < min(result.images_per_s for result in results[:2])
    assert [step.stage for step in steps if "photos a second" in step.message].count(pair) == 0
    assert [result.backbone for result in _compared(tmp_path / "b", photos_zip, *names, pair=False).results] == [*names]


def test_a_first_look_leaves_out_what_is_behind(photos_zip: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    names = ("graft_inception", "graft_residual", BACKBONE, "pixels_16")
    config = ProbeConfig(folds=3, repeats=1)
    request = CompareRequest(dataset=str(photos_zip), backbones=names, config=config, shortlist=1, pair=False)
    compare(tmp_path, request, steps.append)
    comparison = load_comparison(tmp_path)
    look = comparison.shortlist
    assert look is not None
    assert len(look.rows) == 4
    assert len(look.kept) == 2  # the best one and the floor
    assert {result.backbone for result in comparison.results} == set(look.kept)
    assert [step.data["shortlist"] for step in steps if "shortlist" in step.data] == [look.as_json()]
    assert [work for work in works(steps) if work.startswith("probe/")] == [
        f"probe/logistic/{result.backbone}" for result in comparison.results
    ]
    assert (steps[-1].share, steps[-1].ahead) == (1, ())
