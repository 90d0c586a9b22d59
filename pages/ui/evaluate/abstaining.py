"""When should a model rather not answer: what the user wants becomes a rule, with what it will do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.errors import GraftError
from core.evaluation.abstention.curve import coverage_curve
from core.evaluation.abstention.fitting import fit_costs, fit_sets, fit_threshold
from core.evaluation.abstention.kept import drop_rule, keep_rule, kept_rule, note_test_seen
from core.evaluation.abstention.outcome import outcome
from core.evaluation.abstention.rule import CONFORMAL, COSTS, THRESHOLD, Rule
from core.evaluation.abstention.words import beforehand, coverage, in_numbers, promise, when_chosen, worth
from core.evaluation.predictions import Predictions
from core.runs import Run
from pages.ui import figures, resources, text
from pages.ui.evaluate.charts_doubts import coverage_figure, coverage_table
from pages.ui.evaluate.judged import Judged
from pages.ui.figures import Files
from pages.ui.i18n import _

MOST_IN_TABLE = 12
"""Classes whose confusions can each have a cost of its own; of more, all mistakes cost the same."""


def abstaining(judged: Judged) -> None:
    """Draws the fold."""
    run = judged.run
    if run is None or "val" not in run.splits():
        return
    key = f"abstaining-{judged.key}"
    with st.expander(
        _("When should it rather not answer?"), icon=":material/back_hand:", key=key, on_change="rerun"
    ) as fold:
        if fold.open:
            _asked(run, key, judged.about)


def _asked(run: Run, key: str, about: str) -> None:
    file = run.predictions_path("val")
    predictions, _evaluation = resources.evaluated(file)
    kept = _kept(run)
    wanted = _wanted(predictions, kept, key)
    curve = resources.once(("coverage", str(file), run.created), lambda: coverage_curve(predictions))
    figures.shown(
        resources.figure(coverage_figure, curve, outcome(wanted, predictions) if wanted else None),
        f"coverage-{key}",
        _("How many answers are right, by how many validation photos are answered"),
        Files("coverage", partial(coverage_table, curve), about=about),
    )
    st.caption(_("All of this is judged by the validation photos; the shade is the 95 % interval."))
    if wanted is not None and wanted != kept:
        label = _("Use this rule instead") if kept else _("Use this rule")
        if st.button(label, type="primary", icon=":material/rule:", key=f"use-{key}"):
            keep_rule(run.path, wanted)
            st.rerun()
    if kept is not None:
        _in_use(run, kept, key)


def _kept(run: Run) -> Rule | None:
    """The rule that is in use; one that cannot be read is told of, and is not."""
    try:
        return kept_rule(run.path)
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return None


def _wanted(predictions: Predictions, kept: Rule | None, key: str) -> Rule | None:
    """The rule that the user asks for, in words; None where these photos cannot give it, which is said."""
    kinds = {THRESHOLD: _("At most so many mistakes"), CONFORMAL: _("Sets of classes"), COSTS: _("Costs")}
    kind = st.segmented_control(
        _("The rule"), list(kinds), default=kept.kind if kept else THRESHOLD, required=True,
        format_func=kinds.__getitem__, key=f"kind-{key}",
    )  # fmt: skip
    try:
        rule = {THRESHOLD: _few_mistakes, CONFORMAL: _sets, COSTS: _costs}[kind](predictions, kept, key)
    except GraftError as problem:
        st.warning(text.literal(str(problem)), icon=":material/rule:")
        return None
    st.markdown(text.unbroken(f"**{promise(rule)}** {coverage(rule)} {worth(outcome(rule, predictions))}"))
    if words := beforehand(rule):
        st.caption(text.unbroken(words))
    return rule


def _few_mistakes(predictions: Predictions, kept: Rule | None, key: str) -> Rule:
    at_first = kept.promised if kept and kept.kind == THRESHOLD else 0.05
    wrong = st.number_input(
        _("At most so many of its answers are wrong (%)"), 0.1, 50.0, round(100 * at_first, 1), 0.5, "%.1f",
        key=f"wrong-{key}", width=320,
        help=_("The rule is chosen so that this holds for new photos in 95 of 100 such choices."),
    )  # fmt: skip
    return fit_threshold(predictions, wrong / 100)


def _sets(predictions: Predictions, kept: Rule | None, key: str) -> Rule:
    at_first = kept.promised if kept and kept.kind == CONFORMAL else 0.95
    held = st.number_input(
        _("At least so many of the sets hold the true class (%)"), 50.0, 99.9, round(100 * at_first, 1), 0.5, "%.1f",
        key=f"held-{key}", width=320,
        help=_("Instead of one class it gives all that are possible; where only one is, that is its answer."),
    )  # fmt: skip
    return fit_sets(predictions, held / 100)


def _costs(predictions: Predictions, kept: Rule | None, key: str) -> Rule:
    names, given = predictions.class_names, kept.costs if kept else ()
    abstain = st.number_input(
        _("What no answer costs"), 0.0, 1e6, kept.promised if kept and kept.kind == COSTS else 0.3, 0.1,
        key=f"abstain-{key}", width=320, help=_("In the same unit as mistakes, which cost 1 at first."),
    )  # fmt: skip
    if len(names) > MOST_IN_TABLE:
        st.caption(_("Every mistake costs 1. A cost for each confusion can be given with `abstain --costs`."))
        return fit_costs(predictions, _alike(len(names)), abstain)
    st.caption(_("What each mistake costs: the true class is in the row, what it is taken for in the column."))
    return fit_costs(predictions, _table(names, given or _alike(len(names)), key), abstain)


def _alike(n: int) -> list[list[float]]:
    """Every mistake costs 1."""
    return [[float(true != label) for label in range(n)] for true in range(n)]


def _table(names: Sequence[str], costs: Sequence[Sequence[float]], key: str) -> list[list[float]]:
    """The costs as the user has edited them."""
    shown = text.distinct(text.shortened(name, 24) for name in names)
    columns = {f"{n}": [row[n] for row in costs] for n in range(len(names))}
    edited: dict[str, list[Any]] = st.data_editor(
        {"true": shown, **columns},
        column_config={
            "true": st.column_config.TextColumn(_("True class"), disabled=True, pinned=True),
            **{
                f"{n}": st.column_config.NumberColumn(name, min_value=0.0, required=True)
                for n, name in enumerate(shown)
            },
        },
        hide_index=True,
        num_rows="fixed",
        key=f"costs-{key}",
    )
    return [[float(edited[f"{n}"][row] or 0.0) for n in range(len(names))] for row in range(len(names))]


def _in_use(run: Run, kept: Rule, key: str) -> None:
    """What is said of the rule in use, also by the test photos, and the way back."""
    with st.container(border=True):
        st.markdown(text.unbroken("**" + _("In use for predictions, and in the bundle:") + f"** {promise(kept)}"))
        if "test" in run.splits():
            predictions, _evaluation = resources.evaluated(run.predictions_path("test"))
            words = _("By the test photos:")
            st.markdown(text.unbroken(f"{words} {in_numbers(outcome(kept, predictions))} {when_chosen(kept)}"))
            note_test_seen(run.path)
        if st.button(_("Answer every photo again"), icon=":material/undo:", key=f"drop-{key}"):
            drop_rule(run.path)
            st.rerun()
