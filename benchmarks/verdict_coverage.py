"""How often the verdict's intervals hold the truth: python -m benchmarks.verdict_coverage --comparisons 500

Whole comparisons on made data whose truth is known. Two made backbones see the same 150 images of three classes; part
of what blurs the classes is in the images, and each backbone adds noise of its own. Folds, probes, intervals and
recommendation are those of `core.probing.comparison.compare`. The truth is the difference between the mean accuracies
of probes that were fitted on as many fresh images as a training part has, judged on 20,000 others: what the interval
claims to hold.

Printed for each scene: the true difference; the coverage of the 95 % interval; how often the better one on the folds is
called better than chance, rightly or wrongly; and how often the cheaper one (the worse, where they differ) is
recommended.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.features.features import Features
from core.probing.comparison.compare import compare
from core.probing.probes.probe import ProbeConfig, fit_rows

N, CLASSES, WIDTH = 150, ("a", "b", "c"), 6
CONFIG = ProbeConfig(c=0.1)
FRESH, TRUTH_DRAWS = 20_000, 400


@dataclass(frozen=True)
class Scene:
    """Two made backbones; the first is the dearer one and no worse.

    Attributes:
        noise: the standard deviation of what each backbone adds to what is in the images; between classes lie 2.8.
    """

    name: str
    noise: tuple[float, float]


SCENES = (
    Scene("equal", (1.0, 1.0)),
    Scene("nearly equal", (1.0, 1.05)),
    Scene("a little different", (1.0, 1.18)),
    Scene("different", (1.0, 1.6)),
    Scene("very different", (1.0, 2.6)),
)


@dataclass(frozen=True)
class Outcome:
    """What a number of comparisons of one scene found.

    Attributes:
        truth: the true difference of the mean accuracies, the dearer one's minus the cheaper one's.
        covered: share of comparisons whose 95 % interval holds the truth.
        right, wrong: share in which the dearer, or the cheaper one, was called better than chance.
        cheaper: share in which the cheaper one was recommended.
    """

    truth: float
    covered: float
    right: float
    wrong: float
    cheaper: float


def simulate(scene: Scene, comparisons: int, seed: int = 0) -> Outcome:
    """Runs whole comparisons on fresh made data each."""
    target = truth(scene)
    found = [_one(scene, target, np.random.default_rng((seed, turn))) for turn in range(comparisons)]
    return Outcome(target, *(float(share) for share in np.mean(found, axis=0)))


def _one(scene: Scene, target: float, random: np.random.Generator) -> tuple[bool, bool, bool, bool]:
    X, y = draw(scene, N, random)
    verdict = compare([_features(X[0], y, "resnet50", 10.0), _features(X[1], y, "resnet18", 100.0)], CONFIG).verdict
    (pair,) = verdict.pairs
    low, high = pair.interval if pair.a == "resnet50" else (-pair.interval[1], -pair.interval[0])
    return low <= target <= high, low > 0, high < 0, verdict.recommended == "resnet18"


def truth(scene: Scene) -> float:
    """The true difference of accuracy of probes fitted on as many images as a training part has."""
    random = np.random.default_rng(1)
    size = N - N // CONFIG.folds
    differences = []
    for _turn in range(TRUTH_DRAWS):
        X, y = draw(scene, size, random)
        fresh, true = draw(scene, FRESH, random)
        a, b = (
            float((fit_rows(fit, y, CLASSES, CONFIG).predict_proba(new).argmax(1) == true).mean())
            for fit, new in zip(X, fresh, strict=True)
        )
        differences.append(a - b)
    return float(np.mean(differences))


def draw(
    scene: Scene, n: int, random: np.random.Generator
) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], NDArray[np.int64]]:
    """What both backbones see of n images, (n, 6) each, and the classes (n,), as many of each."""
    y = np.arange(n) % len(CLASSES)
    images = 2 * np.eye(len(CLASSES), WIDTH)[y] + random.normal(size=(n, WIDTH))
    first, second = ((images + sd * random.normal(size=images.shape)).astype(np.float32) for sd in scene.noise)
    return (first, second), y


def _features(X: NDArray[np.float32], y: NDArray[np.int64], backbone: str, images_per_s: float) -> Features:
    ids = tuple(f"{row:064x}" for row in range(len(y)))
    return Features(X, y, ids, np.full(len(y), "train"), CLASSES, backbone, "", "", "", images_per_s=images_per_s)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=500)
    given = parser.parse_args()
    print(f"{'scene':<20}{'true points':>12}{'coverage':>10}{'better':>8}{'wrongly':>9}{'cheaper':>9}")
    for scene in SCENES:
        found = simulate(scene, given.comparisons)
        shares = (found.covered, found.right, found.wrong, found.cheaper)
        print(f"{scene.name:<20}{100 * found.truth:>12.2f}" + "".join(f"{share:>9.1%}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
