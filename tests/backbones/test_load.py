import copy
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import models

from core.backbones import download
from core.backbones.load import load
from core.backbones.places import torch_folder
from core.backbones.preprocess import preprocess
from core.backbones.registry import info
from core.backbones.sources.embedded import WEIGHTS, Embedded
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError, Cancelled, WeightsUnavailable
from core.progress import Progress
from tests.fakes import TinyBackbone, install, plug_in, promise, random_weights, tiny_info

NAME = "shufflenet_v2_x0_5"


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """torch's folder is a private one, and nothing is fetched from outside this machine."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv(download.MIRROR, "file:///nowhere")
    monkeypatch.setenv("no_proxy", "*")
    return torch_folder()


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> BackboneInfo:
    """A folder with random weights that pass for the real ones of `NAME`, to download from."""
    known = random_weights(monkeypatch, NAME, tmp_path / "mirror")
    monkeypatch.setenv(download.MIRROR, (tmp_path / "mirror").as_uri())
    return known


def test_weights_that_are_there_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch, hub: Path) -> None:
    known = random_weights(monkeypatch, NAME, hub)
    images = torch.randn(2, 3, 64, 64)
    model = models.get_model(NAME)
    model.load_state_dict(torch.load(known.file, weights_only=True))
    model.fc = torch.nn.Identity()

    backbone = load(NAME)

    assert not backbone.training
    with torch.inference_mode():
        torch.testing.assert_close(backbone(images), model.eval()(images))
    assert load(NAME) is backbone


def test_missing_weights_are_downloaded_with_progress_in_bytes(mirror: BackboneInfo, hub: Path) -> None:
    steps: list[Progress] = []
    assert not info(NAME).ready
    load(NAME, report=steps.append)

    file = hub / "shufflenetv2_x0.5-f707e7126e.pth"
    assert info(NAME).ready
    assert [f.name for f in hub.iterdir()] == [file.name]
    byte_counts = [(step.done, step.total) for step in steps if step.total]
    assert byte_counts[0] == (0, file.stat().st_size)
    assert byte_counts[-1] == (file.stat().st_size, file.stat().st_size)
    assert len(byte_counts) > 10
    assert byte_counts == sorted(byte_counts)


def test_a_damaged_file_is_downloaded_again(mirror: BackboneInfo, hub: Path) -> None:
    file = hub / "shufflenetv2_x0.5-f707e7126e.pth"
    hub.mkdir(parents=True)
    file.write_bytes(b"half of it")
    load(NAME)
    assert file.stat().st_size > 1e6


def test_without_a_network_the_error_says_what_to_put_where(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(download.MIRROR, "http://127.0.0.1:9/")
    with pytest.raises(WeightsUnavailable) as raised:
        load(NAME)
    message = str(raised.value)
    assert "shufflenetv2_x0.5-f707e7126e.pth (5 MB, from https://download.pytorch.org/" in message
    assert str(hub) in message
    assert "refused" in message
    assert "Ready on this machine: graft" in message


def test_a_damaged_file_that_cannot_be_replaced_is_not_called_ready(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.mkdir(parents=True)
    (hub / "shufflenetv2_x0.5-f707e7126e.pth").write_bytes(b"half of it")
    monkeypatch.setenv(download.MIRROR, "http://127.0.0.1:9/")
    with pytest.raises(WeightsUnavailable, match="the file that is here is damaged") as raised:
        load(NAME)
    assert NAME not in str(raised.value).partition("Ready on this machine")[2]


def test_a_wrong_file_is_not_kept(mirror: BackboneInfo, hub: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror" / "shufflenetv2_x0.5-f707e7126e.pth").write_bytes(b"something else")
    with pytest.raises(WeightsUnavailable, match="its hash differs"):
        load(NAME)
    assert list(hub.iterdir()) == []


def test_a_download_can_be_cancelled_and_leaves_nothing(mirror: BackboneInfo, hub: Path) -> None:
    def cancel(step: Progress) -> None:
        if step.done > 1_000_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        load(NAME, report=cancel)
    assert list(hub.iterdir()) == []


def test_a_full_disk_is_reported(mirror: BackboneInfo, hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(hub.parents[2])
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=1_000_000))
    with pytest.raises(WeightsUnavailable, match="the disk is full"):
        load(NAME)
    assert list(hub.iterdir()) == []


@pytest.fixture
def broken_server() -> Iterator[str]:
    """A server that promises more bytes than it sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2000000")
            self.end_headers()
            self.wfile.write(b"x" * 1_000_000)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_connection_that_breaks_off_leaves_nothing(
    broken_server: str, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(download.MIRROR, broken_server)
    with pytest.raises(WeightsUnavailable, match=r"broke off|IncompleteRead"):
        load(NAME)
    assert list(hub.iterdir()) == []


def test_weights_that_would_run_code_are_refused(hub: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    file = hub / info(NAME).url.rsplit("/", 1)[-1]
    hub.mkdir(parents=True)
    torch.save({"fc.weight": Bad()}, file)
    promise(monkeypatch, NAME, file)
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        load(NAME)
    assert not (tmp_path / "ran").exists()


def test_random_weights_only_where_they_are_asked_for() -> None:
    with pytest.raises(WeightsUnavailable):
        load(NAME)
    backbone = load(NAME, pretrained=False)
    assert backbone is not load(NAME, pretrained=False)
    assert backbone(torch.zeros(1, 3, 64, 64)).shape == (1, 1024)


def test_an_embedded_file_that_does_not_match_its_card_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for file in WEIGHTS.glob("graft_residual.*"):
        shutil.copy(file, tmp_path)
    plug_in(monkeypatch, Embedded(tmp_path))
    with (tmp_path / "graft_residual.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x7f")
    with pytest.raises(WeightsUnavailable, match="do not match their card"):
        load("graft_residual")


def test_the_last_three_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    built = install(monkeypatch, *(TinyBackbone(tiny_info(name)) for name in "abcd"))
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        load(name)
    assert built == ["a", "b", "c", "d", "b"]


def test_an_unknown_backbone() -> None:
    with pytest.raises(BackboneError, match="no backbone 'resnet'"):
        load("resnet")


def test_a_copy_has_its_own_stages() -> None:
    backbone = load(NAME, pretrained=False)
    copied = copy.deepcopy(backbone)
    stage_parameters = {id(p) for _name, modules in copied.stages for module in modules for p in module.parameters()}
    assert stage_parameters == {id(p) for p in copied.parameters()}
    assert not stage_parameters & {id(p) for p in backbone.parameters()}


def test_pixels_are_the_images_own() -> None:
    image = Image.new("RGB", (50, 40), (255, 0, 51))
    pixels = load("pixels_16")
    features = pixels(preprocess(image, pixels.info.preprocessing)[None])
    assert features.shape == (1, 768)
    assert list(pixels.parameters()) == []
    np.testing.assert_allclose(features.reshape(3, 256).mean(1) * 0.5 + 0.5, [1.0, 0.0, 0.2], atol=1e-6)


@pytest.mark.parametrize("name", ["ResNet18", "EfficientNet_B0", "Inception_V3", "EfficientNet_V2_L", "Swin_T"])
@pytest.mark.parametrize("size", [(500, 375), (333, 500), (64, 64), (900, 230), (700, 701)])
def test_preprocessing_is_torchvisions_own(name: str, size: tuple[int, int]) -> None:
    preprocessing = info(name.lower()).preprocessing
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (size[1] // 4, size[0] // 4, 3), dtype=np.uint8))
    image = small.resize(size, Image.Resampling.BICUBIC)
    expected = getattr(models, f"{name}_Weights").DEFAULT.transforms()(image)

    actual = preprocess(image, preprocessing)

    assert actual.shape == (3, preprocessing.crop_px, preprocessing.crop_px)
    assert actual.is_contiguous()
    torch.testing.assert_close(actual, expected)


def test_a_long_image_is_cut_before_it_is_resized() -> None:
    preprocessing = info("resnet18").preprocessing
    ramp = np.linspace(0, 255, 1200, dtype=np.uint8)[None, :, None].repeat(100, 0).repeat(3, 2)
    image = Image.fromarray(ramp)
    expected = models.ResNet18_Weights.DEFAULT.transforms()(image)
    assert (preprocess(image, preprocessing) - expected).abs().max() < 0.05


def test_a_very_long_image_is_no_burden() -> None:
    preprocessing = info("resnet18").preprocessing
    image = Image.new("RGB", (100_000, 1), (124, 116, 104))
    tensor = preprocess(image, preprocessing)
    assert tensor.shape == (3, 224, 224)
    assert tensor.abs().max() < 0.02
