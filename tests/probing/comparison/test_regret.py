"""The accuracy that a first look loses on real photos, against probing every candidate in full.

The candidates are what the embedded backbones know after each of their stages: fourteen of very different strength, as
the backbones of a zoo are, and no network is needed for them.
"""

import dataclasses

import numpy as np
import pytest

from core.backbones.registry import backbones
from core.data.ingest import ingest
from core.features.stages import stage_features
from core.probing.comparison.shortlist import KEEP, look_config, sample, shortlist_of
from core.probing.crossval.crossval import cross_validate
from core.probing.probes.probe import ProbeConfig

FULL = ProbeConfig(c=0.01, repeats=1)


def staged(dataset):
    """The training photos' features after every stage of every embedded network, by name."""
    return {
        f"{info.name} {stage}": features.of("train")
        for info in backbones()
        if info.embedded and info.trainable
        for stage, features in stage_features(dataset, info.name).items()
    }


@pytest.mark.slow
def test_the_shortlist_loses_little_against_probing_all(shared):
    dataset = ingest(shared / "data" / "ants_bees.zip")
    candidates = staged(dataset)
    full = {name: cross_validate(features, FULL).accuracy_mean for name, features in candidates.items()}
    best, usual = max(full.values()), np.mean(list(full.values()))
    assert len(full) >= 10
    assert best - usual > 0.05, "the candidates differ, so that there is something to lose"
    regrets = []
    for seed in range(3):
        sampled_ids = {item.sha256 for item in sample(dataset, seed, most=120).items}
        samples = {
            name: features.at(np.flatnonzero([id_ in sampled_ids for id_ in features.ids]))
            for name, features in candidates.items()
        }
        shortlist = shortlist_of(
            dataclasses.replace(cross_validate(features, look_config(FULL)), backbone=name)
            for name, features in samples.items()
        )
        assert len(shortlist.kept) == KEEP  # none of these has an accuracy on ImageNet
        regrets.append(best - max(full[name] for name in shortlist.kept))
    assert max(regrets) <= 0.03
    assert np.mean(regrets) < (best - usual) / 3
