"""A report as it lies on the disk: one that was written before reads, and writes back to the same document."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import GraftError
from core.health.composition import Balance
from core.health.record import HealthReport
from core.health.report import FILE, read_report, write_report

CAT = {"index": 0, "name": "train/cat/1.jpg", "sha256": "c0", "class": "cat", "split": "train"}
DOG = {"index": 5, "name": "test/dog/6.jpg", "sha256": "d0", "class": "dog", "split": "test"}
SIDES = {"width": [100.0, 120.0, 160.0], "height": [80.0, 90.0, 120.0], "aspect": [1.25, 1.333, 1.333]}
DOCUMENT: dict[str, Any] = {
    "schema": 2, "dataset": "d", "dataset_name": "pets", "fingerprint": "f", "images": 45,
    "balance": {
        "counts": {"train": {"cat": 25, "dog": 8}, "test": {"cat": 6, "dog": 6}},
        "largest": 25, "smallest": 8, "ratio": 3.12, "few": ["dog"],
    },
    "sizes": {"train": {**SIDES, "kilobytes": [1.5, 2.0, 4.25], "formats": {"PNG": 30, "JPEG": 3}}},
    "duplicates": {
        "exact": 1200, "near": 3, "conflicts": 2, "leaks": 7,
        "pairs": [{"a": CAT, "b": DOG, "kind": "conflict", "exact": True, "conflict": True, "leak": True}],
    },
    "groups_apart": ["anna"],
    "quality": {"counts": {"dark": 1500}, "found": [{**CAT, "issue": "dark", "score": 0.0312}]},
    "labels": {
        "backbone": "graft_residual", "folds": 5, "n": 45, "accuracy": 0.8, "accuracy_ci": [0.6618, 0.8909],
        "chance": 0.6889, "able": False, "count": 1, "expected": 0.94, "share_wrong": 0.05,
        "suspects": [
            {**CAT, "given": "cat", "suggested": "dog", "p_given": 0.01234, "p_suggested": 0.98766, "p_wrong": 0.94}
        ],
    },
    "shortcuts": [
        {
            "sees": "file", "accuracy": 0.95, "interval": [0.85, 0.99], "chance": 0.5, "n": 45, "telling": "bytes",
            "telling_accuracy": 0.9, "telling_interval": [0.78, 0.96], "grey": False, "alarming": True,
            "serious": True, "possible": True,
        }
    ],
    "leaks": [
        {
            "split": "test", "leaked": 2, "with_leak": {"value": 0.75, "interval": [0.47, 0.91], "n": 12},
            "without_leak": {"value": 0.7, "interval": [0.4, 0.89], "n": 10},
        },
        {
            "split": "val", "leaked": 3, "with_leak": {"value": 1.0, "interval": [0.44, 1.0], "n": 3},
            "without_leak": None,
        },
    ],
    "notes": ["Something could not be looked at."], "backbone": "graft_residual", "seed": 3, "seconds": 4.25,
}  # fmt: skip


def keep(root: Path, document: dict[str, Any]) -> None:
    (root / FILE).write_text(json.dumps(document))


def test_a_report_reads_and_writes_back_to_the_same_document(tmp_path: Path) -> None:
    keep(tmp_path, DOCUMENT)
    report = read_report(tmp_path)
    assert report is not None
    assert json.dumps(report.to_json()) == json.dumps(DOCUMENT)  # also the order of the keys
    write_report(tmp_path, report)
    assert read_report(tmp_path) == report


def test_a_report_from_before_suspects_had_a_probability_reads(tmp_path: Path) -> None:
    old = copy.deepcopy(DOCUMENT)
    del old["labels"]["expected"], old["labels"]["share_wrong"], old["labels"]["suspects"][0]["p_wrong"]
    del old["shortcuts"][0]["grey"]
    keep(tmp_path, old)
    report = read_report(tmp_path)
    assert report is not None
    assert report.labels is not None
    assert (report.labels.expected, report.labels.share_wrong, report.labels.suspects[0].p_wrong) == (None, None, None)
    assert not report.shortcuts[0].grey


def test_what_is_worked_out_is_not_taken_from_the_document() -> None:
    wrong = copy.deepcopy(DOCUMENT)
    wrong["labels"]["able"] = True
    wrong["shortcuts"][0] |= {"alarming": False, "serious": False, "possible": False}
    wrong["balance"] |= {"largest": 1, "smallest": 1, "ratio": 1.0, "few": []}
    wrong["duplicates"]["pairs"][0] |= {"kind": "within", "conflict": False, "leak": False}
    assert HealthReport.from_json(wrong).to_json() == DOCUMENT


def test_a_class_without_training_photos_gives_no_ratio() -> None:
    balance = Balance(counts={"train": {"cat": 25, "dog": 0, "owl": 5}})
    assert (balance.largest, balance.smallest, balance.ratio, balance.few) == (25, 0, None, ("dog", "owl"))
    assert Balance(counts={}).ratio is None


def test_counts_go_beyond_what_is_listed() -> None:
    report = HealthReport.from_json(DOCUMENT)
    assert (report.duplicates.exact, len(report.duplicates.pairs)) == (1200, 1)
    assert (report.quality.counts["dark"], len(report.quality.flaws)) == (1500, 1)


def test_photos_too_few_to_judge_labels_leave_none_there() -> None:
    document = {**DOCUMENT, "labels": None, "shortcuts": []}
    report = HealthReport.from_json(document)
    assert report.labels is None
    assert report.to_json() == document


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 1},
        {"schema": None},
        {"images": "many"},
        {"duplicates": {}},
        {"sizes": {"train": {**SIDES, "width": [1.0, 2.0], "kilobytes": [1.0, 1.0, 1.0], "formats": {}}}},
        {"quality": {"counts": {}, "found": [{**CAT, "class": 3, "issue": "dark", "score": 0.1}]}},
        {"quality": {"counts": {}, "found": ["dark"]}},
    ],
)
def test_a_report_of_another_version_or_a_damaged_one_counts_as_none(tmp_path: Path, change: dict[str, Any]) -> None:
    keep(tmp_path, {**DOCUMENT, **change})
    assert read_report(tmp_path) is None
    with pytest.raises(GraftError):
        HealthReport.from_json({**DOCUMENT, **change})


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_file_that_is_no_document_counts_as_none(tmp_path: Path, content: str) -> None:
    assert read_report(tmp_path) is None
    (tmp_path / FILE).write_text(content, errors="surrogateescape")
    assert read_report(tmp_path) is None
