"""The whole set on the Explain page: what is asked, and how it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.dataset import Dataset
from core.explaining.attention.record import Attention, ClassAttention, Hidden, PhotoAttention
from core.explaining.records import CELLS, GRAD_CAM, HeatMap
from core.jobs import store
from core.jobs.store import Job
from core.runs import Run
from core.tasks.attention import AttentionRequest
from core.tasks.results import Studied
from core.tasks.specs import request_of, spec_of
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, texts

CELLS_OF_CLASS = ((0.5,) * CELLS,) * CELLS


def looked(job: Job, right_without_centre: int = 45, border: float = 0.9) -> dict[str, Any]:
    """What the verb leaves in the job's directory."""
    Image.new("RGB", (40, 30), (90, 90, 90)).save(job.path / "0-photo.jpg")
    HeatMap(GRAD_CAM, NASTY, np.eye(6)).save(job.path / "0-map.npz")
    photo = PhotoAttention(
        photo="a.jpg", sha256="a", true="cat", predicted=NASTY, border=border, map="0-map.npz", picture="0-photo.jpg"
    )
    lost = 50 - right_without_centre
    Attention(
        backbone="resnet18", dataset=job.spec.dataset_id, split="val", method=GRAD_CAM, n=50, of=80, right=50,
        largest=25, border_mean=0.6, border_sd=0.1, border=Hidden(n=50, right=48, lost=2, won=0),
        centre=Hidden(n=50, right=right_without_centre, lost=lost, won=0),
        classes=(ClassAttention(label=NASTY, n=25, border=0.6, cells=CELLS_OF_CLASS),), photos=(photo,),
    ).save(job.path)  # fmt: skip
    return Studied(file=Attention.FILE, dataset=job.spec.dataset_id).to_json()


def test_a_sample_of_validation_is_asked_for_at_first(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> None:
    app = visit("explain")
    by_label(app.get("button_group"), "Photos, at most").set_value(48).run()
    button(app, "Look at them").click().run()
    assert not app.exception
    (job,) = [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "attention"]
    request = request_of(job.spec)
    assert isinstance(request, AttentionRequest)
    assert (request.model, request.dataset, request.split, request.images) == (str(run.path), dataset.id, "val", 48)
    assert request.fingerprint == dataset.fingerprint


@pytest.mark.parametrize(
    ("right", "words"), [(45, "Something there gives classes away"), (26, "no shortcut at the border was shown")]
)
def test_a_shortcut_is_told_with_its_intervals(
    visit: Open, pool: FakePool, dataset: Dataset, run: Run, right: int, words: str
) -> None:
    pool.does["attention"] = lambda job: looked(job, right)
    app = visit("explain")
    button(app, "Look at them").click().run()
    assert not app.exception
    shown = texts(app)
    assert words in shown
    assert "50 of the 80 validation photos" in shown
    assert "On average 60 % of the attention is on the border" in shown
    assert NASTY not in shown
    table = next(frame.value for frame in app.dataframe if "Seen" in frame.value.columns)
    assert table["Accuracy"].tolist() == [100.0, 96.0, 2.0 * right]
    assert "Download what was measured (JSON)" in [b.label for b in app.get("download_button")]


@pytest.mark.parametrize(("border", "none"), [(0.53, True), (0.54, False)])
def test_only_photos_with_clearly_more_on_the_border_are_shown(
    visit: Open, pool: FakePool, dataset: Dataset, run: Run, border: float, none: bool
) -> None:
    pool.does["attention"] = lambda job: looked(job, border=border)
    app = visit("explain")
    button(app, "Look at them").click().run()
    assert not app.exception
    shown = texts(app)
    assert "Photos with the most on the border" in shown
    assert ("No photo has clearly more there" in shown) is none  # the border is 0.4375 of the area


def test_photos_that_were_edited_since_are_told(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> None:
    pool.does["attention"] = looked
    request = AttentionRequest(workspace=W, dataset=dataset.id, fingerprint="other", model=str(run.path))
    pool.submit(W, spec_of(request, dataset.name))
    assert "edited since" in texts(visit("explain"))
