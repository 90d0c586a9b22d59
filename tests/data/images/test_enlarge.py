"""A stored photo as large as a screen shows it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.data.images.decode import UnreadableImage
from core.data.images.decoding import decoding_with
from core.data.images.enlarge import LARGE_PX, enlarged
from core.data.limits import Limits
from tests.decoders import InProcessDecoders


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_large_photo_comes_as_large_as_a_screen_and_upright(tmp_path: Path):
    photo = Image.new("RGB", (3000, 2000), (200, 40, 40))
    photo.paste((40, 40, 200), (0, 0, 1500, 2000))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise: its left half comes on top
    photo.save(tmp_path / "photo.jpg", exif=exif)
    large = opened(enlarged(tmp_path / "photo.jpg"))
    assert (large.format, large.height) == ("JPEG", LARGE_PX)
    assert abs(large.width - LARGE_PX * 2 / 3) <= 1
    assert [large.getpixel((400, y))[2] > 100 for y in (100, 1300)] == [True, False]


def test_a_small_photo_keeps_its_size(tmp_path: Path):
    Image.new("P", (90, 60)).save(tmp_path / "photo.gif")
    assert opened(enlarged(tmp_path / "photo.gif")).size == (90, 60)


@pytest.mark.parametrize(("size", "elsewhere"), [((4000, 3000), 0), ((5000, 4000), 1)])
def test_a_photo_that_takes_much_memory_is_decoded_in_another_process(
    tmp_path: Path, size: tuple[int, int], elsewhere: int
):
    Image.new("RGB", size, (200, 40, 40)).save(tmp_path / "photo.png")
    started: list[int] = []

    def factory(limits: Limits, at_once: int) -> InProcessDecoders:
        started.append(at_once)
        return InProcessDecoders(limits)

    with decoding_with(factory):
        assert max(opened(enlarged(tmp_path / "photo.png")).size) == LARGE_PX
    assert len(started) == elsewhere


def test_a_photo_that_was_damaged_since_says_why(tmp_path: Path):
    (tmp_path / "photo.jpg").write_bytes(b"no photo")
    with pytest.raises(UnreadableImage, match="not a photo"):
        enlarged(tmp_path / "photo.jpg")
