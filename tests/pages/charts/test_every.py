"""What holds for every figure. Figures are pure functions of results; that they are drawn is for the e2e tests."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.metrics import ClassScore
from core.evaluation.predictions import Predictions
from core.probing.pairwise.sidebyside import agreements, compared_classes
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.component_counts import Count
from core.probing.studies.growth import LearningCurve
from pages.ui.charts import base
from pages.ui.charts.accuracy import accuracy_bars
from pages.ui.charts.history import training_history
from pages.ui.charts.quality import class_scores, confusion_matrix, probability_bars
from pages.ui.compare.charts.components import components_curve
from pages.ui.compare.charts.cost import accuracy_against_cost
from pages.ui.compare.charts.curve import learning_curve
from pages.ui.compare.charts.depth import depth_curve
from pages.ui.compare.charts.map import embedding_map
from pages.ui.compare.charts.side import agreement_matrix, class_differences, confusion_difference
from pages.ui.data.charts import image_sizes, split_counts
from pages.ui.data.charts_health import shortcut_bars
from tests.pages.charts.rows import NASTY, SHORTCUT, STAGE, epoch
from tests.probing.conftest import make_result

COUNT = Count(components=1, variance=0.5, accuracy_mean=0.8, accuracy_ci=(0.7, 0.9), fold_accuracy=(0.7, 0.9))
SHARES = np.full((5, 2), 0.8)
CURVE = LearningCurve("a", ProbeConfig(), (NASTY, "b"), (20, 20), (8.0, 32.0), SHARES, SHARES[0], SHARES, folds=5)


def every_figure():
    xy = np.zeros((2, 2), dtype=np.float32)
    ants, bees = (Predictions((NASTY, "ant"), [0, 0], [proba, proba], ("1", "2"), "oof") for proba in ([1, 0], [0, 1]))
    return {
        "split_counts": split_counts({"train": {NASTY: 3}}),
        "shortcuts": shortcut_bars([SHORTCUT], None),
        "sizes": image_sizes([10], [20]),
        "accuracy_against_cost": accuracy_against_cost([make_result(NASTY)]),
        "accuracy_bars": accuracy_bars([make_result(NASTY)]),
        "agreement": agreement_matrix(agreements({NASTY: ants, "b": bees})),
        "class_differences": class_differences(compared_classes("a", ants, NASTY, bees)),
        "confusion_difference": confusion_difference(compared_classes("a", ants, "b", bees)),
        "embedding_map": embedding_map(xy, [0, 0], [NASTY], ["a", "b"], names=[NASTY, NASTY]),
        "components": components_curve([COUNT, replace(COUNT, components=4)], 4),
        "depth": depth_curve([STAGE, replace(STAGE, name="last")], ["last"]),
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
    if name not in ("sizes", "shortcuts", "history", "components", "learning_curve"):
        assert any("&lt;b" in t for t in texts)


def _strings(node):
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):  # customdata goes back to the page and is never drawn
        return [s for key, value in node.items() if key != "customdata" for s in _strings(value)]
    if isinstance(node, list | tuple | np.ndarray):
        return [s for value in node for s in _strings(value)]
    return []
