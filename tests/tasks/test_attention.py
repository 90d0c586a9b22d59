"""Where a model looks over a set of photos: the verb, and what cannot be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.ingest import ingest
from core.errors import BundleError, ExplainError
from core.explaining.attention.record import Attention
from core.features.extract import extract
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Progress
from core.tasks.attention import AttentionRequest, attention
from core.tasks.results import Studied
from tests.conftest import ZipBuilder


def test_a_sample_of_the_split_is_looked_at(small_zip: ZipBuilder, tmp_path: Path) -> None:
    dataset = ingest(small_zip(per_class=8))
    features, config = extract(dataset, "graft_plain"), ProbeConfig(folds=2)
    run = save_probe_run(
        features, config, fit_probe(features, config), cross_validate(features, config), tmp_path / "r"
    )
    job, steps = tmp_path / "job", list[Progress]()
    job.mkdir()
    request = AttentionRequest(dataset=dataset.id, model=str(run.path), split="train", images=4)
    assert attention(job, request, steps.append) == Studied(file="attention.json", dataset=dataset.id)
    result = Attention.load(job)
    assert (result.n, result.of, result.split) == (4, len(dataset.split("train")), "train")
    assert result.backbone == "graft_plain"
    assert steps[-1].phase is not None
    assert steps[-1].phase.work.startswith("explain/")


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(BundleError, match="no model to explain"):
        AttentionRequest(dataset="d", model="")
    with pytest.raises(ExplainError, match="split is 'oof'"):
        AttentionRequest(dataset="d", model="m", split="oof")
    with pytest.raises(ExplainError, match="method is 'magic'"):
        AttentionRequest(dataset="d", model="m", method="magic")
