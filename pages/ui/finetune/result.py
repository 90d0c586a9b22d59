"""A fine-tuning while it runs and when it is over: its curves, its accuracy, and whether it was worth it."""

from __future__ import annotations

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.data.dataset import Dataset
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.probing.pairwise.difference import Difference
from core.runs import Run
from core.tasks.requests import FinetuneRequest
from core.tasks.results import Finetuned
from core.training.baseline import difference_to, gain, judgement
from pages.ui import figures, models, progress, resources, state, text
from pages.ui.charts.history import history_table, training_history
from pages.ui.figures import Files
from pages.ui.i18n import _


def curves(job: Job) -> None:
    """The losses, accuracies and the learning rate so far."""
    epochs = progress.epochs(job)
    if epochs:
        last = epochs[-1]
        st.caption(
            _("Epoch {n}: validation accuracy {accuracy}, {seconds} an epoch.").format(
                n=last.epoch,
                accuracy="–" if last.val_accuracy is None else numbers.percent(last.val_accuracy),
                seconds=text.duration(last.seconds),
            )
        )
        figures.shown(
            resources.figure(training_history, epochs, _most_epochs(job)),
            f"curves-{job.id}",
            _("Losses, accuracies and the learning rate by epoch"),
            Files("history", lambda: history_table(epochs)),
        )


def _most_epochs(job: Job) -> int | None:
    """How many epochs there will be at most; None where that cannot be read."""
    try:
        return FinetuneRequest.of(job.spec).config.epochs
    except GraftError:
        return None


def result(dataset: Dataset, job: Job, status: JobStatus) -> None:
    """Draws what came of it and whether it helped, links to go on with, and the curves."""
    finetuned = progress.result(status, Finetuned)
    run = next(iter(state.runs_of(job)), None)
    if finetuned is not None and run is not None:
        improvement = _gain(run)
        answer(run, improvement, status.seconds or 0)
        progress.photo_warnings(finetuned.warnings)
        if improvement is None:
            st.caption(_("Was it worth it? Compare backbones once, and this page sets the two side by side."))
            state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        elif improvement.interval[0] <= 0:
            probe_instead(dataset, run)
        onwards(run)
    curves(job)


def answer(run: Run, improvement: Difference | None, seconds: float) -> None:
    """Draws whether it helped and how good the model is; green only where it surely beats the frozen probe."""
    score = run.metrics["val"]
    accuracy = _("**{accuracy}** of {n} validation photos are right (95 % interval {ci}), after {time}.").format(
        accuracy=numbers.percent(score.accuracy),
        n=score.n,
        ci=numbers.interval(score.accuracy_ci),
        time=text.duration(seconds),
    )
    if improvement is None:
        st.info(text.unbroken(accuracy), icon=":material/insights:")
        return
    box = st.success if improvement.interval[0] > 0 else st.warning
    flattered = _("The epoch was chosen on these photos, which flatters fine-tuning a little.")
    sentences = (
        f"**{text.literal(judgement(improvement))}** {accuracy}\n\n{text.literal(improvement.sentence)} {flattered}"
    )
    box(text.unbroken(sentences), icon=":material/balance:")


def probe_instead(dataset: Dataset, run: Run) -> None:
    """Draws links to the probe that fine-tuning did not beat: the recommended one, else one on the same backbone."""
    runs = state.runs(dataset.id)
    current = models.current(dataset, runs)
    offered = [current.run] if current else []
    offered += [known for known in runs if known.backbone == run.backbone]
    probe = next((known for known in offered if known.kind == "probe"), None)
    if probe is None:
        st.caption(_("Compare backbones once: then you can take the probe instead."))
        state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        return
    name = text.literal(called(probe.backbone))
    links = [("evaluate", _("Look at the probe on {name} instead").format(name=name), ":material/fact_check:")]
    if probe.portable:
        links.append(("predict", _("Try the probe, or take it home"), ":material/package_2:"))
    with st.container(horizontal=True):
        for page, label, icon in links:
            state.link(page, label, icon, run=state.run_key(probe))


def onwards(run: Run) -> None:
    """Where to go with the model. Links: a preview that ticks while the page is switched could leave it empty."""
    with st.container(horizontal=True):
        for page, label, icon in (
            ("evaluate", _("Next: see where it fails"), ":material/fact_check:"),
            ("predict", _("Try this model, or take it home"), ":material/package_2:"),
        ):
            state.link(page, label, icon, run=state.run_key(run))


def _gain(run: Run) -> Difference | None:
    """What fine-tuning brought on the same validation images; None where there is no probe to compare with."""
    try:
        return gain(run) or _gain_on_probe(run)
    except GraftError as problem:
        st.caption(text.literal(str(problem)))
        return None


def _gain_on_probe(run: Run) -> Difference | None:
    """The same by a comparison's probe, for a run that an earlier Graft left without one; None where there is none."""
    probes = [probe for probe in state.runs(run.dataset_id) if (probe.kind, probe.backbone) == ("probe", run.backbone)]
    if not probes:
        return None
    tuned, frozen = (resources.evaluated(model.predictions_path("val"))[0] for model in (run, probes[0]))
    return difference_to(tuned, frozen)
