"""Figures are pure functions of results, so their values are tested here; that they are drawn is for the e2e tests."""

from itertools import pairwise

import numpy as np
import pytest

from core.evaluation.metrics import ClassScore
from core.evaluation.predictions import Predictions
from core.probing.pairwise.sidebyside import agreements, compared_classes
from pages.ui.charts import base
from pages.ui.charts.accuracy import accuracy_bars, fold_accuracy
from pages.ui.charts.history import training_history
from pages.ui.charts.quality import class_scores, confusion_matrix, probability_bars
from pages.ui.compare.charts.components import components_curve
from pages.ui.compare.charts.cost import accuracy_against_cost
from pages.ui.compare.charts.curve import learning_curve
from pages.ui.compare.charts.depth import depth_curve
from pages.ui.compare.charts.map import embedding_map
from pages.ui.compare.charts.placing import text_positions
from pages.ui.compare.charts.side import agreement_matrix, class_differences, confusion_difference
from pages.ui.data.charts import image_sizes, split_counts
from pages.ui.data.charts_health import shortcut_bars

NASTY = "<b>R&D</b> $x$"
NASTY_SHOWN = "&lt;b&gt;R&amp;D&lt;/b&gt; &#36;x&#36;"


def row(backbone="resnet18", accuracy=0.9, **more):
    return {
        "backbone": backbone,
        "probe": "logistic",
        "accuracy_mean": accuracy,
        "accuracy_ci": (accuracy - 0.05, accuracy + 0.02),
        "macro_f1_mean": accuracy - 0.1,
        "macro_f1_ci": (accuracy - 0.2, accuracy),
        "fold_accuracy": [accuracy - 0.01, accuracy + 0.01],
        "feature_dim": 512,
        "images_per_s": 50.0,
        **more,
    }


SHORTCUT = {"accuracy": 0.8, "interval": (0.7, 0.85), "chance": 0.5, "alarming": True}


def epoch(number, val_accuracy=0.5, val_loss=1.0, **more):
    values = {"train_loss": 2.0 / number, "val_loss": val_loss, "train_accuracy": 0.6, "val_accuracy": val_accuracy}
    return {"epoch": number, "lr": 0.01, "seconds": 1.0, **values, **more}


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("color", base.PALETTE)
@pytest.mark.parametrize("background", ["#FFFFFF", "#0E1117", "#171614"])
def test_every_color_is_seen_on_a_light_and_a_dark_page(color, background):
    low, high = sorted((luminance(color), luminance(background)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_a_class_has_its_own_color_and_symbol():
    styles = [base.class_style(i) for i in range(48)]
    assert len(set(styles)) == 48
    assert all(a != b for a, b in pairwise(styles))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("cat", "cat"), (NASTY, NASTY_SHOWN), ("&lt;", "&amp;lt;"), ("two\nlines", "two lines"), ("", ""), ("猫", "猫")],
)
def test_names_are_shown_literally(text, shown):
    assert base.literal(text) == shown


def test_long_names_lose_their_middle_before_they_are_escaped():
    assert base.short("a" * 30 + "<end>", 11) == "aaaaa…&lt;end&gt;"
    assert base.short("a" * 22) == "a" * 22


def test_an_axis_over_names_is_numeric_so_that_digits_and_equal_names_stay_apart():
    axis = base.names_axis(["10", "2", "10"])
    assert axis["tickvals"] == [0, 1, 2]
    assert axis["ticktext"] == ["10", "2", "10"]
    assert axis["range"] == (2.5, -0.5)


def test_an_axis_over_many_names_shows_as_many_as_there_is_room_for():
    axis = base.names_axis([f"c{i}" for i in range(1000)], ticks=50)
    assert len(axis["tickvals"]) == 50
    assert axis["ticktext"][1] == "c20"


def test_a_logarithmic_axis_writes_its_numbers_out():
    axis = base.log_axis(8, 90)
    assert axis["ticktext"] == ["5", "10", "20", "50", "100"]
    assert axis["range"][0] < np.log10(8) < np.log10(90) < axis["range"][1]


def test_names_beside_dots_do_not_lie_on_one_another():
    assert text_positions([(0.1, 0.5)], ["resnet18"]) == ["middle right"]
    assert text_positions([(0.9, 0.5)], ["resnet18"]) == ["middle left"]
    near = text_positions([(0.4, 0.5), (0.45, 0.5)], ["mobilenet", "resnet18"])
    assert near == ["middle left", "middle right"]


STAGE = {"name": NASTY, "width": 48, "accuracy_mean": 0.8, "accuracy_ci": [0.7, 0.9]}


COUNT = {
    "components": 1, "variance": 0.5, "accuracy_mean": 0.8, "accuracy_ci": [0.7, 0.9], "fold_accuracy": [0.7, 0.9],
}  # fmt: skip

CURVE = {
    "points": [{"images": n, "accuracy": 0.8, "interval": [0.7, 0.9], "per_class": n / 2} for n in (8, 40)],
    "band": [], "images": 40, "limit": 160,
}  # fmt: skip


def every_figure():
    xy = np.zeros((2, 2), dtype=np.float32)
    ants, bees = (Predictions((NASTY, "ant"), [0, 0], [said, said], ("1", "2"), "oof") for said in ([1, 0], [0, 1]))
    return {
        "split_counts": split_counts({"train": {NASTY: 3}}),
        "shortcuts": shortcut_bars([NASTY], [SHORTCUT]),
        "sizes": image_sizes([10], [20]),
        "accuracy_against_cost": accuracy_against_cost([row(NASTY)]),
        "accuracy_bars": accuracy_bars([row(NASTY)]),
        "agreement": agreement_matrix(agreements({NASTY: ants, "b": bees})),
        "class_differences": class_differences(compared_classes("a", ants, NASTY, bees)),
        "confusion_difference": confusion_difference(compared_classes("a", ants, "b", bees)),
        "fold_accuracy": fold_accuracy([row(NASTY)]),
        "embedding_map": embedding_map(xy, [0, 0], [NASTY], ["a", "b"], names=[NASTY, NASTY]),
        "components": components_curve([COUNT, {**COUNT, "components": 4}], 4),
        "depth": depth_curve([STAGE, {**STAGE, "name": "last"}], ["last"]),
        "history": training_history([epoch(1)]),
        "learning_curve": learning_curve(CURVE),
        "confusion": confusion_matrix(np.array([[1]]), [NASTY]),
        "probabilities": probability_bars([NASTY], [1.0]),
        "per_class": class_scores([ClassScore(NASTY, 1, 1, 1, 3, (0.5, 1))]),
    }


@pytest.mark.parametrize("name", every_figure())
def test_every_figure_leaves_the_page_its_background_and_heading(name):
    figure = every_figure()[name]
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == base.CLEAR
    assert figure.layout.title.text is None
    assert 150 <= figure.layout.height <= 600
    assert all(axis.title.text for axis in figure.select_xaxes() if axis.anchor in (None, "y3"))


@pytest.mark.parametrize("name", every_figure())
def test_no_figure_gives_plotly_a_class_name_as_markup(name):
    written = every_figure()[name].to_plotly_json()
    texts = [t for t in _strings(written["data"]) + _strings(written["layout"]) if "R&" in t]
    assert not [t for t in texts if NASTY in t]
    if name not in ("sizes", "history", "components", "learning_curve"):
        assert any("&lt;b" in t for t in texts)


def _strings(node):
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):  # customdata goes back to the page and is never drawn
        return [s for key, value in node.items() if key != "customdata" for s in _strings(value)]
    if isinstance(node, list | tuple | np.ndarray):
        return [s for value in node for s in _strings(value)]
    return []


def test_split_counts_are_stacked_with_a_total_for_each_class():
    figure = split_counts({"train": {"ants": 5, "bees": 1}, "val": {"ants": 2}, "test": {"bees": 3}})
    train, val, test, totals = figure.data
    assert figure.layout.barmode == "stack"
    assert [t.name for t in (train, val, test)] == ["training", "validation", "test"]
    assert (train.x, val.x, test.x) == ((5, 1), (2, 0), (0, 3))
    assert totals.x == (7, 4)
    assert totals.text == (" 7", " 4")
    assert train.hovertext == ("ants<br>5 training images of 7", "bees<br>1 training image of 4")
    assert figure.layout.yaxis.ticktext == ("ants", "bees")


def test_a_thousand_classes_stay_on_a_page():
    figure = split_counts({"train": {f"class {i}": 1 for i in range(1000)}})
    assert figure.layout.height == 900


def test_sizes_are_counted():
    (dots,) = image_sizes([10, 10, 30], [20, 20, 40]).data
    assert (dots.x, dots.y) == ((10, 30), (20, 40))
    assert dots.hovertext == ("2 images of 10 × 20 px", "1 image of 30 × 40 px")
    assert dots.marker.size[0] > dots.marker.size[1]


def test_sizes_are_logarithmic_where_they_differ_much():
    assert image_sizes([28, 4000], [28, 3000]).layout.xaxis.type == "log"
    assert image_sizes([100, 300], [90, 300]).layout.xaxis.type == "linear"
    assert image_sizes([], []).data[0].x == ()


def test_accuracy_bars_rank_the_rows_and_keep_their_intervals():
    figure = accuracy_bars([row("low", 0.7), row("high", 0.9, n=244)])
    (dots,) = figure.data
    assert dots.x == (0.9, 0.7)
    assert figure.layout.yaxis.ticktext == ("high", "low")
    assert dots.text == ("90.0 %", "70.0 %")
    assert "244 images" in dots.hovertext[0]
    low, high = figure.layout.xaxis.range
    assert low < 0.65
    assert high > 0.92


def test_accuracy_bars_draw_macro_f1_too():
    (dots,) = accuracy_bars([row(accuracy=0.9)], measure="macro_f1").data
    assert dots.x == (0.8,)
    assert dots.error_x.array == pytest.approx((0.1,))
    assert dots.hovertext[0].startswith("resnet18<br>macro F1 80.0 %<br>95 % interval 70.0–90.0 %")


def test_rows_are_named_by_their_probe_where_there_are_several():
    figure = accuracy_bars([row("a", 0.9), row("a", 0.8, probe="knn")])
    assert figure.layout.yaxis.ticktext == ("a · logistic", "a · knn")


def test_fold_accuracy_shows_every_fold_and_the_mean():
    folds, means = fold_accuracy([row("a", 0.8), row("b", 0.9)]).data
    assert folds.x == pytest.approx((0.89, 0.91, 0.79, 0.81))
    assert folds.y == (0, 0, 1, 1)
    assert folds.hovertext[1] == "b<br>fold 2: 91.0 % right"
    assert means.x == (0.9, 0.8)


def test_depth_tells_what_is_kept_from_what_is_trained():
    stages = [{**STAGE, "name": name, "accuracy_mean": a} for name, a in (("stem", 0.72), ("one", 0.85), ("two", 0.8))]
    line, kept, learns = depth_curve(stages, ["two"]).data
    assert line.x == (0.72, 0.85, 0.8)
    assert (kept.x, kept.y) == ((0.72, 0.85), (0, 1))
    assert (learns.x, learns.y) == ((0.8,), (2,))
    assert kept.error_x.array == pytest.approx((0.18, 0.05))
    assert kept.error_x.arrayminus == pytest.approx((0.02, 0.15))
    assert kept.hovertext[0] == "stem<br>accuracy 72.0 %<br>95 % interval 70.0–90.0 %<br>48 features per image"
    assert kept.marker.symbol != learns.marker.symbol
    assert len(depth_curve(stages).data) == 2


def test_the_map_gives_back_the_selected_image():
    xy = np.array([[0, 1], [2, 3], [4, 5]], dtype=np.float32)
    bees, ants = embedding_map(xy, [1, 0, 1], ["bees", "ants", "unseen"], ["x", "y", "z"]).data
    assert ants.name == "ants"
    assert ants.x.tolist() == [0, 4]
    assert ants.customdata == (["x"], ["z"])
    assert bees.customdata == (["y"],)
    assert ants.marker.color != bees.marker.color


def test_the_map_shows_other_groups_than_classes_and_rings_what_is_chosen():
    xy = np.array([[0, 1], [2, 3], [4, 5]], dtype=np.float32)
    styles = [("#111111", "circle"), ("#222222", "x")]
    figure = embedding_map(
        xy, [1, 0, 1], ["right", "wrong"], ["x", "y", "z"], ["1.jpg", "2.jpg", "3.jpg"], method="umap",
        styles=styles, told=[NASTY, "ants", "bees"], ringed=["z", "gone"],
    )  # fmt: skip
    right, wrong, ring = figure.data
    assert (wrong.marker.color, wrong.marker.symbol) == ("#222222", "x")
    assert wrong.hovertext == (f"{base.told(NASTY)}<br>1.jpg", "bees<br>3.jpg")
    assert right.customdata == (["y"],)
    assert (ring.x.tolist(), ring.y.tolist(), ring.hoverinfo) == ([4], [5], "skip")
    assert figure.layout.xaxis.title.text == "UMAP 1"
    assert not figure.layout.xaxis.showticklabels


def test_the_map_of_tsne_has_no_numbers_and_many_classes_no_legend():
    xy = np.zeros((30, 2), dtype=np.float32)
    figure = embedding_map(xy, range(30), [f"c{i}" for i in range(30)], [""] * 30, method="tsne")
    assert not figure.layout.xaxis.showticklabels
    assert not figure.layout.showlegend
    assert figure.data[3].hovertext == ("c3",)


def test_history_draws_three_panels_and_marks_the_best_epoch():
    figure = training_history([epoch(1, 0.5), epoch(2, 0.8, 0.9), epoch(3, 0.75, 0.7), epoch(4, 0.7, 0.7)], total=10)
    by_panel = {(t.yaxis, t.legendgroup): t for t in figure.data}
    assert by_panel["y", "train"].y == pytest.approx((2.0, 1.0, 2 / 3, 0.5))
    assert by_panel["y", "val"].y == (1.0, 0.9, 0.7, 0.7)
    assert by_panel["y2", "val"].y == (0.5, 0.8, 0.75, 0.7)
    assert by_panel["y3", None].y == (0.01,) * 4
    assert [shape.x0 for shape in figure.layout.shapes] == [3, 3, 3]
    assert "best: epoch 3" in figure.layout.annotations[0].text
    assert figure.layout.xaxis3.range == (0.5, 10.5)
    low, high = figure.layout.yaxis2.range
    assert 0.4 < low < 0.5
    assert 0.8 < high < 0.9
    assert by_panel["y2", "val"].hovertext[1] == "epoch 2<br>validation accuracy: 80.0 %"


@pytest.mark.parametrize("n", [0, 1])
def test_history_is_drawn_from_the_start_of_a_run(n):
    figure = training_history([epoch(i + 1) for i in range(n)], total=5)
    assert [len(t.x) for t in figure.data] == [n] * 5
    assert len(figure.layout.shapes) == 3 * n
    assert figure.layout.xaxis.range == (0.5, 5.5)


def test_history_leaves_gaps_where_a_loss_ran_away():
    figure = training_history([epoch(1, val_loss=float("nan"), val_accuracy=None), epoch(2, train_loss=float("inf"))])
    assert figure.data[0].y == (2.0, None)
    assert figure.data[1].y == (None, 1.0)
    assert figure.layout.shapes[0].x0 == 2


def test_history_takes_the_best_epoch_from_whoever_kept_it():
    assert training_history([epoch(1, 0.9), epoch(2, 0.5)], best=2).layout.shapes[0].x0 == 2


def test_confusion_colors_right_and_wrong_apart_and_leaves_empty_cells_clear():
    figure = confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"])
    right, wrong, marks = figure.data
    np.testing.assert_array_equal(right.z, [[3, np.nan], [np.nan, 4]])
    np.testing.assert_array_equal(wrong.z, [[np.nan, 1], [np.nan, np.nan]])
    assert right.zmax == wrong.zmax == 4
    assert right.texttemplate == "%{z:d}"
    assert marks.marker.opacity == 0


def test_confusion_selects_by_true_and_predicted_class():
    marks = confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"]).data[2]
    assert marks.customdata == ([0, 0], [0, 1], [1, 1])
    assert (marks.x, marks.y) == ((0, 1, 1), (0, 0, 1))
    assert marks.hovertext[1] == "ants<br>1 of 4 images (25.0 %) predicted as:<br>bees"
    assert confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"]).data[0].hoverinfo == "skip"


def test_confusion_normalises_rows():
    right, wrong, _marks = confusion_matrix(np.array([[3, 1], [0, 0]]), ["ants", "bees"], normalised=True).data
    np.testing.assert_array_equal(right.z, [[0.75, np.nan], [np.nan, np.nan]])
    assert wrong.z[0, 1] == 0.25
    assert wrong.texttemplate == "%{z:.0%}"


@pytest.mark.parametrize(
    ("c", "numbers", "height"), [(2, True, 280), (20, True, 820), (21, False, 854), (300, False, 860)]
)
def test_confusion_grows_with_the_classes_to_a_bound(c, numbers, height):
    figure = confusion_matrix(np.eye(c, dtype=np.int64), [f"c{i}" for i in range(c)])
    assert (figure.data[0].texttemplate is not None) is numbers
    assert figure.layout.height == height


def test_probabilities_are_ranked_and_cut():
    figure = probability_bars(["a", "b", "c"], np.array([0.2, 0.7, 0.1], dtype=np.float32), most=2)
    (bars,) = figure.data
    assert bars.x == pytest.approx((0.7, 0.2))
    assert bars.text == ("70.0 %", "20.0 %")
    assert figure.layout.yaxis.ticktext == ("b", "a")


def test_per_class_puts_the_weakest_class_first_with_its_interval():
    scores = [ClassScore("good", 0.9, 0.95, 0.92, 20, (0.8, 0.99)), ClassScore("weak", 0.5, 0.25, 0.4, 4, (0.05, 0.7))]
    recall, precision, f1 = class_scores(scores).data
    assert recall.x == (0.25, 0.95)
    assert recall.error_x.array == pytest.approx((0.45, 0.04))
    assert recall.error_x.arrayminus == pytest.approx((0.2, 0.15))
    assert precision.x == (0.5, 0.9)
    assert f1.x == (0.4, 0.92)
    assert class_scores(scores).layout.yaxis.ticktext == ("weak (n=4)", "good (n=20)")
    assert (
        recall.hovertext[0]
        == "weak<br>4 images<br>recall 25.0 %<br>95 % interval 5.0–70.0 %<br>precision 50.0 %<br>F1 40.0 %"
    )


def test_per_class_shows_so_many_classes_at_most():
    scores = [ClassScore(f"c{i}", 0.5, i / 100, 0.5, 10, (0, 1)) for i in range(100)]
    assert class_scores(scores, most=10).data[0].x == tuple(i / 100 for i in range(10))


def test_per_class_keeps_a_class_without_images_to_the_end():
    figure = class_scores([ClassScore("unseen", None, None, None, 0, None), ClassScore("a", 1, 1, 1, 3, (0.4, 1))])
    assert figure.data[0].x == (1, None)
    assert figure.data[0].hovertext[1] == "unseen<br>0 images"


def test_shortcuts_stand_against_chance_and_alarming_ones_in_their_own_color():
    calm = {"accuracy": 0.55, "interval": (0.5, 0.6), "chance": 0.5, "alarming": False}
    figure = shortcut_bars(["file", "border"], [SHORTCUT, calm])
    chance, dots = figure.data
    assert list(chance.x) == [0.5, 0.5]
    assert list(dots.x) == [0.8, 0.55]
    assert list(dots.error_x.array) == pytest.approx([0.05, 0.05])
    assert list(dots.error_x.arrayminus) == pytest.approx([0.1, 0.05])
    assert list(dots.marker.color) == [base.ORANGE, base.BLUE]
    assert "70.0–85.0 %" in dots.hovertext[0]
