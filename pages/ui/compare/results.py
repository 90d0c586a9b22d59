"""The results of a comparison: so far, at the end, and in closer looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core.backbones.names import called
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.jobs.store import Job
from core.probing.comparison.candidates import is_floor
from core.probing.comparison.comparison import Probed
from core.probing.comparison.shortlist import Shortlist
from core.probing.crossval.crossval import ProbeResult
from pages.ui import figures, progress, resources, state, text
from pages.ui.charts.accuracy import accuracy_bars
from pages.ui.compare import components, curve, depth, framing, maps, side, verdict
from pages.ui.i18n import _

# Draws the answer to one question, from the photos, the results (the most accurate first) and the comparison's job.
Section = Callable[[Dataset, Sequence[ProbeResult], Job], None]


def so_far(job: Job) -> None:
    """Draws the results so far, of a comparison that is running or was stopped."""
    for shortlist in progress.reported(job, "shortlist", Shortlist)[-1:]:
        verdict.first_look(shortlist)
    ended = dict.fromkeys(progress.reported(job, "result", Probed))  # a resumed comparison reports the same one twice
    names = [(of.backbone, of.probe) for of in ended]
    probed = [result for name in names if (result := resources.probe_result(job, *name)) is not None]
    if probed:
        bars = resources.results_figure(job, names, partial(accuracy_bars, probed))
        figures.drawn(bars, f"so-far-{job.id}", _("Accuracy of the backbones that are done"))


def results(dataset: Dataset, job: Job) -> None:
    """Draws the verdict, the numbers behind it, and closer looks."""
    comparison = resources.comparison(job)
    if comparison is None:
        st.info(_("What was found here cannot be read by this version of Graft. Compare again."))
        return
    for failure in comparison.failures:
        st.warning(text.literal(f"{called(failure.backbone)}: {failure.message}"), icon=":material/warning:")
    if (comparison.dataset.fingerprint or dataset.fingerprint) != dataset.fingerprint:
        st.warning(_("The photos were edited after this comparison. Compare again."), icon=":material/edit:")
    probe, judgement = verdict.choose(job, comparison)
    ranked = comparison.of(probe)
    verdict.answer(ranked, judgement)
    progress.photo_warnings(comparison.dataset.warnings)
    offered = recommended_first(ranked, judgement.recommended)
    onwards(offered, job)
    verdict.details(ranked, judgement, comparison)
    verdict.download(comparison)
    closer(dataset, ranked, offered, job)


def recommended_first(ranked: Sequence[ProbeResult], recommended: str) -> list[ProbeResult]:
    """The results in the order in which their backbones are offered: the recommended one first, the floor last."""
    return sorted(ranked, key=lambda result: (result.backbone != recommended, is_floor(result.backbone)))


def closer(dataset: Dataset, ranked: Sequence[ProbeResult], offered: Sequence[ProbeResult], job: Job) -> None:
    """Draws the choice of a question, and its answer; one about a single backbone begins with the first offered."""
    sections: dict[str, tuple[str, Section]] = {
        "side": (_("How do they differ?"), side.section),
        "curve": (_("What would more photos bring?"), curve.section),
        "depth": (_("Where to begin to fine-tune?"), depth.section),
        "framing": (_("Is the subject cut off?"), framing.section),
        "components": (_("How many dimensions are enough?"), components.section),
        "map": (_("What does a backbone see?"), maps.section),
    }
    st.subheader(_("Look closer"))
    framing.proposal(dataset, offered[0].backbone)
    chosen = st.pills(
        _("Question"),
        list(sections),
        default=next(iter(sections)),
        required=True,
        format_func=lambda key: sections[key][0],
        key=f"closer-{job.id}",
        label_visibility="collapsed",
        wrap=True,
    )
    sections[chosen][1](dataset, ranked if chosen == "side" else offered, job)


def onwards(offered: Sequence[ProbeResult], job: Job) -> None:
    """Draws links to the next steps, with the backbone that the verdict recommends.

    Args:
        offered: one probe's results, the recommended backbone's first.
        job: the comparison.
    """
    trainable = [result.backbone for result in offered if info(result.backbone).trainable]
    with st.container(horizontal=True):
        if trainable:
            label = _("Next: fine-tune {name}").format(name=text.literal(called(trainable[0])))
            state.link("finetune", label, ":material/model_training:", backbone=trainable[0])
        first = offered[0]
        made = (first.backbone, first.probe)
        probe = next((run for run in state.runs_of(job) if (run.backbone, run.method) == made), None)
        if probe is not None and not is_floor(first.backbone):
            label = _("Judge the probe on {name}").format(name=text.literal(called(first.backbone)))
            state.link("evaluate", label, ":material/fact_check:", run=state.run_key(probe))
