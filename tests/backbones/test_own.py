import json
import os
from contextvars import copy_context
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from torch import nn
from torchvision import models

from core.backbones import registry
from core.backbones.adopt import adopt
from core.backbones.load import load
from core.backbones.sources import own
from core.errors import BackboneError, WeightsUnavailable
from tests.hub import random_state

TIMM = "test_vit"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of backbones of one's own; it is that of this test's context."""
    own.use_folder(tmp_path / "own")
    return tmp_path / "own"


def squeezenet(classes: int = 5) -> nn.Module:
    torch.manual_seed(0)
    return models.squeezenet1_1(num_classes=classes).eval()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A fine-tuned model of torchvision as training scripts save it, in a wrapper's dictionary and with its prefix."""
    file = tmp_path / "best.pth"
    state = {f"module.{key}": value for key, value in squeezenet().state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state, "optimizer": {"lr": 0.1}}, file)
    return file


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder as timm writes it: the weights and `config.json`."""
    path = tmp_path / "exported"
    path.mkdir()
    safetensors.torch.save_file(random_state(TIMM), path / "model.safetensors")
    config = {
        "architecture": TIMM, "num_classes": 1000,
        "pretrained_cfg": {"input_size": [3, 160, 160], "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.2, 0.2],
                           "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear", "license": None},
    }  # fmt: skip
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_a_checkpoint_of_torchvision_gives_its_features(checkpoint: Path, folder: Path) -> None:
    added = adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")
    assert (added.name, added.family, added.weights) == ("local:mine", "local", "best.pth")
    assert (added.feature_dim, added.input_px, added.stages) == (512, 224, registry.info("squeezenet1_1").stages)
    images, model = torch.randn(2, 3, 64, 64), squeezenet()
    with torch.inference_mode():
        expected = model.features(images).mean((2, 3))
        torch.testing.assert_close(load("local:mine")(images), expected)
    assert registry.info("local:mine") == added
    assert added.ready


def test_a_network_that_asks_for_the_version_of_its_weights_is_taken_from_safetensors(
    tmp_path: Path, folder: Path
) -> None:
    torch.manual_seed(0)
    model = models.mnasnet0_5().eval()
    safetensors.torch.save_file(model.state_dict(), tmp_path / "mine.safetensors")
    adopt(tmp_path / "mine.safetensors", "mine", folder, architecture="mnasnet0_5")
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = model.layers(images).mean((2, 3))
        torch.testing.assert_close(load("local:mine")(images), expected)


def test_a_folder_of_timms_says_its_architecture_and_how_it_sees(exported: Path, folder: Path) -> None:
    added = adopt(exported, "mine", folder)
    how = added.preprocessing
    assert (added.architecture, how.framing, how.interpolation, how.mean) == (
        "timm:test_vit", "squashed", "bilinear", (0.4, 0.5, 0.6)
    )  # fmt: skip
    model = timm.create_model(TIMM)
    model.load_state_dict(safetensors.torch.load_file(exported / "model.safetensors"))
    model.reset_classifier(0)
    images = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        torch.testing.assert_close(load("local:mine")(images), model.eval()(images))


def test_it_is_known_where_its_folder_is_in_use_and_until_it_is_removed(checkpoint: Path, folder: Path) -> None:
    adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")
    assert registry.backbones()[-1].name == "local:mine"
    assert registry.info("local:mine@whole").preprocessing.framing == "whole"

    def elsewhere() -> None:
        own.use_folder(folder.parent / "another")
        registry.info("local:mine")

    with pytest.raises(BackboneError, match="no backbone 'local:mine'"):
        copy_context().run(elsewhere)
    own.remove("mine", folder)
    assert list(folder.iterdir()) == []
    with pytest.raises(BackboneError, match="no backbone 'local:mine'"):
        registry.info("local:mine")
    with pytest.raises(BackboneError, match="no backbone 'local:mine' to remove"):
        own.remove("mine", folder)


def test_it_is_never_among_those_to_begin_with(checkpoint: Path, folder: Path) -> None:
    assert not adopt(checkpoint, "mine", folder, architecture="squeezenet1_1").commercial


def test_weights_that_were_changed_on_the_disk_are_not_used(checkpoint: Path, folder: Path) -> None:
    adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")
    with (folder / "mine" / own.WEIGHTS).open("r+b") as weights:
        weights.seek(-1, os.SEEK_END)
        weights.write(b"\x7f")
    with pytest.raises(WeightsUnavailable, match="damaged or gone"):
        load("local:mine")


def test_a_damaged_card_hides_its_backbone_and_no_other(checkpoint: Path, folder: Path) -> None:
    for name in ("a", "b"):
        adopt(checkpoint, name, folder, architecture="squeezenet1_1")
    (folder / "a" / own.CARD).write_text("{}")
    folder.touch()
    assert [known.name for known in registry.backbones() if known.family == "local"] == ["local:b"]


@pytest.mark.parametrize(
    ("name", "architecture", "message"),
    [
        ("a b", "squeezenet1_1", "'a b' cannot name a backbone"),
        ("../a", "squeezenet1_1", "cannot name a backbone"),
        ("a", "", "name its architecture, such as resnet18"),
        ("a", "squeezenet9", "no architecture 'squeezenet9'. Did you mean 'squeezenet1_"),
        ("a", "timm:squeezenet1_1", "no architecture 'timm:squeezenet1_1'"),
        ("a", "squeezenet1_0", r"'features\.0\.weight' is 64 × 3 × 3 × 3 and should be 96 × 3 × 7 × 7"),
        ("a", "resnet18", r"fit torchvision:resnet18\. 'conv1\.weight', 64 × 3 × 7 × 7, is missing.* And \d+ more"),
    ],
)
def test_what_does_not_fit_is_refused(
    name: str, architecture: str, message: str, checkpoint: Path, folder: Path
) -> None:
    with pytest.raises(BackboneError, match=message):
        adopt(checkpoint, name, folder, architecture=architecture)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_name_is_taken_once(checkpoint: Path, folder: Path) -> None:
    adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")
    with pytest.raises(BackboneError, match="'local:mine' already"):
        adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")


def test_tensors_without_a_place_are_named_but_for_the_classifiers(checkpoint: Path, folder: Path) -> None:
    state = {**squeezenet().state_dict(), "extra.weight": torch.zeros(3)}
    torch.save(state, checkpoint)
    with pytest.raises(BackboneError, match=r"no place for 'extra\.weight', 3"):
        adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_file_that_was_cut_off_is_refused(ending: str, tmp_path: Path, checkpoint: Path, folder: Path) -> None:
    whole = checkpoint.read_bytes() if ending == ".pth" else safetensors.torch.save(squeezenet().state_dict())
    (tmp_path / f"cut{ending}").write_bytes(whole[:10_000])
    with pytest.raises(BackboneError, match=f"'cut{ending}' is (cut off|damaged)"):
        adopt(tmp_path / f"cut{ending}", "mine", folder, architecture="squeezenet1_1")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, folder: Path) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"weight": Bad()}, tmp_path / "bad.pth")
    with pytest.raises(BackboneError, match="holds more than tensors"):
        adopt(tmp_path / "bad.pth", "mine", folder, architecture="squeezenet1_1")
    assert not (tmp_path / "ran").exists()


def test_where_pickles_are_not_taken_they_are_not_read(checkpoint: Path, folder: Path) -> None:
    with pytest.raises(BackboneError, match="Save the weights as safetensors"):
        adopt(checkpoint, "mine", folder, architecture="squeezenet1_1", pickles=False)


def test_an_input_that_is_not_square_is_refused(exported: Path, folder: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    config["pretrained_cfg"]["input_size"] = [3, 160, 224]
    (exported / "config.json").write_text(json.dumps(config))
    with pytest.raises(BackboneError, match="an input of 224 × 160 px is not square"):
        adopt(exported, "mine", folder)


@pytest.mark.parametrize(
    "given",
    [
        {"input_size": [3, 100_000, 100_000]},
        {"crop_mode": "center", "crop_pct": 1e-7},
        {"mean": [float("nan"), 0.5, 0.5]},
    ],
)
def test_an_input_that_cannot_be_is_refused(given: dict[str, object], exported: Path, folder: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    config["pretrained_cfg"] |= given
    (exported / "config.json").write_text(json.dumps(config))
    with pytest.raises(BackboneError, match=r"a size is above 4,096 px, or a mean or deviation is no number"):
        adopt(exported, "mine", folder)


def test_weights_that_are_no_numbers_are_refused(checkpoint: Path, folder: Path) -> None:
    state = squeezenet().state_dict()
    state["features.0.bias"][3] = float("nan")
    torch.save(state, checkpoint)
    with pytest.raises(BackboneError, match=r"'features\.0\.bias' has values that are no numbers"):
        adopt(checkpoint, "mine", folder, architecture="squeezenet1_1")


def test_a_pickle_that_holds_itself_is_refused(tmp_path: Path, folder: Path) -> None:
    ring: dict[str, object] = {}
    ring["model"] = ring
    torch.save(ring, tmp_path / "ring.pth")
    with pytest.raises(BackboneError, match="no tensors with names"):
        adopt(tmp_path / "ring.pth", "mine", folder, architecture="squeezenet1_1")


@pytest.mark.parametrize("content", ["[1]", "[" * 100_000])
def test_a_config_that_is_none_is_refused(content: str, exported: Path, folder: Path) -> None:
    (exported / "config.json").write_text(content)
    with pytest.raises(BackboneError, match=r"'config\.json' beside the weights cannot be read"):
        adopt(exported, "mine", folder)


def test_a_folder_with_several_files_of_weights_or_none_is_refused(exported: Path, folder: Path) -> None:
    (exported / "more.safetensors").touch()
    with pytest.raises(BackboneError, match=r"several files of weights: model\.safetensors, more\.safetensors"):
        adopt(exported, "mine", folder)
    for file in exported.glob("*.safetensors"):
        file.unlink()
    with pytest.raises(BackboneError, match="no file of weights"):
        adopt(exported, "mine", folder)
    with pytest.raises(BackboneError, match="no file or folder 'gone'"):
        adopt(exported / "gone", "mine", folder)


def test_half_precision_is_kept_in_full(exported: Path, folder: Path) -> None:
    half = {key: value.half() for key, value in safetensors.torch.load_file(exported / "model.safetensors").items()}
    safetensors.torch.save_file(half, exported / "model.safetensors")
    adopt(exported, "mine", folder)
    assert next(load("local:mine").parameters()).dtype == torch.float32
