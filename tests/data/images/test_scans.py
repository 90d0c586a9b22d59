"""A JPEG's scans are counted as its decoder meets them: to the end of the image, and only in the image."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.images.decode import UnreadableImage
from core.data.images.scans import SCAN, is_scan_bomb, n_scans
from core.data.images.small import small_copy
from core.data.limits import Limits
from tests.conftest import photo
from tests.decoders import with_scans

FILM = SCAN * 5_000
"""What a phone may append to a photo: any bytes, also such as begin a scan."""


def jpeg(image: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def progressive() -> bytes:
    return jpeg(photo((200, 60, 50), 1, 64), progressive=True)


def test_the_scans_of_photos_are_counted() -> None:
    assert n_scans(jpeg(photo((200, 60, 50), 1, 64))) == 1
    content = progressive()
    assert n_scans(content) == content.count(SCAN) > 5
    assert n_scans(with_scans(content, 30)) == content.count(SCAN) + 30


def test_an_appended_film_has_no_scans_of_the_photo(tmp_path: Path) -> None:
    film = jpeg(photo((200, 60, 50), 1, 300)) + FILM
    assert n_scans(film) == 1
    assert not is_scan_bomb(film, 6_000, 6_000)
    (tmp_path / "film.jpg").write_bytes(film)
    assert small_copy(tmp_path / "film.jpg", Limits()).width == 300


def test_a_second_picture_and_a_thumbnail_have_scans_of_their_own() -> None:
    one, other = photo((200, 60, 50), 1, 64), photo((60, 60, 200), 2, 64)
    out = BytesIO()
    one.save(out, "MPO", save_all=True, append_images=[other])
    assert out.getvalue().count(SCAN) == 2
    assert n_scans(out.getvalue()) == 1
    plain = jpeg(one)
    thumbnail = b"\xff\xe1" + (len(FILM) + 2).to_bytes(2, "big") + FILM
    assert n_scans(plain[:2] + thumbnail + plain[2:]) == 1


def test_data_in_which_a_marker_s_first_byte_stands_are_no_markers() -> None:
    """Noise has such bytes in its data, a zero behind each; and restarts, which are markers without a length."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))
    content = jpeg(noise, quality=98, restart_marker_blocks=3)
    data = content[content.index(SCAN) :]
    assert data.count(b"\xff\x00") > 50
    assert data.count(b"\xff\xd3") > 5
    assert n_scans(content) == 1
    stuffed = content[:-2] + b"\xff\x00\xda" * 100 + content[-2:]
    assert n_scans(stuffed) == 1


@pytest.mark.parametrize(
    ("more", "side", "is_bomb"), [(20, 6_000, False), (60, 6_000, True), (60, 600, False), (1_001, 60, True)]
)
def test_many_scans_of_many_pixels_are_an_attack(more: int, side: int, is_bomb: bool) -> None:
    assert is_scan_bomb(with_scans(progressive(), more), side, side) == is_bomb


def test_an_attack_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.jpg").write_bytes(with_scans(progressive(), 1_001))
    with pytest.raises(UnreadableImage) as caught:
        small_copy(tmp_path / "bomb.jpg", Limits())
    assert caught.value.reason == "decode_timeout"


def test_what_is_cut_off_or_no_jpeg_ends_the_count() -> None:
    content = progressive()
    for length in (0, 1, 3, len(content) // 2):
        assert n_scans(content[:length]) <= content.count(SCAN)
