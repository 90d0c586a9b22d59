"""A small dataset of generated photos, and runs fitted on it once for all tests of this room."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.backbones.registry import backbones
from core.bundle.contents import Contents
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.features.extract import extract
from core.models.export import export
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.runs import Run
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.conftest import photo_bytes

CLASSES = {"ant_*": (200, 60, 50), "bee 蜂": (60, 170, 70), "wasp|x": (60, 80, 200)}
EMBEDDED = next(info.name for info in backbones() if info.family == "graft")
PAIR = f"graft_plain+{EMBEDDED}"

NAMES = ("manifest.json", "MODEL_CARD.md", "model.safetensors")


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for k, (name, colour) in enumerate(CLASSES.items()):
            for i in range(10):
                archive.writestr(f"{name}/{i}.png", photo_bytes(colour, 100 * k + i))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFT_HOME", str(folder / "home"))
        yield ingest(folder / "photos.zip", name="Bugs *of* <mine>")


def probe_run(dataset, backbone, path):
    features, config = extract(dataset, backbone), ProbeConfig(folds=2)
    return save_probe_run(features, config, fit_probe(features, config), cross_validate(features, config), path)


PROBES = {"pixels": "pixels_16", "probe": EMBEDDED, "pair": PAIR}


class Runs(dict[str, Run]):
    """Probes on pixels, on an embedded backbone and on two side by side, and a fine-tuned model; made when asked."""

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self.dataset, self.folder = dataset, folder

    def __missing__(self, name: str) -> Run:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRAFT_HOME", str(self.folder / "home"))
            self[name] = self._made(name)
        return self[name]

    def _made(self, name: str) -> Run:
        if name in PROBES:
            return probe_run(self.dataset, PROBES[name], self.folder / name)
        config = FinetuneConfig(backbone=EMBEDDED, mode="last", epochs=1, batch_size=8)
        return finetune(self.dataset, config, self.folder / name)


@pytest.fixture(scope="session")
def runs(dataset, tmp_path_factory):
    return Runs(dataset, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def pixels_bundle(runs, tmp_path_factory):
    return export(runs["pixels"], tmp_path_factory.mktemp("bundles") / "pixels.zip")


@pytest.fixture(scope="session")
def unpacked(runs: dict[str, Run], dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a probe on an embedded backbone, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(export(runs["probe"], folder / "b.zip", contents=Contents(), dataset=dataset)) as bundle:
        bundle.extractall(folder / "bundle")
    return folder / "bundle"


def program(folder: Path) -> Any:
    """The bundle's `predict.py` as a module of its own."""
    spec = importlib.util.spec_from_file_location("predict_of_a_bundle", folder / "predict.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(folder: Path, *words: object) -> tuple[int, str, str]:
    """Runs the program of a bundle where Graft cannot be imported: the exit code, stdout and stderr."""
    line = [sys.executable, "-I", str(folder / "predict.py"), *map(str, words)]
    done = subprocess.run(line, cwd=folder.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def parts(pixels_bundle):
    """The files of a bundle, by their names."""
    with zipfile.ZipFile(pixels_bundle) as bundle:
        return {name: bundle.read(name) for name in NAMES}
