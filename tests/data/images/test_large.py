"""Photos of very many pixels are used at a part of their size; and files that are only half there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.images import formats
from core.data.images.decode import UnreadableImage, from_bytes, open_rgb
from core.data.images.worker import decode_file
from core.data.limits import Limits
from tests.data.images.test_decode import encoded, half_red, pixels


def test_a_jpeg_of_very_many_pixels_is_decoded_at_a_part_of_its_size(tmp_path: Path) -> None:
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    path.write_bytes(encoded(half_red().resize((400, 200)), "JPEG"))
    for heavy, size in {80_000: (400, 200), 79_999: (200, 100), 19_999: (100, 50), 4_999: (50, 25)}.items():
        limits = Limits(max_whole_pixels=heavy, max_scaled_pixels=80_000)
        assert open_rgb(path, limits=limits).size == size
        decoded = decode_file(path, out, limits)
        assert (decoded.format, decoded.width, decoded.height) == ("JPEG", 400, 200)
    assert open_rgb(path, at_least_px=90, limits=Limits(max_whole_pixels=19_999)).size == (100, 50)
    with pytest.raises(UnreadableImage) as problem:
        open_rgb(path, limits=Limits(max_scaled_pixels=79_999))
    assert problem.value.reason == "too_many_pixels"


def test_formats_that_take_much_memory_may_have_fewer_pixels() -> None:
    limits = Limits(max_pixels=800)
    assert from_bytes(encoded(half_red()), limits).size == (40, 20)
    with pytest.raises(UnreadableImage, match=r"has 40 × 20 pixels.*53 million as WebP.*Save it as JPEG") as problem:
        from_bytes(encoded(half_red(), "WEBP"), limits)
    assert (problem.value.reason, problem.value.size) == ("too_many_pixels", (40, 20))
    most = {name: Limits().most_pixels(name) // 10**6 for name in ("JPEG", "PNG", "HEIF", "WEBP", "AVIF")}
    assert most == {"JPEG": 256, "PNG": 128, "HEIF": 64, "WEBP": 53, "AVIF": 40}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "I;16", "CMYK"])
def test_a_photo_of_very_many_pixels_is_used_at_a_part_of_its_size(tmp_path: Path, mode: str) -> None:
    """It is made smaller by bands, and looks as it would if it had been made smaller whole."""
    path, fmt = tmp_path / "x", "TIFF" if mode == "CMYK" else "PNG"
    whole = half_red().resize((1201, 903), Image.Resampling.NEAREST)
    path.write_bytes(encoded(whole.convert("L").convert("I;16") if mode == "I;16" else whole.convert(mode), fmt))
    limits = Limits(max_whole_pixels=300_000)
    reduced = open_rgb(path, limits=limits)
    assert reduced.size == (601, 452)
    expected = np.asarray(open_rgb(path).reduce(2)).astype(int)
    assert np.abs(np.asarray(reduced) - expected).max() <= 1
    decoded = decode_file(path, tmp_path / "x.jpg", limits)
    assert (decoded.format, decoded.width, decoded.height) == (fmt, 1201, 903)
    with Image.open(tmp_path / "x.jpg") as small:
        assert small.size == (256, 192)


@pytest.mark.parametrize("animated", [False, True])
def test_a_webp_keeps_its_picture_though_its_decoder_is_let_go(animated: bool) -> None:
    blue = Image.new("RGB", (40, 20), (0, 0, 255))
    more = {"save_all": True, "append_images": [blue]} if animated else {}
    content = encoded(half_red(), "WEBP", lossless=True, **more)
    assert (pixels(content) == np.asarray(half_red())).all()


@pytest.mark.parametrize("fmt", ["WEBP", "AVIF", "HEIF"])
def test_a_photo_whose_copy_was_not_finished_ends_too_early(tmp_path: Path, fmt: str) -> None:
    """Its end is zeros; the decoders of these formats would take them for pixels."""
    path = tmp_path / "x"
    if fmt == "HEIF":
        pytest.importorskip("pillow_heif")
        formats.reads_heif()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), fmt)
    for share, reason in ((1.0, ""), (0.5, "truncated")):
        kept = int(share * len(content))
        path.write_bytes(content[:kept] + bytes(len(content) - kept))
        assert decode_file(path, None, Limits()).reason == reason
