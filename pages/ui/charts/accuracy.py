"""The figure of how accurate backbones are, and what figures of their results share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.backbones.names import called
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.numbers import count, decimal, megabytes, percent
from core.probing.crossval.crossval import ProbeResult
from core.tables import Table, flat
from pages.ui.charts import axes, base
from pages.ui.text import images


def accuracy_bars(results: Sequence[ProbeResult], measure: str = "accuracy") -> go.Figure:
    """A dot and its 95 % interval for each result, the most accurate on top, whichever measure is drawn.

    Args:
        results: how well backbones do.
        measure: "accuracy" or "macro_f1".
    """
    ranked = sorted(results, key=lambda result: -result.accuracy_mean)
    labels = names(results)
    means = [mean_of(result, measure) for result in ranked]
    intervals = [interval_of(result, measure) for result in ranked]
    dots = go.Scatter(
        x=means,
        y=list(range(len(ranked))),
        error_x=base.error_bars(means, intervals),
        mode="markers+text",
        marker={"color": base.BLUE, "size": 11, "line": {"width": 0}},
        text=[percent(mean) for mean in means],
        textposition="top center",
        cliponaxis=False,
        customdata=[[result.backbone, result.probe] for result in ranked],
        hoverinfo="text",
        hovertext=[hover_words(result, labels[result], measure) for result in ranked],
    )
    return base.figure(
        dots,
        height=base.rows_height(len(ranked), each_px=44),
        xaxis=axes.share_axis(_MEASURES[measure](), ends(ranked, measure)),
        yaxis=base.names_axis([labels[result] for result in ranked]),
    )


def results_table(results: Sequence[ProbeResult]) -> Table:
    """The results with all their scores."""
    return flat([result.as_json() for result in results])


_MEASURES = {"accuracy": lambda: _("accuracy"), "macro_f1": lambda: _("macro F1")}


def mean_of(result: ProbeResult, measure: str) -> float:
    """The mean of a measure over the folds."""
    return result.accuracy_mean if measure == "accuracy" else result.macro_f1_mean


def interval_of(result: ProbeResult, measure: str) -> Interval:
    """The 95 % interval of a measure."""
    return result.accuracy_ci if measure == "accuracy" else result.macro_f1_ci


def names(results: Sequence[ProbeResult]) -> dict[ProbeResult, str]:
    """What to call each result: its backbone, with its probe where there is more than one kind of probe."""
    several = len({result.probe for result in results}) > 1
    return {result: called(f"{result.backbone} · {result.probe}" if several else result.backbone) for result in results}


def ends(results: Sequence[ProbeResult], measure: str) -> list[float]:
    """All values and ends of intervals that are drawn."""
    return [value for result in results for value in (mean_of(result, measure), *interval_of(result, measure))]


def hover_words(result: ProbeResult, name: str, measure: str) -> str:
    """A result's hover text."""
    speed = result.images_per_s if math.isfinite(result.images_per_s) else 0.0
    return base.words(
        base.hover_name(name),
        f"{_MEASURES[measure]()} {percent(mean_of(result, measure))}",
        base.interval_words(interval_of(result, measure)),
        _("{ms} ms per photo ({speed} photos per second)").format(ms=decimal(1000 / speed), speed=decimal(speed, 0))
        if speed > 0
        else "",
        _("{width} features per photo").format(width=count(result.feature_dim)),
        _("{size} of weights").format(size=megabytes(result.size_mb)) if result.size_mb else "",
        images(len(result.oof)),
    )
