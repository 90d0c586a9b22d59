import dataclasses
import json
from collections import Counter

import numpy as np
import pytest

from core.backbones.registry import info
from core.data.dataset import Dataset, Item
from core.errors import ProbeError
from core.probing.comparison.shortlist import Shortlist, look_config, sample, sample_rows, shortlist_of
from core.probing.probes.probe import ProbeConfig
from tests.probing.conftest import make_result


def look(backbone, right):
    """A result with `right` of 20 images right."""
    return make_result(backbone, right, 20, probe="knn")


def test_the_best_few_and_the_champion_and_the_floor_go_on():
    shortlist = shortlist_of(
        [look("alexnet", 12), look("pixels_16", 9), look("resnet18", 19), look("resnet50", 17), look("vgg11", 18)],
        keep=2,
    )
    assert [row.backbone for row in shortlist.rows] == ["resnet18", "vgg11", "resnet50", "alexnet", "pixels_16"]
    assert shortlist.kept == ("resnet18", "vgg11", "resnet50", "pixels_16")
    assert info("resnet50").imagenet_top1 == max(row.imagenet_top1 or 0 for row in shortlist.rows)
    champion, left_out = shortlist.rows[2], shortlist.rows[3]
    assert "best of these on ImageNet" in champion.why
    assert (left_out.kept, left_out.why) == (
        False,
        "left out: 30.0 points behind the last of the best in a first look",  # 12 of 20 against 18
    )
    assert shortlist.n == 20
    assert shortlist.as_json()["kept"] == list(shortlist.kept)
    assert Shortlist.from_json(json.loads(json.dumps(shortlist.as_json()))) == shortlist


def test_a_champion_among_the_best_takes_no_further_place():
    assert shortlist_of([look("resnet50", 19), look("resnet18", 18), look("vgg11", 1)], keep=2).kept == (
        "resnet50",
        "resnet18",
    )


def test_backbones_without_imagenet_have_no_champion():
    shortlist = shortlist_of([look("graft_plain", 19), look("graft_residual", 18), look("graft_inception", 3)], keep=1)
    assert shortlist.kept == ("graft_plain",)


@pytest.mark.parametrize(("looks", "keep"), [([], 2), ([look("vgg11", 3)], 0)])
def test_nothing_to_keep_is_an_error(looks, keep):
    with pytest.raises(ProbeError, match="at least 1"):
        shortlist_of(looks, keep)


def dataset(**counts):
    items = [
        Item(f"{split}/{label}/{n}.jpg", f"{split}{label}{n:060d}", label, split, 8, 8, 100, "JPEG")
        for split, by_class in counts.items()
        for label, count in enumerate(by_class)
        for n in range(count)
    ]
    return Dataset(id="d", root=None, classes=("a", "b", "c"), items=tuple(items), fingerprint="f")


def test_a_sample_keeps_the_shares_of_the_training_images():
    whole = dataset(train=(800, 160, 12), val=(50, 50, 50))
    sampled = sample(whole, seed=0, most=100)
    assert Counter(item.label for item in sampled.items) == {0: 82, 1: 16, 2: 10}  # of 972: 100 / 972, at least ten
    assert {item.split for item in sampled.items} == {"train"}
    assert [item for item in whole.items if item in set(sampled.items)] == list(sampled.items)
    assert sample(whole, seed=0, most=100).items == sampled.items
    assert sample(whole, seed=1, most=100).items != sampled.items


def test_the_rows_of_features_are_sampled_as_photos_are():
    whole = dataset(train=(800, 160, 12))
    items = whole.split("train")
    rows = sample_rows(np.array([item.label for item in items]), seed=3, most=100)
    assert tuple(items[row] for row in rows) == sample(whole, seed=3, most=100).items


def test_few_images_are_all_looked_at():
    small = dataset(train=(5, 7, 9), val=(2, 2, 2))
    assert sample(small, seed=0).items == small.split("train")


def test_a_look_goes_once_through_the_same_folds():
    config = ProbeConfig(folds=4, repeats=3, seed=7)
    assert dataclasses.replace(look_config(config), probe="logistic") == ProbeConfig(folds=4, repeats=1, seed=7)
