"""At which depth a backbone is most useful for these photos, and so where to begin to fine-tune it.

A probe is cross-validated on the features after each stage, on the same folds of the training split: linear classifier
probes (Alain & Bengio, "Understanding intermediate layers using linear classifier probes", 2016). Early stages are
general and late ones fit the data they were trained on (Yosinski et al., "How transferable are features in deep neural
networks?", NeurIPS 2014). Where accuracy stops rising before the last stage, what comes after is of another task.

Only the mean over places is probed, which tells less of an early stage than there is in it. And a probe tells where
features stop getting better, not what training would make of them: the suggestion is one to begin with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ProbeError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.comparison.candidates import candidate
from core.probing.comparison.verdict import Pair, compared
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.probes.probe import ProbeConfig
from core.progress import Progress, Report, part, silent

if TYPE_CHECKING:
    from core.features.features import Features

MOST_IMAGES = 2000
"""Of more training images than about this, a sample is looked at."""


@dataclass(frozen=True)
class Suggestion:
    """What to train, in the terms of a fine-tuning.

    Attributes:
        mode: "head", "last" or "full".
        last_stages: how many of the last stages, with "last"; else 1, which means nothing.
        stages: the names of the stages to train.
        why: in words, with the numbers.
    """

    mode: str
    last_stages: int
    stages: tuple[str, ...]
    why: str


@dataclass(frozen=True, eq=False)
class Depth:
    """How well a probe does after each stage of one backbone.

    Attributes:
        backbone: its registered name.
        stages: the stages' names, from input to output.
        results: what the probe reached after each.
        pairs: the last stage against each earlier one, in their order.
        suggestion: where to begin to fine-tune.
    """

    backbone: str
    stages: tuple[str, ...]
    results: tuple[ProbeResult, ...]
    pairs: tuple[Pair, ...]
    suggestion: Suggestion

    def as_json(self) -> dict[str, object]:
        """The document of `depth --json`."""
        last = self.results[-1]
        return {
            "backbone": self.backbone,
            "probe": last.probe,
            "folds": last.folds,
            "repeats": last.repeats,
            "n": len(last.oof),
            "stages": [
                {
                    "name": name,
                    "width": result.feature_dim,
                    "accuracy_mean": result.accuracy_mean,
                    "accuracy_ci": list(result.accuracy_ci),
                    "fold_accuracy": list(result.fold_accuracy),
                }
                for name, result in zip(self.stages, self.results, strict=True)
            ],
            "pairs": [pair.as_json() for pair in self.pairs],
            "suggestion": {**dataclasses.asdict(self.suggestion), "stages": list(self.suggestion.stages)},
            "notes": list(dict.fromkeys(note for result in self.results for note in result.notes)),
        }


def probe_depth(stages: Mapping[str, Features], config: ProbeConfig | None = None, report: Report = silent) -> Depth:
    """Cross-validates a probe after every stage, on the same folds of the training split.

    Args:
        stages: the features after each stage, by its name, from input to output: what `stage_features` gives.
        config: how to probe.
        report: told of every fold; the step that ends a stage carries `data={"stage": …}`.

    Raises:
        ProbeError: there are fewer than two stages, or too few images.
    """
    if len(stages) < 2:
        raise ProbeError(_("Depth is compared between at least two stages; this backbone has fewer."))
    results: list[ProbeResult] = []
    for done, (name, features) in enumerate(stages.items()):
        results.append(cross_validate(features, config, part(report, 100 * done, 100, 100 * len(stages))))
        message = _("{stage}: accuracy {accuracy:.1%}").format(stage=name, accuracy=results[-1].accuracy_mean)
        data = {"stage": {"name": name, "accuracy_mean": results[-1].accuracy_mean}}
        report(Progress(100 * (done + 1), 100 * len(stages), message, results[-1].backbone, data))
    names = tuple(stages)
    candidates = [
        dataclasses.replace(candidate(result), name=name) for name, result in zip(names, results, strict=True)
    ]
    pairs = tuple(compared(candidates[-1], earlier, results[-1].folds) for earlier in candidates[:-1])
    return Depth(results[-1].backbone, names, tuple(results), pairs, suggest(names, results, pairs))


def suggest(names: tuple[str, ...], results: list[ProbeResult], pairs: tuple[Pair, ...]) -> Suggestion:
    """Where to begin to fine-tune.

    The last stage is set against the best of the earlier ones. Where it is surely better, nothing is too specialised
    and a new head is a start. Where it is not likely to be better by more than a point, what comes after that earlier
    stage brings nothing and is trained anew. In between, the last stage is trained. Where no stage does better than
    always to say the most frequent class, there is nothing to keep.

    Args:
        names: the stages' names, at least two.
        results: what the probe reached after each.
        pairs: the last stage against each earlier one.
    """
    at = max(range(len(pairs)), key=lambda i: (results[i].accuracy_mean, i))
    pair, facts = pairs[at], {"last": names[-1], "best": names[at], "sentence": pairs[at].sentence}
    usual = float(np.bincount(results[-1].oof.y_true).max()) / len(results[-1].oof)
    if max(result.accuracy_ci[0] for result in results) <= usual:
        why = _(
            "After no stage does a probe surely do better than always to say the most frequent class ({share:.1%} of "
            "the images). There is little to keep: train everything, or choose another backbone."
        ).format(share=usual)
        return Suggestion("full", 1, names, why)
    if pair.interval[0] > 0:
        why = _(
            "{sentence} So nothing in this backbone is too specialised for your photos: training the head alone is a "
            "good start, and the last stage with it the next step."
        ).format(**facts)
        return Suggestion("head", 1, (), why)
    if pair.p_better > 0.5:
        why = _("{sentence} So the last stage, {last}, is worth keeping, and worth adapting: train it with the head.")
        return Suggestion("last", 1, names[-1:], why.format(**facts))
    count = len(names) - 1 - at
    why = ngettext(
        "{sentence} What comes after {best} brings nothing that can be seen on your photos, so it may be too "
        "specialised: train the last stage with the head.",
        "{sentence} What comes after {best} brings nothing that can be seen on your photos, so it may be too "
        "specialised: train the last {count} stages with the head.",
        count,
    )
    return Suggestion("last", count, names[at + 1 :], why.format(**facts, count=count))
