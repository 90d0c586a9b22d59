"""How long cross-validated probes take here: python -m benchmarks.probing --help

Prints a table of seconds, a row for each kind of probe and a column for each backbone: 5 folds, twice, on cached
features. Where other programs run as well, `cpu`, the processor's seconds for a row, is the more telling.
The features are made, with the widths of four backbones and a spectrum as that of real ones (variances that
fall as a power of their rank); with --data they are those of the embedded backbones and raw pixels on photos of a zip.
`--plain` adds what scikit-learn alone takes: for a logistic regression whose C is chosen the same way, one fold after
another, and for the support vector machines that Graft has of its own, in place of them.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.svm import SVC, LinearSVC

from core.features.features import Features
from core.machine import cores
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.kinds import KINDS, MAX_ITERATIONS, POWERS
from core.probing.probes.probe import ProbeConfig
from core.probing.resampling.folds import make_folds

MADE = {"graft_residual": 512, "graft_inception": 512, "graft_plain": 384, "pixels_16": 768}
CLASSES = tuple(f"class {k}" for k in range(10))
SCIKIT_LEARN = {
    "linear_svm": lambda c, _seed: LinearSVC(C=c, dual=False, max_iter=MAX_ITERATIONS),
    "rbf_svm": lambda c, _seed: SVC(C=c),
}
DECAY = 1.0  # of the variances of made features by their rank


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a labelled zip, in place of made features")
    parser.add_argument("--images", type=int, default=2000, help="how many images, drawn at random (default 2000)")
    parser.add_argument("--probes", default=",".join(KINDS), help="kinds, separated by commas")
    parser.add_argument("--plain", action="store_true", help="also scikit-learn alone")
    given = parser.parse_args()
    features = (
        extracted(given.data, given.images)
        if given.data
        else [made(backbone, width, given.images) for backbone, width in MADE.items()]
    )
    print(
        f"{given.images} images, {len(features[0].classes)} classes, {cores()} cores, 5 × 2 folds: seconds (accuracy)"
    )
    print(
        f"{'probe':16}"
        + "".join(f"{f'{rows.backbone} ({rows.X.shape[1]})':>26}" for rows in features)
        + f"{'all':>8}{'cpu':>8}"
    )
    for probe in given.probes.split(","):
        print_row(probe, probe, features)
        if given.plain and probe in SCIKIT_LEARN:
            own = KINDS[probe]
            KINDS[probe] = replace(own, build=SCIKIT_LEARN[probe])
            print_row("  scikit-learn's", probe, features)
            KINDS[probe] = own
    if given.plain:
        cells = "".join(f"{plain(rows):26.2f}" for rows in features)
        print(f"{'grid search':16}{cells}", flush=True)


def print_row(title: str, probe: str, features: list[Features]) -> None:
    """Cross-validates one kind of probe on each backbone's features: seconds and accuracy, and seconds in all."""
    started = time.process_time()
    results = [cross_validate(rows, ProbeConfig(probe)) for rows in features]
    cells = "".join(f"{result.seconds:18.2f} ({result.accuracy_mean:.3f})" for result in results)
    seconds, cpu_s = sum(result.seconds for result in results), time.process_time() - started
    print(f"{title:16}{cells}{seconds:8.1f}{cpu_s:8.1f}", flush=True)


def made(backbone: str, width: int, n: int) -> Features:
    """Features whose classes lie along their directions of large variance, as those of a backbone do."""
    rng = np.random.default_rng(width)
    y = np.arange(n) % len(CLASSES)
    spread = np.arange(1, width + 1) ** (-DECAY / 2)
    X = (rng.normal(size=(len(CLASSES), width))[y] * 0.7 + rng.normal(size=(n, width))) * spread
    mixed = X @ np.linalg.qr(rng.normal(size=(width, width)))[0]
    X = np.maximum(mixed, -0.05).astype(np.float32)
    ids, split = tuple(map(str, range(n))), np.full(n, "train")
    return sampled(Features(X, y, ids, split, CLASSES, backbone, "", "made", ""), n)


def extracted(data: Path, n: int) -> list[Features]:
    """The features of a zip's photos."""
    from core.data.ingest import ingest
    from core.features.extract import extract

    dataset = ingest(str(data))
    return [sampled(extract(dataset, name), n) for name in MADE]


def sampled(features: Features, n: int) -> Features:
    """Some images at random, all to train on."""
    order = np.random.default_rng(0).permutation(len(features.y))[:n]
    return replace(features.at(np.sort(order)), split=np.full(min(n, len(order)), "train"))


def plain(features: Features) -> float:
    """Seconds of a grid search inside each fold, one after another."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    started = time.perf_counter()
    for seed in range(2):
        for fit, held in make_folds(features.y, features.groups, features.classes, 5, seed).pairs:
            pipeline = Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression(max_iter=2000))])
            search = GridSearchCV(pipeline, {"classify__C": POWERS}, scoring="neg_log_loss", cv=3)
            search.fit(features.X[fit], features.y[fit]).predict_proba(features.X[held])
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
