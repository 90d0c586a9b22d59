"""Every kind of figure, of results with large, tiny and negative numbers and a name that is markup."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import plotly.graph_objects as go

from core.evaluation.abstention.curve import coverage_curve
from core.evaluation.calibration import reliability
from core.evaluation.cutting import Attribute
from core.evaluation.metrics import ClassScore
from core.evaluation.pairwise.sidebyside import agreements, compared_classes
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import rank
from core.evaluation.robustness import Level, Robustness
from core.evaluation.slices import slice_by
from core.probing.comparison.pareto import COSTS
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.component_counts import Count
from core.probing.studies.growth import LearningCurve
from core.strangers.leaving_out import leave_out
from core.training.results.history import Averages, Candidate
from pages.ui.charts.accuracy import accuracy_bars
from pages.ui.charts.history import training_history
from pages.ui.charts.matrices import confusion_difference
from pages.ui.charts.overlay import laid_over
from pages.ui.charts.quality import class_scores, confusion_matrix, probability_bars
from pages.ui.compare.charts.components import components_curve
from pages.ui.compare.charts.cost import accuracy_against_cost
from pages.ui.compare.charts.curve import learning_curve
from pages.ui.compare.charts.depth import depth_curve
from pages.ui.compare.charts.map import embedding_map
from pages.ui.compare.charts.side import agreement_matrix, class_differences
from pages.ui.data.charts import image_sizes, split_counts
from pages.ui.data.charts_health import shortcut_bars
from pages.ui.evaluate.charts import ranking_curves, reliability_diagram
from pages.ui.evaluate.charts_doubts import coverage_figure, left_out_figure
from pages.ui.evaluate.charts_robustness import robustness_lines
from pages.ui.evaluate.charts_slices import slice_dots
from pages.ui.finetune.charts import averages_line, recall_by_epoch
from tests.pages.charts.rows import NASTY, SHORTCUT, STAGE, epoch
from tests.probing.conftest import make_result
from tests.strangers.test_leaving_out import features

N = 3000
COUNT = Count(components=1, variance=0.5, accuracy_mean=0.8, accuracy_ci=(0.7, 0.9), fold_accuracy=(0.7, 0.9))
SHARES = np.full((5, 2), 0.8)
CURVE = LearningCurve("a", ProbeConfig(), (NASTY, "b"), (2000, 2000), (8.0, 3200.0), SHARES, SHARES[0], SHARES, folds=5)
AVERAGES = Averages(
    start=Candidate(epoch=0, weights="start", loss=0.5, accuracy=0.8),
    line=tuple(Candidate(epoch=2, weights=share, loss=0.4, accuracy=0.85) for share in ("0.25", "0.5", "0.75")),
    end=Candidate(epoch=2, weights="ema", loss=0.45, accuracy=0.84),
    soup=Candidate(epoch=2, weights="soup", loss=0.35, accuracy=0.85),
)
MATRIX = np.array([[4250, 3], [1, 1200]])
# Written out: to draw them all for their names alone would take every process of tests a second before its first test.
NAMES = (
    "split_counts", "shortcuts", "sizes", "sizes_logarithmic", "probabilities", "agreement", "class_differences",
    "class_differences_below", "confusion_difference", "embedding_map", "components", "depth", "learning_curve", "roc",
    "precision_recall", "reliability", "coverage", "left_out", "robustness", "slices", "recall", "laid_over",
    "averages", "history", "confusion", "confusion_shares", "per_class", "cost_time_ms", "cost_size_mb",
    "cost_memory_mb", "cost_gflops", "accuracy_bars",
)  # fmt: skip


@cache
def every_figure() -> dict[str, go.Figure]:
    """The figures by their names."""
    result = make_result(NASTY, 2700, N, images_per_s=0.4, size_mb=1234.5)
    result, known = replace(result, feature_dim=2048), make_result("graft_residual", 2600, N)
    costs = {f"cost_{cost}": accuracy_against_cost([result, known], cost) for cost in COSTS}
    return _of_photos() | _of_backbones() | _of_models() | costs | {"accuracy_bars": accuracy_bars([result])}


def _of_photos() -> dict[str, go.Figure]:
    return {
        "split_counts": split_counts({"train": {NASTY: 4250}}),
        "shortcuts": shortcut_bars([SHORTCUT], None),
        "sizes": image_sizes([1000, 2000], [1500, 4000]),
        "sizes_logarithmic": image_sizes([28, 2000], [28, 4000]),
        "probabilities": probability_bars([NASTY], [1.0]),
    }


def _of_backbones() -> dict[str, go.Figure]:
    xy = np.array([[-1200.5, 0], [1, 2]], dtype=np.float32)
    y = [0, 1] * (N // 2)
    ids = tuple(map(str, range(N)))
    right = np.eye(2)[y]
    ants, bees = (Predictions((NASTY, "ant"), y, proba, ids, "oof") for proba in (right, 1 - right))
    pair, reverse = compared_classes("a", ants, NASTY, bees), compared_classes("a", bees, NASTY, ants)
    return {
        "agreement": agreement_matrix(agreements({NASTY: ants, "b": bees})),
        "class_differences": class_differences(pair),
        "class_differences_below": class_differences(reverse),
        "confusion_difference": confusion_difference(pair),
        "embedding_map": embedding_map(xy, [0, 0], [NASTY], ["a", "b"], names=[NASTY, NASTY]),
        "components": components_curve([COUNT, replace(COUNT, components=2048)], 2048),
        "depth": depth_curve([STAGE, replace(STAGE, name="last", width=2048)], ["last"]),
        "learning_curve": learning_curve(CURVE),
    }


def _of_models() -> dict[str, go.Figure]:
    rng = np.random.default_rng(0)
    predictions = Predictions(
        (NASTY, "b", "c"), rng.integers(0, 3, N), rng.dirichlet(np.ones(3), N), tuple(map(str, range(N))), "val"
    )
    ranking = rank(predictions)
    assert ranking is not None
    return {
        "roc": ranking_curves(ranking, "roc"),
        "precision_recall": ranking_curves(ranking, "pr"),
        "reliability": reliability_diagram(reliability(predictions)),
        "coverage": coverage_figure(coverage_curve(predictions)),
        "left_out": left_out_figure(leave_out(features()), (NASTY, "b", "c")),
        "robustness": robustness_lines(
            Robustness(
                split="val",
                seed=0,
                side_px=224,
                n=N,
                of=N,
                right=N // 2,
                levels=(Level(kind="blur", level=4.0, n=N, right=N // 3, lost=N // 2, won=N // 3),),
            )
        ),
        "slices": slice_dots(
            slice_by(
                predictions,
                [
                    Attribute(
                        "format", dict.fromkeys(predictions.ids[::2], NASTY) | dict.fromkeys(predictions.ids[1::2], "x")
                    )
                ],
            ),
            "",
        ),
        "recall": recall_by_epoch([epoch(0, recall=(0.5, 1.0)), epoch(1, recall=(1.0, 0.25))], (NASTY, "b")),
        "laid_over": laid_over({NASTY: [epoch(0), epoch(1)], "b": [epoch(1)]}),
        "averages": averages_line(AVERAGES),
        "history": training_history([replace(epoch(1), lr=1e-5), epoch(2, val_loss=12.34567)]),
        "confusion": confusion_matrix(MATRIX, [NASTY, "b"]),
        "confusion_shares": confusion_matrix(MATRIX, [NASTY, "b"], normalised=True),
        "per_class": class_scores([ClassScore(NASTY, 1, 1, 1, 4250, (0.5, 1))]),
    }
