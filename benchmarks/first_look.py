"""What a first look loses, and whether its probabilities are right: python -m benchmarks.first_look ZIP...

The candidates are what the networks that come with Graft know after each of their stages: some twenty of very different
strength, as the backbones of a zoo are, with no download. Of a stage nothing is published, so that this tells of the
look and of what departs from it, and not of what accuracy on ImageNet adds.

Printed for each set of photos: the standard deviation of what a look and a full probe differ by, beyond the luck of the
photos and what all candidates share (`outlook.LOOK_GAP`); over the looks, how often the best was left out, how often
that was to be expected, and what accuracy is lost against probing all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.backbones.registry import backbones
from core.data.ingest import ingest
from core.features.features import Features
from core.features.stages import stage_features
from core.probing.comparison.outlook import luck, outlook
from core.probing.comparison.shortlist import KEEP, look_config, sample_rows
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.probe import ProbeConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zips", nargs="+", type=Path, help="labelled photos")
    parser.add_argument("--looks", type=int, default=10, help="how many samples are drawn")
    parser.add_argument("--sample", type=int, default=120, help="photos in each")
    options = parser.parse_args()
    heads = ("gap", "left out", "expected", "mean regret", "worst")
    print(f"{'photos':16}{'n':>6}{'candidates':>12}" + "".join(f"{head:>12}" for head in heads))
    for path in options.zips:
        print(row(path, options.looks, options.sample), flush=True)


def row(path: Path, looks: int, most: int) -> str:
    """One set of photos."""
    candidates = list(staged(path).values())
    full = [np.mean([probed(one, seed) for seed in range(3)]) for one in candidates]
    gaps, missed, expected, regrets = [], [], [], []
    for seed in range(looks):
        rows = sample_rows(candidates[0].y, seed, most)
        looked = [cross_validate(one.at(rows), look_config(ProbeConfig(seed=seed))) for one in candidates]
        correct = np.array([look.oof.correct for look in looked])
        gaps.append(gap(np.array(full), correct))
        chance = outlook(correct, np.full((len(looked), 1), np.nan), seed).chance
        kept = np.argsort(-chance)[:KEEP]
        missed.append(int(np.argmax(full)) not in kept)
        expected.append(1 - chance[kept].sum())
        regrets.append(max(full) - max(np.array(full)[kept]))
    spread = np.sqrt(max(0.0, np.mean(gaps)))
    numbers = (spread, np.mean(missed), np.mean(expected), np.mean(regrets), max(regrets))
    return f"{path.stem:16}{len(candidates[0].y):6}{len(full):12}" + "".join(f"{number:12.3f}" for number in numbers)


def staged(path: Path) -> dict[str, Features]:
    """The training photos' features after every stage of every network that comes with Graft."""
    dataset = ingest(path)
    return {
        f"{info.name} {stage}": features.of("train")
        for info in backbones()
        if info.ready and not info.is_floor and not info.url and info.stages
        for stage, features in stage_features(dataset, info.name).items()
    }


def probed(features: Features, seed: int) -> float:
    """The accuracy of a full probe of one candidate."""
    return cross_validate(features, ProbeConfig(c=0.01, repeats=1, seed=seed)).accuracy_mean


def gap(full: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Variance of what looks and full probes differ by, beyond luck and what all candidates share."""
    m = len(full)
    centre = np.eye(m) - 1 / m
    apart = centre @ (correct.mean(1) - full)
    return float((apart @ apart - np.trace(centre @ luck(correct) @ centre)) / (m - 1))


if __name__ == "__main__":
    main()
