"""The results of jobs, as this version of Graft reads them, and those of an earlier version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import JobError
from core.evaluation.pairwise.difference import Difference
from core.health.effect import Effect
from core.health.leaks import Accuracy
from core.jobs.spec import JobSpec
from core.jobs.status import DONE, JobStatus
from core.tasks.answers import Answer, read_answers, save_answers
from core.tasks.results import (
    Compared,
    Exported,
    Finetuned,
    HealthChecked,
    Mapped,
    MapPoints,
    Packed,
    Predicted,
    Previewed,
    PreviewRow,
    Readable,
    TakenIn,
    dataset_id_of,
    result_of,
)

RESULTS = (
    TakenIn(dataset="d", name="pets", images=40, classes=2),
    HealthChecked(dataset="d"),
    Packed(file="photos.zip", bytes=7, images=2),
    Finetuned(run="run", dataset="d", warnings=("train_val_leak",)),
    Exported(file="bundle.zip", bytes=7, backbone="resnet18"),
    Predicted(file="answers.json", images=3, failed=1),
    Previewed(rows=(PreviewRow(label="cat", files=("0-0.png", "0-1.png")),)),
    Mapped(file="map.json", note="A note."),
    Effect("val", 3, 1, Accuracy(0.5, (0.3, 0.7), 9), Accuracy(0.6, (0.4, 0.8), 9),
           Difference("after", "before", 9, 2, 1, 0.1, (-0.2, 0.4))),
)  # fmt: skip


def done(result: dict[str, Any] | None) -> JobStatus:
    return JobStatus(DONE, 0.0, result=json.loads(json.dumps(result)))


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_a_result_comes_back_from_the_status_as_it_was(result: Any) -> None:
    assert result_of(done(result.to_json()), type(result)) == result


def test_what_an_earlier_graft_kept_beside_it_is_left_out() -> None:
    before = {"run": "run", "dataset": "d", "metrics": {"val": {"accuracy": 0.9}}, "history": [{"epoch": 1}]}
    assert result_of(done(before), Finetuned) == Finetuned(run="run", dataset="d")


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        (Predicted, {"predictions": [{"image": "a.jpg"}], "classes": ["cat"]}),
        (TakenIn, {"dataset": "d"}),
        (TakenIn, None),
        (Packed, {"file": "a", "bytes": "many", "images": 1}),
        (Previewed, {"rows": [{"label": "cat"}]}),
        (Effect, {"split": "val"}),
    ],
)
def test_what_cannot_be_read_is_one_sentence(kind: type[Readable], result: dict[str, Any] | None) -> None:
    with pytest.raises(JobError, match="Another version of Graft wrote what came of this job"):
        result_of(done(result), kind)


def test_answers_keep_the_order_of_the_classes(tmp_path: Path) -> None:
    answers = (Answer(image="a.jpg", label="b", proba={"b": 0.9, "a": 0.1}), Answer(image="c.jpg", error="broken"))
    save_answers(answers, tmp_path / "answers.json")
    read = read_answers(tmp_path / "answers.json")
    assert read == answers
    assert list(read[0].proba) == ["b", "a"]


def test_a_file_that_is_gone_or_damaged_is_reported(tmp_path: Path) -> None:
    (tmp_path / "damaged.json").write_text("{")
    (tmp_path / "other.json").write_text('{"ids": []}')
    for name in ("gone.json", "damaged.json", "other.json"):
        with pytest.raises(JobError, match="Draw it again"):
            MapPoints.load(tmp_path / name)
        with pytest.raises(JobError):
            read_answers(tmp_path / name)


def test_a_job_on_a_sample_learns_its_dataset_when_it_is_done() -> None:
    assert dataset_id_of(JobSpec("health", dataset_id="d"), JobStatus("queued", 0.0)) == "d"
    assert dataset_id_of(JobSpec("health"), JobStatus("queued", 0.0)) == ""
    assert dataset_id_of(JobSpec("health"), done({"dataset": "d"})) == "d"


def test_an_earlier_comparison_still_names_its_best_backbone() -> None:
    rows = [{"backbone": name, "probe": "logistic", "accuracy_mean": mean} for name, mean in (("a", 0.5), ("b", 0.75))]
    status = JobStatus(DONE, 0.0, result={"results": rows, "dataset": "d", "verdict": {}})
    expected = Compared(file="comparison.json", dataset="d", best="b", accuracy=0.75)
    assert result_of(status, Compared) == expected


@pytest.mark.parametrize("rows", [[{"backbone": "a"}], "abc", [1]])
def test_a_comparison_that_cannot_be_read_is_reported_in_a_sentence(rows: object) -> None:
    with pytest.raises(JobError, match="Run it again"):
        result_of(JobStatus(DONE, 0.0, result={"results": rows, "dataset": "d"}), Compared)
