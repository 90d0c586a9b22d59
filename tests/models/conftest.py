"""A small dataset of generated photos, and runs fitted on it once for all tests of this room."""

import zipfile

import pytest

from core.backbones.registry import backbones
from core.data.ingest import ingest
from core.features.extract import extract
from core.models.export import export
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.conftest import photo_bytes

CLASSES = {"ant_*": (200, 60, 50), "bee 蜂": (60, 170, 70), "wasp|x": (60, 80, 200)}
EMBEDDED = next(info.name for info in backbones() if info.family == "graft")
PAIR = f"graft_plain+{EMBEDDED}"


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


@pytest.fixture(scope="session")
def runs(dataset, tmp_path_factory):
    """By name: probes on raw pixels, on an embedded backbone and on two side by side, and a fine-tuned model."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFT_HOME", str(folder / "home"))
        config = FinetuneConfig(backbone=EMBEDDED, mode="last", epochs=1, batch_size=8)
        return {
            "pixels": probe_run(dataset, "pixels_16", folder / "pixels"),
            "probe": probe_run(dataset, EMBEDDED, folder / "probe"),
            "pair": probe_run(dataset, PAIR, folder / "pair"),
            "finetune": finetune(dataset, config, folder / "finetune"),
        }


@pytest.fixture(scope="session")
def pixels_bundle(runs, tmp_path_factory):
    return export(runs["pixels"], tmp_path_factory.mktemp("bundles") / "pixels.zip")
