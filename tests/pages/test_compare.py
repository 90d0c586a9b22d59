"""What the Compare page asks for and says of the answer, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from tests.pages.conftest import FakePool, Open, W, button


def result(backbone: str, accuracy: float) -> dict[str, Any]:
    """One of the results of a comparison."""
    ci = [accuracy - 0.1, accuracy + 0.05]
    return {
        "backbone": backbone,
        "probe": "logistic",
        "accuracy_mean": accuracy,
        "accuracy_ci": ci,
        "macro_f1_mean": accuracy,
        "macro_f1_ci": ci,
        "fold_accuracy": [accuracy] * 5,
        "feature_dim": 512,
        "images_per_s": 50.0,
        "size_mb": 44.0,
        "seconds": 1.0,
        "n": 28,
        "converged": True,
        "notes": [],
    }


RESULTS = [result("pixels_16", 0.6), result("resnet18", 0.9)]


def test_compare_queues_one_job_for_all_backbones(visit: Open, dataset: Dataset):
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    assert job.spec.kind == "compare"
    assert job.spec.params["dataset"] == dataset.id
    assert len(job.spec.params["backbones"]) >= 2
    assert job.spec.params["config"]["folds"] == 5


def test_compare_says_which_is_ahead_and_whether_that_is_sure(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["compare"] = lambda job: {"folds": 5, "results": RESULTS, "failed": []}
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert "resnet18" in app.success[0].value
    assert "90.0 %" in app.success[0].value
    assert "overlap" not in app.success[0].value
    table = app.dataframe[-1].value
    assert list(table["Backbone"]) == ["resnet18", "pixels_16"]


def judged(a: str, b: str, low: float, recommended: str) -> dict[str, Any]:
    pair = {
        "a": a, "b": b, "diff": 0.03, "interval": [low, 0.2], "p_better": 0.6, "p_same": 0.3, "p_worse": 0.1,
        "mcnemar_p": 0.2,
    }  # fmt: skip
    return {"best": a, "recommended": recommended, "why": "It is 3 points.", "pairs": [pair]}


@pytest.mark.parametrize(
    ("ahead", "behind", "low", "recommended", "said"),
    [
        ("resnet18", "pixels_16", 0.01, "resnet18", r"resnet18** carries over best"),
        ("resnet18", "vgg16", -0.01, "vgg16", "Take **vgg16**"),
        ("resnet18", "pixels_16", -0.01, "resnet18", "is ahead, which may be chance"),
        ("pixels_16", "resnet18", -0.01, "", "no backbone here beats the floor"),
    ],
)
def test_the_floor_is_never_recommended(
    visit: Open, pool: FakePool, dataset: Dataset, ahead, behind, low, recommended, said
):
    rows = [result(behind, 0.5), result(ahead, 0.6)]
    found = judged(ahead, behind, low, recommended)
    pool.does["compare"] = lambda job: {"folds": 5, "results": rows, "verdict": found}
    app = visit("compare")
    button(app, "Compare").click().run()
    verdict = (app.warning if ahead == "pixels_16" else app.success)[0].value
    assert said in verdict
    assert ("carries over best" in verdict) is (low > 0)
    assert "It is 3 points" in verdict
    onwards = [link.proto.label for link in app.get("page_link") if "fine-tune" in link.proto.label]
    assert onwards == [f"Next: fine-tune {recommended or 'resnet18'}"]


def test_a_backbone_that_failed_is_told_beside_the_others(visit: Open, pool: FakePool, dataset: Dataset):
    failed = [{"backbone": "vgg16", "message": "The weights are not on this machine."}]
    pool.does["compare"] = lambda job: {"folds": 5, "results": RESULTS[1:], "failed": failed}
    app = visit("compare")
    button(app, "Compare").click().run()
    assert "vgg16" in app.warning[0].value
    assert "resnet18" in app.success[0].value
