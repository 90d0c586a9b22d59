import dataclasses
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.features.store import FeatureStore, Speed
from tests.fakes import tiny_info

IDS = tuple(f"{i:064x}" for i in range(10))
X = np.arange(30, dtype=np.float32).reshape(10, 3)


def test_what_goes_in_comes_out_in_the_order_asked_for() -> None:
    store = FeatureStore(tiny_info())
    store.add(IDS[:6], X[:6])
    store.add(IDS[6:9], X[6:9])
    lookup = store.read((IDS[8], IDS[9], IDS[0]))
    np.testing.assert_array_equal(lookup.X, [X[8], [0, 0, 0], X[0]])
    assert lookup.present.tolist() == [True, False, True]
    assert lookup.damaged == 0


def test_an_empty_store_has_nothing() -> None:
    lookup = FeatureStore(tiny_info()).read(IDS)
    assert not lookup.present.any()
    assert FeatureStore(tiny_info()).speed() == Speed()


def test_other_programs_can_read_a_shard() -> None:
    shard = FeatureStore(tiny_info()).add(IDS, X)
    frame = pd.read_parquet(shard)
    assert frame["id"].tolist() == list(IDS)
    np.testing.assert_array_equal(np.stack(frame["features"].tolist()), X)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": "others"},
        {"sha256": "0123"},
        {"preprocessing": dataclasses.replace(tiny_info().preprocessing, interpolation="bicubic")},
    ],
)
def test_features_that_were_made_differently_never_meet(change: dict[str, object]) -> None:
    FeatureStore(tiny_info()).add(IDS, X)
    changed_info = dataclasses.replace(tiny_info(), **change)  # type: ignore[arg-type]
    assert not FeatureStore(changed_info).read(IDS).present.any()
    assert not FeatureStore(tiny_info(), "bf16").read(IDS).present.any()
    assert FeatureStore(tiny_info()).read(IDS).present.all()


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "other"])
def test_a_damaged_shard_is_found_out_and_removed(damage: str) -> None:
    store = FeatureStore(tiny_info())
    damaged_shard, whole_shard = store.add(IDS[:5], X[:5]), store.add(IDS[5:], X[5:])
    content = bytearray(damaged_shard.read_bytes())
    content[len(content) // 3] ^= 0xFF
    changed = {"flip": bytes(content), "truncate": content[:-20], "empty": b"", "other": whole_shard.read_bytes()}[
        damage
    ]
    damaged_shard.write_bytes(changed)

    lookup = store.read(IDS)

    assert lookup.present.tolist() == [False] * 5 + [True] * 5
    np.testing.assert_array_equal(lookup.X[5:], X[5:])
    if damage != "other":  # its rows are all in the good shard, so it need not be opened
        assert lookup.damaged == 1
        assert not damaged_shard.exists()
    store.add(IDS[:5], X[:5])
    np.testing.assert_array_equal(store.read(IDS).X, X)


def test_a_write_that_was_cut_short_is_not_a_shard() -> None:
    store = FeatureStore(tiny_info())
    shard = store.add(IDS, X)
    (store.root / f".{'0' * 64}.parquet.1a2b.tmp").write_bytes(shard.read_bytes()[:100])
    assert store.read(IDS).damaged == 0


def test_many_writers_at_once() -> None:
    store = FeatureStore(tiny_info())
    threads = [
        threading.Thread(target=lambda at=at: store.add(IDS[at % 10 : at % 10 + 1], X[at % 10 : at % 10 + 1]))
        for at in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lookup = store.read(IDS)
    np.testing.assert_array_equal(lookup.X, X)
    assert lookup.damaged == 0
    assert len(list(store.root.glob("*.parquet"))) == 10  # the same rows make the same shard


def test_shapes_are_checked_and_the_speed_is_remembered(graft_home: Path) -> None:
    store = FeatureStore(tiny_info())
    with pytest.raises(ValueError, match=r"float32 of shape \(10, 3\), not float64"):
        store.add(IDS, X.astype(np.float64))  # type: ignore[arg-type]
    store.remember_speed(Speed(123.5, "f1"))
    assert FeatureStore(tiny_info()).speed() == Speed(123.5, "f1")
    assert store.root.is_relative_to(graft_home / "features")
