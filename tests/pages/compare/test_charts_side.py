"""Figures of backbones side by side: where their dots, cells and words are."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core.evaluation.pairwise.sidebyside import agreements, compared_classes
from core.evaluation.predictions import Predictions
from pages.ui.charts import base, export
from pages.ui.charts.accuracy import accuracy_bars
from pages.ui.charts.matrices import confusion_difference
from pages.ui.compare.charts.cost import accuracy_against_cost
from pages.ui.compare.charts.side import agreement_matrix, class_differences
from tests.probing.conftest import make_result


def predicted_as(y, called, names):
    proba = np.full((len(y), len(names)), 0.1 / (len(names) - 1))
    proba[np.arange(len(y)), called] = 0.9
    return Predictions(names, np.asarray(y), proba, tuple(map(str, range(len(y)))), "oof")


@pytest.fixture
def pair():
    names = ("ants", "bees", "cats")
    y = [0] * 20 + [1] * 20 + [2] * 20
    a = predicted_as(y, [0] * 20 + [1] * 18 + [0] * 2 + [2] * 4 + [0] * 16, names)
    b = predicted_as(y, [0] * 5 + [1] * 15 + [1] * 20 + [2] * 20, names)
    return compared_classes("A", a, "B", b)


def test_accuracy_against_cost_joins_the_front_and_leaves_the_beaten_open():
    best = make_result("a", 90, size_mb=0.0)
    results = [best, make_result("b", 80, images_per_s=500.0), make_result("c", 70, images_per_s=100.0)]
    off, on, _ends = accuracy_against_cost(results).data
    assert on.x == (2.0, 20.0)
    assert on.y == pytest.approx((0.8, 0.9))
    assert on.mode == "lines+markers+text"
    assert on.line.shape == "hv"
    low, high = best.accuracy_ci
    assert on.error_y.array[1] == pytest.approx(high - 0.9)
    assert on.error_y.arrayminus[1] == pytest.approx(0.9 - low)
    assert [t.strip() for t in on.text] == ["b", "a"]
    assert (off.x, off.y, off.marker.symbol) == ((10.0,), pytest.approx((0.7,)), "circle-open")
    assert on.customdata == (["b", "logistic"], ["a", "logistic"])
    assert on.hovertext[1] == (
        f"a<br>accuracy 90.0 %<br>95 % interval {100 * low:.1f} to {100 * high:.1f} %<br>20.0 ms per photo "
        "(50 photos per second)<br>512 features per photo<br>100 photos"
    )


def test_the_floor_is_a_line_across_and_no_dot_of_the_front():
    figure = accuracy_against_cost(
        [make_result("resnet18", 90), make_result("pixels_16", 40, images_per_s=9e3, size_mb=0.0)], "size_mb"
    )
    off, on, _ends, floor = figure.data
    assert (len(off.x), len(on.x)) == (0, 1)
    assert floor.y == pytest.approx((0.4,) * len(floor.y))
    assert floor.mode == "lines"
    assert "pixels_16, 40.0 %" in floor.name
    assert "is below this figure" in floor.name
    low, _high = figure.layout.yaxis.range
    assert low > 0.8
    near = accuracy_against_cost([make_result("resnet18", 90), make_result("pixels_16", 80, size_mb=0.0)], "size_mb")
    assert near.layout.yaxis.range[0] < 0.8
    assert "below" not in near.data[3].name


@pytest.mark.parametrize(
    ("cost", "value", "words"),
    [("size_mb", 44.661, "MB of weights"), ("memory_mb", 49.4, "49 MB of memory"), ("gflops", 1.814, "1.81 × 10⁹")],
)
def test_every_cost_has_its_axis_and_its_words(cost, value, words):
    figure = accuracy_against_cost([make_result(size_mb=44.661)], cost)
    assert figure.data[1].x == pytest.approx((value,))
    assert words in figure.data[1].hovertext[0]
    assert figure.layout.xaxis.type == "log"


@pytest.mark.parametrize("speed", [0.0, float("nan"), float("inf")])
def test_a_backbone_without_a_measured_speed_has_no_place_against_time(speed):
    off, on, ends = accuracy_against_cost([make_result("a", images_per_s=speed)]).data
    assert (off.x, on.x, ends.x) == ((), (), ())


def test_every_dot_has_its_name_or_a_number_that_leads_to_it():
    results = [make_result(f"backbone number {i}", 8000 + i, 10_000, images_per_s=50 + i / 1e4) for i in range(40)]
    figure = accuracy_against_cost(results)
    off, on, ends = figure.data
    labels = [text.strip() for text in (*off.text, *on.text, *ends.text) if text]
    assert len(labels) == 40
    numbers = {label for label in labels if label.isdigit()}
    key = figure.layout.legend.title.text
    assert max(map(len, key.split("<br>"))) <= 58
    by_number = dict(entry.split(" ", 1) for line in key.split("<br>") for entry in line.split(" · "))
    assert {*by_number} == numbers
    assert {*by_number.values(), *labels} - numbers == {result.backbone for result in results}
    assert figure.layout.height > accuracy_against_cost(results[:1]).layout.height


def test_a_name_over_its_bar_stands_at_the_bars_end():
    results = [make_result(f"resnet{i}", 80, images_per_s=50 * 1.5**i) for i in range(9)]
    _off, _on, ends = accuracy_against_cost(results).data
    low, high = results[0].accuracy_ci
    assert ends.text
    for y, position in zip(ends.y, ends.textposition, strict=True):
        assert y == pytest.approx(high if position == "top center" else low, abs=0.01)


def test_classes_that_gain_beyond_chance_have_a_colour_and_the_others_are_open(pair):
    a, b, chance = class_differences(pair).data
    assert [trace.name for trace in (a, b, chance)] == ["gains from A", "gains from B", "may be chance"]
    assert a.x == pytest.approx((75.0,))
    assert b.x == pytest.approx((-80.0,))
    assert chance.x == pytest.approx((-10.0,))
    assert (b.y, a.y, chance.y) == ((0,), (1,), (2,))
    assert (a.marker.symbol, chance.marker.symbol) == ("circle", "circle-open")
    low, high = next(entry.interval for entry in pair.classes if entry.name == "ants")
    assert a.error_x.array == pytest.approx((100 * high - 75,))
    assert a.error_x.arrayminus == pytest.approx((75 - 100 * low,))


def test_classes_stand_from_the_most_different_down(pair):
    figure = class_differences(pair)
    assert figure.layout.yaxis.ticktext == ("cats (n=20)", "ants (n=20)", "bees (n=20)")
    assert figure.layout.xaxis.range[0] == -figure.layout.xaxis.range[1]
    assert (
        figure.data[0]
        .hovertext[0]
        .startswith("ants<br>20 photos<br>recall 100.0 % with A<br>recall 25.0 % with B<br>+75.0 points (95 %: ")
    )


def test_so_many_classes_are_shown_at_most():
    names = tuple(f"c{i}" for i in range(50))
    y = list(range(50)) * 2
    all_right = predicted_as(y, y, names)
    all_first = predicted_as(y, [0] * 100, names)
    figure = class_differences(compared_classes("A", all_right, "B", all_first))
    assert sum(len(trace.x) for trace in figure.data) == 30
    assert figure.layout.height <= 1000


def test_the_confusion_difference_is_signed_and_clear_where_there_is_none(pair):
    (heat,) = confusion_difference(pair).data
    np.testing.assert_array_equal(heat.z, [[15, -15, np.nan], [2, -2, np.nan], [16, np.nan, -16]])
    assert heat.text.tolist() == [["+15", "−15", ""], ["+2", "−2", ""], ["+16", "", "−16"]]
    assert (heat.zmin, heat.zmax) == (-16, 16)
    assert heat.hovertext[0][1] == "ants<br>15 photos more of 20 are called so by B:<br>bees"
    assert heat.hovertext[0][2] == ""


def test_a_small_difference_is_pale():
    names = ("ants", "bees")
    y = [0] * 100
    pair = compared_classes("A", predicted_as(y, [0] * 98 + [1] * 2, names), "B", predicted_as(y, y, names))
    (heat,) = confusion_difference(pair).data
    assert (heat.zmin, heat.zmax) == (-10, 10)


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_both_ends_of_the_diverging_colours_are_as_dark_and_differ_in_hue(pair):
    (heat,) = confusion_difference(pair).data
    low, high = heat.colorscale[0][1], heat.colorscale[-1][1]
    assert luminance(low) == pytest.approx(luminance(high), abs=0.03)
    red, blue = (int(low[1:3], 16) - int(high[1:3], 16), int(high[5:7], 16) - int(low[5:7], 16))
    assert red > 100  # orange against blue is told apart without red and green cones
    assert blue > 100


def test_many_classes_have_no_numbers_in_their_cells():
    names = tuple(f"c{i}" for i in range(21))
    pair = compared_classes("A", predicted_as([0], [1], names), "B", predicted_as([0], [2], names))
    (heat,) = confusion_difference(pair).data
    assert heat.texttemplate is None


def test_the_agreement_of_each_pair_is_in_one_cell():
    names = ("ants", "bees")
    y = [0, 0, 1, 1]
    three = {
        "A": predicted_as(y, y, names),
        "B": predicted_as(y, [0, 1, 1, 1], names),
        "C": predicted_as(y, [0] * 4, names),
    }
    figure = agreement_matrix(agreements(three))
    (heat,) = figure.data
    np.testing.assert_allclose(heat.z, [[0.75, np.nan], [0.5, 0.25]])
    assert heat.text.tolist() == [["75 %<br>κ 0.50", ""], ["50 %<br>κ 0.00", "25 %<br>κ 0.00"]]
    assert figure.layout.yaxis.ticktext == ("B", "C")
    assert figure.layout.xaxis.ticktext == ("A", "B")
    assert "both wrong: 0.0 %" in heat.hovertext[0][0]


def test_a_figure_as_a_page_works_offline_and_shows_names_as_they_are():
    figure = accuracy_bars([make_result("</script><b>x")])
    page = export.as_html(figure, "Accuracy of <b>")
    assert "<h1>Accuracy of &lt;b&gt;</h1>" in page
    assert not re.search(r'<script[^>]+src="', page)
    assert "max-width: 1100px; padding: 0 1rem } h1 { font-size: 1.3rem }</style>" in page
    assert len(page) > 1_000_000  # plotly.js is in it
    assert page.count("</script>") == page.count("<script")
    assert r"&lt;\u002fscript&gt;&lt;b&gt;x" in page
    assert figure.layout.paper_bgcolor == base.CLEAR  # the page's own is untouched


def test_a_figure_on_paper_is_dark_on_white():
    figure = export.on_paper(accuracy_bars([make_result()]))
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "#FFFFFF"
    assert figure.layout.font.color == export.INK
    assert figure.layout.xaxis.title.text == "accuracy"
    assert figure.layout.template.layout.xaxis.gridcolor  # a grid of its own


def test_a_picture_is_on_paper_under_its_title_and_has_a_size():
    picture = export.as_picture(go.Figure(go.Scatter(x=[1], y=[1]), {"height": 200}), "One <b>")
    assert (picture.layout.width, picture.layout.height) == (900, 260)
    assert picture.layout.paper_bgcolor == "#FFFFFF"
    assert picture.layout.title.text == "One &lt;b&gt;"


def test_names_keep_off_the_line_of_the_front():
    results = [
        make_result("a longer name", 80, images_per_s=100.0), make_result("another name", 90, images_per_s=10.0)
    ]  # fmt: skip
    _off, on, _ends = accuracy_against_cost(results).data
    assert on.textposition[0] != "middle right"  # where the line runs
