"""Figures of a comparison: each row a mapping as in the results of `compare --json`.

A row has `backbone`, `probe`, `accuracy_mean`, `accuracy_ci`, `macro_f1_mean`, `fold_accuracy`, `feature_dim` and
`images_per_s`; `macro_f1_ci`, `size_mb` and `n` are shown where they are there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from pages.ui.charts import base
from pages.ui.text import percent

Row = Mapping[str, Any]


def accuracy_bars(rows: Sequence[Row], measure: str = "accuracy") -> go.Figure:
    """A dot and its 95 % interval for each row, the best on top.

    Args:
        rows: the results.
        measure: "accuracy" or "macro_f1".
    """
    ranked = sorted(rows, key=lambda r: -float(r[f"{measure}_mean"]))
    called = names(rows)
    dots = go.Scatter(
        x=[r[f"{measure}_mean"] for r in ranked],
        y=list(range(len(ranked))),
        error_x=error_bars(ranked, measure),
        mode="markers+text",
        marker={"color": base.BLUE, "size": 11, "line": {"width": 0}},
        text=[percent(r[f"{measure}_mean"]) for r in ranked],
        textposition="top center",
        cliponaxis=False,
        customdata=[[r["backbone"], r.get("probe", "")] for r in ranked],
        hoverinfo="text",
        hovertext=[told(r, called[id(r)], measure) for r in ranked],
    )
    return base.figure(
        dots,
        height=base.rows_height(len(ranked), each_px=44),
        xaxis=share_axis(_MEASURES[measure](), ends(ranked, measure)),
        yaxis=base.names_axis([called[id(r)] for r in ranked]),
    )


def fold_accuracy(rows: Sequence[Row]) -> go.Figure:
    """The accuracy in every fold, a row of dots for each backbone with their mean as a line: is one ahead in all?"""
    ranked = sorted(rows, key=lambda r: -float(r["accuracy_mean"]))
    called = names(rows)
    places = [(i, k, a) for i, r in enumerate(ranked) for k, a in enumerate(r["fold_accuracy"], start=1)]
    folds = go.Scatter(
        x=[a for _i, _k, a in places],
        y=[i for i, _k, _a in places],
        mode="markers",
        marker={"color": base.BLUE, "size": 10, "opacity": 0.6, "line": {"width": 0}},
        hoverinfo="text",
        hovertext=[
            base.words(
                base.told(called[id(ranked[i])]),
                _("fold {k}: {accuracy} right").format(k=k, accuracy=percent(a)),
            )
            for i, k, a in places
        ],
    )
    means = go.Scatter(
        x=[r["accuracy_mean"] for r in ranked],
        y=list(range(len(ranked))),
        mode="markers",
        marker={"color": base.ORANGE, "size": 22, "symbol": "line-ns", "line": {"width": 3, "color": base.ORANGE}},
        hoverinfo="text",
        hovertext=[told(r, called[id(r)], "accuracy") for r in ranked],
    )
    return base.figure(
        folds,
        means,
        height=base.rows_height(len(ranked), each_px=36),
        xaxis=share_axis(_("accuracy in a fold"), [a for _i, _k, a in places]),
        yaxis=base.names_axis([called[id(r)] for r in ranked]),
    )


_MEASURES = {"accuracy": lambda: _("accuracy"), "macro_f1": lambda: _("macro F1")}


def _speed(row: Row) -> float:
    speed = float(row.get("images_per_s") or 0.0)
    return speed if math.isfinite(speed) and speed > 0 else 0.0


def names(rows: Sequence[Row]) -> dict[int, str]:
    """What to call each row: its backbone, with its probe where there is more than one kind of probe."""
    several = len({r.get("probe", "") for r in rows}) > 1
    return {id(r): f"{r['backbone']} · {r['probe']}" if several else str(r["backbone"]) for r in rows}


def _interval(row: Row, measure: str) -> tuple[float, float] | None:
    ci = row.get(f"{measure}_ci")
    return (float(ci[0]), float(ci[1])) if ci else None


def error_bars(rows: Sequence[Row], measure: str) -> dict[str, Any]:
    """Error bars from the mean to both ends of the interval."""
    means = [float(r[f"{measure}_mean"]) for r in rows]
    ends = [_interval(r, measure) or (m, m) for r, m in zip(rows, means, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - m, 0.0) for m, (_low, high) in zip(means, ends, strict=True)],
        "arrayminus": [max(m - low, 0.0) for m, (low, _high) in zip(means, ends, strict=True)],
        "color": base.BLUE,
        "thickness": 1.5,
        "width": 4,
    }


def ends(rows: Sequence[Row], measure: str) -> list[float]:
    """All values and ends of intervals that are drawn."""
    return [v for r in rows for v in (float(r[f"{measure}_mean"]), *(_interval(r, measure) or ()))]


def share_axis(title: str, values: Sequence[float]) -> dict[str, Any]:
    """An axis of shares that holds `values`."""
    return {"title": {"text": title}, "tickformat": ".0%", "range": base.around(values), "automargin": True}


def told(row: Row, name: str, measure: str) -> str:
    """A row's hover text."""
    speed = _speed(row)
    n = row.get("n")
    return base.words(
        base.told(name),
        f"{_MEASURES[measure]()} {percent(row[f'{measure}_mean'])}",
        base.interval_words(_interval(row, measure)),
        _("{ms:.1f} ms per image ({speed:.0f} images per second)").format(ms=1000 / speed, speed=speed)
        if speed
        else "",
        _("{width} features per image").format(width=row["feature_dim"]) if row.get("feature_dim") else "",
        _("{size:.0f} MB of weights").format(size=row["size_mb"]) if row.get("size_mb") else "",
        ngettext("{n} image", "{n} images", int(n)).format(n=n) if n else "",
    )
