"""At which depth a backbone is most useful, and so where to begin to fine-tune it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.backbones.names import called
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.jobs.store import Job
from core.probing.comparison.candidates import is_alone
from core.probing.crossval.crossval import ProbeResult
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.depth import Depth, Suggestion
from core.tables import Table
from core.tasks.requests import DepthRequest
from core.training.choices import mode_label
from pages.ui import downloads, figures, state, text
from pages.ui.compare.charts.depth import depth_curve
from pages.ui.compare.measured import fine_print, measured, probing
from pages.ui.figures import Files
from pages.ui.i18n import _


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the choice of a backbone, the button that probes each of its stages, and where to begin to fine-tune."""
    st.caption(
        _(
            "The first stages of a network see edges and textures, the last ones what it was trained to tell apart. A "
            "probe after each stage shows where the backbone is most useful for your photos: what comes after that is "
            "worth training anew."
        )
    )
    trainable = [result.backbone for result in ranked if info(result.backbone).stages and is_alone(result.backbone)]
    if not trainable:
        st.info(_("None of the compared backbones has stages. Compare one that can be trained."))
        return
    backbone = st.selectbox(_("Backbone"), trainable, format_func=called, key=f"depth-backbone-{job.id}", width=280)
    compared = probing(job)
    request = DepthRequest(
        workspace=state.workspace(),
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        backbone=backbone,
        config=ProbeConfig(folds=compared.folds, repeats=compared.repeats, seed=compared.seed),
    )
    study = measured(
        request,
        Depth,
        lambda: st.button(
            _("Probe each stage"), icon=":material/layers:", help=_("One pass over the training photos.")
        ),
    )
    if study is not None:
        _result(study)


def _result(study: Depth) -> None:
    backbone, suggestion = study.backbone, study.suggestion
    st.success(text.unbroken(text.literal(suggestion.why)), icon=":material/insights:")
    _onwards(backbone, suggestion)
    figures.shown(
        depth_curve(study.stages, suggestion.stages),
        f"depth-{backbone}",
        _("Accuracy of a probe after each stage of {backbone}").format(backbone=called(backbone)),
        Files(f"depth-{backbone}", lambda: _table(study)),
    )
    explanation = _(
        "The folds are the same after every stage; Wilson intervals. Of an early stage only the mean over places is "
        "probed, so there may be more in it. It is a suggestion to begin with: a probe cannot tell what training would "
        "make of a stage."
    )
    fine_print(study, explanation)
    _download(study)


def _onwards(backbone: str, suggestion: Suggestion) -> None:
    mode, count = suggestion.mode, suggestion.last_stages
    training = mode_label(mode) if mode != "last" else _("{mode}: {n}").format(mode=mode_label(mode), n=count)
    label = _("Fine-tune {name} this way ({what})").format(name=text.literal(called(backbone)), what=training)
    state.link("finetune", label, ":material/model_training:", backbone=backbone, mode=mode, last_stages=str(count))


def _download(study: Depth) -> None:
    name = f"depth-{study.backbone}"
    with st.container(horizontal=True):
        downloads.document(_("Download depth (JSON)"), study.as_json, f"{name}.json")
        downloads.table(_("Download depth (CSV)"), *_table(study), f"{name}.csv")


def _table(study: Depth) -> Table:
    headings = ["stage", "features", "accuracy_mean", "accuracy_ci_low", "accuracy_ci_high"]
    return headings, [[stage.name, stage.width, stage.accuracy_mean, *stage.accuracy_ci] for stage in study.stages]
