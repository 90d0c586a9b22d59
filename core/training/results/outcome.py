"""What came of a fine-tuning: whether it was worth it beside the probe, and which weights were kept; in words, too.

Everything is read from the run's directory, without torch. The page and the command line say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.evaluation.pairwise.difference import Difference
from core.i18n import gettext as _
from core.numbers import count, no_points, points, points_interval, significant
from core.runs import Run
from core.scores import KeptEpoch, metrics_as_json
from core.training.cache.record import TrunkCache, read_cache
from core.training.results.baseline import gain, gain_as_json, mcnemar_p
from core.training.results.history import (
    EMA,
    LINE,
    RAW,
    SOUP,
    START,
    Averages,
    Epoch,
    as_json,
    read_averages,
    read_history,
)

HARDLY = 0.02
"""A gain of so many points or fewer is hardly worth a training."""


@dataclass(frozen=True)
class Outcome:
    """What came of a fine-tuning.

    Attributes:
        run: the run; of its scores those that may be told.
        history: its epochs.
        averages: the averages of weights that were tried; None where none were.
        gains: by split what it brought beyond the probe; a split that may not be told, or has no probe, is missing.
        cache: whether what is frozen was computed once; None where nothing is said of it.
    """

    run: Run
    history: tuple[Epoch, ...]
    averages: Averages | None
    gains: Mapping[str, Difference]
    cache: TrunkCache | None = None

    def as_json(self) -> dict[str, Any]:
        """The document of `finetune --json`, without what is known of the photos alone."""
        run, val = self.run, self.gains.get("val")
        content = {
            "run": str(run.path),
            "dataset": run.dataset_id,
            "dataset_name": run.dataset_name,
            "backbone": run.backbone,
            "classes": list(run.classes),
            "metrics": metrics_as_json(run.metrics, run.kept),
            "verdict": verdict(val, run.kept) if val else None,
            "baseline": gain_as_json(val),
        }
        if "test" in run.metrics:
            content["baseline_test"] = gain_as_json(self.gains.get("test"))
        averages = {**self.averages.to_json(), "kept": self.averages.best.weights} if self.averages else None
        cache = self.cache.told() if self.cache else None
        return {
            **content,
            "averages": averages,
            "trunk_cache": cache,
            "history": as_json(self.history),
            "seconds": run.seconds,
        }


def read_outcome(run: Run, *, test: bool) -> Outcome:
    """What came of a finished fine-tuning.

    Args:
        run: the run.
        test: whether the test photos may be told of, too.

    Raises:
        GraftError: a file of the run is damaged.
    """
    told = {split: score for split, score in run.metrics.items() if test or split != "test"}
    gains = {split: gain(run, split) for split in told}
    return Outcome(
        run=replace(run, metrics=told),
        history=read_history(run.path),
        averages=read_averages(run.path),
        cache=read_cache(run.path),
        gains={split: improvement for split, improvement in gains.items() if improvement is not None},
    )


def verdict(improvement: Difference, kept: KeptEpoch) -> str:
    """Whether fine-tuning helped: "better", "unsure", "none" or "worse"; "start" where the probe itself was kept.

    Only a gain that is larger than chance counts, and only where the interval leaves no more than `HARDLY` to be gained
    there is none: few photos that show no gain show no lack of one either.
    """
    if kept.weights == START:
        return "start"
    low, high = improvement.interval
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "none" if improvement.accuracy <= 0 and high <= HARDLY else "unsure"


def judgement(improvement: Difference, kept: KeptEpoch) -> str:
    """The verdict in a sentence."""
    return {
        "start": _("Fine-tuning found nothing better than the probe it began with: the model is that probe."),
        "better": _("Fine-tuning helped."),
        "unsure": _("Whether fine-tuning helped cannot be told from so few photos."),
        "none": _("Fine-tuning did not help."),
        "worse": _("Fine-tuning made it worse."),
    }[verdict(improvement, kept)]


def evidence(improvement: Difference, kept: KeptEpoch, split: str) -> tuple[str, ...]:
    """What the verdict rests on: the gain with its interval, the counts behind it, and what these photos chose.

    Where the probe itself was kept there is no difference to tell.
    """
    if kept.weights == START:
        return ()
    return (
        _gained(improvement).format(
            n=count(improvement.n),
            split=_("test") if split == "test" else _("validation"),
            points=points(abs(improvement.accuracy)),
            ends=points_interval(improvement.interval),
        ),
        _("{tuned} are right only fine-tuned, {frozen} only with the probe (exact McNemar test, {chance}).").format(
            tuned=count(improvement.only_a), frozen=count(improvement.only_b), chance=_p_in_words(improvement)
        ),
        _("Nothing was chosen by the test photos.")
        if split == "test"
        else _("The epoch was chosen on these photos, which flatters fine-tuning a little; test photos chose nothing."),
    )


def _gained(improvement: Difference) -> str:
    if no_points(improvement.accuracy):
        return _("On the same {n} {split} photos it is as accurate as the probe (95 % interval {ends} points).")
    if improvement.accuracy > 0:
        return _("On the same {n} {split} photos it is better than the probe by {points} points (95 %: {ends}).")
    return _("On the same {n} {split} photos it is worse than the probe by {points} points (95 %: {ends}).")


def _p_in_words(improvement: Difference) -> str:
    p = mcnemar_p(improvement)
    return _("p below 0.001") if p < 0.001 else _("p = {p}").format(p=significant(p, 2))


def kept_in_words(kept: KeptEpoch) -> str:
    """Which weights a run holds, in a clause."""
    if kept.weights == START:
        return _("the probe it began with is kept")
    if kept.weights == EMA:
        return _("the moving average of the weights after epoch {epoch} is kept").format(epoch=kept.best_epoch)
    if kept.weights == SOUP:
        return _("an average of checkpoints is kept")
    if kept.weights == RAW:
        return _("epoch {epoch} is kept").format(epoch=kept.best_epoch)
    return _("an average is kept: {share} % of the way from the probe to epoch {epoch}").format(
        share=round(100 * float(kept.weights)), epoch=kept.best_epoch
    )


def weights_name(weights: str) -> str:
    """What weights that were tried at the end are called on the way from the probe to the best epoch."""
    if weights in {f"{share:g}" for share in LINE}:
        return _("{share} % fine-tuned").format(share=round(100 * float(weights)))
    return {START: _("probe"), SOUP: _("soup")}.get(weights, _("fine-tuned"))
