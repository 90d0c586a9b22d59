"""What is said of a page's size before it is made, against what was measured of pages that were."""

from __future__ import annotations

import pytest

from core.backbones.registry import info
from core.bundle.pagesize import MOST_MODEL, page_size


@pytest.mark.parametrize(
    ("backbone", "model", "page", "in_zip"),
    [
        ("graft_plain", 8_206_422, 16_101_477, 11_820_953),
        ("efficientnet_lite0", 13_433_901, 23_802_090, 17_648_548),
    ],
)
def test_an_estimate_is_near_what_was_made_for_ants_and_bees(backbone: str, model: int, page: int, in_zip: int) -> None:
    size = page_size(info(backbone), 2)
    assert size.model == pytest.approx(model, rel=0.005)
    assert size.page == pytest.approx(page, rel=0.03)
    assert size.in_zip == pytest.approx(in_zip, rel=0.04)
    assert size.fits


def test_what_is_above_the_limit_does_not_fit() -> None:
    size = page_size(info("resnet18"), 2)
    assert size.model == pytest.approx(44.7e6, rel=0.005)
    assert size.model > MOST_MODEL
    assert not size.fits


def test_several_side_by_side_and_many_classes_take_more() -> None:
    one, other = page_size(info("graft_plain"), 2), page_size(info("graft_residual"), 2)
    both = page_size(info("graft_plain+graft_residual"), 2)
    assert both.model == one.model + other.model - 8  # one bias for both
    assert page_size(info("graft_plain"), 1_002).model == one.model + 4 * 1_000 * 385
