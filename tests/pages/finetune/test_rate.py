"""Learning rates that are tried: the job that is asked for, the curve, and the rate that is taken."""

from __future__ import annotations

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.tasks.forecasting import LrRangeRequest
from core.tasks.results import Studied
from core.training.planning.rates import RangeTest
from pages.ui.finetune.charts_rate import rate_curve
from tests.pages.conftest import Open, W, button, by_label, finish, texts

TEST = RangeTest(
    backbone="graft_residual", mode="last", lrs=(1e-5, 1e-4, 1e-3), losses=(1.0, 0.9, 3.0), smoothed=(1.0, 0.95, 2.0),
    ran_away=True, suggestion=3.3e-5, reason="rise",
)  # fmt: skip


def test_the_suggested_rate_is_taken_into_the_field(visit: Open, dataset: Dataset):
    app = visit("finetune", mode="last", backbone="graft_residual")
    button(app, "Try learning rates").click().run()
    (job,) = (job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "lr_range")
    assert LrRangeRequest.of(job.spec).config.mode == "last"
    TEST.save(job.path)
    finish(job, Studied(file=RangeTest.FILE, dataset=dataset.id).to_json())
    app.run()
    assert "Suggested: 3.3e-05. The loss barely falls" in texts(app)
    button(app, "Use it").click().run()
    assert not app.exception
    assert by_label(app.number_input, "Learning rate").value == pytest.approx(3.3e-5)


def test_the_curve_marks_the_suggestion_on_a_logarithmic_axis():
    figure = rate_curve(TEST)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.shapes[0].x0 == 3.3e-5
    assert list(figure.data[1].y) == [1.0, 0.95, 2.0]
