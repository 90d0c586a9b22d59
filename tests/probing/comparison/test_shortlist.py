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


def test_the_most_promising_and_the_champion_and_the_floor_go_on():
    looks = [look("alexnet", 12), look("pixels_16", 9), look("resnet18", 19), look("vgg11", 18), look("resnet50", 11)]
    shortlist = shortlist_of(looks, keep=2)
    assert {row.backbone: row.reason for row in shortlist.rows} == {
        "resnet18": "best", "vgg11": "best", "resnet50": "champion", "alexnet": "", "pixels_16": "floor"
    }  # fmt: skip
    assert shortlist.kept == tuple(row.backbone for row in shortlist.rows if row.backbone != "alexnet")
    assert info("resnet50").imagenet_top1 == max(row.imagenet_top1 or 0 for row in shortlist.rows)
    assert [row.kept for row in shortlist.rows] == [row.backbone != "alexnet" for row in shortlist.rows]
    whys = {row.reason: row.why for row in shortlist.rows}
    assert "best of these on ImageNet" in whys["champion"]
    assert whys[""] == "left out"
    assert shortlist.n == 20
    assert shortlist.as_json()["kept"] == list(shortlist.kept)
    assert Shortlist.from_json(json.loads(json.dumps(shortlist.as_json()))) == shortlist


def test_every_network_has_a_chance_and_the_floor_has_none():
    shortlist = shortlist_of([look("alexnet", 12), look("pixels_16", 19), look("resnet18", 15), look("vgg11", 14)])
    chances = {row.backbone: row.chance for row in shortlist.rows}
    assert chances.pop("pixels_16") is None
    assert sum(chances.values()) == pytest.approx(1)
    assert list(chances.values()) == sorted(chances.values(), reverse=True)
    assert all(0 < row.spread < 0.2 for row in shortlist.rows if row.spread)


def test_the_risk_of_what_was_left_out_is_told_and_the_likeliest_named():
    shortlist = shortlist_of([look("resnet50", 16), look("alexnet", 14), look("vgg11", 15), look("vgg13", 15)], keep=1)
    left_out = {row.backbone: row.chance for row in shortlist.rows if not row.kept}
    likeliest = max(left_out, key=lambda name: left_out[name])
    assert shortlist.risk == (
        f"3 backbones were left out. The probability that one of them would be the best of all is "
        f"{sum(left_out.values()):.0%}. The likeliest is {likeliest} ({left_out[likeliest]:.0%})."
    ).replace("%", " %")


def test_where_nothing_was_left_out_there_is_no_risk():
    assert shortlist_of([look("resnet50", 16), look("alexnet", 14)], keep=2).risk == ""


def test_a_look_of_an_older_version_is_read_without_chances():
    row = {"backbone": "vgg11", "accuracy": 0.5, "interval": [0.4, 0.6], "kept": False, "why": "left out: 3 points"}
    old = Shortlist.from_json({"n": 20, "rows": [row]})
    assert (old.rows[0].why, old.risk) == ("left out", "")


def test_a_champion_among_the_best_takes_no_further_place():
    assert shortlist_of([look("resnet50", 19), look("resnet18", 18), look("vgg11", 1)], keep=2).kept == (
        "resnet50",
        "resnet18",
    )


def test_backbones_without_imagenet_have_no_champion():
    shortlist = shortlist_of([look("graft_plain", 19), look("graft_residual", 15), look("graft_inception", 3)], keep=1)
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
