"""Heat maps as a job: of photos of a dataset and of files, of the likeliest class and of one that is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.data.dataset import Dataset
from core.errors import BundleError, DatasetError, ExplainError, JobError
from core.explaining.records import GRAD_CAM, OCCLUSION, HeatMap
from core.features.extract import extract
from core.models.export import export
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Progress, silent
from core.runs import Run
from core.tasks.explained import Explanation, read_explanations
from core.tasks.explaining import ExplainRequest, explain
from core.tasks.using import NamedFile
from tests.conftest import photo


@pytest.fixture
def dataset(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(classes=("cat", "dog"), per_class=8, size_px=40)


@pytest.fixture
def run(dataset: Dataset, tmp_path: Path) -> Run:
    """A probe on an embedded backbone."""
    features, config = extract(dataset, "graft_plain"), ProbeConfig(folds=2)
    return save_probe_run(
        features, config, fit_probe(features, config), cross_validate(features, config), tmp_path / "run"
    )


def explained(job: Path, request: ExplainRequest) -> tuple[Explanation, ...]:
    job.mkdir()
    return read_explanations(job / explain(job, request, silent).file)


def test_photos_of_a_dataset(dataset: Dataset, run: Run, tmp_path: Path) -> None:
    items = dataset.split("val")
    request = ExplainRequest(
        model=str(run.path), dataset=dataset.id, photos=(items[0].sha256, "gone", items[1].sha256), check=False
    )
    first, gone, second = explained(tmp_path / "job", request)
    assert (first.photo, first.sha256, first.true) == (items[0].name, items[0].sha256, dataset.classes[items[0].label])
    assert first.method == second.method == GRAD_CAM
    assert first.label == first.predicted
    assert sum(first.proba.values()) == pytest.approx(1)
    assert HeatMap.load(tmp_path / "job" / first.map).values.shape == (40, 40)
    with Image.open(tmp_path / "job" / second.picture) as picture:
        assert picture.size == (40, 40)
    assert second.framed == ""
    assert "not among the photos" in gone.error
    assert first.faithfulness is None


def test_files_and_a_class_that_is_not_the_likeliest(run: Run, tmp_path: Path) -> None:
    photo((60, 170, 70), seed=1).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    files = tuple(NamedFile(path=str(tmp_path / name), name=name.upper()) for name in ("a.png", "b.png"))
    request = ExplainRequest(model=str(run.path), images=files, label="cat", method=OCCLUSION)
    good, bad = explained(tmp_path / "job", request)
    assert (good.photo, good.label, good.method, good.true) == ("A.PNG", "cat", OCCLUSION, "")
    assert good.faithfulness is not None
    assert good.faithfulness.hidden[0] == pytest.approx(good.proba["cat"], abs=1e-4)
    assert bad.photo == "B.PNG"
    assert bad.error
    assert not bad.map
    assert (tmp_path / "a.png").exists()


def test_a_bundle_looks_where_its_run_does(run: Run, tmp_path: Path) -> None:
    bundle = export(run, tmp_path / "model.zip")
    photo((60, 170, 70), seed=1).save(tmp_path / "a.png")
    files = (NamedFile(path=str(tmp_path / "a.png"), name="a.png"),)
    jobs = {}
    for name, model in (("run", run.path), ("bundle", bundle)):
        request = ExplainRequest(model=str(model), images=files, check=False, alike=3)
        (jobs[name],) = explained(tmp_path / f"of-{name}", request)
    own, other = (HeatMap.load(tmp_path / f"of-{name}" / each.map).values for name, each in jobs.items())
    np.testing.assert_allclose(other, own, atol=1e-4 * own.max())
    assert own.max() > 0
    assert (jobs["bundle"].label, jobs["bundle"].method) == (jobs["run"].label, GRAD_CAM)
    assert jobs["bundle"].alike == ()  # its training photos did not travel


def test_a_photo_of_which_the_model_sees_the_centre_alone_has_a_picture_with_a_frame(run: Run, tmp_path: Path) -> None:
    photo((60, 170, 70), seed=1).resize((120, 40)).save(tmp_path / "wide.png")
    request = ExplainRequest(
        model=str(run.path), images=(NamedFile(path=str(tmp_path / "wide.png"), name="wide"),), check=False
    )
    (wide,) = explained(tmp_path / "job", request)
    left, _top, right, _bottom = HeatMap.load(tmp_path / "job" / wide.map).seen
    with Image.open(tmp_path / "job" / wide.framed) as opened, Image.open(tmp_path / "job" / wide.picture) as plain:
        changed = np.abs(np.asarray(opened, int) - np.asarray(plain, int)).max((0, 2)) > 100
    columns = np.flatnonzero(changed)
    assert 0.2 < left < right < 0.8
    assert columns[0] == pytest.approx(left * 120, abs=3)
    assert columns[-1] == pytest.approx(right * 120, abs=3)


def test_the_nearest_training_photos_are_named_with_their_labels(dataset: Dataset, run: Run, tmp_path: Path) -> None:
    training, validation = dataset.split("train"), dataset.split("val")
    photos = (training[0].sha256, validation[0].sha256)
    request = ExplainRequest(model=str(run.path), dataset=dataset.id, photos=photos, check=False, alike=3)
    own, other = explained(tmp_path / "job", request)
    known = {item.sha256: dataset.classes[item.label] for item in training}
    for answer in (own, other):
        assert len(answer.alike) == 3
        assert all(known[neighbour.sha256] == neighbour.label for neighbour in answer.alike)
        assert [n.cosine for n in answer.alike] == sorted((n.cosine for n in answer.alike), reverse=True)
    assert training[0].sha256 not in [neighbour.sha256 for neighbour in own.alike]
    assert {neighbour.label for neighbour in other.alike} == {dataset.classes[validation[0].label]}


def test_uploads_are_removed_at_the_end(run: Run, tmp_path: Path) -> None:
    upload = paths.made(paths.workspace() / "uploads") / "1"
    photo((60, 170, 70), seed=1).save(upload, "PNG")
    request = ExplainRequest(
        model=str(run.path), images=(NamedFile(path=str(upload), name="a"),), check=False, delete_source=True
    )
    (answer,) = explained(tmp_path / "job", request)
    assert not answer.error
    assert not upload.exists()


def test_each_photo_is_told_of(dataset: Dataset, run: Run, tmp_path: Path) -> None:
    steps: list[Progress] = []
    photos = tuple(item.sha256 for item in dataset.split("val")[:2])
    explain(tmp_path, ExplainRequest(model=str(run.path), dataset=dataset.id, photos=photos, check=False), steps.append)
    told = [step for step in steps if step.phase is not None and step.phase.work.startswith("explain/")]
    assert [(step.done, step.total) for step in told] == [(0, 2), (1, 2)]


def test_what_cannot_be_asked_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model to explain"):
        ExplainRequest(model="", dataset="d", photos=("a",))
    with pytest.raises(DatasetError, match="no photo to explain"):
        ExplainRequest(model="m", dataset="d")
    with pytest.raises(ExplainError, match="method is 'magic'"):
        ExplainRequest(model="m", dataset="d", photos=("a",), method="magic")
    with pytest.raises(ExplainError, match=r"no class 'owl'.*cat, dog"):
        explain(tmp_path, ExplainRequest(model=str(run.path), dataset="d", photos=("a",), label="owl"), silent)
    with pytest.raises(JobError, match="Ask for them again"):
        read_explanations(tmp_path / "none.json")
