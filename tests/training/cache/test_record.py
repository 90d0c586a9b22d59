from pathlib import Path

import pytest

from core.training.cache.record import FILE, TrunkCache, cache_in_words, read_cache


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    record = TrunkCache(of="these", cached=True, views=4, disk_bytes=12, cached_s=1.5, uncached_s=6.0)
    record.save(tmp_path)
    assert read_cache(tmp_path) == record


def test_nothing_is_said_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert read_cache(tmp_path) is None
    (tmp_path / FILE).write_text("{}")
    assert read_cache(tmp_path) is None


@pytest.mark.parametrize(
    ("cached", "reason", "views", "words"),
    [
        (True, "", 4, "What is frozen was computed once, for 4 views of each photo."),
        (True, "", 1, "What is frozen was computed once, for one view of each photo."),
        (False, "no_room", 4, "What is frozen was computed in every epoch. The disk has too little free space"),
        (False, "new_views", 0, ""),
        (False, "off", 0, ""),
    ],
)
def test_it_is_told_where_someone_waits_for_it(cached: bool, reason: str, views: int, words: str) -> None:
    told = cache_in_words(TrunkCache(of="these", cached=cached, reason=reason, views=views))
    assert told.startswith(words)
    assert bool(told) is bool(words)
