"""How many principal components of a backbone's features are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.backbones.names import called
from core.data.dataset import Dataset
from core.features.reduce import Reduction
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.probing.studies.component_counts import Components
from core.tables import Table
from core.tasks.requests import ComponentsRequest
from pages.ui import downloads, figures, state, text
from pages.ui.compare.charts.components import components_curve
from pages.ui.compare.measured import fine_print, measured, probing
from pages.ui.figures import Files
from pages.ui.i18n import _


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the choice of a backbone, the button that probes it with ever more components, and how many are enough."""
    st.caption(
        _(
            "Most of what a backbone sees in your photos lies in a few directions, its principal components. A probe "
            "on the first 1, 2, 4, … of them shows how many are enough: fewer make a smaller, quicker classifier, and "
            "sometimes a better one. Whitening lets all of them count alike."
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backbone = st.selectbox(
            _("Backbone"),
            [result.backbone for result in ranked],
            format_func=called,
            key=f"components-backbone-{job.id}",
            width=280,
        )
        whiten = st.toggle(_("Whiten"), key=f"components-whiten-{job.id}")
    request = ComponentsRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbone=backbone,
        config=replace(probing(job), pca=Reduction("pca", 1, whiten=True) if whiten else Reduction()),
    )
    study = measured(
        request,
        Components,
        lambda: st.button(
            _("Count the components"), icon=":material/data_array:", help=_("It takes seconds to a minute.")
        ),
    )
    if study is not None:
        _result(study)


def _result(study: Components) -> None:
    st.success(text.unbroken(text.literal(study.why)), icon=":material/insights:")
    name = f"components-{study.backbone}"
    figures.shown(
        components_curve(study.points, study.recommended),
        key=f"{name}-{study.whiten}",
        alt=_("Accuracy of {backbone} against the number of principal components").format(
            backbone=called(study.backbone)
        ),
        files=Files(name, lambda: _table(study)),
    )
    explanation = _(
        "The folds are the same for every number; scaling, components and the probe's settings are fitted inside each. "
        "Bars are Wilson intervals. Enough are the fewest that the best number is not likely to beat by more than a "
        "point. Choose them as the reduction above and compare again."
    )
    fine_print(study, explanation)
    with st.container(horizontal=True):
        downloads.document(_("Download components (JSON)"), study.as_json, f"{name}.json")
        downloads.table(_("Download components (CSV)"), *_table(study), f"{name}.csv")


def _table(study: Components) -> Table:
    headings = ["components", "variance", "accuracy_mean", "accuracy_ci_low", "accuracy_ci_high"]
    return headings, [
        [point.components, point.variance, point.accuracy_mean, *point.accuracy_ci] for point in study.points
    ]
