from pathlib import Path

from core.training.cache.record import FILE, TrunkCache, read_cache


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    record = TrunkCache(of="these", cached=True, views=4, disk_bytes=12, cached_s=1.5, uncached_s=6.0)
    record.save(tmp_path)
    assert read_cache(tmp_path) == record


def test_nothing_is_said_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert read_cache(tmp_path) is None
    (tmp_path / FILE).write_text("{}")
    assert read_cache(tmp_path) is None
