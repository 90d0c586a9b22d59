"""Before a training: what the probe reaches, and what each mode would take on this machine."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.backbones.names import called
from core.data.dataset import Dataset
from core.errors import GraftError
from core.numbers import count, interval, percent
from core.scores import SplitScore
from core.tasks.forecasting import ForecastRequest
from core.training.choices import mode_label
from core.training.planning.forecast import Forecast, ModeTiming
from core.training.planning.presets import usual
from pages.ui import jobs, progress, state, text
from pages.ui.i18n import _

EPOCHS = 10


def section(dataset: Dataset, backbone: str, epochs: int = EPOCHS) -> None:
    """Draws what is known of a backbone before it is trained; what is not is measured when the user asks.

    Args:
        dataset: the photos.
        backbone: its name.
        epochs: of the trainings that are forecast.
    """
    request = ForecastRequest(
        workspace=state.workspace(), dataset=dataset.id, fingerprint=dataset.fingerprint, backbone=backbone
    )
    job = jobs.latest(request)
    score = _probe_score(dataset, backbone)
    if score is not None:
        _probe(score.accuracy, score.accuracy_ci, score.n, backbone)
    if job is None:
        if st.button(
            _("What would it take?"),
            icon=":material/timer:",
            key=f"forecast-{backbone}",
            help=_("Times a few batches of your photos in each mode, on this machine."),
        ):
            jobs.submit(request)
            st.rerun()
        return
    if progress.panel(job).state != "done":
        return
    try:
        made = Forecast.load(job.path)
    except GraftError as problem:
        st.warning(text.literal(str(problem)))
        return
    if score is None and made.accuracy is not None:
        _probe(made.accuracy, made.interval, made.extent.val, backbone)
    _modes(made, backbone, epochs)


def _probe_score(dataset: Dataset, backbone: str) -> SplitScore | None:
    """What a comparison's probe on this backbone scored on the validation photos as they are now."""
    for run in state.runs(dataset.id):
        if run.kind == "probe" and run.backbone == backbone and run.fingerprint == dataset.fingerprint:
            return run.metrics.get("val")
    return None


def _probe(accuracy: float, ends: tuple[float, float], n: int, backbone: str) -> None:
    words = _(
        "A probe on {backbone}, frozen, gets **{accuracy}** of {n} validation photos right (95 % interval {ends}). "
        "Fine-tuning has to beat that."
    )
    st.markdown(
        text.unbroken(
            words.format(
                backbone=text.literal(called(backbone)), accuracy=percent(accuracy), n=count(n), ends=interval(ends)
            )
        )
    )


def _modes(made: Forecast, backbone: str, epochs: int) -> None:
    """A row for each mode: how long, how much memory, and how much of the disk."""
    rows = made.outlooks(replace(usual(backbone), epochs=epochs))
    st.dataframe(
        {
            _("What learns"): [_named(row) for row, _seen in rows],
            _("Time"): [text.duration(seen.seconds) for _row, seen in rows],
            _("Memory"): [_megabytes(seen.memory_bytes) for _row, seen in rows],
            _("Disk"): [_megabytes(seen.disk_bytes) for _row, seen in rows],
        },
        hide_index=True,
        key=f"forecast-rows-{backbone}",
    )
    st.caption(
        _("{epochs} epochs with random crops and mixup, by a few batches that were timed on this machine.").format(
            epochs=epochs
        )
    )


def _named(row: ModeTiming) -> str:
    if row.mode == "last":
        return _("{mode}: {n}").format(mode=mode_label(row.mode), n=row.last_stages)
    return mode_label(row.mode)


def _megabytes(n_bytes: int) -> str:
    return _("{n} MB").format(n=count(max(1, round(n_bytes / 2**20))))
