"""Figures of when a model should rather not answer: coverage against accuracy, and classes that were left out."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.evaluation.abstention.curve import CoverageCurve
from core.evaluation.abstention.outcome import Outcome
from core.i18n import gettext as _
from core.numbers import count, decimal, percent
from core.strangers.detector import KNN, MAHALANOBIS
from core.strangers.leaving_out import LeavingOut, LeftOut
from core.tables import Table
from pages.ui.charts import axes, base

_BAND = "rgba(0,114,178,0.3)"
_FEW = 20
"""The intervals of fewer answers are so wide that nothing else would be seen: they may leave the figure."""


def coverage_figure(curve: CoverageCurve, chosen: Outcome | None = None) -> go.Figure:
    """How good the answers are, by how many photos are answered.

    Args:
        curve: of the model.
        chosen: what a rule does on the same photos, as one dot; None for no dot.
    """
    coverage, accuracy = curve.coverage, curve.accuracy
    band = go.Scatter(
        x=[*coverage, *coverage[::-1]], y=[*curve.high, *curve.low[::-1]], fill="toself", fillcolor=_BAND,
        line={"width": 0}, name=_("95 % interval"), hoverinfo="skip",
    )  # fmt: skip
    line = go.Scatter(
        x=coverage,
        y=accuracy,
        mode="lines+markers" if len(coverage) < 30 else "lines",
        name=_("answers where it is surest"),
        line={"color": base.BLUE, "width": 2},
        hoverinfo="text",
        hovertext=[_hover(curve, row) for row in range(len(coverage))],
    )
    dots = [_dot(chosen)] if chosen is not None and chosen.wrong is not None else []
    shown = curve.answered >= min(_FEW, int(curve.answered[-1]))
    values = [*curve.low[shown].tolist(), *curve.high[shown].tolist()]
    return base.figure(
        band,
        line,
        *dots,
        height=380,
        showlegend=True,
        hoverdistance=30,
        xaxis=axes.share_axis(_("share of the photos that is answered"), [0, 1], (0.0, 1.02)),
        yaxis=axes.share_axis(_("share of the answers that is right"), values),
    )


def coverage_table(curve: CoverageCurve) -> Table:
    """The curve in numbers."""
    headings = [_("Threshold"), _("Answered"), _("Share answered"), _("Right"), _("95 % from"), _("95 % to")]
    rows: list[list[object]] = [
        [each["threshold"], each["answered"], each["coverage"], each["accuracy"], *_ends(each["accuracy_ci"])]
        for each in curve.as_json()
    ]
    return headings, rows


def _ends(ci: object) -> list[object]:
    return list(ci) if isinstance(ci, list) else [None, None]


def _hover(curve: CoverageCurve, row: int) -> str:
    return base.words(
        _("where it is at least {p} sure").format(p=percent(float(curve.thresholds[row]))),
        _("{n} of {all} photos answered, {right} of them right").format(
            n=count(int(curve.answered[row])), all=count(curve.n), right=percent(float(curve.accuracy[row]))
        ),
        base.interval_words((float(curve.low[row]), float(curve.high[row]))),
    )


def _dot(chosen: Outcome) -> go.Scatter:
    right, ends = 1 - (chosen.wrong or 0.0), chosen.wrong_ci or (0.0, 1.0)
    return go.Scatter(
        x=[chosen.coverage],
        y=[right],
        mode="markers",
        name=_("this rule"),
        marker={"color": base.ORANGE, "size": 12, "symbol": "diamond"},
        error_y=base.error_bars([right], [(1 - ends[1], 1 - ends[0])], base.ORANGE),
        hoverinfo="text",
        hovertext=[_("this rule: {n} photos answered, {right} of them right").format(
            n=count(chosen.answered), right=percent(right))],
    )  # fmt: skip


def left_out_figure(told: LeavingOut, classes: Sequence[str]) -> go.Figure:
    """How well the photos of each class that was left out were told from those of the others, by both measures.

    Args:
        told: what came of leaving classes out.
        classes: the names of all classes.
    """
    shown = _in_order(told)
    names = [classes[each.label] for each in shown]
    methods = ((KNN, _("nearest photos"), base.BLUE), (MAHALANOBIS, _("Mahalanobis"), base.ORANGE))
    traces = [_dots(shown, names, method, name, color) for method, name, color in methods]
    values = [end for each in shown for ci in each.auroc_ci.values() for end in ci]
    low, high = base.around([*values, 0.5])
    return base.figure(
        *traces,
        height=base.rows_height(len(shown), each_px=30, around_px=110, most_px=600),
        showlegend=True,
        xaxis={**axes.moving_axis(_("area below the ROC curve (dotted: chance)")), "range": (low, high)},
        yaxis=base.names_axis(names),
        shapes=[{"type": "line", "x0": 0.5, "x1": 0.5, "y0": 0, "y1": 1, "yref": "paper",
                 "line": {"color": base.GREY, "width": 1.5, "dash": "dot"}}],
    )  # fmt: skip


def left_out_table(told: LeavingOut, classes: Sequence[str]) -> Table:
    """Each class that was left out in numbers."""
    headings = [
        _("Class left out"), _("Strangers"), _("Others"), _("Nearest photos"), _("95 % from"), _("95 % to"),
        _("Mahalanobis"), _("95 % from"), _("95 % to"),
    ]  # fmt: skip
    rows: list[list[object]] = [
        [classes[each.label], each.strangers, each.known, each.auroc[KNN], *each.auroc_ci[KNN],
         each.auroc[MAHALANOBIS], *each.auroc_ci[MAHALANOBIS]]
        for each in _in_order(told)
    ]  # fmt: skip
    return headings, rows


def _in_order(told: LeavingOut) -> list[LeftOut]:
    """The classes whose photos it knows worst for strangers first."""
    return sorted(told.classes, key=lambda each: each.auroc[told.method])


def _dots(shown: Sequence[LeftOut], names: Sequence[str], method: str, name: str, color: str) -> go.Scatter:
    shift = -0.14 if method == KNN else 0.14
    areas = [each.auroc[method] for each in shown]
    return go.Scatter(
        x=areas,
        y=[row + shift for row in range(len(shown))],
        mode="markers",
        name=name,
        marker={"color": color, "size": 9, "symbol": "circle" if method == KNN else "diamond"},
        error_x=base.error_bars(areas, [each.auroc_ci[method] for each in shown], color),
        hoverinfo="text",
        hovertext=[
            base.words(
                base.hover_name(class_name),
                f"{name}: {decimal(each.auroc[method], 3)}",
                base.interval_words(each.auroc_ci[method]),
                _("{n} photos of it, {others} of the others").format(n=count(each.strangers), others=count(each.known)),
            )
            for each, class_name in zip(shown, names, strict=True)
        ],
    )
