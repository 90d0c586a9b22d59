"""What is extracted is kept: nothing is computed twice, and nothing is lost by a cancel, a damage or a full disk."""

import dataclasses
import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.engines import choose as choosing
from core.errors import Cancelled
from core.features import extract as extraction
from core.features.extract import extract
from core.features.store import FeatureStore
from core.progress import Progress
from tests.engines.networks import FakeEngine
from tests.fakes import TINY, TinyBackbone, install, install_tiny, tiny_info

ZipBuilder = Callable[..., Path]


def test_the_second_time_everything_comes_from_the_store(
    tiny: TinyBackbone, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = extract(dataset, TINY)
    for item in dataset.items:
        dataset.path(item).unlink()
    built = install(monkeypatch, tiny)
    second = extract(dataset, TINY)

    assert built == []
    np.testing.assert_array_equal(second.X, first.X)
    assert second.from_store == len(dataset.items)
    assert second.images_per_s == first.images_per_s
    assert second.note == ""


def test_a_speed_that_was_measured_on_other_photos_has_a_note(
    tiny: TinyBackbone, small_zip: ZipBuilder, dataset: Dataset
) -> None:
    assert extract(dataset, TINY).note == ""
    small_dataset = ingest(small_zip("few.zip", classes=("sea", "sky"), per_class=3))
    first = extract(small_dataset, TINY)  # computes too few to measure
    second = extract(small_dataset, TINY)
    assert "another dataset" in first.note
    assert "another dataset" in second.note


def test_ten_new_images_extract_ten(
    monkeypatch: pytest.MonkeyPatch, small_zip: ZipBuilder, photos_zip: Path, dataset: Dataset
) -> None:
    tiny = install_tiny(monkeypatch)
    monkeypatch.setattr(choosing, "ENGINES", [choosing.PLAIN])
    extract(dataset, TINY)
    assert sum(tiny.calls) == 40
    more = ingest(small_zip("more.zip", per_class=25))  # the first 20 of "cat" are the same photos
    old = {item.sha256 for item in dataset.items}
    new = [item for item in more.items if item.sha256 not in old]
    features = extract(more, TINY)
    assert sum(tiny.calls) == 40 + len(new)
    assert len(new) == len(more.items) - features.from_store
    assert 0 < features.from_store < len(more.items)


def test_each_precision_has_a_store_of_its_own(
    tiny: TinyBackbone, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_float32 = extract(dataset, TINY)
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(precision="half", factor=2.0), choosing.PLAIN])
    doubled = extract(dataset, TINY)
    assert doubled.from_store == 0
    np.testing.assert_allclose(doubled.X, 2 * in_float32.X, rtol=1e-6)
    second = extract(dataset, TINY)
    assert second.from_store == len(dataset.items)
    np.testing.assert_array_equal(second.X, doubled.X)


def test_where_an_engine_fails_its_check_the_plain_ones_store_is_used(
    tiny: TinyBackbone, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = dataclasses.replace(dataset, items=dataset.items[:15])
    extract(part, TINY)
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(precision="half", shift=100.0), choosing.PLAIN])
    features = extract(dataset, TINY)
    assert features.from_store == 15
    assert "so torch, plain is used" in features.note
    monkeypatch.setattr(choosing, "ENGINES", [choosing.PLAIN])
    in_float32 = extract(dataset, TINY)
    assert in_float32.from_store == len(dataset.items)
    np.testing.assert_array_equal(features.X, in_float32.X)


def test_a_store_from_before_there_was_a_choice_of_engines_still_serves(tiny: TinyBackbone, dataset: Dataset) -> None:
    ids = tuple(item.sha256 for item in dataset.items)
    key = "tiny-5b068034739bc604"
    store = FeatureStore(tiny_info())
    assert store.root.name == key
    store.add(ids, np.ones((len(ids), 3), np.float32))
    assert extract(dataset, TINY).from_store == len(ids)


def test_what_was_done_before_a_cancel_is_kept(tiny: TinyBackbone, dataset: Dataset) -> None:
    def cancel(step: Progress) -> None:
        if step.done >= 16:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(dataset, TINY, report=cancel, batch_size=8)
    features = extract(dataset, TINY)
    assert features.from_store == 16


def test_shards_are_kept_on_the_way(tiny: TinyBackbone, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "KEEP_EVERY", 16)
    on_disk: list[int] = []
    store = FeatureStore(tiny_info())
    extract(dataset, TINY, report=lambda _step: on_disk.append(len(list(store.root.glob("*.parquet")))), batch_size=8)
    assert {0, 1, 2} <= set(on_disk)


def test_a_damaged_shard_is_computed_again_with_a_note(tiny: TinyBackbone, dataset: Dataset) -> None:
    first = extract(dataset, TINY)
    (shard,) = FeatureStore(tiny_info()).root.glob("*.parquet")
    shard.write_bytes(shard.read_bytes()[:-7])
    steps: list[Progress] = []
    second = extract(dataset, TINY, report=steps.append)
    np.testing.assert_allclose(second.X, first.X, rtol=1e-6)
    assert second.from_store == 0
    assert "damaged" in second.note
    assert "damaged" in steps[-1].message


def test_a_full_disk_loses_no_features(tiny: TinyBackbone, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FeatureStore, "add", full)
    monkeypatch.setattr(FeatureStore, "remember_speed", full)
    features = extract(dataset, TINY)
    assert features.X.any(axis=1).all()
    assert "No space left" in features.note
