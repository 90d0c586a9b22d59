"""A fine-tuning that is over: how accurate it is, whether it was worth it, and its curves."""

from __future__ import annotations

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.data.dataset import Dataset
from core.errors import GraftError
from core.evaluation.pairwise.difference import Difference
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.runs import Run
from core.tasks.results import Finetuned
from core.training.cache.record import cache_in_words, read_cache
from core.training.results.baseline import difference_to, gain, name_of
from core.training.results.history import read_averages
from core.training.results.outcome import evidence, judgement, kept_in_words, verdict
from pages.ui import figures, models, progress, resources, state, text
from pages.ui.figures import Files
from pages.ui.finetune.charts import averages_line, averages_table
from pages.ui.finetune.continuing import more_epochs
from pages.ui.finetune.live import classes_by_epoch, curves
from pages.ui.finetune.seeds import other_seeds
from pages.ui.i18n import _


def result(dataset: Dataset, job: Job, status: JobStatus) -> None:
    """Draws what came of it and whether it helped, links to go on with, and the curves."""
    finetuned = progress.result(status, Finetuned)
    run = next(iter(state.runs_of(job)), None)
    if finetuned is not None and run is not None:
        split = _split(run)
        improvement = _gain(run, split)
        answer(run, split, improvement, status.seconds or 0)
        progress.photo_warnings(finetuned.warnings)
        if improvement is None:
            st.caption(_("Was it worth it? Compare backbones once, and this page sets the two side by side."))
            state.link("compare", _("Compare backbones"), ":material/leaderboard:")
        elif verdict(improvement, run.kept) != "better":
            probe_instead(dataset, run)
        onwards(run)
        more_epochs(job, run)
        other_seeds(job, run, split)
    curves(job)
    if run is not None:
        classes_by_epoch(job, run)
        averages(run)
        if words := cache_in_words(read_cache(run.path)):
            st.caption(text.literal(words))


def _split(run: Run) -> str:
    """The photos that fine-tuning is judged by: the test photos only where the user asks for them."""
    if not run.predictions_path(name_of("test")).exists():
        return "val"
    explanations = {
        "val": _("Validation photos were not trained on, but the best epoch was chosen by them: slightly flattering."),
        "test": _("Test photos were used for nothing else. Look at them once, when all choices are made."),
    }
    split = st.segmented_control(
        _("Judge it on"),
        list(explanations),
        default="val",
        required=True,
        format_func=lambda name: text.split_name(name).capitalize(),
        key=f"finetune-split-{state.run_key(run)}",
    )
    st.caption(explanations[split])
    return str(split)


def answer(run: Run, split: str, improvement: Difference | None, seconds: float) -> None:
    """Draws whether it helped and how good the model is; green only where it surely beats the frozen probe."""
    score = run.metrics[split]
    accuracy = _("**{accuracy}** of {n} {split} photos are right (95 % interval {ci}), after {time}; {kept}.").format(
        accuracy=numbers.percent(score.accuracy),
        n=score.n,
        split=text.split_name(split),
        ci=numbers.interval(score.accuracy_ci),
        time=text.duration(seconds),
        kept=kept_in_words(run.kept),
    )
    if improvement is None:
        st.info(text.unbroken(accuracy), icon=":material/insights:")
        return
    box = st.success if verdict(improvement, run.kept) == "better" else st.warning
    reasons = text.literal(" ".join(evidence(improvement, run.kept, split)))
    box(
        text.unbroken(f"**{text.literal(judgement(improvement, run.kept))}** {accuracy}\n\n{reasons}"),
        icon=":material/balance:",
    )


def averages(run: Run) -> None:
    """Draws what the averages between the probe and the fine-tuned weights came to, where some were tried."""
    try:
        tried = read_averages(run.path)
    except GraftError as problem:
        st.caption(text.literal(str(problem)))
        return
    if tried is None:
        return
    with st.expander(_("Between the probe and the fine-tuned weights"), icon=":material/blender:"):
        st.caption(
            _(
                "After the last epoch, averages of weights are tried on the validation photos. The lowest loss is "
                "kept, unless fewer photos are right than with the probe."
            )
        )
        figures.shown(
            resources.figure(averages_line, tried),
            f"averages-{run.path.parent.name}",
            _("Validation loss and accuracy of averages of weights"),
            Files("averages", lambda: averages_table(tried)),
        )


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


def _gain(run: Run, split: str) -> Difference | None:
    """What fine-tuning brought on the same images; None where there is no probe to compare with."""
    try:
        return gain(run, split) or (_gain_on_probe(run) if split == "val" else None)
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
