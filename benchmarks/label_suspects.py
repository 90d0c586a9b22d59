"""How many suspected labels are wrong, how many wrong ones suspected: python -m benchmarks.label_suspects ZIP...

Labels of each zip are changed at random, to any other class alike, and every one is judged as the health report does.
A suspect counts as right where its label was changed, so labels that were wrong from the start count against the list.
Printed, as the mean over the draws: how many labels the probe agrees with, how many labels are suspected, the share of
these that was changed (precision; what the list promises in brackets), and the share of changed ones that is suspected
(recall).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.backbones.choice import best
from core.data.ingest import ingest
from core.features.extract import extract
from core.features.features import Features
from core.health.labels import check_labels
from core.health.photo import PhotoRef, photo_refs


@dataclass(frozen=True)
class Draw:
    """What came of one draw of changed labels: counts, and the probe's agreement with all labels."""

    agreed: float
    suspects: int
    expected: float
    hits: int
    changed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zips", nargs="+", type=Path, help="labelled photos")
    parser.add_argument("--changed", default="0,0.02,0.05,0.15", help="shares of labels to change, with commas")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--backbone", default=best())
    options = parser.parse_args()
    print(f"{'photos':24}{'n':>6}{'classes':>8}{'changed':>9}{'agreed':>8}{'listed':>8}{'precision':>18}{'recall':>8}")
    for path in options.zips:
        dataset = ingest(path)
        features = extract(dataset, options.backbone)
        photos = photo_refs(dataset)
        for share in map(float, options.changed.split(",")):
            draws = [judged(features, photos, share, seed) for seed in range(options.draws)]
            facts = f"{path.stem:24}{len(features.y):6}{len(features.classes):8}{share:9.0%}"
            print(facts + row(draws), flush=True)


def judged(features: Features, photos: Sequence[PhotoRef], share: float, seed: int) -> Draw:
    """Changes some labels, and judges all."""
    random, y = np.random.default_rng(seed), features.y.copy()
    changed = random.choice(len(y), round(share * len(y)), replace=False)
    y[changed] = (y[changed] + random.integers(1, len(features.classes), len(changed))) % len(features.classes)
    named = [replace(photo, class_name=features.classes[label]) for photo, label in zip(photos, y, strict=True)]
    check = check_labels(replace(features, y=y), named, seed)
    listed = {suspect.photo.index for suspect in check.suspects}
    return Draw(check.accuracy, check.count, check.expected or 0.0, len(listed & set(changed.tolist())), len(changed))


def row(draws: list[Draw]) -> str:
    """The cells of some draws together."""
    listed, hits, changed = (sum(getattr(draw, name) for draw in draws) for name in ("suspects", "hits", "changed"))
    precision = f"{hits / listed:.1%} ({sum(draw.expected for draw in draws) / listed:.1%})" if listed else "-"
    recall = f"{hits / changed:.1%}" if changed else "-"
    agreed = np.mean([draw.agreed for draw in draws])
    return f"{agreed:8.1%}{listed / len(draws):8.1f}{precision:>18}{recall:>8}"


if __name__ == "__main__":
    main()
