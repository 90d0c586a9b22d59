"""The Compare page's own figures: depth, the map of features, names beside dots."""

from dataclasses import replace

import numpy as np
import pytest

from pages.ui.charts import base
from pages.ui.compare.charts.depth import depth_curve
from pages.ui.compare.charts.map import embedding_map
from pages.ui.compare.charts.placing import Dot, Label, labels_of
from tests.pages.charts.rows import NASTY, STAGE


def dot(x, name, y=0.5, bar=0.0):
    return Dot(x, y, y - bar, y + bar, (name,))


def test_labels_of_dots_do_not_overlap():
    assert labels_of([dot(0.1, "resnet18")]) == [Label(("resnet18",), "middle right")]
    assert labels_of([dot(0.9, "resnet18")]) == [Label(("resnet18",), "middle left")]
    near = labels_of([dot(0.4, "mobilenet"), dot(0.45, "resnet18")])
    assert [label.position for label in near] == ["middle left", "middle right"]


def test_no_line_strikes_a_label_however_wide_the_plot_is():
    step_to_the_right, beside = (0.5, 0.5, 0.8, 0.5), (0.45, 0.2, 0.45, 0.8)
    resnet, walls = dot(0.5, "resnet18", bar=0.1), [(x, 0.2, x, 0.8) for x in (0.4, 0.6)]
    assert labels_of([resnet], [step_to_the_right]) == [Label(("resnet18",), "middle left")]
    assert labels_of([resnet], [step_to_the_right, beside]) == [Label(("resnet18",), "top right")]
    assert labels_of([resnet], walls, [(1000, 255)]) == [Label(("resnet18",), "middle right")]
    assert labels_of([resnet], walls) == [Label(("1",), "middle right", is_number=True)]
    assert labels_of([dot(0.5, "resnet18", bar=0.4)], walls) == [Label(("resnet18",), "top center")]


def test_a_dot_whose_name_has_no_room_carries_a_number():
    crowd = [dot(0.5 + x / 100, "a long name of a network", 0.5 + x / 1000) for x in range(4)]
    labels = labels_of([*crowd[::-1], dot(0.5, "another name", 0.4)])
    assert [label.lines for label in labels] == [("4",), ("3",), ("2",), ("1",), ("another name",)]
    assert len({label.position for label in labels[:4]}) == 4


def test_a_name_of_two_lines_takes_the_room_of_both():
    lines = ("efficientnet_lite0", "+ graft_residual")
    over, plot = (0.4, 0.56, 1.0, 0.56), [(1000, 255)]  # some 15 px over the dot
    name = Dot(0.5, 0.5, 0.5, 0.5, lines)
    assert labels_of([name], [], plot) == [Label(lines, "middle right")]
    assert labels_of([dot(0.5, "graft_residual")], [over], plot) == [Label(("graft_residual",), "middle right")]
    assert labels_of([name], [over], plot) == [Label(lines, "bottom right")]


def test_stages_to_keep_and_to_train_look_different():
    stages = [replace(STAGE, name=name, accuracy_mean=a) for name, a in (("stem", 0.72), ("one", 0.85), ("two", 0.8))]
    line, kept, learns = depth_curve(stages, ["two"]).data
    assert line.x == (0.72, 0.85, 0.8)
    assert (kept.x, kept.y) == ((0.72, 0.85), (0, 1))
    assert (learns.x, learns.y) == ((0.8,), (2,))
    assert kept.error_x.array == pytest.approx((0.18, 0.05))
    assert kept.error_x.arrayminus == pytest.approx((0.02, 0.15))
    assert kept.hovertext[0] == "stem<br>accuracy 72.0 %<br>95 % interval 70.0 to 90.0 %<br>48 features per photo"
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
        styles=styles, hover_first=[NASTY, "ants", "bees"], ringed=["z", "gone"],
    )  # fmt: skip
    right, wrong, ring = figure.data
    assert (wrong.marker.color, wrong.marker.symbol) == ("#222222", "x")
    assert wrong.hovertext == (f"{base.hover_name(NASTY)}<br>1.jpg", "bees<br>3.jpg")
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
