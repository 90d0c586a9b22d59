"""Which pretrained backbone carries over best to these photos, and is the difference real?"""

from __future__ import annotations

import streamlit as st

from core.backbones.registry import info
from core.data.dataset import Dataset
from core.jobs.spec import JobSpec
from core.jobs.store import Job, JobStatus
from views.ui import charts, downloads, forms, progress, state, text
from views.ui.i18n import _
from views.ui.maps import embedding_map


def main() -> None:
    """The page: what to compare, its progress, and the comparison."""
    st.title(_("Compare backbones"))
    dataset = state.require_dataset()
    st.markdown(
        _(
            "A *backbone* is a network that learned to see on other images. Here a simple classifier (a *probe*) is "
            "trained on what each backbone sees in your photos, which takes seconds and tells which carries over best."
        )
    )
    names, config = forms.comparison()
    if st.button(_("Compare"), type="primary", icon=":material/leaderboard:", disabled=len(names) < 1):
        start(dataset, names, config)
    if len(names) == 1:
        st.caption(_("With one backbone there is nothing to compare it with; pick a second one."))
    job = state.job("compare", dataset.id)
    if job is None:
        return
    st.divider()
    status = progress.panel(job, live=so_far)
    if status.state == "done":
        results(dataset, job, status)


def start(dataset: Dataset, names: list[str], config: dict) -> None:
    """Queues a comparison."""
    params = {"workspace": state.workspace(), "dataset": dataset.id, "backbones": names, "config": config}
    title = _("Compare {n} backbones on '{name}'").format(n=len(names), name=dataset.name)
    state.submit(JobSpec("compare", params, slot="long", title=title, dataset_id=dataset.id))
    st.rerun()


def so_far(job: Job) -> None:
    """The backbones that are finished, while others go on."""
    if done := progress.found(job, "result"):
        st.plotly_chart(charts.accuracy_bars(done), key="so-far", alt=_("Accuracy of the backbones that are done"))


def results(dataset: Dataset, job: Job, status: JobStatus) -> None:
    """The comparison, side by side."""
    rows = sorted(status.result["results"], key=lambda row: row["accuracy_mean"], reverse=True)
    for failure in status.result.get("failed", []):
        st.warning(text.literal(f"{failure['backbone']}: {failure['message']}"), icon=":material/warning:")
    if not rows:
        return
    verdict(rows, status.result)
    progress.doubts(status.result)
    table(rows)
    for note in (f"{row['backbone']}: {note}" for row in rows for note in row["notes"]):
        st.caption(text.literal(note))
    take_along(rows, status.result)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Accuracy with its interval"))
        st.plotly_chart(charts.accuracy_bars(rows), key="bars", alt=_("Cross-validated accuracy of each backbone"))
    with right:
        st.subheader(_("Accuracy against cost"))
        st.plotly_chart(charts.accuracy_against_cost(rows), key="cost", alt=_("Accuracy against milliseconds an image"))
    onwards(rows, (status.result.get("verdict") or {}).get("recommended", ""), job)
    embedding_map(dataset, [row["backbone"] for row in rows])


def verdict(rows: list[dict], result: dict) -> None:
    """The answer in a few sentences."""
    best, found = rows[0], result.get("verdict") or {"pairs": [], "recommended": "", "why": ""}
    closest = found["pairs"][0] if found["pairs"] else None
    sure = closest is not None and closest["interval"][0] > 0
    said = (
        _(
            "**{name}** carries over best: {accuracy} of {n} training images right in {folds}-fold "
            "cross-validation (95 % interval {ci})."
        )
        if sure
        else _(
            "**{name}** is ahead: {accuracy} of {n} training images right in {folds}-fold "
            "cross-validation (95 % interval {ci})."
        )
    ).format(
        name=text.literal(best["backbone"]),
        accuracy=text.percent(best["accuracy_mean"]),
        n=best["n"],
        folds=result["folds"],
        ci=text.interval(best["accuracy_ci"]),
    )
    said += " " + text.literal(found["why"]) if closest else ""
    if is_floor(best):
        said += " " + _("That is no network, only tiny images: no backbone here beats the floor. Try others.")
        st.warning(said, icon=":material/insights:")
        return
    if found["recommended"] not in ("", best["backbone"]):
        said += " " + _("Take **{name}**.").format(name=text.literal(found["recommended"]))
    elif closest is not None and not sure and info(closest["b"]).family == "baseline":
        said += " " + _(
            "So it does not surely beat the floor, which is no network: try other backbones, or bring more photos."
        )
    st.success(said, icon=":material/insights:")


def is_floor(row: dict) -> bool:
    """Whether a result is that of no network, which a backbone has to beat."""
    return info(row["backbone"]).family == "baseline"


def table(rows: list[dict]) -> None:
    """Every fact of every backbone."""
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
            "repeat. The verdict compares fold by fold (corrected resampled t interval); up to one point counts as the "
            "same. The more backbones are compared, the more the best of them owes to luck."
        )
    )


def take_along(rows: list[dict], result: dict) -> None:
    """The comparison as files."""
    facts = ("backbone", "n", "accuracy_mean", "macro_f1_mean", "images_per_s", "feature_dim", "size_mb")
    intervals = ("accuracy_ci", "macro_f1_ci")
    headings = [*facts, *(f"{name}_{end}" for name in intervals for end in ("low", "high"))]
    cells = [[*(row[name] for name in facts), *(end for name in intervals for end in row[name])] for row in rows]
    with st.container(horizontal=True):
        downloads.document(_("Download the comparison (JSON)"), result, "comparison.json")
        downloads.table(_("Download the table (CSV)"), headings, cells, "comparison.csv")


def onwards(rows: list[dict], recommended: str, job: Job) -> None:
    """What to do next, with the backbone that the verdict recommends."""
    names = sorted((row["backbone"] for row in rows), key=lambda name: name != recommended)  # the others stay ranked
    trainable = [name for name in names if info(name).trainable]
    with st.container(horizontal=True):
        if trainable:
            st.page_link(
                "views/finetune.py",
                label=_("Next: fine-tune {name}").format(name=text.literal(trainable[0])),
                icon=":material/model_training:",
                query_params={"backbone": trainable[0]},
                width="content",
            )
        best = next((run for run in state.runs_of(job) if run.backbone == rows[0]["backbone"]), None)
        if best is not None:
            st.page_link(
                "views/evaluate.py",
                label=_("Judge the best probe on the validation images"),
                icon=":material/fact_check:",
                query_params={"run": state.run_key(best)},
                width="content",
            )


main()
