import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, ProbeError
from core.features.features import Features
from core.probing.crossval.crossval import cross_validate
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.depth import Depth, probe_depth
from core.progress import Progress
from tests.probing.conftest import make_features
from tests.steps import works

QUICK = ProbeConfig(c=0.01, folds=4, repeats=2, seed=3)


def staged(*noise: float) -> dict[str, Features]:
    """The same images after stages that see their classes through more or less noise."""
    base = make_features((40, 40, 40), spread=0.5)
    stages = {}
    for at, noise_level in enumerate(noise):
        rng = np.random.default_rng(at)
        X = base.X + rng.normal(size=base.X.shape).astype(np.float32) * np.float32(noise_level)
        stages[f"stage{at}"] = dataclasses.replace(base, X=X, backbone="graft_residual")
    return stages


def naive_interval(a: tuple[float, ...], b: tuple[float, ...], folds: int) -> tuple[float, float]:
    from scipy import stats

    d = np.subtract(a, b)
    half = stats.t.ppf(0.975, len(d) - 1) * np.sqrt(d.var(ddof=1) * (1 / len(d) + 1 / (folds - 1)))
    return d.mean() - half, d.mean() + half


def test_every_stage_is_judged_as_a_backbone_would_be_on_the_same_folds() -> None:
    stages = staged(20.0, 8.0, 4.0)
    study = probe_depth(stages, QUICK)
    assert tuple(stage.name for stage in study.stages) == tuple(stages)
    for features, stage in zip(stages.values(), study.stages, strict=True):
        result = cross_validate(features, QUICK)
        assert stage.fold_accuracy == result.fold_accuracy
        assert (stage.accuracy_mean, stage.accuracy_ci) == (result.accuracy_mean, result.accuracy_ci)
    for pair, earlier in zip(study.pairs, study.stages[:-1], strict=True):
        low, high = naive_interval(study.stages[-1].fold_accuracy, earlier.fold_accuracy, 4)
        assert pair.interval == pytest.approx((low, high))


def test_a_last_stage_that_is_surely_better_needs_a_head_alone() -> None:
    suggestion = probe_depth(staged(60.0, 30.0, 3.0), QUICK).suggestion
    assert (suggestion.mode, suggestion.stages) == ("head", ())
    assert "stage2 is better than stage1 by" in suggestion.why
    assert "training the head alone" in suggestion.why


def test_where_an_earlier_stage_is_better_what_comes_after_it_is_trained() -> None:
    suggestion = probe_depth(staged(60.0, 3.0, 20.0, 40.0), QUICK).suggestion
    assert (suggestion.mode, suggestion.last_stages, suggestion.stages) == ("last", 2, ("stage2", "stage3"))
    assert "stage3 is worse than stage1" in suggestion.why
    assert "after stage1 brings nothing" in suggestion.why


def test_of_stages_that_are_alike_the_deepest_but_one_is_kept() -> None:
    stages = staged(60.0, 3.0, 3.0)
    stages["stage3"] = stages["stage2"]
    stages["stage1"] = stages["stage2"]
    suggestion = probe_depth(stages, QUICK).suggestion
    assert (suggestion.mode, suggestion.last_stages, suggestion.stages) == ("last", 1, ("stage3",))


def test_where_no_stage_beats_chance_there_is_nothing_to_keep() -> None:
    suggestion = probe_depth(staged(5000.0, 5000.0), QUICK).suggestion
    assert suggestion.mode == "full"
    assert "33.3 %" in suggestion.why


def test_only_training_images_are_looked_at() -> None:
    stages = staged(20.0, 4.0)
    spoiled = {
        name: dataclasses.replace(
            features, X=np.where((features.split == "train")[:, None], features.X, np.float32(np.nan))
        )
        for name, features in stages.items()
    }
    assert probe_depth(spoiled, QUICK).as_json()["stages"] == probe_depth(stages, QUICK).as_json()["stages"]


def test_the_document_is_plain() -> None:
    import json

    study: Depth = probe_depth(staged(20.0, 4.0), QUICK)
    document = json.loads(json.dumps(study.as_json()))
    assert [stage["name"] for stage in document["stages"]] == ["stage0", "stage1"]
    assert document["stages"][0]["width"] == 12
    assert (document["folds"], document["repeats"], document["n"]) == (4, 2, 120)
    assert len(document["stages"][1]["fold_accuracy"]) == 8
    assert document["suggestion"]["mode"] in ("head", "last", "full")


def test_a_depth_comes_back_from_its_file_and_from_an_older_grafts_document(tmp_path: Path) -> None:
    import json

    study = dataclasses.replace(
        probe_depth(staged(20.0, 4.0), QUICK), dataset=DatasetFacts("d", "pets", "f", ("leak",))
    )
    study.save(tmp_path)
    loaded = Depth.load(tmp_path)
    assert loaded.as_json() == study.as_json()
    assert (loaded.stages, loaded.pairs, loaded.suggestion) == (study.stages, study.pairs, study.suggestion)
    assert loaded.dataset == study.dataset
    (tmp_path / Depth.FILE).write_text(json.dumps(study.as_json()))
    assert Depth.load(tmp_path).as_json() == study.as_json()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"stages": 3}'])
def test_a_file_that_is_damaged_or_gone_is_reported(tmp_path: Path, content: str) -> None:
    with pytest.raises(ProbeError, match="Measure it again"):
        Depth.load(tmp_path)
    (tmp_path / Depth.FILE).write_text(content)
    with pytest.raises(ProbeError, match=r"'depth\.json'"):
        Depth.load(tmp_path)


def test_progress_and_cancel() -> None:
    steps: list[Progress] = []
    probe_depth(staged(20.0, 4.0), QUICK, steps.append)
    assert [step.data["stage"]["name"] for step in steps if "stage" in step.data] == ["stage0", "stage1"]
    assert works(steps) == [f"probe/logistic/{steps[0].stage}/{name}" for name in ("stage0", "stage1")]
    assert (steps[-1].share, steps[-1].ahead) == (1, ())

    def stop(_step: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        probe_depth(staged(20.0, 4.0), QUICK, stop)


def test_one_stage_has_no_depth() -> None:
    with pytest.raises(ProbeError, match="at least two"):
        probe_depth(staged(4.0), QUICK)
