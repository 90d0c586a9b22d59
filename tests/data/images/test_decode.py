from __future__ import annotations

import gc
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.images.decode import UnreadableImage, from_bytes, open_image, open_rgb
from core.data.images.worker import decode_file
from core.data.limits import Limits


def encoded(image: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def pixels(content: bytes) -> np.ndarray:
    image = from_bytes(content)
    assert image.mode == "RGB"
    assert image.info == {}
    return np.asarray(image)


def half_red() -> Image.Image:
    image = Image.new("RGB", (40, 20), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 20, 20))
    return image


@pytest.mark.parametrize(
    "name", ["animated.gif", "single.gif", "animated.png", "animated.webp", "pages.tiff", "two.mpo"]
)
@pytest.mark.parametrize("at_least_px", [0, 8])
def test_no_file_is_left_open(tmp_path: Path, name: str, at_least_px: int) -> None:
    others = (
        {} if name == "single.gif" else {"save_all": True, "append_images": [half_red().rotate(180).resize((160, 80))]}
    )
    half_red().resize((160, 80)).save(tmp_path / name, **others)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert open_rgb(tmp_path / name, at_least_px=at_least_px).width in (20, 160)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(half_red(), "PNG", exif=exif)
    from PIL import ImageOps

    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
    assert np.array_equal(pixels(content), expected)
    assert pixels(content).shape[:2] == ((20, 40) if orientation < 5 else (40, 20))


def test_16_bits_are_scaled_by_their_full_scale() -> None:
    ramp = np.array([[0, 257 * 10, 257 * 100, 65535]], dtype=np.uint16)
    assert pixels(encoded(Image.fromarray(ramp)))[0, :, 0].tolist() == [0, 10, 100, 255]


def test_12_bits_in_16_use_their_own_scale() -> None:
    ramp = np.array([[0, 2048, 4095]], dtype=np.uint16)
    assert pixels(encoded(Image.fromarray(ramp)))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 0.5, 1.0], [0, 128, 255]), ([0.0, 128.0, 255.0], [0, 128, 255]), ([-10.0, 0.0, 10.0], [0, 128, 255])],
)
def test_floats_are_scaled(values: list[float], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], dtype=np.float32))
    assert pixels(encoded(image, "TIFF"))[0, :, 0].tolist() == expected


def test_a_float_image_of_one_value_or_with_nan_is_no_error() -> None:
    image = Image.fromarray(np.array([[np.nan, 3000.0, 3000.0]], dtype=np.float32))
    assert pixels(encoded(image, "TIFF")).shape == (1, 3, 3)


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert (pixels(encoded(clear)) == 255).all()
    half = Image.new("LA", (4, 4), (0, 128))
    assert abs(int(pixels(encoded(half))[0, 0, 0]) - 127) <= 1


def test_a_palette_keeps_its_colours_and_its_transparent_one() -> None:
    palette = half_red().quantize(4)
    assert np.array_equal(pixels(encoded(palette)), np.asarray(half_red()))
    index = palette.getpixel((0, 0))
    assert pixels(encoded(palette, transparency=index))[0, 0].tolist() == [255, 255, 255]


def test_cmyk_and_grey_become_rgb() -> None:
    red = pixels(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))[4, 4]
    assert red[0] > 220
    assert red[1:].max() < 60
    assert pixels(encoded(Image.new("L", (8, 8), 90)))[0, 0].tolist() == [90, 90, 90]
    assert pixels(encoded(Image.new("1", (8, 8), 1)))[0, 0].tolist() == [255, 255, 255]


def test_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), c) for c in ((255, 0, 0), (0, 255, 0))]
    assert pixels(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))[0, 0].tolist() == [255, 0, 0]


PHOTO = encoded(Image.effect_noise((80, 60), 60), "JPEG")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"this is text, and no photo at all", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (b"GIF89a/*<script>*/", "decoder_error"),
        (b"BM is how this text begins", "not_an_image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unsupported_format"),
        (b"\0\0\0\x0cjP  \r\n\x87\n and more", "unsupported_format"),
        (PHOTO[: len(PHOTO) // 2], "truncated"),
        (PHOTO[:100], "truncated"),
        (encoded(Image.effect_noise((40, 40), 60), "WEBP")[:-100], "truncated"),
        (encoded(Image.effect_noise((40, 40), 60))[:-100], "truncated"),
        (encoded(half_red(), "ICO"), "not_an_image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_gives_no_pixels_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(content)
    assert problem.value.reason == reason


def test_too_many_pixels_are_seen_in_the_header() -> None:
    content = encoded(Image.new("1", (300, 200)))
    for limits in (Limits(max_pixels=59_999), Limits(max_side=299)):
        with pytest.raises(UnreadableImage) as problem:
            from_bytes(content, limits)
        assert problem.value.reason == "too_many_pixels"
    assert from_bytes(content, Limits(max_pixels=60_000, max_side=300)).size == (300, 200)
    with pytest.raises(UnreadableImage) as problem:  # where Pillow itself only warns
        from_bytes(encoded(Image.new("1", (12_000, 12_000))))
    assert problem.value.reason == "too_many_pixels"


def test_a_jpeg_can_be_decoded_smaller(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(encoded(Image.new("RGB", (1600, 800)), "JPEG"))
    assert open_rgb(path).size == (1600, 800)
    assert open_rgb(path, at_least_px=200).size == (400, 200)
    assert open_rgb(path, at_least_px=401).size == (1600, 800)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK"])
def test_thumbnails_are_small_upright_and_bare(tmp_path: Path, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    image = (
        Image.fromarray(np.full((400, 900), 300, dtype=np.uint16)) if mode == "I;16" else Image.new(mode, (900, 400))
    )
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    path.write_bytes(encoded(image, "JPEG" if mode == "CMYK" else "PNG", exif=exif))
    decoded = decode_file(path, out, Limits())
    assert (decoded.format, decoded.width, decoded.height) == ("JPEG" if mode == "CMYK" else "PNG", 400, 900)
    with Image.open(out) as small:
        assert small.format == "JPEG"
        assert small.size == (114, 256)
        assert not small.getexif()


def test_an_absurd_shape_has_a_thumbnail_that_can_be_shown(tmp_path: Path) -> None:
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    shapes = {(20_000, 2): (256, 64), (2, 20_000): (64, 256), (1, 250): (63, 250), (80, 20): (80, 20)}
    for size, shown in shapes.items():
        path.write_bytes(encoded(Image.new("RGB", size)))
        decoded = decode_file(path, out, Limits())
        assert (decoded.format, decoded.width, decoded.height) == ("PNG", *size)
        with Image.open(out) as small:
            assert small.size == shown


def test_wider_integers_are_scaled_by_their_range() -> None:
    big = np.array([[0, 100_000, 200_000]], dtype=np.int32)
    assert pixels(encoded(Image.fromarray(big), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    below = np.array([[-100, 0, 100]], dtype=np.int32)
    assert pixels(encoded(Image.fromarray(below), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    sixteen = Image.fromarray(np.array([[0, 257 * 100, 65535]], dtype=np.uint16))
    assert pixels(encoded(sixteen, "TIFF"))[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize("fmt", ["ICO", "PPM", "EPS", "TGA", "SGI", "PCX", "DDS", "PDF", "JPEG2000"])
def test_formats_that_are_not_on_the_list_are_never_opened(fmt: str) -> None:
    if fmt not in Image.SAVE:
        Image.init()
    if fmt not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {fmt}")
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(encoded(half_red(), fmt))
    assert problem.value.reason in ("not_an_image", "unsupported_format")


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_no_metadata_comes_out(tmp_path: Path, fmt: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    if fmt != "TIFF":  # Pillow writes no GPS there
        exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    options: dict[str, object] = {"exif": exif, "icc_profile": b"Secret Profile" * 20}
    options |= {"comment": b"Secret comment"} if fmt == "JPEG" else {}
    path, out = tmp_path / "x", tmp_path / "x.jpg"
    path.write_bytes(encoded(Image.effect_noise((400, 300), 50).convert("RGB"), fmt, **options))
    assert b"Secret" in path.read_bytes()
    decode_file(path, out, Limits())
    content = out.read_bytes()
    assert b"Secret" not in content
    assert b"Exif" not in content
    assert b"ICC_PROFILE" not in content
    again = open_rgb(path)
    assert again.info == {}
    assert not again.getexif()


def test_torchvisions_decoder_is_used_nowhere() -> None:
    core = Path(__file__).resolve().parents[3] / "core"
    for file in core.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "torchvision.io" not in text, file
        assert "decode_jpeg" not in text, file


@pytest.mark.parametrize(("sampling", "fits"), [(0, False), (2, True)])
def test_a_progressive_jpeg_that_fills_the_memory_is_not_begun(sampling: int, fits: bool) -> None:
    """Its coefficients are all kept until the last scan: six bytes a pixel, or three where colours are coarser."""
    content = encoded(half_red(), "JPEG", progressive=True, subsampling=sampling)
    at = content.index(b"\xff\xc2") + 5
    huge = io.BytesIO(content[:at] + (12_240).to_bytes(2, "big") + (16_320).to_bytes(2, "big") + content[at + 4 :])
    if fits:
        assert open_image(huge, Limits()).size == (16_320, 12_240)
        return
    with pytest.raises(UnreadableImage) as problem:
        open_image(huge, Limits())
    assert problem.value.reason == "too_much_memory"


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "RGB"])
def test_a_plain_tiff_is_turned_alike_from_a_path_and_from_memory(tmp_path: Path, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "x.tif"
    half_red().convert(mode).save(path, "TIFF", exif=exif)
    assert np.array_equal(np.asarray(open_rgb(path)), pixels(path.read_bytes()))
    assert open_rgb(path).size == (20, 40)
