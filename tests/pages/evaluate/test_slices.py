"""Where a model is worse, on the Evaluate page: measured on demand, one figure, and the photos of a part."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.evaluation.cutting import Attribute
from core.evaluation.predictions import Predictions
from core.evaluation.slices import Slices, slice_by
from core.health.looks import measure
from core.runs import Run
from core.tasks.judging.looks import Looked
from pages.ui.evaluate.charts_slices import COLORS, shown_slices, slice_dots, slice_table
from tests.pages.conftest import FakePool, Open, by_label, texts, unfolded

TITLE = "Where is it worse?"


def found() -> Slices:
    right = np.array([True] * 30 + [False] * 10 + [True] * 5 + [False] * 15)
    predictions = Predictions(("a", "b"), np.zeros(60, np.int64), np.eye(2)[(~right).astype(int)],
                              tuple(map(str, range(60))), "val")  # fmt: skip
    formats = {str(n): "JPEG" if n < 40 else "<b>PNG" for n in range(60)}
    return slice_by(
        predictions, [Attribute("format", formats), Attribute("kilobytes", {str(n): float(n) for n in range(60)})]
    )


def test_each_part_is_a_dot_coloured_by_what_is_beyond_chance():
    worse, better = slice_dots(found(), "format").data
    assert (worse.marker.color, better.marker.color) == (COLORS["worse"], COLORS["better"])
    assert (list(worse.x), list(worse.y)) == ([0.25], [1])
    assert "&lt;b&gt;PNG" in worse.hovertext[0]
    assert "−50.0 points against the rest" in worse.hovertext[0]
    assert slice_dots(found(), "format").layout.shapes[0].x0 == pytest.approx(35 / 60)
    assert sum(len(trace.x) for trace in slice_dots(found(), "").data) == len(found().slices) == 6


def test_the_table_has_all_of_them_and_the_figure_those_that_are_wanted():
    headings, rows = slice_table(found())
    rows = list(rows)
    assert len(rows) == 6
    assert all(len(row) == len(headings) for row in rows)
    assert len(shown_slices(found(), "kilobytes")) == 4


def test_of_few_photos_nothing_is_cut(visit: Open, run: Run):
    assert "There is nothing to cut these photos by" in texts(unfolded(visit("evaluate"), TITLE))


def test_brightness_is_measured_when_it_is_asked_for(visit: Open, pool: FakePool, dataset: Dataset, run: Run):
    pool.does["looks"] = lambda _job: Looked(dataset=dataset.id, images=len(measure(dataset))).to_json()
    app = unfolded(visit("evaluate"), TITLE)
    measuring = next(each for each in app.button if each.label.startswith("Measure it"))
    measuring.click().run()
    assert not app.exception
    assert not [each for each in app.button if each.label.startswith("Measure it")]


def test_the_parts_are_drawn_and_one_kind_can_be_chosen(
    visit: Open, dataset: Dataset, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.evaluation.cutting.LEAST", 2)
    app = unfolded(visit("evaluate"), TITLE)
    by = by_label(app.selectbox, "By")
    assert by.options[0] == "everything that is known"
    by.set_value("kilobytes").run()
    assert not app.exception
    assert "Select a dot or a row" in texts(app)
