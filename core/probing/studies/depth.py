"""At which depth a backbone is most useful for these photos, and so where to begin to fine-tune it.

A probe is cross-validated on the features after each stage, on the same folds of the training split: linear classifier
probes (Alain & Bengio, "Understanding intermediate layers using linear classifier probes", 2016). Early stages are
general and late ones fit the data they were trained on (Yosinski et al., "How transferable are features in deep neural
networks?", NeurIPS 2014). Where accuracy stops rising before the last stage, what comes after is of another task.

Only the mean over places is probed, which shows less of an early stage than there is in it. And a probe shows where
features stop getting better, not what training would make of them: the suggestion is one to begin with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.errors import ProbeError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import percent
from core.probing.comparison.against import BackbonePair, compared
from core.probing.comparison.candidates import candidate
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.facts import DatasetFacts
from core.probing.phases import Rows, cross_validating
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.study import FoldAccuracy, ProbeStudy
from core.progress import Plan, Progress, Report, silent
from core.records import Record

if TYPE_CHECKING:
    from core.features.features import Features

MOST_IMAGES = 2000
"""Of more training images than about this, only a sample is probed."""


@dataclass(frozen=True, kw_only=True)
class Suggestion(Record):
    """What to train, in the terms of a fine-tuning.

    Attributes:
        mode: "head", "last" or "full".
        last_stages: how many of the last stages, with "last"; 1 and of no meaning with the others.
        stages: the names of the stages to train.
        why: in words, with the numbers.
    """

    mode: str
    last_stages: int = 1
    stages: tuple[str, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class Stage(FoldAccuracy):
    """How well a probe does after one stage; one of the `stages` of `depth --json`.

    Attributes:
        name: the stage's name.
        width: of its features.
    """

    written: ClassVar[tuple[str, ...]] = ("name", "width", "accuracy_mean", "accuracy_ci", "fold_accuracy")

    name: str
    width: int

    @classmethod
    def of(cls, name: str, result: ProbeResult) -> Stage:
        """A stage with the result of its cross-validation."""
        return cls.measured(result, name=name, width=result.feature_dim)


@dataclass(frozen=True, eq=False, kw_only=True)
class Depth(ProbeStudy):
    """How well a probe does after each stage of one backbone.

    Its pairs are the last stage against each earlier one, in their order.

    Attributes:
        stages: the probe's accuracy after each stage, from input to output.
        suggestion: where to begin to fine-tune.
    """

    FILE: ClassVar[str] = "depth.json"

    stages: tuple[Stage, ...]
    suggestion: Suggestion

    def as_json(self) -> dict[str, Any]:
        """The document of `depth --json`."""
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "folds": self.folds,
            "repeats": self.repeats,
            "n": self.n,
            "stages": [stage.to_json() for stage in self.stages],
            "pairs": [pair.as_json() for pair in self.pairs],
            "suggestion": self.suggestion.to_json(),
            **self.closing_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Depth:
        """The study in a file's content, or in the document that older versions of Graft kept."""
        return cls(
            **cls.common_fields(content),
            stages=tuple(Stage.from_json(row) for row in content["stages"]),
            suggestion=Suggestion.from_json(content["suggestion"]),
        )


def probe_depth(stages: Mapping[str, Features], config: ProbeConfig | None = None, report: Report = silent) -> Depth:
    """Cross-validates a probe after every stage, on the same folds of the training split.

    Args:
        stages: the features after each stage, by its name, from input to output: what `stage_features` gives.
        config: how to probe.
        report: called after every fold; the step that ends a stage carries `data={"stage": …}`.

    Raises:
        ProbeError: there are fewer than two stages, or too few images.
    """
    if len(stages) < 2:
        raise ProbeError(_("Depth is compared between at least two stages; this backbone has fewer."))
    config = config or ProbeConfig()
    results = _cross_validated(stages, config, report)
    candidates = [replace(candidate(result), name=name) for name, result in zip(stages, results, strict=True)]
    last = results[-1]
    pairs = tuple(compared(candidates[-1], earlier, last.folds) for earlier in candidates[:-1])
    return Depth(
        backbone=last.backbone,
        probe=last.probe,
        folds=last.folds,
        repeats=last.repeats,
        n=len(last.oof),
        stages=tuple(Stage.of(name, result) for name, result in zip(stages, results, strict=True)),
        pairs=pairs,
        suggestion=suggest(tuple(stages), results, pairs),
        notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
        seed=config.seed,
        dataset=DatasetFacts.of_features(next(iter(stages.values()))),
    )


def _cross_validated(stages: Mapping[str, Features], config: ProbeConfig, report: Report) -> list[ProbeResult]:
    results: list[ProbeResult] = []
    n = len(next(iter(stages.values())).of("train").y)
    rows = {
        name: Rows(f"{features.backbone}/{name}", n, features.X.shape[1], len(features.classes))
        for name, features in stages.items()
    }
    plan = Plan(report, {name: (cross_validating(config, rows[name]),) for name in stages})
    for name, features in stages.items():
        report_stage = plan.begin(name)
        result = cross_validate(features, config, report_stage)
        results.append(result)
        message = _("{stage}: accuracy {accuracy}").format(stage=name, accuracy=percent(result.accuracy_mean))
        stage_done = {"stage": {"name": name, "accuracy_mean": result.accuracy_mean}}
        report_stage(Progress(1, 1, message, result.backbone, stage_done))
    return results


def suggest(names: tuple[str, ...], results: list[ProbeResult], pairs: tuple[BackbonePair, ...]) -> Suggestion:
    """Where to begin to fine-tune.

    The last stage is compared with the best of the earlier ones. Where it is surely better, nothing is too specialised
    and a new head is a start. Where it is not likely to be better by more than a point, what comes after that earlier
    stage brings nothing and is trained anew. In between, the last stage is trained. Where no stage surely does better
    than to name the most frequent class for every image, there is nothing to keep.

    Args:
        names: the stages' names, at least two.
        results: the probe's result after each.
        pairs: the last stage against each earlier one.
    """
    best = max(range(len(pairs)), key=lambda stage: (results[stage].accuracy_mean, stage))
    pair, facts = pairs[best], {"last": names[-1], "best": names[best], "sentence": pairs[best].sentence}
    chance = float(np.bincount(results[-1].oof.y_true).max()) / len(results[-1].oof)
    if max(result.accuracy_ci[0] for result in results) <= chance:
        why = _(
            "After no stage does a probe surely do better than naming the most frequent class every time ({share} "
            "of the photos). There is little to keep: train everything, or choose another backbone."
        ).format(share=percent(chance))
        return Suggestion(mode="full", stages=names, why=why)
    if pair.interval[0] > 0:
        why = _(
            "{sentence} So nothing in this backbone is too specialised for your photos: training the head alone is a "
            "good start, and the last stage with it the next step."
        ).format(**facts)
        return Suggestion(mode="head", stages=(), why=why)
    if pair.p_better > 0.5:
        why = _("{sentence} So the last stage, {last}, is worth keeping, and worth adapting: train it with the head.")
        return Suggestion(mode="last", stages=names[-1:], why=why.format(**facts))
    count = len(names) - 1 - best
    why = ngettext(
        "{sentence} What comes after {best} brings nothing that can be seen on your photos, so it may be too "
        "specialised: train the last stage with the head.",
        "{sentence} What comes after {best} brings nothing that can be seen on your photos, so it may be too "
        "specialised: train the last {count} stages with the head.",
        count,
    )
    return Suggestion(mode="last", last_stages=count, stages=names[best + 1 :], why=why.format(**facts, count=count))
