from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from imagehash import phash
from PIL import Image, ImageEnhance

from core.data.dataset import ITEMS
from core.data.images import tiles
from core.data.images.decode import from_bytes
from core.data.images.near import components, group_ids, near_pairs
from core.data.images.small import framed
from core.data.ingest import ingest
from core.data.library import open_dataset
from tests.conftest import ZipBuilder, photo_bytes


def scene(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    """Coloured blobs: as unlike from seed to seed as photos are."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3)).astype(np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def saved(folder: Path, images: list[Image.Image]) -> tuple[list[str], list[Path]]:
    hashes, files = [], []
    for i, image in enumerate(images):
        small = image.copy()
        small.thumbnail((256, 256))
        small = framed(small.convert("RGB"))
        files.append(folder / f"{i}.jpg")
        small.save(files[-1], "JPEG", quality=88)
        hashes.append(str(phash(small)))
    return hashes, files


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return from_bytes(buffer.getvalue())


def test_a_photo_saved_again_smaller_brighter_or_cut_is_a_near_duplicate(tmp_path: Path) -> None:
    one = scene(1)
    bright = ImageEnhance.Brightness(one).enhance(1.15)
    images = [
        one, jpeg(one, 30), one.resize((90, 70)), bright, one.crop((3, 3, 197, 147)),
        scene(2), scene(3),
    ]  # fmt: skip
    pairs = near_pairs(*saved(tmp_path, images))
    assert components(7, pairs).tolist() == [0, 0, 0, 0, 0, 1, 2]
    assert all(i < j for i, j in pairs)
    assert list(pairs) == sorted(pairs)


TURNS = list(Image.Transpose)


@pytest.mark.parametrize("turn", TURNS)
def test_a_mirrored_or_turned_copy_is_a_near_duplicate(turn: Image.Transpose, tmp_path: Path) -> None:
    images = [scene(1), scene(2), jpeg(scene(1).transpose(turn), 60), scene(3)]
    assert near_pairs(*saved(tmp_path, images)) == ((0, 2),)


@pytest.mark.parametrize(
    "cut", [(5, 5, 5, 5), (8, 8, 8, 8), (10, 10, 10, 10), (10, 0, 0, 0), (0, 0, 10, 10), (2, 7, 10, 4), (0, 9, 0, 9)]
)
def test_a_copy_with_its_sides_cut_off_is_a_near_duplicate(cut: tuple[int, ...], tmp_path: Path) -> None:
    def without_sides(image: Image.Image) -> Image.Image:
        left, top, right, bottom = cut
        width, height = image.size
        return image.crop(
            (width * left // 100, height * top // 100, width * (100 - right) // 100, height * (100 - bottom) // 100)
        )

    images = [without_sides(scene(seed, (400, 300))) for seed in range(4)] + [
        scene(seed, (400, 300)) for seed in range(8)
    ]
    pairs = near_pairs(*saved(tmp_path, images))
    assert pairs == tuple((seed, seed + 4) for seed in range(4))


def test_parts_of_different_photos_are_strangers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = []
    for seed in range(150):
        left, top, right, bottom = (int(edge) for edge in rng.integers(0, 60, 4))
        part = scene(seed, (400, 300)).crop((left, top, 400 - right, 300 - bottom))
        images.append(part.transpose(TURNS[int(rng.integers(len(TURNS)))]))
    assert near_pairs(*saved(tmp_path, images)) == ()


def test_turned_and_cut_copies_stay_on_one_side_of_made_splits(small_zip: ZipBuilder) -> None:
    extra = {}
    for k in range(14):
        one = scene(k, (400, 300))
        for i, image in enumerate(
            (one, one.transpose(TURNS[0]), one.transpose(TURNS[2]), one.crop((30, 20, 370, 280)))
        ):
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=90)
            extra[f"{'cat' if k % 2 else 'dog'}/s{k}-{i}.jpg"] = buffer.getvalue()
    numbers = [item.group_id for item in ingest(small_zip(extra=extra)).items]
    assert len(set(numbers)) == 20 + 14


def test_flat_pictures_and_unknown_hashes_have_no_near_duplicates(tmp_path: Path) -> None:
    flat = [Image.new("RGB", (50, 50), c) for c in ((0, 0, 0), (250, 250, 250), (249, 250, 250))]
    assert near_pairs(*saved(tmp_path, flat)) == ()
    _hashes, files = saved(tmp_path, [scene(1), scene(1)])
    assert near_pairs(["", ""], files) == ()


def test_the_same_icon_in_another_colour_is_not_a_near_duplicate(tmp_path: Path) -> None:
    def light(colour: tuple[int, int, int]) -> Image.Image:
        image = Image.new("RGB", (64, 64), (255, 255, 255))
        image.paste(colour, (20, 20, 44, 44))
        return image

    hashes, files = saved(tmp_path, [light((220, 20, 20)), light((20, 200, 20))])
    assert near_pairs(hashes, files) == ()


@pytest.mark.parametrize("name", [pytest.param("digits", marks=pytest.mark.slow), "textures"])
def test_schematic_samples_have_hardly_any(name: str, tmp_path: Path) -> None:
    from core.data.limits import Limits
    from core.data.samples.open import open_sample
    from core.progress import silent

    source = open_sample(name, Limits(), silent)
    rows = range(0, len(source.entries), 3)
    pairs = near_pairs(*saved(tmp_path, [from_bytes(source.read(i)) for i in rows]))
    assert len(pairs) <= 1


@pytest.mark.parametrize("n", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_many_alike_are_thinned_but_stay_connected(n: int, tmp_path: Path) -> None:
    hashes, files = saved(tmp_path, [scene(1), scene(2)])
    pairs = near_pairs(hashes * n, files * n)
    assert len(pairs) < 2 * n * 25
    assert components(2 * n, pairs).tolist() == [0, 1] * n


@pytest.mark.slow
def test_thousands_of_photos_take_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 4000
    hashes = [f"{code:016x}" for code in rng.integers(0, 2**63, n, dtype=np.uint64)]
    assert near_pairs(hashes, [tmp_path / "none"] * n) == ()
    coarse = rng.integers(0, 255, (n, 6, 6, 3)).astype(np.uint8)
    pictures = iter([Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC) for one in coarse])
    monkeypatch.setattr(tiles, "open_rgb", lambda _path, at_least_px: next(pictures))
    started = time.process_time()
    assert near_pairs(hashes, [tmp_path / "none"] * n) == ()
    assert time.process_time() - started < 60


def test_components_are_numbered_by_their_first_member() -> None:
    assert components(6, [(4, 5), (1, 3), (3, 4)]).tolist() == [0, 1, 2, 1, 1, 1]
    assert components(0, []).tolist() == []


def test_kin_joins_copies_near_duplicates_and_groups(tmp_path: Path) -> None:
    images = [scene(1), scene(2), scene(1), jpeg(scene(2), 40), scene(4), scene(5), scene(6)]
    hashes, files = saved(tmp_path, images)
    groups = ["", "", "", "p1", "p1", "p2", ""]
    numbers = group_ids(["a", "b", "a", "c", "d", "e", "f"], hashes, groups, files)
    assert numbers.tolist() == [0, 1, 0, 1, 1, 2, 3]


def test_a_dataset_keeps_hashes_and_kin_and_no_made_split_parts_kin(small_zip: ZipBuilder) -> None:
    extra = {}
    for k in range(12):
        for i, quality in enumerate((95, 60, 30)):
            buffer = io.BytesIO()
            scene(k).save(buffer, "JPEG", quality=quality)
            extra[f"{'cat' if k % 2 else 'dog'}/s{k}-{i}.jpg"] = buffer.getvalue()
    dataset = ingest(small_zip(extra=extra))
    numbers = [item.group_id for item in dataset.items]
    assert sorted(set(numbers)) == list(range(20 + 12))
    assert all(len(item.phash) == 16 for item in dataset.items)
    for number in set(numbers):
        assert len({i.split for i in dataset.items if i.group_id == number}) == 1


def test_a_dataset_of_the_first_version_opens(photos_zip: Path) -> None:
    import pyarrow.parquet as pq

    dataset = ingest(photos_zip)
    table = pq.read_table(dataset.root / ITEMS)
    pq.write_table(table.drop_columns(["phash", "group", "group_id"]), dataset.root / ITEMS)
    old = open_dataset("default", dataset.id)
    assert {(i.phash, i.group, i.group_id) for i in old.items} == {("", "", -1)}
    pq.write_table(table.drop_columns(["format"]), dataset.root / ITEMS)
    with pytest.raises(Exception, match="damaged"):
        open_dataset("default", dataset.id)


def test_generated_photos_of_one_colour_are_strangers(tmp_path: Path) -> None:
    photos = [from_bytes(photo_bytes((200, 60, 50), seed, size)) for size in (16, 48) for seed in range(60)]
    assert near_pairs(*saved(tmp_path, photos)) == ()
