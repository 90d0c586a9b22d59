"""Requests: what is refused where they are made, and how they are read again from a job's params."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import tasks
from core.errors import BackboneError, DatasetError, GraftError, JobError, ProbeError, TrainingError
from core.features.reduce import Reduction
from core.jobs import store
from core.jobs.spec import JobSpec
from core.probing.probes.probe import ProbeConfig
from core.progress import silent
from core.tasks.adopting import AddBackboneRequest
from core.tasks.attention import AttentionRequest
from core.tasks.base import Request
from core.tasks.explaining import ExplainRequest
from core.tasks.judging.looks import LooksRequest
from core.tasks.judging.other import JudgeRequest
from core.tasks.judging.robustness import RobustnessRequest
from core.tasks.judging.tta import TtaRequest
from core.tasks.requests import (
    CompareRequest,
    ComponentsRequest,
    DepthRequest,
    EditEffectRequest,
    EmbeddingMapRequest,
    FinetuneRequest,
    FramingRequest,
    HealthRequest,
    IngestRequest,
    LearningCurveRequest,
    PackRequest,
    PreviewRequest,
    RegroupRequest,
)
from core.tasks.specs import request_of, spec_of, takes_upload
from core.tasks.using import ExportRequest, NamedFile, PredictRequest, StrangersRequest
from core.tasks.verbs import VERBS
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS

ID = "0123456789abcdef"
PROBING = ProbeConfig(probe="lda", pca=Reduction("pca", 4, whiten=True), folds=3, seed=7)
TRAINING = FinetuneConfig("graft_plain", epochs=2, augmentation=PRESETS["light"])
REQUESTS: tuple[Request, ...] = (
    AddBackboneRequest(name="mine", files=(NamedFile(path="1", name="a.pth"),), architecture="a", delete_source=True),
    IngestRequest(source="a.zip", name="a", group_pattern="{group}_*", delete_source=True, tour="t"),
    RegroupRequest(dataset=ID, pattern="{group}/*", seed=3),
    HealthRequest(dataset=ID, backbone="pixels_16"),
    EditEffectRequest(dataset=ID, fingerprint="f"),
    LooksRequest(dataset=ID, fingerprint="f"),
    TtaRequest(run="/runs/a"),
    RobustnessRequest(run="/runs/a", split="test", photos=7, seed=2),
    JudgeRequest(model="/runs/a", photos="/b.zip", name="b", rename={"kat": "cat"}, delete_source=True),
    PackRequest(dataset=ID, out="out.zip"),
    CompareRequest(dataset=ID, backbones=("a", "b"), config=PROBING, probes=("lda", "knn"), shortlist=2),
    LearningCurveRequest(dataset=ID, backbone="a", config=PROBING, more=(10, 20), target=0.9),
    DepthRequest(dataset=ID, backbone="a", images=100),
    ComponentsRequest(dataset=ID, backbone="a", config=PROBING),
    FramingRequest(dataset=ID, backbone="a@whole", config=PROBING),
    EmbeddingMapRequest(dataset=ID, backbone="a", method="tsne", seed=1),
    PreviewRequest(dataset=ID, config=TRAINING, draws=2),
    FinetuneRequest(workspace="w", dataset=ID, config=TRAINING, out="run"),
    PredictRequest(model="m.zip", images=(NamedFile(path="1.jpg", name="a.jpg"),), previews=3, delete_source=True),
    ExportRequest(run="job/run", out="b.zip"),
    AttentionRequest(dataset=ID, model="job/run", split="test", images=20, method="occlusion"),
    ExplainRequest(model="job/run", dataset=ID, photos=("a", "b"), label="owl", method="occlusion", check=False),
    StrangersRequest(run="job/run"),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind)
def test_a_request_comes_back_from_its_job_as_it_was(request_: Request) -> None:
    spec = spec_of(request_, "my photos")
    params = json.loads(json.dumps(spec.to_json()))
    assert request_of(JobSpec.from_json(params)) == request_
    assert spec.kind == request_.kind
    assert spec.title
    assert spec.dataset_id == getattr(request_, "dataset", "")


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind)
def test_every_kind_has_a_verb(request_: Request, tmp_path: Any) -> None:
    assert request_.kind in VERBS


def test_how_a_job_is_queued_follows_from_its_kind() -> None:
    specs = {request.kind: spec_of(request, "pets") for request in REQUESTS}
    long = {"health", "compare", "learning_curve", "depth", "components", "framing", "finetune"}
    assert {kind for kind, spec in specs.items() if spec.slot == "long"} == long
    listed = {"ingest", "regroup", "health", "compare", "finetune"}
    assert {kind for kind, spec in specs.items() if spec.listed} == listed
    kept = {"learning_curve", "depth", "components", "framing", "judge", "robustness", "tta", "attention"}
    assert {kind for kind, spec in specs.items() if spec.kept} == kept
    assert {kind for kind, spec in specs.items() if takes_upload(spec)} == {
        "ingest",
        "predict",
        "judge",
        "add_backbone",
    }
    assert specs["compare"].title == "Compare 2 backbones on 'pets'"
    assert specs["finetune"].title == "Fine-tune graft_plain (head only) on 'pets'"
    seeded = FinetuneRequest(dataset="pets", config=FinetuneConfig("graft_plain", seed=2))
    assert spec_of(seeded, "pets").title == "Fine-tune graft_plain (head only, seed 2) on 'pets'"


def test_photos_that_are_not_taken_in_yet_have_no_id() -> None:
    assert spec_of(HealthRequest(dataset="sample:textures")).dataset_id == ""


def test_a_backbones_name_is_written_in_one_way() -> None:
    assert CompareRequest(dataset=ID, backbones=("a@centre", "a", "a@whole")).backbones == ("a", "a@whole")
    assert CompareRequest(dataset=ID, backbones=("b+a", "a+b")).backbones == ("a+b",)
    assert FramingRequest(dataset=ID, backbone="a@centre").backbone == "a"
    assert FinetuneConfig("a@centre").backbone == "a"
    with pytest.raises(BackboneError, match="'wide'"):
        DepthRequest(dataset=ID, backbone="a@wide")


def test_one_config_is_enough_for_a_comparison() -> None:
    request = CompareRequest(dataset=ID, backbones=("a", "a", "b"), config=ProbeConfig(probe="knn"))
    assert (request.backbones, request.probes) == (("a", "b"), ("knn",))
    several = CompareRequest(dataset=ID, backbones=("a",), probes=("lda", "knn"))
    assert [config.probe for config in several.configs] == ["lda", "knn"]
    assert several.config.probe == "lda"


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("ingest", {"source": "a.zip", "workspace": "default", "name": None, "delete_source": False}),
        ("compare", {"dataset": ID, "backbones": ["a"], "config": {}, "shortlist": None}),
        ("compare", {"dataset": ID, "backbones": ["a"], "config": {"pca": "64", "folds": 5}, "probes": ["logistic"]}),
        ("compare", {"dataset": ID, "backbones": ["a"], "ensemble": False}),
        ("learning_curve", {"dataset": ID, "backbone": "a", "config": {"seed": 4}, "fingerprint": "f"}),
        ("finetune", {"dataset": ID, "config": {"backbone": "resnet18", "augmentation": "light"}, "tour": "t"}),
        ("predict", {"model": "m", "images": [{"path": "p", "name": "n"}], "previews": 24, "delete_source": True}),
    ],
)
def test_jobs_that_an_earlier_graft_left_are_read(kind: str, params: dict[str, Any]) -> None:
    assert request_of(JobSpec(kind, params)).kind == kind


@pytest.mark.parametrize(
    ("kind", "params", "word"),
    [
        ("compare", {"dataset": ID, "backbones": []}, "at least one"),
        ("compare", {"dataset": ID}, "'backbones' is missing"),
        ("compare", {"dataset": ID, "backbones": "ab"}, "a list"),
        ("compare", {"dataset": ID, "backbones": ["a"], "gpu": 1}, "no setting 'gpu'"),
        ("compare", {"dataset": ID, "backbones": ["a"], "config": {"folds": "five"}}, "config"),
        ("compare", {"dataset": ID, "backbones": ["a"], "config": 5}, "a group of settings"),
        ("compare", {"dataset": ID, "backbones": ["a"], "probes": ["oracle"]}, "oracle"),
        ("compare", {"dataset": ID, "backbones": ["a"], "shortlist": 1.5}, "a whole number"),
        ("health", {"dataset": 5}, "text"),
        ("health", {"dataset": ID, "seed": True}, "a whole number"),
        ("ingest", {"source": "a", "delete_source": "yes"}, "true or false"),
        ("learning_curve", {"dataset": ID, "backbone": "a", "target": "high"}, "a number"),
        ("finetune", {"dataset": ID, "config": {}}, "backbone"),
        ("predict", {"model": "m", "images": ["a.jpg"]}, "a list"),
        ("fly", {}, "'fly'"),
    ],
)
def test_params_that_cannot_be_read_are_reported_and_are_no_bug(
    kind: str, params: dict[str, Any], word: str, tmp_path: Any
) -> None:
    with pytest.raises(JobError, match=word):
        tasks.run(tmp_path, JobSpec(kind, params), silent)


@pytest.mark.parametrize(
    ("make", "error", "word"),
    [
        (lambda: HealthRequest(dataset=""), DatasetError, "Choose a dataset"),
        (lambda: HealthRequest(dataset=ID, group_pattern="x"), DatasetError, "{group}"),
        (lambda: HealthRequest(dataset=ID, seed=-1), JobError, "seed is -1"),
        (lambda: IngestRequest(source=""), DatasetError, "Name a zip"),
        (lambda: RegroupRequest(dataset=ID, pattern="x"), DatasetError, "{group}"),
        (lambda: CompareRequest(dataset=ID, backbones=()), BackboneError, "at least one"),
        (lambda: CompareRequest(dataset=ID, backbones=("a",), probes=("oracle",)), ProbeError, "oracle"),
        (lambda: CompareRequest(dataset=ID, backbones=("a",), config=ProbeConfig(folds=1)), ProbeError, "folds"),
        (lambda: DepthRequest(dataset=ID, backbone=""), BackboneError, "Choose one"),
        (lambda: DepthRequest(dataset=ID, backbone="a", images=0), JobError, "images is 0"),
        (lambda: LearningCurveRequest(dataset=ID, backbone="a", more=(5, 0)), JobError, "more is 0"),
        (lambda: FinetuneRequest(dataset=ID, config=FinetuneConfig("")), TrainingError, "backbone is empty"),
        (lambda: PredictRequest(model="m", images=()), DatasetError, "at least one"),
        (lambda: AddBackboneRequest(name="a b", files=()), BackboneError, "cannot name"),
        (lambda: AddBackboneRequest(name="a", files=()), BackboneError, "no checkpoint"),
        (lambda: ExportRequest(run=""), GraftError, "Choose one"),
    ],
)
def test_a_request_is_checked_where_it_is_made(make: Any, error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        make()


def test_a_job_of_an_earlier_graft_that_cannot_be_read_says_so_when_it_is_resumed() -> None:
    job = store.create("default", JobSpec("compare", {"dataset": ID, "models": ["a"]}))
    with pytest.raises(JobError, match="another version of Graft: 'compare' has no setting 'models'"):
        request_of(job.spec)
