"""HEIF photos (HEIC), as phones make them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.images import formats
from core.data.images.decode import UnreadableImage, from_bytes, open_rgb
from core.data.images.scrub import scrubbed
from core.data.images.worker import decode_file
from core.data.limits import Limits

pillow_heif = pytest.importorskip("pillow_heif", reason="HEIF photos are read by pillow-heif")


def quarters(mode: str = "RGB") -> Image.Image:
    """A picture of 64 x 48 whose four quarters have four colours, so that its lie can be told."""
    image = Image.new("RGB", (64, 48), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 32, 24))
    image.paste((0, 255, 0), (32, 0, 64, 24))
    image.paste((250, 250, 250), (0, 24, 32, 48))
    return image.convert(mode)


def heif(image: Image.Image, **options: object) -> bytes:
    formats.reads_heif()
    out = io.BytesIO()
    image.save(out, "HEIF", quality=90, **options)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def distance(content: bytes, expected: Image.Image) -> int:
    pixels, meant = (np.asarray(image).astype(int) for image in (from_bytes(content), expected))
    assert pixels.shape == meant.shape
    return int(np.abs(pixels - meant)[4:-4, 4:-4].max())


def test_a_heif_photo_is_read_and_bare() -> None:
    content = heif(quarters(), exif=turned(1), xmp=b"<x/>")
    assert distance(content, quarters()) < 12
    assert from_bytes(content).info == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_once_though_two_places_say_how(orientation: int) -> None:
    exif = turned(orientation)
    content = heif(quarters(), exif=exif)
    assert (b"irot" in content or b"imir" in content) == (orientation > 1)
    out = io.BytesIO()
    quarters().save(out, "PNG", exif=exif)
    assert distance(content, from_bytes(out.getvalue())) < 12


def test_an_orientation_that_only_exif_has_does_not_count() -> None:
    """HEIF's own boxes decide; cameras leave EXIF as it was when they turn the picture."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = heif(quarters(), exif=exif)  # a record in place of bytes: the library writes no box for it
    assert b"irot" not in content
    assert distance(content, quarters()) < 12


def test_transparency_lies_over_white() -> None:
    clear = quarters("RGBA")
    clear.putalpha(0)
    assert np.asarray(from_bytes(heif(clear))).min() > 250


def test_ten_bits_are_read() -> None:
    deep = pillow_heif.from_bytes("RGB;16", (64, 48), (np.asarray(quarters()).astype(np.uint16) * 257).tobytes())
    out = io.BytesIO()
    deep.save(out, quality=90)
    with Image.open(io.BytesIO(out.getvalue())) as image:
        assert image.info["bit_depth"] == 10
    assert distance(out.getvalue(), quarters()) < 12


def test_of_several_pictures_the_primary_one_counts() -> None:
    other = Image.new("RGB", (32, 32), (200, 100, 0))
    content = heif(other, save_all=True, append_images=[quarters()], primary_index=1)
    assert distance(content, quarters()) < 12


def test_its_thumbnail_is_made_of_the_picture_and_not_of_the_one_that_is_embedded(tmp_path: Path) -> None:
    big = quarters().resize((640, 480))
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    formats.reads_heif()
    file = pillow_heif.from_pillow(big)
    file[0].info["thumbnails"] = []
    saved = io.BytesIO()
    file.save(saved, quality=90, thumbnails=[300])
    path.write_bytes(saved.getvalue())
    decoded = decode_file(path, out, Limits())
    assert (decoded.format, decoded.width, decoded.height) == ("HEIF", 640, 480)
    with Image.open(path) as opened:
        assert opened.info["thumbnails"] == []  # none is looked at
        assert opened.draft(None, (256, 256)) is None


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_one_that_is_cut_off_is_truncated(share: float) -> None:
    content = heif(quarters())
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(content[: int(len(content) * share)])
    assert problem.value.reason == "truncated"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"hvc1", b"vvc1", "unsupported_format"),
        (b"hvc1", b"unci", "unsupported_format"),
        (b"meta", b"free", "unsupported_format"),
        (b"pitm", b"free", "decoder_error"),
        (b"ispe\0\0\0\0\0\0\0\x40\0\0\0\x40", b"ispe\0\0\0\0\0\0\x20\0\0\0\x20\0", "decoder_error"),
        (b"ispe\0\0\0\0\0\0\0\x40\0\0\0\x40", b"ispe\0\0\0\0\0\1\0\0\0\1\0\0", "too_many_pixels"),
    ],
    ids=["codec", "plain", "film", "primary", "size", "bomb"],
)
def test_what_lies_is_named(old: bytes, new: bytes, reason: str) -> None:
    content = heif(quarters())
    assert old in content
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(content.replace(old, new))
    assert problem.value.reason == reason


def test_limits_hold_for_it() -> None:
    content = heif(quarters())
    for limits in (Limits(max_pixels=64 * 48 - 1), Limits(max_side=63)):
        with pytest.raises(UnreadableImage) as problem:
            from_bytes(content, limits)
        assert problem.value.reason == "too_many_pixels"
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(content, Limits(formats=("JPEG", "AVIF")))
    assert problem.value.reason == "unsupported_format"


def test_without_the_library_it_says_which_one_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    content = heif(quarters())
    formats.reads_heif.cache_clear()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    try:
        with pytest.raises(UnreadableImage, match="pip install pillow-heif") as problem:
            from_bytes(content)
        assert problem.value.reason == "no_heif_library"
    finally:
        formats.reads_heif.cache_clear()


def test_what_is_given_away_tells_nothing_and_looks_the_same(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    path = tmp_path / "x"
    path.write_bytes(heif(quarters(), exif=exif.tobytes(), xmp=b"at home"))
    assert b"at home" in path.read_bytes()
    content, name = scrubbed(path, "HEIF")
    assert name == "JPEG"
    assert b"at home" not in content
    assert distance(content, open_rgb(path)) < 12
