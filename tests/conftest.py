"""Fixtures for all tests: a private home for Graft, the shared real data, and small zips of generated photos."""

from __future__ import annotations

import gc
import io
import itertools
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.backbones.sources.own import use_folder
from core.data.dataset import Dataset
from core.data.images.decoding import decoding_with
from core.data.ingest import ingest
from core.data.library import open_dataset
from tests.decoders import InProcessDecoders

ZipBuilder = Callable[..., Path]

# Files that take more than ten seconds, roughly in the order of how long.
_LONGEST_FIRST = (
    "models/test_families.py", "e2e/test_first_visit.py", "e2e/test_main_job.py", "backbones/test_keras.py",
    "models/test_timm.py", "e2e/test_history.py", "e2e/test_addresses.py", "explaining/test_families.py",
    "e2e/test_compare.py", "e2e/test_names.py", "training/cache/test_cut.py", "e2e/test_decisions.py",
    "e2e/test_health.py", "e2e/test_names_of_models.py", "e2e/test_tour.py", "e2e/test_understood.py",
    "e2e/test_watching.py", "e2e/test_figures.py", "data/test_manifest.py", "backbones/test_timm.py",
    "e2e/test_public.py", "data/readings/test_readings.py", "backbones/test_torchvision.py", "e2e/test_gallery.py",
    "e2e/test_restart.py",
)  # fmt: skip

_COLOURS = ((200, 60, 50), (60, 170, 70), (60, 80, 200), (210, 180, 60), (150, 70, 190))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fuzz N`: how many damaged files of each kind `tests/data/test_fuzz.py` tries."""
    parser.addoption("--fuzz", type=int, default=30, help="damaged files of each kind to try (default 30)")


def pytest_configure() -> None:
    """Nothing is looked for to be thrown away while modules are imported and tests collected: nearly all stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is there by now is not looked through again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """What is there can be thrown away again, or libraries complain in the end that they are not cleared away."""
    gc.unfreeze()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whether a file of tests need not be imported: `-m slow` runs none in a file that never says the word.

    The default runs none of a browser's, unless one is asked for by its name.
    """
    of_browser = collection_path.is_relative_to(Path(__file__).parent / "e2e")
    if config.option.markexpr == "not slow":
        return True if of_browser and not any("e2e" in argument for argument in config.args) else None
    if config.option.markexpr != "slow" or not collection_path.match("test_*.py"):
        return None
    return None if of_browser or "slow" in collection_path.read_text(encoding="utf-8") else True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin before the others: a long test that begins last leaves all cores but one idle."""
    places = {Path(__file__).parent / file: place for place, file in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Homes that are not there yet, one for each test; a folder listed again for every test would cost their square."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def graft_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own GRAFT_HOME and folder of the Hub, outside its `tmp_path`, and is not public.

    No folder of backbones is in use.
    """
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("GRAFT_HOME", str(home))
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "hub"))
    use_folder(None)
    monkeypatch.delenv("GRAFT_PUBLIC", raising=False)
    return home


@pytest.fixture(autouse=True)
def decoding(request: pytest.FixtureRequest) -> Iterator[None]:
    """Photos are decoded in the test's own process, but for tests marked with `processes`."""
    if request.node.get_closest_marker("processes"):
        yield
    else:
        with decoding_with(InProcessDecoders):
            yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of real data beside the repository."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not (path / "data").is_dir():
        pytest.skip("the shared directory with real data is not beside the repository")
    return path


def photo(colour: Sequence[int], seed: int, size_px: int = 48) -> Image.Image:
    """A generated "photo": `colour` with noise and a soft gradient, told from others by its colour."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0.7, 1.2, size_px)[:, None, None] * np.asarray(colour, dtype=np.float64)[None, None, :]
    noisy = ramp + rng.normal(0, 25, (size_px, size_px, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def photo_bytes(colour: Sequence[int], seed: int, size_px: int = 48, fmt: str = "PNG") -> bytes:
    """The bytes of `photo` as a file of the format `fmt`."""
    buffer = io.BytesIO()
    photo(colour, seed, size_px).save(buffer, fmt)
    return buffer.getvalue()


def zip_of_photos(
    path: Path,
    *,
    classes: Sequence[str] = ("cat", "dog"),
    per_class: int = 10,
    splits: Mapping[str, int] | None = None,
    extra: Mapping[str, bytes] | None = None,
    size_px: int = 48,
    fmt: str = "PNG",
) -> Path:
    """Writes a zip of generated photos, each of which is different from every other, and gives its path.

    Args:
        path: of the zip.
        classes: the names of the classes' folders.
        per_class: photos a class.
        splits: a split's folder name to photos a class, as in {"train": 6, "val": 3}; by default classes are at the
            top level.
        extra: more entry names, to bytes.
        size_px: the side of a photo.
        fmt: the format of its file.
    """
    seed = 0
    with zipfile.ZipFile(path, "w") as archive:
        for folder, n in (splits or {"": per_class}).items():
            for c, label in enumerate(classes):
                for i in range(n):
                    seed += 1
                    entry = "/".join(p for p in (folder, label, f"{i}.{fmt.lower()}") if p)
                    archive.writestr(entry, photo_bytes(_COLOURS[c % len(_COLOURS)], seed, size_px, fmt))
        for entry, content in (extra or {}).items():
            archive.writestr(entry, content)
    return path


@pytest.fixture
def small_zip(tmp_path: Path) -> ZipBuilder:
    """Builds a zip in the test's folder: `small_zip("pets.zip", per_class=6)` -> its path; see `zip_of_photos`."""
    return lambda name="photos.zip", **how: zip_of_photos(tmp_path / name, **how)


@pytest.fixture
def photos_zip(small_zip: ZipBuilder) -> Path:
    """Two classes ("cat", "dog") of 20 generated photos each, with no splits."""
    return small_zip(per_class=20)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Datasets that a test has taken in before: a folder of them, and the id of each by what its zip was built from."""
    return tmp_path_factory.mktemp("ingested"), {}


@pytest.fixture
def small_dataset(small_zip: ZipBuilder, ingested: tuple[Path, dict[str, str]]) -> Callable[..., Dataset]:
    """What `ingest(small_zip(...))` gives, but taken in once a session and linked into each test's home.

    The links share their contents, so a test that writes into a dataset's files, rather than replacing them, ingests.
    """
    folder, ids = ingested

    def build(**how: Any) -> Dataset:
        key = repr(sorted(how.items()))
        if key not in ids:
            dataset = ingest(small_zip(**how))
            ids[key] = dataset.id
            if not (folder / dataset.id).is_dir():  # two ways of building can make the same photos
                shutil.copytree(dataset.root, folder / dataset.id)
            return dataset
        shutil.copytree(folder / ids[key], paths.datasets() / ids[key], copy_function=os.link)
        return open_dataset(paths.DEFAULT_WORKSPACE, ids[key])

    return build
