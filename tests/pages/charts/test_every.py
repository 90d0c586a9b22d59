"""What holds for every figure. Figures are pure functions of results; that they are drawn is for the e2e tests."""

import numpy as np
import pytest

from pages.ui.charts import base
from tests.pages.charts.every import NAMES, every_figure
from tests.pages.charts.rows import NASTY

WITHOUT_NAMES = (
    "cost_memory_mb", "cost_gflops", "sizes", "sizes_logarithmic", "shortcuts", "averages", "history", "components",
    "learning_curve", "reliability", "robustness", "coverage",
)  # fmt: skip


def test_every_figure_has_a_name_in_the_list():
    assert tuple(every_figure()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_leaves_the_page_its_background_and_heading(name):
    figure = every_figure()[name]
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == base.CLEAR
    assert figure.layout.title.text is None
    assert 150 <= figure.layout.height <= 600
    assert figure.layout.dragmode in (False, "pan")  # a finger on a figure scrolls the page
    assert all(axis.title.text for axis in figure.select_xaxes() if axis.anchor in (None, "y3"))


@pytest.mark.parametrize("name", NAMES)
def test_no_figure_gives_plotly_a_class_name_as_markup(name):
    written = every_figure()[name].to_plotly_json()
    texts = [t for t in _strings(written["data"]) + _strings(written["layout"]) if "R&" in t]
    assert not [t for t in texts if NASTY in t]
    if name not in WITHOUT_NAMES:
        assert any("&lt;b" in t for t in texts)


def _strings(node):
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):  # customdata goes back to the page and is never drawn
        return [s for key, value in node.items() if key != "customdata" for s in _strings(value)]
    if isinstance(node, list | tuple | np.ndarray):
        return [s for value in node for s in _strings(value)]
    return []
