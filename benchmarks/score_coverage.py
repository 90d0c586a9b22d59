"""How often the intervals of a confusion matrix's scores hold the truth: python -m benchmarks.score_coverage

Models are made up whose chances of every confusion are known, so that the true score is. Of each, many test sets are
drawn, and the interval of `core.evaluation.tilting` is made for each set. Beside it stands what Graft had before: a
bias-corrected bootstrap of each class's photos (Efron and Tibshirani 1993), which had nothing to resample where nothing
was wrong and took the accuracy's Wilson interval there.

Two kinds of models: "even" ones are as good on each class and confuse it with all others alike; "uneven" ones make all
mistakes on the first half of the classes, each with the next one. Printed for each: how many classes and photos a
class, the accuracy, and for each score which share of the intervals held the truth and how wide they were, before and
now.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import BALANCED_ACCURACY, KAPPA, MACRO_F1, MATTHEWS, Counts, Statistic
from core.evaluation.intervals import Z95, Interval, wilson
from core.evaluation.tilting import interval_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SCORES = {"balanced accuracy": BALANCED_ACCURACY, "macro F1": MACRO_F1, "Matthews": MATTHEWS, "kappa": KAPPA}
DRAWS = 500


@dataclass(frozen=True)
class Scene:
    """A made model and the size of its test sets.

    Attributes:
        kind: "even" or "uneven".
        classes: how many.
        photos: of each class.
        accuracy: how often the model is right.
    """

    kind: str
    classes: int
    photos: int
    accuracy: float

    @property
    def chances(self) -> Floats:
        """(c, c): how often a photo of each class is taken for each."""
        c, wrong = self.classes, 1 - self.accuracy
        if self.kind == "even":
            return np.where(np.eye(c, dtype=bool), self.accuracy, wrong / (c - 1))
        hard = np.arange(c) < (c + 1) // 2
        of_class = np.where(hard, wrong * c / hard.sum(), 0.0)
        return np.diag(1 - of_class) + np.roll(np.diag(of_class), 1, axis=1)

    def truth(self, statistic: Statistic) -> float:
        """The score of endless test sets."""
        return statistic.value(Counts.of(self.photos * self.chances))

    def draw(self, samples: int, seed: int) -> Ints:
        """(samples, c, c): confusion matrices of test sets."""
        random = np.random.default_rng((seed, self.classes, self.photos, round(1000 * self.accuracy)))
        rows = [random.multinomial(self.photos, row, size=samples) for row in self.chances]
        return np.stack(rows, axis=1).astype(np.int64)


def coverage(
    scene: Scene, statistic: Statistic, interval: Callable[[Ints, Statistic], Interval], samples: int, seed: int = 0
) -> tuple[float, float]:
    """Which share of the intervals of so many test sets holds the truth, and how wide they are on average."""
    truth, made = scene.truth(statistic), dict[bytes, Interval]()
    ends = np.empty((samples, 2))
    for turn, confusion in enumerate(scene.draw(samples, seed)):
        key = confusion.tobytes()
        if key not in made:  # of few photos many sets are alike
            made[key] = interval(confusion, statistic)
        ends[turn] = made[key]
    holds = (ends[:, 0] <= truth + 1e-9) & (truth - 1e-9 <= ends[:, 1])
    return float(holds.mean()), float(np.ptp(ends, axis=1).mean())


def bootstrapped(confusion: Ints, statistic: Statistic) -> Interval:
    """The interval that Graft had before."""
    right, n = int(confusion.trace()), int(confusion.sum())
    if right in (0, n):
        chance = float((confusion.sum(axis=1) / n) @ (confusion.sum(axis=1) / n)) if statistic.range[0] < 0 else 0.0
        low, high = ((end - chance) / (1 - chance) for end in wilson(right, n))
        return low, high
    random, photos = np.random.default_rng(0), confusion.sum(axis=1)
    rows = [random.multinomial(n_k, row / n_k, size=DRAWS) for n_k, row in zip(photos, confusion, strict=True)]
    values = np.array([statistic.value(Counts.of(resample)) for resample in np.stack(rows, axis=1)])
    estimate = statistic.value(Counts.of(confusion))
    below = float((values < estimate).mean() + (values == estimate).mean() / 2)
    bias = NormalDist().inv_cdf(min(max(below, 1 / DRAWS), 1 - 1 / DRAWS))
    low, high = np.quantile(values, [NormalDist().cdf(2 * bias + z) for z in (-Z95, Z95)])
    return min(float(low), estimate), max(float(high), estimate)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000, help="test sets of each model")
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 3, 10])
    parser.add_argument("--photos", type=int, nargs="+", default=[5, 10, 20, 50], help="of each class")
    parser.add_argument("--accuracy", type=float, nargs="+", default=[0.7, 0.9, 0.97])
    parser.add_argument("--kinds", nargs="+", default=["even", "uneven"])
    parser.add_argument("--only-new", action="store_true", help="leave out the bootstrap, which takes long")
    asked = parser.parse_args()
    methods = [interval_of] if asked.only_new else [bootstrapped, interval_of]
    print("model  classes photos accuracy  " + "  ".join(f"{name:>{14 * len(methods) - 1}}" for name in SCORES))
    for scene in [
        Scene(kind, classes, photos, accuracy)
        for kind in asked.kinds
        for classes in asked.classes
        for photos in asked.photos
        for accuracy in asked.accuracy
    ]:
        cells = [
            "  ".join(
                "{:.3f} ({:.3f})".format(*coverage(scene, statistic, method, asked.samples)) for method in methods
            )
            for statistic in SCORES.values()
        ]
        row = f"{scene.kind:6} {scene.classes:7} {scene.photos:6} {scene.accuracy:8.2f}  "
        print(row + "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
