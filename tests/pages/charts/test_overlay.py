"""The curves of several runs."""

from pages.ui.charts.overlay import laid_over, laid_over_table
from tests.pages.charts.rows import epoch

HISTORIES = {
    "A": [epoch(0, 0.5, 0.9), epoch(1, 0.75, 0.5)],
    "B": [epoch(1, 0.625, 0.8), epoch(2, 0.625, 0.7), epoch(3, 0.5, None)],
}


def test_each_run_has_its_curve_in_both_panels_and_its_best_as_a_star():
    figure = laid_over(HISTORIES)
    by_panel = {(trace.name, trace.yaxis): trace for trace in figure.data}
    assert by_panel["A", "y"].y == (0.9, 0.5)
    assert by_panel["B", "y"].y == (0.8, 0.7, None)
    assert by_panel["B", "y2"].y == (0.625, 0.625, 0.5)
    assert by_panel["A", "y2"].marker.symbol == ("circle", "star")
    assert by_panel["B", "y2"].marker.symbol == ("circle", "star", "circle")
    assert by_panel["A", "y"].line.color == by_panel["A", "y2"].line.color != by_panel["B", "y"].line.color
    assert by_panel["A", "y"].hovertext[0].startswith("A<br>the probe, epoch 0<br>")
    assert figure.layout.xaxis.range == (-0.5, 3.5)


def test_the_curves_in_numbers():
    headings, rows = laid_over_table(HISTORIES)
    assert len(headings) == 4
    assert rows[0] == ["A", 0, 0.9, 0.5]
    assert len(rows) == 5
