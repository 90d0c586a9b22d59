"""Which backbone to take, and how sure that is: the answer in words, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.backbones.registry import info
from core.i18n import ngettext
from core.jobs.store import Job
from core.probing.comparison.against import ROPE, BackbonePair
from core.probing.comparison.against import chance as in_words
from core.probing.comparison.comparison import Comparison
from core.probing.comparison.shortlist import Shortlist
from core.probing.comparison.verdict import Verdict
from core.probing.crossval.crossval import ProbeResult, notes_of
from core.probing.probes.kinds import find
from pages.ui import columns, downloads, resources, text
from pages.ui.i18n import _


def choose(job: Job, comparison: Comparison) -> tuple[str, Verdict]:
    """Draws the choice of a probe and of the difference that counts as none, and gives the probe and its verdict."""
    probe, points = comparison.probes[0], 100 * ROPE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(comparison.probes) > 1:
            probe = st.selectbox(
                _("Judge with"),
                comparison.probes,
                format_func=lambda kind: find(kind).label,
                key=f"judge-{job.id}",
                width=280,
            )
        if len(comparison.of(probe)) > 1:
            with st.popover(_("What counts as the same"), icon=":material/tune:"):
                points = st.slider(
                    _("Differences up to so many points of accuracy"),
                    0.5,
                    5.0,
                    points,
                    0.5,
                    key=f"rope-{job.id}",
                    help=_("What difference would not be worth a dearer backbone to you? The verdict follows at once."),
                )
    return probe, resources.verdict(job, comparison, probe, points / 100)


def answer(ranked: Sequence[ProbeResult], verdict: Verdict) -> None:
    """Draws the answer in a few sentences.

    Args:
        ranked: one probe's results, the best first.
        verdict: the verdict on them.
    """
    name = verdict.recommended or verdict.best
    result = next(result for result in ranked if result.backbone == name)
    measured = ngettext(
        "{name} has a mean accuracy of {accuracy} in {folds}-fold cross-validation on {n} training photos "
        "(95 % interval {ci}).",
        "{name} has a mean accuracy of {accuracy} in {repeats} rounds of {folds}-fold cross-validation on {n} training "
        "photos (95 % interval {ci}).",
        result.repeats,
    ).format(
        name=text.literal(called(name)),
        accuracy=numbers.percent(result.accuracy_mean),
        folds=result.folds,
        repeats=result.repeats,
        n=len(result.oof),
        ci=numbers.interval(result.accuracy_ci),
    )
    boxes = {"sure": st.success, "tie": st.info, "nothing": st.warning}
    paragraphs = (f"**{text.literal(called(verdict.headline))}** {measured}", text.literal(called(verdict.why)))
    boxes[verdict.standing](text.unbroken("\n\n".join(filter(None, paragraphs))), icon=":material/insights:")


def details(ranked: Sequence[ProbeResult], verdict: Verdict, comparison: Comparison) -> None:
    """Draws the facts of every backbone, the best against each other one, and the first look."""
    _table(ranked)
    for note in notes_of(ranked):
        st.caption(text.literal(called(note)))
    _pairs(verdict.pairs)
    _probes(comparison)
    if comparison.shortlist:
        if comparison.shortlist.risk:
            st.caption(text.literal(called(comparison.shortlist.risk)))
        with st.expander(_("The first look: what was probed in full, and what was left out")):
            first_look(comparison.shortlist)


def _table(ranked: Sequence[ProbeResult]) -> None:
    facts = [info(result.backbone) for result in ranked]
    st.dataframe(
        {
            _("Backbone"): [called(result.backbone) for result in ranked],
            _("Accuracy"): [numbers.percent(result.accuracy_mean) for result in ranked],
            _("95 % interval"): [numbers.interval(result.accuracy_ci) for result in ranked],
            _("Macro F1"): [numbers.percent(result.macro_f1_mean) for result in ranked],
            _("F1 interval"): [numbers.interval(result.macro_f1_ci) for result in ranked],
            _("Photos/s"): [result.images_per_s for result in ranked],
            _("Features"): [result.feature_dim for result in ranked],
            _("Size"): ["–" if fact.is_floor else numbers.megabytes(fact.size_mb) for fact in facts],
            _("Parameters (millions)"): [columns.in_millions(fact.params) for fact in facts],
        },
        hide_index=True,
        placeholder="–",
        column_config={
            _("Photos/s"): columns.decimals(0, _("Reading and extraction together, here.")),
            _("Features"): columns.counts(),
            _("Parameters (millions)"): columns.decimals(),
        },
    )
    st.caption(
        _(
            "Accuracy and macro F1 are means over the folds of the training split; validation and test photos are "
            "untouched. Intervals: Wilson's for accuracy, for F1 his idea carried over to the confusion matrix, over "
            "the out-of-fold predictions of one repeat. The verdict compares fold by fold (corrected resampled t "
            "interval). The more backbones are compared, the more the best of them owes to luck."
        )
    )


def _pairs(pairs: Sequence[BackbonePair]) -> None:
    if not pairs:
        return
    with st.expander(_("The best against each other one, in numbers")):
        columns = {
            _("Best"): [called(pair.a) for pair in pairs],
            _("Against"): [called(pair.b) for pair in pairs],
            _("Points ahead"): [numbers.signed_points(pair.diff) for pair in pairs],
            _("95 % interval"): [numbers.points_interval(pair.interval) for pair in pairs],
            _("Better"): [numbers.percent(pair.p_better, 0) for pair in pairs],
            _("The same"): [numbers.percent(pair.p_same, 0) for pair in pairs],
            _("Worse"): [numbers.percent(pair.p_worse, 0) for pair in pairs],
            _("McNemar's p"): [numbers.decimal(pair.mcnemar_p, 3) for pair in pairs],
        }
        st.dataframe(columns, hide_index=True)
        st.caption(
            _(
                "Better, the same and worse are probabilities, where small differences count as the same. McNemar's "
                "exact test asks whether the photos that only one of the two gets right are shared out evenly."
            )
        )
        downloads.records(_("Download the differences (CSV)"), [pair.as_json() for pair in pairs], "pairs.csv")


def _probes(comparison: Comparison) -> None:
    """Draws every backbone's accuracy with every probe, where there is more than one probe."""
    if len(comparison.probes) < 2:
        return
    by_name = {(result.backbone, result.probe): result for result in comparison.results}
    names = list(dict.fromkeys(backbone for backbone, _probe in by_name))
    with st.expander(_("Would another probe say otherwise?")):
        columns = {_("Backbone"): [called(name) for name in names]} | {
            find(probe).label: [_scored(by_name.get((name, probe))) for name in names] for probe in comparison.probes
        }
        st.dataframe(columns, hide_index=True)
        for probe in comparison.probes:
            st.markdown(
                _("- {probe}: {best} is the most accurate.").format(
                    probe=find(probe).label, best=text.literal(called(comparison.of(probe)[0].backbone))
                )
            )
        if comparison.strongest:
            st.markdown(text.unbroken(text.literal(called(comparison.strongest.sentence))))
            st.caption(_("The most accurate of many pairs is a little flattered by its choice."))


def _scored(result: ProbeResult | None) -> str:
    return f"{numbers.percent(result.accuracy_mean)} ({numbers.interval(result.accuracy_ci)})" if result else ""


def first_look(shortlist: Shortlist) -> None:
    """Draws the first look at a sample, and why a backbone was left out."""
    rows = shortlist.rows
    st.markdown(
        _(
            "Every backbone saw {n} training photos, and their nearest neighbours told how well it does. This and what "
            "was published about it (accuracy on ImageNet, parameters), as far as that tells something of these "
            "photos, make one estimate. Those that are most probably the best, and the best on ImageNet, are probed in "
            "full."
        ).format(n=shortlist.n)
    )
    facts = {
        _("Backbone"): [called(row.backbone) for row in rows],
        _("Probed in full"): [row.kept for row in rows],
        _("First look"): [numbers.percent(row.accuracy) for row in rows],
        _("95 % interval"): [numbers.interval(row.interval) for row in rows],
        _("On ImageNet"): [numbers.percent(row.imagenet_top1) for row in rows],
        _("Estimate"): [numbers.plus_minus(row.estimate, row.spread) for row in rows],
        _("The best of all"): ["" if row.chance is None else in_words(row.chance) for row in rows],
        _("Why"): [row.why for row in rows],
    }
    explained = _("How probable it is that a full probe would find this one the most accurate.")
    st.dataframe(
        facts,
        hide_index=True,
        column_config={
            _("Estimate"): st.column_config.TextColumn(help=_("With its standard deviation, against the others.")),
            _("The best of all"): st.column_config.TextColumn(help=explained),
        },
    )
    downloads.records(_("Download the first look (CSV)"), [row.to_json() for row in rows], "first_look.csv")


def download(comparison: Comparison) -> None:
    """Draws the buttons that download the comparison."""
    headings = [
        "backbone", "probe", "n", "accuracy_mean", "macro_f1_mean", "images_per_s", "feature_dim", "size_mb",
        "accuracy_ci_low", "accuracy_ci_high", "macro_f1_ci_low", "macro_f1_ci_high", "notes",
    ]  # fmt: skip
    rows = [
        [
            result.backbone, result.probe, len(result.oof), result.accuracy_mean, result.macro_f1_mean,
            result.images_per_s, result.feature_dim, result.size_mb, *result.accuracy_ci, *result.macro_f1_ci,
            " ".join(result.notes),
        ]
        for result in comparison.results
    ]  # fmt: skip
    with st.container(horizontal=True):
        downloads.document(_("Download the comparison (JSON)"), comparison.as_json, "comparison.json")
        downloads.table(_("Download the table (CSV)"), headings, rows, "comparison.csv")
