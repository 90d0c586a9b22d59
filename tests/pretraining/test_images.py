import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import BackboneError
from core.pretraining.images import load_images
from tests.conftest import photo_bytes
from tests.pretraining.conftest import COLOURS


def test_packed_images_are_decoded_in_order_with_their_labels(packed: Path, tmp_path: Path) -> None:
    images = load_images(packed, tmp_path / "cache", side_px=32)
    assert images.pixels.shape == (48, 32, 32, 3)
    assert images.labels.tolist() == [0, 1, 2] * 16
    brightest = images.pixels.mean((1, 2)).argmax(1)
    assert brightest.tolist() == [0, 1, 2] * 16


def test_a_zip_and_a_folder_of_the_same_images_give_the_same_squares(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "zipped.zip", "w") as archive:
        for i in range(3):
            data = photo_bytes(COLOURS[i], seed=i, size_px=40)
            (folder / f"{i}.png").write_bytes(data)
            archive.writestr(f"{i}.png", data)
    of_folder, of_zip = (load_images(tmp_path / name, tmp_path, side_px=32) for name in ("photos", "zipped.zip"))
    np.testing.assert_array_equal(of_folder.pixels, of_zip.pixels)
    assert of_folder.labels.tolist() == [-1, -1, -1]


def test_a_source_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="holds no images"):
        load_images(tmp_path / "nothing.zip", tmp_path, side_px=32)


def test_what_a_mac_adds_to_a_zip_is_no_image(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mac.zip", "w") as archive:
        archive.writestr("a/1.png", photo_bytes(COLOURS[0], seed=0, size_px=40))
        archive.writestr("__MACOSX/a/._1.png", b"junk")
        archive.writestr("a/.hidden.png", b"junk")
    assert len(load_images(tmp_path / "mac.zip", tmp_path, side_px=32)) == 1


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "bad.png").write_bytes(b"junk")
    with pytest.raises(BackboneError, match=r"'bad\.png' cannot be read"):
        load_images(folder, tmp_path, side_px=32)


def test_other_images_under_the_same_name_are_other_images(tmp_path: Path) -> None:
    loaded = []
    for i, parent in enumerate(("a", "b")):
        folder = tmp_path / parent / "photos"
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(photo_bytes(COLOURS[i], seed=0, size_px=40))
        loaded.append(load_images(folder, tmp_path / "cache", side_px=32))
    assert loaded[0].name != loaded[1].name
    assert not np.array_equal(loaded[0].pixels, loaded[1].pixels)


def test_damaged_squares_are_decoded_anew(packed: Path, tmp_path: Path) -> None:
    first = np.array(load_images(packed, tmp_path / "cache", side_px=32).pixels)
    (path,) = (tmp_path / "cache").glob("*.npy")
    path.write_bytes(path.read_bytes()[:1000])
    np.testing.assert_array_equal(load_images(packed, tmp_path / "cache", side_px=32).pixels, first)


def test_a_zip_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK junk")
    with pytest.raises(BackboneError, match=r"'cut\.zip' is no zip, or damaged"):
        load_images(tmp_path / "cut.zip", tmp_path, side_px=32)
