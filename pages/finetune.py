"""Is fine-tuning worth it, and what happens while it runs?"""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.probing.pairwise.difference import difference
from core.runs import Run
from core.tasks.requests import FinetuneRequest
from core.tasks.results import Finetuned
from core.training.config import FinetuneConfig, optimizer_label
from pages.ui import figures, frame, progress, resources, state, text
from pages.ui.charts.history import training_history
from pages.ui.finetune import form as training_forms
from pages.ui.finetune.preview import augmentation_preview
from pages.ui.i18n import _


def main() -> None:
    """The page: what to train and how, the live run, and its result."""
    st.title(_("Fine-tune"))
    dataset = state.require_dataset()
    st.markdown(
        _(
            "A new head is trained for your classes and, if you wish, the backbone with it. The validation images say "
            "after each epoch how good it is; the best epoch is kept."
        )
    )
    try:
        config = training_forms.finetuning(state.suggested_backbone(), *state.suggested_training())
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    title = _("Augmentation: what each image may look like in training")
    with st.expander(title, key="augmentation", icon=":material/auto_awesome:", on_change="rerun") as shown:
        config = training_forms.augmentation(config)
        if shown.open:
            augmentation_preview(dataset, config)
    if st.button(_("Fine-tune"), type="primary", icon=":material/model_training:"):
        start(dataset, config)
    job = state.job("finetune", dataset.id)
    if job is None:
        return
    st.divider()
    about(job)
    status = progress.panel(job, live=curves)
    if status.state == "done":
        result(job, status)
    elif status.is_over:
        curves(job)


def start(dataset: Dataset, config: FinetuneConfig) -> None:
    """Queues a fine-tuning."""
    state.submit(FinetuneRequest(workspace=state.workspace(), dataset=dataset.id, config=config))
    st.rerun()


def about(job: Job) -> None:
    """Which run this is."""
    st.subheader(text.literal(text.shortened(job.spec.title, 120)))
    try:
        config = FinetuneRequest.of(job.spec).config
    except GraftError as problem:
        st.caption(text.literal(str(problem)))
        return
    st.caption(
        _("{epochs} epochs at most · learning rate {lr:g} · batches of {batch} · {optimizer} · seed {seed}").format(
            epochs=config.epochs,
            lr=config.lr,
            batch=config.batch_size,
            optimizer=optimizer_label(config.optimizer),
            seed=config.seed,
        )
    )


def curves(job: Job) -> None:
    """The losses, accuracies and the learning rate so far."""
    epochs = progress.reported(job, "epoch")
    if epochs:
        last = epochs[-1]
        st.caption(
            _("Epoch {n}: validation accuracy {accuracy}, {seconds} an epoch.").format(
                n=last["epoch"],
                accuracy=text.percent(last["val_accuracy"]),
                seconds=text.duration(last["seconds"]),
            )
        )
        figures.shown(
            resources.figure(training_history, epochs, None, _epochs(job)),
            f"curves-{job.id}",
            _("Losses, accuracies and the learning rate by epoch"),
            "history",
        )


def _epochs(job: Job) -> int | None:
    """How many epochs there will be at most; None where that cannot be read."""
    try:
        return FinetuneRequest.of(job.spec).config.epochs
    except GraftError:
        return None


def result(job: Job, status: JobStatus) -> None:
    """What came of it, and where to go."""
    finetuned = progress.result(status, Finetuned)
    run = next(iter(state.runs_of(job)), None)
    if finetuned is not None and run is not None:
        judged = run.metrics["val"]
        st.success(
            _("**{accuracy}** of {n} validation images are right (95 % interval {ci}), after {time}.").format(
                accuracy=text.percent(judged["accuracy"]),
                n=judged["n"],
                ci=text.interval(judged["accuracy_ci"]),
                time=text.duration(status.seconds or 0),
            ),
            icon=":material/insights:",
        )
        progress.doubts(finetuned.warnings)
        worth_it(run)
        onwards(run)
    curves(job)


def onwards(run: Run) -> None:
    """Where to go with the model. Links: a preview that ticks while the page is switched could leave it empty."""
    where = {"run": state.run_key(run)}
    with st.container(horizontal=True):
        for page, label, icon in (
            ("pages/evaluate.py", _("Next: see where it fails"), ":material/fact_check:"),
            ("pages/predict.py", _("Try it, or take it home"), ":material/package_2:"),
        ):
            st.page_link(page, label=label, icon=icon, query_params=where, width="content")


def worth_it(run: Run) -> None:
    """Whether fine-tuning beats a probe on the frozen backbone, on the same validation images."""
    probes = [other for other in state.runs(run.dataset_id) if (other.kind, other.backbone) == ("probe", run.backbone)]
    if not probes:
        st.caption(_("Was it worth it? Compare backbones once, and this page sets the two side by side."))
        st.page_link("pages/compare.py", label=_("Compare backbones"), icon=":material/leaderboard:")
        return
    try:
        mine, _mine = resources.judged(run.predictions_path("val"))
        frozen, _frozen = resources.judged(probes[0].predictions_path("val"))
        change = difference(_("fine-tuned"), mine, _("frozen, with a probe"), frozen)
    except GraftError as problem:
        st.caption(text.literal(str(problem)))
        return
    st.info(text.literal(change.sentence), icon=":material/balance:")
    st.caption(_("The epoch was chosen on these images, which flatters fine-tuning a little."))


frame.enter(main)
