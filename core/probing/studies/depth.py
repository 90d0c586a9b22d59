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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.errors import ProbeError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.i18n import ngettext
from core.probing.comparison.candidates import candidate
from core.probing.comparison.verdict import Pair, compared
from core.probing.crossval.crossval import ProbeResult, cross_validate
from core.probing.facts import DatasetFacts
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.study import Study
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


@dataclass(frozen=True)
class Stage:
    """How well a probe does after one stage.

    Attributes:
        name: the stage's name.
        width: of its features.
        accuracy_mean: the mean of the folds' accuracies.
        accuracy_ci: the 95 % Wilson interval of the accuracy.
        fold_accuracy: each fold's accuracy, repeat after repeat.
    """

    name: str
    width: int
    accuracy_mean: float
    accuracy_ci: Interval
    fold_accuracy: tuple[float, ...]

    @classmethod
    def of(cls, name: str, result: ProbeResult) -> Stage:
        """What a cross-validation found of a stage."""
        return cls(name, result.feature_dim, result.accuracy_mean, result.accuracy_ci, result.fold_accuracy)

    def as_json(self) -> dict[str, object]:
        """As one of the `stages` of `depth --json`."""
        return {
            "name": self.name, "width": self.width, "accuracy_mean": self.accuracy_mean,
            "accuracy_ci": list(self.accuracy_ci), "fold_accuracy": list(self.fold_accuracy),
        }  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Stage:
        """From what `as_json` gave."""
        low, high = row["accuracy_ci"]
        folds = tuple(map(float, row["fold_accuracy"]))
        return cls(str(row["name"]), int(row["width"]), float(row["accuracy_mean"]), (float(low), float(high)), folds)


@dataclass(frozen=True, eq=False)
class Depth(Study):
    """How well a probe does after each stage of one backbone.

    Attributes:
        backbone: its registered name.
        probe: the kind of probe.
        folds: how many folds one repeat had.
        repeats: how often the cross-validation was repeated with other folds.
        n: how many training images were looked at.
        stages: what the probe reached after each stage, from input to output.
        pairs: the last stage against each earlier one, in their order.
        suggestion: where to begin to fine-tune.
        notes: what a reader of the numbers has to know, in sentences.
        seed: of the folds.
        dataset: the photos.
    """

    FILE: ClassVar[str] = "depth.json"

    backbone: str
    probe: str
    folds: int
    repeats: int
    n: int
    stages: tuple[Stage, ...]
    pairs: tuple[Pair, ...]
    suggestion: Suggestion
    notes: tuple[str, ...] = ()
    seed: int = 0
    dataset: DatasetFacts = field(default_factory=DatasetFacts)

    def as_json(self) -> dict[str, Any]:
        """The document of `depth --json`."""
        return {
            "backbone": self.backbone,
            "probe": self.probe,
            "folds": self.folds,
            "repeats": self.repeats,
            "n": self.n,
            "stages": [stage.as_json() for stage in self.stages],
            "pairs": [pair.as_json() for pair in self.pairs],
            "suggestion": {**dataclasses.asdict(self.suggestion), "stages": list(self.suggestion.stages)},
            "notes": list(self.notes),
            "seed": self.seed,
            "dataset": self.dataset.id,
            "dataset_name": self.dataset.name,
            "warnings": list(self.dataset.warnings),
        }

    def to_json(self) -> dict[str, Any]:
        """The document, and the photos' fingerprint."""
        return {**self.as_json(), "fingerprint": self.dataset.fingerprint}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Depth:
        """From what `to_json` gave, or from the document that older versions of Graft kept."""
        suggestion = content["suggestion"]
        return cls(
            backbone=str(content["backbone"]),
            probe=str(content["probe"]),
            folds=int(content["folds"]),
            repeats=int(content["repeats"]),
            n=int(content["n"]),
            stages=tuple(Stage.from_json(row) for row in content["stages"]),
            pairs=tuple(Pair.from_json(row) for row in content["pairs"]),
            suggestion=Suggestion(
                str(suggestion["mode"]),
                int(suggestion["last_stages"]),
                tuple(map(str, suggestion["stages"])),
                str(suggestion["why"]),
            ),
            notes=tuple(map(str, content["notes"])),
            seed=int(content["seed"]),
            dataset=DatasetFacts.from_json(content),
        )


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
    config = config or ProbeConfig()
    results: list[ProbeResult] = []
    for done, (name, features) in enumerate(stages.items()):
        result = cross_validate(features, config, part(report, 100 * done, 100, 100 * len(stages)))
        results.append(result)
        message = _("{stage}: accuracy {accuracy:.1%}").format(stage=name, accuracy=result.accuracy_mean)
        ended = {"stage": {"name": name, "accuracy_mean": result.accuracy_mean}}
        report(Progress(100 * (done + 1), 100 * len(stages), message, result.backbone, ended))
    candidates = [
        dataclasses.replace(candidate(result), name=name) for name, result in zip(stages, results, strict=True)
    ]
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
