"""The figure of accuracy against the number of components."""

import pytest

from core.numbers import percent
from core.probing.studies.component_counts import Count
from pages.ui.compare.charts.components import components_curve

POINTS = tuple(
    Count(
        components=n,
        variance=n / 8,
        accuracy_mean=mean,
        accuracy_ci=(mean - 0.05, mean + 0.04),
        fold_accuracy=(mean - 0.02, mean + 0.02),
    )
    for n, mean in ((1, 0.5), (2, 0.7), (4, 0.8), (8, 0.81))
)


def test_every_number_is_drawn_with_its_interval_and_folds_and_the_one_to_take_is_marked():
    figure = components_curve(POINTS, 4)
    traces = {trace.name: trace for trace in figure.data}
    mean = traces["mean, 95 % interval"]
    assert list(mean.x) == [1, 2, 4, 8]
    assert list(mean.y) == [0.5, 0.7, 0.8, 0.81]
    assert list(mean.error_y.array) == pytest.approx([0.04] * 4)
    assert list(mean.error_y.arrayminus) == pytest.approx([0.05] * 4)
    assert len(traces["one fold"].x) == 8
    assert (list(traces["enough"].x), list(traces["enough"].y)) == ([4], [0.8])
    assert mean.hovertext[0].split("<br>")[0] == "1 component"
    assert mean.hovertext[3].split("<br>")[:2] == ["8 components", f"{percent(1.0)} of the variance"]
    assert figure.layout.xaxis.type == "log"


def test_one_number_can_be_drawn():
    assert list(components_curve(POINTS[:1], 1).data[1].x) == [1]
