"""What a training will take, worked out by hand from how long one image takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from core.training.planning import outlook
from core.training.planning.outlook import Extent, Timing

TIMING = Timing(
    learn_s=0.1, step_s=0.5, look_s=0.01, start_s=2.0, plain_s=0.02, decode_s=0.003, draw_s=0.05,
    weights=1000, learning=400, saved_bytes=70,
)  # fmt: skip
FULL = FinetuneConfig("graft_residual", "full", epochs=3, batch_size=32)
CUT = replace(TIMING, trunk_s=0.03, above=0.6, kept_bytes=2000)
LAST = FinetuneConfig("graft_residual", "last", epochs=40, augmentation=Augmentation(horizontal_flip=0.5))


def test_an_epoch_learns_from_all_photos_and_looks_twice_at_validation():
    seen = outlook.outlook(TIMING, FULL, Extent(train=100, val=80, test=10))
    assert seen.epoch_s == pytest.approx(100 * 0.15 + 4 * 0.5 + 2 * (2.0 + 80 * 0.01))
    assert seen.seconds == pytest.approx(seen.before_s + 3 * seen.epoch_s + seen.after_s)


def test_without_a_moving_average_there_is_one_look():
    both, one = (outlook.outlook(TIMING, replace(FULL, ema=ema), Extent(train=100, val=80)) for ema in (0.99, 0.0))
    assert both.epoch_s - one.epoch_s == pytest.approx(2.0 + 80 * 0.01)


def test_few_validation_photos_are_looked_at_without_an_engine():
    seen = outlook.outlook(TIMING, FULL, Extent(train=64, val=64))
    assert seen.epoch_s == pytest.approx(64 * 0.15 + 2 * 0.5 + 2 * 64 * 0.02)


def test_photos_whose_features_are_missing_cost_their_extraction_before_the_first_epoch():
    known, new = (outlook.outlook(TIMING, FULL, Extent(train=100, val=80, missing=n)) for n in (0, 180))
    assert new.before_s - known.before_s == pytest.approx(180 * 0.013)


def test_epochs_on_features_take_no_time():
    assert outlook.outlook(TIMING, FinetuneConfig("graft_residual"), Extent(train=100, val=80)).epoch_s == 0


def test_where_activations_are_kept_each_view_goes_through_what_is_frozen_once():
    extent = Extent(train=100, val=80)
    with_them = outlook.outlook(CUT, LAST, extent)
    without = outlook.outlook(CUT, replace(LAST, trunk_cache="off"), extent)
    assert (with_them.kept_views, without.kept_views) == (4, 0)
    assert with_them.before_s - without.before_s == pytest.approx((4 * 100 + 80) * (0.05 + 0.03))
    assert with_them.epoch_s == pytest.approx(100 * 0.06 + 4 * 0.5 + 2 * 80 * 0.02)
    assert without.epoch_s == pytest.approx(100 * 0.15 + 4 * 0.5 + 2 * (2.0 + 80 * 0.01))
    assert without.after_s - with_them.after_s == pytest.approx(4 * (2.8 - 80 * 0.02))
    assert with_them.disk_bytes - without.disk_bytes == 2000 * (4 * 100 + 80)


@pytest.mark.parametrize(
    ("config", "timing", "public"),
    [
        (LAST, outlook.slower(CUT, 0.01), ""),  # too little time is saved
        (replace(LAST, views=0), CUT, ""),  # no view comes again
        (LAST, TIMING, ""),  # it cannot be cut
        (LAST, replace(CUT, kept_bytes=10**6), "1"),  # more than a visitor may have
        (replace(FULL, epochs=40), CUT, ""),
    ],
)
def test_activations_are_not_kept(
    config: FinetuneConfig, timing: Timing, public: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", public)
    assert outlook.outlook(timing, config, Extent(train=100, val=80)).kept_views == 0


def test_checkpoints_hold_moments_and_averages_twice():
    content = outlook.outlook(TIMING, FULL, Extent(train=100, val=80)).disk_bytes
    assert content == 4 * (1000 + 400 * (2 * (1 + 2 + 1) + 1))
    plain = replace(FULL, optimizer="sgd", ema=0.0)
    assert outlook.outlook(TIMING, plain, Extent(train=100, val=80)).disk_bytes == 4 * (1000 + 400 * (2 * 2 + 1))


def test_memory_grows_with_the_batch():
    small, large = (
        outlook.outlook(TIMING, replace(FULL, batch_size=n), Extent(train=10, val=10)).memory_bytes for n in (8, 32)
    )
    assert large - small == 24 * 70


def test_a_timing_is_kept_for_its_mode_and_augmentation_alone():
    outlook.keep(FULL, TIMING)
    assert outlook.kept(FULL) == TIMING
    assert outlook.kept(replace(FULL, epochs=9)) == TIMING
    assert outlook.kept(replace(FULL, mode="last")) is None
    assert outlook.kept(replace(FULL, augmentation=Augmentation(rotation=15.0))) is None


def test_what_cannot_be_read_is_measured_again():
    outlook.keep(FULL, TIMING)
    (outlook.paths.home() / outlook.FILE).write_text("{")
    assert outlook.kept(FULL) is None
    outlook.keep(FULL, TIMING)
    assert outlook.kept(FULL) == TIMING
