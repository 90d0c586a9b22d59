import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.data.images.decode import open_rgb
from core.data.images.scrub import scrubbed
from tests.conftest import photo

GPS = 0x8825
SECRET = "at home"


def tagged(fmt: str, *, turned: int = 1) -> bytes:
    """A photo that tells where it was taken and by whom, in every way its format has."""
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = turned
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (47.0, 33.0, 12.0)
    more = {}
    if fmt == "PNG":
        words = PngInfo()
        words.add_text("Comment", SECRET)
        more = {"pnginfo": words}
    if fmt == "JPEG":
        more = {"comment": SECRET.encode(), "quality": 80, "progressive": True, "icc_profile": b"colours" * 9}
    if fmt == "WEBP":
        more = {"xmp": SECRET.encode(), "lossless": True}
    if fmt == "GIF":
        out = io.BytesIO()
        photo((200, 60, 50), 1).quantize(16).save(out, "GIF", comment=SECRET.encode())
        return out.getvalue()
    out = io.BytesIO()
    photo((200, 60, 50), 1, 60).crop((0, 0, 60, 40)).save(out, fmt, exif=exif, **more)
    return out.getvalue()


@pytest.mark.parametrize("turned", [1, 6])
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_only_the_picture_is_left(tmp_path: Path, fmt: str, turned: int) -> None:
    path = tmp_path / "photo"
    path.write_bytes(tagged(fmt, turned=turned))
    content, name = scrubbed(path, fmt)
    assert SECRET.encode() in path.read_bytes()
    assert SECRET.encode() not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == name
        assert GPS not in image.getexif()
        assert set(image.getexif()) <= {0x0112}
    ours, theirs = (np.asarray(open_rgb(source)) for source in (io.BytesIO(content), io.BytesIO(path.read_bytes())))
    np.testing.assert_array_equal(ours, theirs)  # also turned the same way


def test_the_colour_profile_of_a_jpeg_stays(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(tagged("JPEG"))
    with Image.open(io.BytesIO(scrubbed(path, "JPEG")[0])) as image:
        assert image.info["icc_profile"] == b"colours" * 9


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "BMP", "WEBP", "GIF"])
def test_a_photo_that_tells_nothing_is_given_as_it_came(tmp_path: Path, fmt: str) -> None:
    path = tmp_path / "photo"
    photo((200, 60, 50), 1).save(path, fmt)
    assert scrubbed(path, fmt) == (path.read_bytes(), fmt)


def test_what_is_hidden_behind_the_picture_goes(tmp_path: Path) -> None:
    """Some cameras append a second picture or a trailer of their own, with metadata again."""
    path = tmp_path / "photo"
    out = io.BytesIO()
    photo((200, 60, 50), 1).save(out, "JPEG")
    path.write_bytes(out.getvalue() + tagged("JPEG"))
    assert scrubbed(path, "JPEG")[0] == out.getvalue()
    png = io.BytesIO()
    photo((200, 60, 50), 1).save(png, "PNG")
    path.write_bytes(png.getvalue() + SECRET.encode())
    assert scrubbed(path, "PNG")[0] == png.getvalue()
