"""The verbs as the worker runs them, on real photos' stand-ins and the backbones that need no network."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.data.library import list_datasets, open_dataset
from core.errors import (
    BundleError,
    Cancelled,
    DatasetError,
    GraftError,
    RejectedError,
)
from core.jobs import store
from core.jobs.pool import Pool
from core.jobs.spec import JobSpec
from core.models.runs import load_run
from core.progress import Progress, silent
from core.tasks.answers import read_answers
from core.tasks.common import dataset_of
from core.tasks.models import export, finetune
from core.tasks.photos import ingest
from core.tasks.predicting import predict
from core.tasks.previews import embedding_map, preview_augmentation
from core.tasks.requests import (
    CompareRequest,
    EmbeddingMapRequest,
    FinetuneRequest,
    HealthRequest,
    IngestRequest,
    PreviewRequest,
)
from core.tasks.results import Finetuned, MapPoints, TakenIn, result_of
from core.tasks.specs import spec_of
from core.tasks.using import ExportRequest, NamedFile, PredictRequest
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS
from core.training.results.history import read_history
from tests.conftest import photo_bytes
from tests.jobs.conftest import end_of

BACKBONE = "graft_plain"


def _ingested(source: Path) -> str:
    return ingest(source.parent, IngestRequest(source=str(source), name="photos"), silent).dataset


def test_ingest_says_what_came_in(photos_zip: Path, tmp_path: Path) -> None:
    taken_in = ingest(tmp_path, IngestRequest(source=str(photos_zip), name="cats & dogs"), silent)
    dataset = open_dataset("default", taken_in.dataset)
    assert taken_in == TakenIn(dataset=dataset.id, name="cats & dogs", images=40, classes=2)
    assert dataset.name == "cats & dogs"
    assert set(dataset.made_splits) == {"train", "val", "test"}


def test_an_upload_is_removed_once_it_is_taken_in_or_refused(photos_zip: Path, tmp_path: Path) -> None:
    uploads = paths.workspace() / "uploads"
    uploads.mkdir(parents=True)
    readable, refused = uploads / "a.zip", uploads / "b.zip"
    readable.write_bytes(photos_zip.read_bytes())
    refused.write_bytes(b"no zip")
    ingest(tmp_path, IngestRequest(source=str(readable), delete_source=True), silent)
    with pytest.raises(RejectedError):
        ingest(tmp_path, IngestRequest(source=str(refused), delete_source=True), silent)
    assert list(uploads.iterdir()) == []


def test_a_file_outside_the_workspace_is_never_removed(photos_zip: Path, tmp_path: Path) -> None:
    ingest(tmp_path, IngestRequest(source=str(photos_zip), delete_source=True), silent)
    assert photos_zip.exists()


def test_a_cancelled_upload_stays_to_be_resumed(photos_zip: Path, tmp_path: Path) -> None:
    source = paths.workspace() / "a.zip"
    source.parent.mkdir(parents=True)
    source.write_bytes(photos_zip.read_bytes())

    def stop(_step: Progress) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        ingest(tmp_path, IngestRequest(source=str(source), delete_source=True), stop)
    assert source.exists()
    assert list_datasets() == []


def test_a_dataset_is_named_by_id_path_or_sample(photos_zip: Path, tmp_path: Path) -> None:
    by_id = _ingested(photos_zip)
    assert dataset_of(HealthRequest(dataset=by_id), silent).id == by_id
    assert dataset_of(HealthRequest(dataset=str(photos_zip)), silent).id == by_id
    assert len(list_datasets()) == 1
    with pytest.raises(DatasetError):
        dataset_of(HealthRequest(dataset="0" * 16), silent)
    with pytest.raises(DatasetError):
        dataset_of(HealthRequest(dataset="sample:none"), silent)


@pytest.fixture
def tuned(photos_zip: Path) -> tuple[Path, Finetuned]:
    """A fine-tuned run below the workspace's jobs, and the verb's result."""
    job = paths.jobs() / "some-job"
    request = FinetuneRequest(dataset=_ingested(photos_zip), config=FinetuneConfig(BACKBONE, epochs=2))
    return job, finetune(job, request, silent)


def test_finetune_export_predict(tuned: tuple[Path, Finetuned], tmp_path: Path) -> None:
    job, finetuned = tuned
    run = load_run(job / finetuned.run)
    assert (run.kind, run.backbone) == ("finetune", BACKBONE)
    assert [epoch.epoch for epoch in read_history(run.path)] == [0, 1, 2]
    assert (finetuned.dataset, finetuned.warnings) == (run.dataset_id, ())

    packed = export(tmp_path, ExportRequest(run="some-job/run"), silent)
    assert (tmp_path / packed.file).stat().st_size == packed.bytes

    Image.new("RGB", (60, 40), (200, 60, 50)).save(tmp_path / "red.png")
    (tmp_path / "7cf9.png").write_bytes(b"no image")
    names = {"7cf9.png": "broken.png", "red.png": "red.png"}
    images = tuple(NamedFile(path=str(tmp_path / file), name=name) for file, name in names.items())
    answers = predict(tmp_path, PredictRequest(model=str(tmp_path / packed.file), images=images), silent)
    assert (answers.images, answers.failed) == (2, 1)
    broken, red = read_answers(tmp_path / answers.file)
    assert broken.image == "broken.png"
    assert (broken.reason, broken.label, broken.preview) == ("not_an_image", "", "")
    assert broken.error.startswith("It is not a photo")
    assert red.label == max(red.proba, key=lambda name: red.proba[name])
    predicted_again = predict(tmp_path, PredictRequest(model=str(job / "run"), images=images[1:]), silent)
    assert read_answers(tmp_path / predicted_again.file)[0].proba == pytest.approx(red.proba, abs=1e-5)


def test_predict_keeps_a_small_and_a_large_picture_of_each_answer_and_lets_uploads_go(
    tuned: tuple[Path, Finetuned], tmp_path: Path
) -> None:
    uploads = paths.workspace() / "uploads"
    uploads.mkdir()
    images = []
    for n, colour in enumerate(("red", "blue")):  # two images of the same name
        Image.new("RGB", (20_000, 2), colour).save(uploads / f"{n}.tiff")
        images.append(NamedFile(path=str(uploads / f"{n}.tiff"), name="same.tiff"))
    request = PredictRequest(model=str(tuned[0] / "run"), images=tuple(images), previews=9, delete_source=True)
    rows = read_answers(tmp_path / predict(tmp_path, request, silent).file)
    for row, strongest in zip(rows, (0, 2), strict=True):
        with Image.open(tmp_path / row.preview) as picture:
            assert picture.size == (256, 64)
            assert np.asarray(picture).mean(axis=(0, 1)).argmax() == strongest
        with Image.open(tmp_path / row.large) as picture:
            assert picture.size == (1400, 350)
    assert not list(uploads.iterdir())


def test_a_visitor_cannot_name_anothers_run(
    tuned: tuple[Path, Finetuned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    for named in (str(tuned[0] / "run"), "../../default/jobs/some-job/run"):
        with pytest.raises(BundleError, match="does not belong"):
            export(tmp_path, ExportRequest(run=named, workspace="a" * 32), silent)


def test_the_preview_draws_originals_and_what_training_sees(photos_zip: Path, tmp_path: Path) -> None:
    config = FinetuneConfig(BACKBONE, augmentation=PRESETS["strong"])
    dataset = open_dataset("default", _ingested(photos_zip))
    request = PreviewRequest(dataset=dataset.id, config=config, images=3, draws=2, seed=1)
    rows = preview_augmentation(tmp_path, request, silent).rows
    assert [row.label for row in rows] == ["dog", "cat", "dog"]
    assert all(len(row.files) == 3 for row in rows)
    first, augmented = (np.asarray(Image.open(tmp_path / name).resize((32, 32))) for name in rows[0].files[:2])
    assert (first != augmented).any()
    assert len({name for row in rows for name in row.files}) == 9
    class_of = {item.sha256: dataset.classes[item.label] for item in dataset.split("train")}
    assert [class_of[row.photo] for row in rows] == ["dog", "cat", "dog"]


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_map_has_a_point_for_every_image(photos_zip: Path, tmp_path: Path, method: str) -> None:
    dataset = _ingested(photos_zip)
    mapped = embedding_map(tmp_path, EmbeddingMapRequest(dataset=dataset, backbone="pixels_16", method=method), silent)
    points = MapPoints.load(tmp_path / mapped.file)
    assert len(points.xy) == len(points.ids) == 40
    assert {item.sha256 for item in open_dataset("default", dataset).items} == set(points.ids)
    assert np.isfinite(points.xy).all()


def test_a_job_that_an_earlier_graft_left_waiting_is_run(photos_zip: Path) -> None:
    params = {"source": str(photos_zip), "workspace": "default", "name": None, "delete_source": False}
    waiting = store.create("default", JobSpec("ingest", params, slot="short", title="Read 'photos'"))
    with Pool(shared=True) as pool:
        assert [job.id for job in pool.recover()] == [waiting.id]
        assert result_of(end_of(waiting), TakenIn).images == 40


def test_a_worker_runs_the_verbs(photos_zip: Path) -> None:
    with Pool(shared=True) as pool:
        job = pool.submit("default", spec_of(IngestRequest(source=str(photos_zip))))
        wrong = pool.submit("default", spec_of(CompareRequest(dataset=str(photos_zip), backbones=("none",))))
        status = end_of(job)
        assert status.state == "done", status.error
        assert status.result is not None
        assert status.result["images"] == 40
        assert (end_of(wrong).state, end_of(wrong).error_code) == ("failed", "")
        assert "There is no backbone 'none'" in end_of(wrong).error


def test_a_folder_is_no_source_for_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with pytest.raises(GraftError, match="public"):
        ingest(tmp_path, IngestRequest(source=str(tmp_path), workspace="a" * 32), silent)


def test_predict_looks_into_a_zip_and_shows_what_it_is_least_sure_of(
    tuned: tuple[Path, Finetuned], tmp_path: Path
) -> None:
    job, _tuned = tuned
    path = tmp_path / "uploaded"
    with zipfile.ZipFile(path, "w") as out:
        for n in range(6):
            out.writestr(f"in/{n}.png", photo_bytes((40 * n, 120, 250 - 40 * n), n))
        out.writestr("notes.txt", b"x")
    request = PredictRequest(model=str(job / "run"), images=(NamedFile(path=str(path), name="photos.zip"),), previews=2)
    result = predict(tmp_path, request, silent)
    answers = read_answers(tmp_path / result.file)
    assert (result.images, result.failed, result.left_out) == (6, 0, 1)
    assert [answer.image for answer in answers] == [f"in/{n}.png" for n in range(6)]
    shown = [answer for answer in answers if answer.preview]
    assert len(shown) == 2
    assert min(a.doubt for a in shown) >= max(a.doubt for a in answers if not a.preview)
    for answer in shown:
        assert (tmp_path / answer.preview).is_file()
        assert (tmp_path / answer.large).is_file()
    assert not (tmp_path / "photos").exists()
