"""Backbones side by side: their scores, their costs, which classes gain from which, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core import numbers
from core.backbones.names import called, is_part, parts
from core.data.dataset import Dataset
from core.evaluation.pairwise.agreement import Agreement
from core.evaluation.pairwise.sidebyside import SideBySide, agreements, compared_classes
from core.evaluation.predictions import Predictions
from core.jobs.store import Job
from core.probing.comparison import pareto
from core.probing.crossval.crossval import ProbeResult
from core.probing.probes.kinds import find
from core.tables import Table, flat
from pages.ui import columns, downloads, figures, resources, text
from pages.ui.charts.accuracy import accuracy_bars, results_table
from pages.ui.charts.matrices import confusion_difference, confusion_difference_table
from pages.ui.compare.charts.cost import accuracy_against_cost
from pages.ui.compare.charts.side import MOST_CLASSES, agreement_matrix, class_differences
from pages.ui.figures import Files
from pages.ui.i18n import _


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:  # noqa: ARG001 (as every section)
    """Draws all that is known of the compared backbones side by side, the best first."""
    _scores(ranked, job)
    _cost(ranked, job)
    if len(ranked) > 1:
        _two({result.backbone: result.oof for result in ranked}, job)
    alone = {called(result.backbone): result.oof for result in ranked if len(parts(result.backbone)) == 1}
    if len(alone) > 1:
        _agreement(alone, job)


def _scores(ranked: Sequence[ProbeResult], job: Job) -> None:
    st.caption(
        _("All with {probe}, on the same held-out training photos.").format(probe=find(ranked[0].probe).label.lower())
    )
    left, right = st.columns(2, gap="large")
    measures = (
        (left, "accuracy", _("Accuracy with its interval"), _("Cross-validated accuracy of each backbone")),
        (right, "macro_f1", _("Macro F1 with its interval"), _("Cross-validated macro F1 of each backbone")),
    )
    for column, measure, heading, alt in measures:
        with column:
            st.markdown(f"##### {heading}")
            bars = resources.comparison_figure(
                job, ("accuracy_bars", measure, ranked[0].probe), partial(accuracy_bars, ranked, measure)
            )
            files = Files(measure, partial(results_table, ranked), heading)
            figures.shown(bars, f"side-{measure}-{job.id}", alt, files)


def _cost(ranked: Sequence[ProbeResult], job: Job) -> None:
    st.markdown("##### " + _("Accuracy against cost"))
    names = {
        "time_ms": _("Time for a photo, here"),
        "size_mb": _("Size of the weights"),
        "memory_mb": _("Memory for a photo"),
        "gflops": _("Multiply-adds for a photo (GFLOPs)"),
    }
    cost = st.selectbox(_("Cost"), pareto.COSTS, format_func=names.__getitem__, key=f"side-cost-{job.id}", width=320)
    title = _("Accuracy against cost: {cost}").format(cost=names[cost])
    figures.shown(
        resources.comparison_figure(
            job, ("accuracy_against_cost", cost, ranked[0].probe), partial(accuracy_against_cost, ranked, cost)
        ),
        f"side-against-{cost}-{job.id}",
        _("Accuracy of each backbone against its cost, with the Pareto front"),
        Files(f"accuracy_against_{cost}", partial(_cost_rows, ranked), title),
    )
    st.caption(
        _(
            "On the Pareto front, no other backbone is at least as accurate and at least as cheap. The front follows "
            "the measured accuracies: where intervals overlap, another draw of photos may change it. The floor is no "
            "network and no choice, so it is never on the front; a network that does not beat it is not either. "
            "Hover over a dot, or tap it, to see its numbers."
        )
        + (" " + _memory_words() if cost == "memory_mb" else "")
    )
    downloads.table(_("Download scores and costs (CSV)"), *_cost_rows(ranked), "side_by_side.csv")


def _memory_words() -> str:
    return _(
        "Memory is that of the weights in 32 bits and of the largest activations of one photo, counted from the "
        "network's shape; the program itself, an engine's working space and more photos at once come on top."
    )


def _cost_rows(ranked: Sequence[ProbeResult]) -> Table:
    rows = [result.as_json() for result in ranked]
    for cost in pareto.COSTS:
        for row, placed in zip(rows, pareto.against_cost(ranked, cost), strict=True):
            row |= {cost: placed.cost, f"{cost}_on_front": placed.on_front}
    return flat(rows)


def _two(predictions: Mapping[str, Predictions], job: Job) -> None:
    names = list(predictions)
    st.markdown("##### " + _("Two backbones, class by class"))
    with st.container(horizontal=True):
        a = st.selectbox(_("This backbone"), names, format_func=called, key=f"side-a-{job.id}", width=280)
        rest = sorted((name for name in names if name != a), key=lambda name: is_part(a, name))
        b = st.selectbox(_("against"), rest, format_func=called, key=f"side-b-{job.id}", width=280)
    pair = compared_classes(called(a), predictions[a], called(b), predictions[b])
    st.markdown(text.unbroken(text.literal(" ".join(pair.sentences))))
    _classes(pair, job)
    _confusion(pair, job)


def _classes(pair: SideBySide, job: Job) -> None:
    most = MOST_CLASSES
    title = _("Recall of each class: {a} against {b}").format(a=pair.a, b=pair.b)
    figures.shown(
        resources.comparison_figure(job, ("class_differences", pair.a, pair.b), partial(class_differences, pair)),
        f"side-classes-{job.id}",
        _("The difference of recall of each class with its interval"),
        Files("class_differences", partial(_class_rows, pair), title),
    )
    if len(pair.classes) > most:
        st.caption(_("The {n} classes that differ most, in this order; the table has all of them.").format(n=most))
    else:
        st.caption(_("The classes that differ most come first, here and in the table."))
    with st.expander(_("Every class in numbers")):
        _class_table(pair)


def _class_table(pair: SideBySide) -> None:
    name_of = {"a": pair.a, "b": pair.b, "": _("may be chance")}
    differences = {
        _("Recall (points)"): [_points(row.recall) for row in pair.classes],
        _("F1 (points)"): [_points(row.f1) for row in pair.classes],
    }
    p_values = {
        _("McNemar's p"): [row.p for row in pair.classes],
        _("p corrected"): [row.p_holm for row in pair.classes],
    }
    recall, f1 = differences
    st.dataframe(
        {
            _("Class"): [row.name for row in pair.classes],
            _("Photos"): [row.n for row in pair.classes],
            _("Gains from"): [name_of[row.gains] for row in pair.classes],
            recall: differences[recall],
            _("Recall, 95 %"): [numbers.points_interval(row.interval) for row in pair.classes],
            f1: differences[f1],
            _("F1, 95 %"): [numbers.points_interval(row.f1_interval) for row in pair.classes],
            **p_values,
        },
        hide_index=True,
        column_config={_("Photos"): columns.counts()}
        | dict.fromkeys(differences, columns.words())
        | dict.fromkeys(p_values, columns.decimals(3)),
    )
    st.caption(
        _(
            "Differences are the first backbone minus the second. Intervals are paired and each is of its class alone, "
            "so among many classes some leave out zero by chance; the corrected p value (Holm) allows for that. All of "
            "it is of one repeat of the cross-validation, and knows nothing of how other training photos would do."
        )
    )
    downloads.table(_("Download the classes (CSV)"), *_class_rows(pair), "class_differences.csv")


def _class_rows(pair: SideBySide) -> Table:
    return flat([{"a": pair.a, "b": pair.b, **row.as_json()} for row in pair.classes])


def _points(difference: float | None) -> str:
    return "" if difference is None else numbers.signed_points(difference)


def _confusion(pair: SideBySide, job: Job) -> None:
    title = _("Photos in each cell of the confusion matrix: {a} minus {b}").format(a=pair.a, b=pair.b)
    st.markdown("##### " + _("Where their mistakes differ"))
    st.caption(
        text.literal(
            _(
                "Blue, with a plus: {a} puts more photos into this cell. Orange, with a minus: {b} does. On the "
                "diagonal more is better; off it, fewer."
            ).format(a=pair.a, b=pair.b)
        )
    )
    figures.shown(
        resources.comparison_figure(job, ("confusion_difference", pair.a, pair.b), partial(confusion_difference, pair)),
        f"side-confusion-{job.id}",
        _("The difference of the two confusion matrices"),
        Files("confusion_difference", partial(confusion_difference_table, pair), title),
    )
    for sentence in pair.shifts_in_words:
        st.markdown("- " + text.literal(sentence))


def _agreement(predictions: Mapping[str, Predictions], job: Job) -> None:
    st.markdown("##### " + _("How far they agree"))
    pairs = agreements(predictions)
    st.caption(
        _(
            "The share of photos that two backbones put into the same class, and Cohen's κ, which takes off what "
            "guessing would give. Two that agree on nearly all are not worth running together; where each is right on "
            "other photos, the two together may do better than either."
        )
    )
    figures.shown(
        resources.comparison_figure(job, ("agreement_matrix",), partial(agreement_matrix, pairs)),
        f"side-agreement-{job.id}",
        _("How often any two backbones give the same class"),
        Files(
            "agreement", partial(_pair_rows, pairs), _("How often any two backbones give the same class, and Cohen's κ")
        ),
    )
    with st.expander(_("Every pair in numbers")):
        _pair_table(pairs)


def _pair_table(pairs: Sequence[Agreement]) -> None:
    counts = {
        _("Same class"): [pair.same for pair in pairs],
        _("Both right"): [pair.both_right for pair in pairs],
        _("Only the first"): [pair.only_a for pair in pairs],
        _("Only the second"): [pair.only_b for pair in pairs],
        _("Both wrong"): [pair.both_wrong for pair in pairs],
        _("At least one"): [pair.oracle for pair in pairs],
    }
    st.dataframe(
        {
            _("First"): [pair.a for pair in pairs],
            _("Second"): [pair.b for pair in pairs],
            **{
                label: [numbers.percent(pair.share(count)) for pair, count in zip(pairs, column, strict=True)]
                for label, column in counts.items()
            },
            _("κ"): ["" if pair.kappa is None else numbers.decimal(pair.kappa, 2) for pair in pairs],
            _("κ, 95 %"): [numbers.decimal_interval(pair.kappa_ci, 2) for pair in pairs],
        },
        hide_index=True,
    )
    st.caption(_("At least one: what someone would get right who always knew which of the two to believe (an oracle)."))
    downloads.table(_("Download the agreement (CSV)"), *_pair_rows(pairs), "agreement.csv")


def _pair_rows(pairs: Sequence[Agreement]) -> Table:
    return flat([pair.as_json() for pair in pairs])
