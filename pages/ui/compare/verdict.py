"""Which backbone to take, and how sure that is: the answer in words, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.backbones.registry import info
from core.jobs.store import Job
from core.probing.comparison.ensemble import kind_name
from core.probing.comparison.verdict import ROPE
from core.probing.probes.kinds import find
from pages.ui import downloads, resources, text
from pages.ui.i18n import _

Row = Mapping[str, Any]


def is_floor(backbone: str) -> bool:
    """Whether this is no network, which a backbone has to beat."""
    return info(backbone).family == "baseline"


def judged(job: Job, result: Row) -> tuple[str, Row]:
    """The probe that is looked at, and the verdict with it, computed anew where the user changes what is the same."""
    probes = list(dict.fromkeys(row["probe"] for row in result["results"]))
    comparison = resources.comparison(job)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        probe = probes[0]
        if len(probes) > 1:
            probe = st.selectbox(
                _("Judge with"), probes, format_func=lambda kind: find(kind).label, key=f"judge-{job.id}", width=280
            )
        points = 100 * ROPE
        if comparison is not None and len(comparison.of(probe)) > 1:
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
    if comparison is None:
        empty = {"best": "", "recommended": "", "why": "", "pairs": []}
        return probe, (result.get("verdicts") or {}).get(probe) or result.get("verdict") or empty
    return probe, comparison.judged(probe, points / 100).as_json()


def answer(rows: Sequence[Row], found: Row, result: Row) -> None:
    """The answer in a few sentences; `rows` are one probe's, the best first."""
    best = rows[0]
    closest = found["pairs"][0] if found["pairs"] else None
    sure = closest is not None and closest["interval"][0] > 0
    said = (
        _(
            "**{name}** carries over best: {accuracy} of {n} training images right in {folds}-fold "
            "cross-validation (95 % interval {ci})."
        )
        if sure
        else _(
            "**{name}** is ahead, which may be chance: {accuracy} of {n} training images right in {folds}-fold "
            "cross-validation (95 % interval {ci})."
        )
        if closest is not None
        else _(
            "**{name}** gets {accuracy} of {n} training images right in {folds}-fold cross-validation (95 % interval "
            "{ci})."
        )
    ).format(
        name=text.literal(best["backbone"]),
        accuracy=text.percent(best["accuracy_mean"]),
        n=best["n"],
        folds=result["folds"],
        ci=text.interval(best["accuracy_ci"]),
    )
    why = "\n\n" + text.literal(found["why"]) if found["why"] else ""
    if is_floor(best["backbone"]):
        said += " " + _("That is no network, only tiny images: no backbone here beats the floor. Try others.")
        st.warning(said + why, icon=":material/insights:")
        return
    if found["recommended"]:
        said += " " + _("Take **{name}**.").format(name=text.literal(found["recommended"]))
    st.success(said + why, icon=":material/insights:")


def numbers(rows: Sequence[Row], found: Row, result: Row) -> None:
    """Every fact of every backbone, the best against each other one, and what was left out or put together."""
    _table(rows)
    for note in (f"{row['backbone']}: {note}" for row in rows for note in row["notes"]):
        st.caption(text.literal(note))
    _pairs(found["pairs"])
    _probes(result)
    if shortlist := result.get("shortlist"):
        with st.expander(_("The first look: what was probed in full, and what was left out")):
            looked(shortlist)
    if result.get("ensembles") and rows[0]["probe"] == result["ensembles"][0]["probe"]:
        with st.expander(_("Are two backbones worth their cost?")):
            _together(result["ensembles"])


def _table(rows: Sequence[Row]) -> None:
    facts = [info(row["backbone"]) for row in rows]
    st.dataframe(
        {
            _("Backbone"): [row["backbone"] for row in rows],
            _("Accuracy"): [text.percent(row["accuracy_mean"]) for row in rows],
            _("95 % interval"): [text.interval(row["accuracy_ci"]) for row in rows],
            _("Macro F1"): [text.percent(row["macro_f1_mean"]) for row in rows],
            _("F1 interval"): [text.interval(row["macro_f1_ci"]) for row in rows],
            _("Images/s"): [row["images_per_s"] for row in rows],
            _("Features"): [row["feature_dim"] for row in rows],
            _("Size"): [text.megabytes(fact.size_mb) for fact in facts],
            _("Parameters"): [fact.params for fact in facts],
            _("Trained on"): [fact.trained_on for fact in facts],
        },
        hide_index=True,
        column_config={
            _("Images/s"): st.column_config.NumberColumn(
                format="%.0f", help=_("Reading and extraction together, here.")
            ),
            _("Parameters"): st.column_config.NumberColumn(format="compact"),
        },
    )
    st.caption(
        _(
            "Accuracy and macro F1 are means over the folds of the training split; validation and test images are "
            "untouched. Intervals: Wilson's for accuracy, a bootstrap for F1, over the out-of-fold predictions of one "
            "repeat. The verdict compares fold by fold (corrected resampled t interval). The more backbones are "
            "compared, the more the best of them owes to luck."
        )
    )


def _pairs(pairs: Sequence[Row]) -> None:
    if not pairs:
        return
    with st.expander(_("The best against each other one, in numbers")):
        columns = {
            _("Best"): [pair["a"] for pair in pairs],
            _("Against"): [pair["b"] for pair in pairs],
            _("Points ahead"): [f"{100 * pair['diff']:+.1f}" for pair in pairs],
            _("95 % interval"): [
                "{:+.1f} – {:+.1f}".format(*(100 * end for end in pair["interval"])) for pair in pairs
            ],
            _("Better"): [text.percent(pair["p_better"], 0) for pair in pairs],
            _("The same"): [text.percent(pair["p_same"], 0) for pair in pairs],
            _("Worse"): [text.percent(pair["p_worse"], 0) for pair in pairs],
            _("McNemar's p"): [f"{pair['mcnemar_p']:.3f}" for pair in pairs],
        }
        st.dataframe(columns, hide_index=True)
        st.caption(
            _(
                "Better, the same and worse are probabilities, where small differences count as the same. McNemar's "
                "exact test asks whether the images that only one of the two gets right are shared out evenly."
            )
        )
        downloads.records(_("Download the differences (CSV)"), pairs, "pairs.csv")


def _probes(result: Row) -> None:
    """Every backbone under every probe, where there is more than one."""
    verdicts = result.get("verdicts") or {}
    if len(verdicts) < 2:
        return
    found = {(row["backbone"], row["probe"]): row for row in result["results"]}
    names = list(dict.fromkeys(backbone for backbone, _probe in found))
    with st.expander(_("Would another probe say otherwise?")):
        columns = {_("Backbone"): names} | {
            find(probe).label: [
                f"{text.percent(row['accuracy_mean'])} ({text.interval(row['accuracy_ci'])})" if row else ""
                for row in (found.get((name, probe)) for name in names)
            ]
            for probe in verdicts
        }
        st.dataframe(columns, hide_index=True)
        for probe, judgement in verdicts.items():
            st.markdown(
                _("- {probe}: {best} is the most accurate.").format(
                    probe=find(probe).label, best=text.literal(judgement["best"])
                )
            )
        if result.get("strongest"):
            st.markdown(text.literal(result["strongest"]["sentence"]))
            st.caption(_("The most accurate of many pairs is a little flattered by its choice."))


def looked(shortlist: Row) -> None:
    """What a first look at a sample found, and why a backbone was left out."""
    rows = shortlist["rows"]
    st.markdown(
        _(
            "Every backbone saw {n} training images, and their nearest neighbours told how well it does. The best few, "
            "and the best on ImageNet, were probed in full."
        ).format(n=shortlist["n"])
    )
    columns = {
        _("Backbone"): [row["backbone"] for row in rows],
        _("Probed in full"): [row["kept"] for row in rows],
        _("First look"): [text.percent(row["accuracy"]) for row in rows],
        _("95 % interval"): [text.interval(row["interval"]) for row in rows],
        _("Why"): [row["why"] for row in rows],
    }
    st.dataframe(columns, hide_index=True)
    downloads.records(_("Download the first look (CSV)"), rows, "first_look.csv")


def _together(ensembles: Sequence[Row]) -> None:
    columns = {
        _("Together"): [one["backbone"] for one in ensembles],
        _("How"): [kind_name(one["kind"]) for one in ensembles],
        _("Accuracy"): [text.percent(one["accuracy_mean"]) for one in ensembles],
        _("95 % interval"): [text.interval(one["accuracy_ci"]) for one in ensembles],
        _("Macro F1"): [text.percent(one["macro_f1_mean"]) for one in ensembles],
        _("Images/s"): [round(one["images_per_s"]) for one in ensembles],
    }
    st.dataframe(columns, hide_index=True)
    for one in ensembles:
        st.markdown(f"- {kind_name(one['kind'])}: {text.literal(one['against_best']['sentence'])}")
    st.caption(
        _(
            "On the same folds. The two were chosen on these folds as well, so they and the better one alone are a "
            "little flattered."
        )
    )


def take_along(result: Row) -> None:
    """The comparison as files."""
    facts = ("backbone", "probe", "n", "accuracy_mean", "macro_f1_mean", "images_per_s", "feature_dim", "size_mb")
    intervals = ("accuracy_ci", "macro_f1_ci")
    rows = [*result["results"], *result.get("ensembles", [])]
    headings = [*facts, *(f"{name}_{end}" for name in intervals for end in ("low", "high")), "notes"]
    cells = [
        [*(row[name] for name in facts), *(end for name in intervals for end in row[name]), " ".join(row["notes"])]
        for row in rows
    ]
    with st.container(horizontal=True):
        downloads.document(_("Download the comparison (JSON)"), result, "comparison.json")
        downloads.table(_("Download the table (CSV)"), headings, cells, "comparison.csv")
