import subprocess
import sys
from contextvars import copy_context
from pathlib import Path

import pytest

from core.backbones.load import load
from core.backbones.places import hash_in_name, torch_folder
from core.backbones.registry import backbones, every, info, ready_names
from core.backbones.spec import BackboneInfo, Preprocessing
from core.errors import BackboneError
from core.i18n import language, use_language
from tests.fakes import FakeSource, TinyBackbone, install, plug_in, tiny_info


def test_embedded_ones_come_first_then_the_baseline_then_those_in_packages_then_the_zoo() -> None:
    families = [b.family for b in backbones()]
    at = families.index("baseline")
    assert at >= 1
    assert set(families[:at]) == {"graft"}
    assert "graft" not in families[at:]
    assert [b.name for b in backbones() if b.package] == [f"efficientnet_lite{n}" for n in range(3)]
    assert set(families[at + 1 : at + 4]) == {"efficientnet_lite"}
    others = [b.name for b in backbones()[at + 4 :] if not b.needs]  # which depends on what is installed
    assert [name.startswith("timm:") for name in others] == [True] * 17 + [False] * 80
    assert len({b.name for b in backbones()}) == len(families)


def test_every_backbone_says_what_matters() -> None:
    for b in every():
        assert b.feature_dim > 0
        assert b.licence
        assert b.trained_on
        assert b.input_px == b.preprocessing.input_px
        assert b.imagenet_top1 is None or 0.5 < b.imagenet_top1 < 0.9
        assert bool(b.stages) == b.trainable or b.needs
        assert b.is_floor or (b.params > 1e5 and b.gflops > 0 and b.size_mb > 0.5)


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(BackboneError, match=r"'resnet19'.*'resnet18'"):
        info("resnet19")
    with pytest.raises(BackboneError, match="graft"):
        info("graft_residuum")
    with pytest.raises(BackboneError, match="Did you mean"):
        info("")


def test_downloaded_weights_are_ready_where_torch_keeps_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert not info("resnet18").ready
    assert "resnet18" not in ready_names()

    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").write_bytes(b"weights")

    assert info("resnet18").ready
    assert "resnet18" in ready_names()
    assert not info("resnet34").ready


@pytest.mark.parametrize(
    "environment",
    [{"TORCH_HOME": "~/a"}, {"XDG_CACHE_HOME": "/tmp/b"}, {"TORCH_HOME": "/c", "XDG_CACHE_HOME": "/d"}, {}],
)
def test_the_folder_is_torchs_own(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    import torch

    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(torch_folder()) == f"{torch.hub.get_dir()}/checkpoints"


def test_embedded_ones_and_pixels_are_always_ready() -> None:
    assert all(b.ready for b in backbones() if b.embedded)
    pixels = info("pixels_16")
    assert (pixels.feature_dim, pixels.trainable, pixels.family, pixels.weights) == (768, False, "baseline", "")
    assert "pixels_16" not in ready_names()


def test_hashes_in_file_names() -> None:
    assert hash_in_name("resnet18-f37072fd.pth") == "f37072fd"
    assert hash_in_name("mnasnet0.5_top1_67.823-3ffadce67e.pth") == "3ffadce67e"
    assert hash_in_name("weights.pth") == ""
    assert all(b.sha256 for b in backbones() if not (b.is_floor or b.repository or b.needs))


def test_preprocessing_goes_through_json() -> None:
    preprocessing = Preprocessing(108, 96, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), "bicubic", False)
    assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing
    with pytest.raises(ValueError, match="not a preprocessing"):
        Preprocessing.from_json({"resize_px": 108})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"resize_px": 90}, "96 px does not fit into a short side of 90 px"),
        ({"crop_px": 0}, "0 px"),
        ({"interpolation": "nearest"}, "bilinear or bicubic"),
        ({"std": (0.0, 1.0, 1.0)}, "std is positive"),
    ],
)
def test_preprocessing_that_cannot_be_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Preprocessing(**{"resize_px": 108, "crop_px": 96, **values})  # type: ignore[arg-type]


def test_the_table_is_built_once_for_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Counting()
    plug_in(monkeypatch, source)
    for _repeat in range(3):
        assert info("tiny").licence == "none"
        assert backbones()[0].name == "tiny"
    assert source.spoken == ["en"]
    context = copy_context()
    context.run(use_language, "de")
    assert context.run(info, "tiny").name == "tiny"
    assert source.spoken == ["en", "de"]
    info("tiny")
    assert source.spoken == ["en", "de"]


class Counting(FakeSource):
    """Records the languages in which its backbones were listed."""

    def __init__(self) -> None:
        super().__init__(TinyBackbone())
        self.spoken: list[str] = []

    def infos(self) -> tuple[BackboneInfo, ...]:
        self.spoken.append(language())
        return super().infos()


def test_a_source_that_comes_first_wins_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    own = TinyBackbone(tiny_info("resnet18"))
    install(monkeypatch, own)
    assert info("resnet18").family == "fake"
    assert load("resnet18") is own
    assert [known.name for known in backbones()].count("resnet18") == 1


def test_listing_imports_neither_torch_nor_timm_nor_the_hubs_library() -> None:
    code = (
        "import sys; from core.backbones.registry import every; import core.backbones.download, core.backbones.hub; "
        "[b.ready for b in every()]; sys.exit(bool({'torch', 'timm', 'huggingface_hub'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
