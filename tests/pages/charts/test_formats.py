"""One format of numbers in every figure, whatever is in it: names, hover texts, cells, ticks."""

import re

import numpy as np
import pytest

from pages.ui.charts import axes
from tests.pages.charts.every import NAMES, every_figure

WRONG = {
    "a percentage without a space": r"\d%",
    "a hyphen for a minus": r"(^|[\s(>])-\d",
    "a thousand without a comma": r"(?<![\d,.])\d{4,}",
    "a zero with a sign": r"[−+]0(\.0+)?(?![\d.])",
    "too many decimals of a percentage": r"\d\.\d\d+ %",
}


@pytest.mark.parametrize("name", NAMES)
def test_all_that_a_figure_writes_has_the_one_format(name):
    written = every_figure()[name].to_plotly_json()
    texts = list(_texts(written["data"])) + list(_texts(written["layout"]))
    assert texts
    assert not [(fault, text) for text in texts for fault, pattern in WRONG.items() if re.search(pattern, text)]


@pytest.mark.parametrize("name", NAMES)
def test_the_browser_writes_no_number_of_a_figure_in_a_format_of_its_own(name):
    figure = every_figure()[name]
    for axis in [*figure.select_xaxes(), *figure.select_yaxes()]:
        assert axis.ticktext or axis.tickformat in (axes.ANY, axes.SMALL) or axis.showticklabels is False, axis.title
    for trace in figure.data:
        assert trace.hoverinfo in ("text", "skip")
        assert trace.hovertemplate is None
        assert getattr(trace, "texttemplate", None) in (None, "%{text}")


SHOWN = ("name", "text", "hovertext", "ticktext")


def _texts(node, key=""):
    """The words that are shown; colours, keys and the like are left out."""
    if isinstance(node, str):
        if key in SHOWN:
            yield from node.split("<br>")
    elif isinstance(node, dict):
        for inner, value in node.items():
            yield from _texts(value, inner)
    elif isinstance(node, list | tuple | np.ndarray):
        for value in np.asarray(node, dtype=object).ravel() if isinstance(node, np.ndarray) else node:
            yield from _texts(value, key)
