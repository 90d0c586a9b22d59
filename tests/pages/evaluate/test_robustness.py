"""How much photos can be spoilt, on the Evaluate page."""

from __future__ import annotations

from typing import Any

from core.evaluation.robustness import Level, Robustness
from core.jobs.store import Job
from core.paths import write_json
from core.runs import Run
from core.tasks.judging.robustness import FILE, RobustnessRequest, Tried
from pages.ui import jobs
from pages.ui.evaluate.charts_robustness import robustness_lines, robustness_table
from tests.pages.conftest import FakePool, Open, texts, unfolded

TITLE = "How much can a photo be spoilt?"
DONE = Robustness(
    split="val", seed=0, side_px=224, n=40, of=80, right=36,
    levels=tuple(
        Level(kind=kind, level=level, n=40, right=right, lost=36 - right, won=0, p_holm=0.001 if right < 20 else 1.0)
        for kind, level, right in (("blur", 1.0, 36), ("blur", 2.0, 30), ("blur", 4.0, 10), ("jpeg", 30.0, 35))
    ),
)  # fmt: skip


def test_each_way_is_a_line_that_begins_with_the_photos_as_they_are():
    figure = robustness_lines(DONE)
    blur, jpeg = figure.data
    assert list(blur.y) == [0.9, 0.9, 0.75, 0.25]
    assert (blur.name, jpeg.name) == ("blur", "JPEG")
    assert "4 px of 224" in blur.hovertext[3]
    assert blur.error_y.array[0] == 0
    assert figure.layout.shapes[0].y0 == 0.9
    headings, rows = robustness_table(DONE)
    assert len(list(rows)) == 4
    assert headings[0] == "Spoilt by"


def test_it_is_tried_when_it_is_asked_for_and_the_worst_is_named(visit: Open, run: Run, pool: FakePool):
    def do(job: Job) -> dict[str, Any]:
        write_json(job.path / FILE, DONE.to_json())
        return Tried(file=FILE).to_json()

    pool.does["robustness"] = do
    app = unfolded(visit("evaluate"), TITLE)
    assert "predicted again" in texts(app)
    spoil = next(each for each in app.button if each.label == "Spoil them")
    spoil.click().run()
    assert not app.exception
    job = jobs.newest(RobustnessRequest, lambda request: request.run == str(run.path))
    assert job is not None
    assert RobustnessRequest.of(job.spec).photos == 6  # the split has no more
    words = texts(app).replace("\\", "")
    assert "Blur harms it most" in words
    assert "at 4 px of 224 it gets 25.0\N{NO-BREAK SPACE}% right" in words
    assert "40 photos of 80" in words
