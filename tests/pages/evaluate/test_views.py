"""The choice of several views of each photo, on the Evaluate page and said on the Predict page."""

from __future__ import annotations

from typing import Any

from core.evaluation.robustness import Level
from core.jobs.store import Job
from core.models.views import keep_views, kept_views
from core.paths import write_json
from core.runs import Run
from core.tasks.judging.tta import FILE, Viewed, ViewsTried
from tests.pages.conftest import FakePool, Open, by_label, texts, unfolded

TITLE = "Would several views of each photo help?"
TRIED = ViewsTried(n=40, right=30, ways=(Level(kind="flip", level=2.0, n=40, right=33, lost=0, won=3, p_holm=0.5),))


def test_what_they_bring_is_said_with_its_cost(visit: Open, run: Run, pool: FakePool):
    def do(job: Job) -> dict[str, Any]:
        write_json(job.path / FILE, TRIED.to_json())
        return Viewed(file=FILE).to_json()

    pool.does["tta"] = do
    app = unfolded(visit("evaluate"), TITLE)
    by_label(app.button, "Try it").click().run()
    assert not app.exception
    words = texts(app).replace("\\", "")
    assert "82.5\N{NO-BREAK SPACE}% right instead of 75.0\N{NO-BREAK SPACE}%" in words
    assert "not larger than chance" in words
    assert "2 times as long" in words


def test_the_choice_is_kept_and_said_where_it_predicts(visit: Open, run: Run):
    app = unfolded(visit("evaluate"), TITLE)
    by_label(app.segmented_control, "Where it predicts new photos, this model looks at").set_value("flip").run()
    assert not app.exception
    assert kept_views(run.path) == "flip"
    assert "looks at 2 views of each photo" in texts(visit("predict"))
    keep_views(run.path, "none")
    assert "views of each photo" not in texts(visit("predict"))
