import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from torch.nn import functional
from typer.testing import CliRunner

from core.backbones.preprocess import crop, normalise
from core.backbones.spec import Preprocessing
from core.errors import BackboneError
from core.pretraining.evaluate import read_labelled_zip
from core.pretraining.graph import Graph, convert, open_graph, save_graph
from core.pretraining.teachers import OpenVinoTeacher, TorchTeacher, open_teacher

HOW = Preprocessing(96, 96, mean=(0.0,) * 3, std=(1.0,) * 3)

without_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="OpenVINO is not installed")


@pytest.fixture
def graph() -> Graph:
    """Every operation: a strided convolution, a depthwise one, a limit, a sum, the mean over places, a classifier."""
    torch.manual_seed(0)
    steps = [
        {"op": "affine", "makes": 1, "takes": [0], "scale": 2 / 255, "shift": -1.0},
        {"op": "convolution", "makes": 2, "takes": [1], "stride": 2, "groups": 1},
        {"op": "clamp", "makes": 3, "takes": [2], "low": 0.0, "high": 0.5},
        {"op": "convolution", "makes": 4, "takes": [3], "stride": 1, "groups": 4},
        {"op": "add", "makes": 5, "takes": [4, 3]},
        {"op": "mean", "makes": 6, "takes": [5]},
        {"op": "convolution", "makes": 7, "takes": [6], "stride": 1, "groups": 1},
    ]
    shapes = {2: (4, 3, 3, 3), 4: (4, 1, 3, 3), 7: (5, 4, 1, 1)}
    weights = {f"{number}.weight": torch.randn(shape) for number, shape in shapes.items()}
    weights |= {f"{number}.bias": torch.randn(shape[0]) for number, shape in shapes.items()}
    return Graph(steps, weights, {"embedding": 6, "logits": 7})


def naive(graph: Graph, images: torch.Tensor) -> dict[str, torch.Tensor]:
    w = graph.weights()
    first = functional.conv2d(functional.pad(2 * images - 1, (0, 1, 0, 1)), w["2.weight"], w["2.bias"], stride=2)
    limited = first.clamp(0, 0.5)
    total = functional.conv2d(limited, w["4.weight"], w["4.bias"], padding=1, groups=4) + limited
    embedding = total.mean((2, 3))
    return {"embedding": embedding, "logits": embedding @ w["7.weight"].flatten(1).T + w["7.bias"]}


def test_it_computes_what_its_steps_say(graph: Graph) -> None:
    images = torch.rand(2, 3, 16, 16)
    outputs, expected = graph(images), naive(graph, images)
    assert outputs.keys() == expected.keys()
    for name, values in expected.items():
        torch.testing.assert_close(outputs[name], values, atol=1e-5, rtol=1e-4)


def test_an_odd_side_is_padded_alike_on_both_ends(graph: Graph) -> None:
    images = torch.rand(1, 3, 15, 15)
    w = graph.weights()
    expected = functional.conv2d(2 * images - 1, w["2.weight"], w["2.bias"], stride=2, padding=1).clamp(0, 0.5)
    outputs = Graph(graph.steps[:3], {k: v for k, v in w.items() if k[0] == "2"}, {"embedding": 3})
    torch.testing.assert_close(outputs(images)["embedding"], expected.flatten(1), atol=1e-5, rtol=1e-4)


def test_a_saved_network_opens_without_openvino(graph: Graph, tmp_path: Path) -> None:
    save_graph(graph, tmp_path / "teacher.safetensors")
    images = torch.rand(2, 3, 16, 16)
    reopened = open_graph(tmp_path / "teacher.safetensors")
    torch.testing.assert_close(reopened(images), graph(images), atol=0, rtol=0)
    teacher = open_teacher(str(tmp_path / "teacher.safetensors"), input_px=16)
    assert (teacher.name, teacher.outputs) == ("teacher", {"embedding": 4, "logits": 5})


def test_files_that_are_no_teachers_are_named(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match=r"no teacher file 'none\.tflite'"):
        open_graph(tmp_path / "none.tflite")
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(BackboneError, match=r"'other\.safetensors' is no teacher"):
        open_graph(tmp_path / "other.safetensors")


@without_openvino
@pytest.mark.parametrize("name", ["mobilenet_v1_1.0_224_quant_embedding_extractor", "mobilenet_v2_1.0_224_quant"])
def test_a_teachers_file_answers_in_torch_as_in_openvino(name: str, shared: Path, tmp_path: Path) -> None:
    file = shared / "teacher" / f"{name}.tflite"
    convert(file, tmp_path / f"{name}.safetensors")
    in_torch = TorchTeacher(name, open_graph(tmp_path / f"{name}.safetensors"))
    in_openvino = OpenVinoTeacher(file, input_px=96)
    assert in_torch.outputs == in_openvino.outputs
    photos, _classes = read_labelled_zip(shared / "data" / "ants_bees.zip")
    images = torch.stack([normalise(crop(photo, HOW), HOW) for photo in photos[:12]])
    (ours,), (theirs,) = in_torch([images]), in_openvino([images])
    for output in in_torch.outputs:
        assert np.corrcoef(ours[output].ravel(), theirs[output].ravel())[0, 1] > 0.98


def made(path: Path, *, dilation: int = 1, pool: int = 8) -> Path:
    """An 8-bit network of 16 px images as OpenVINO writes it: a convolution, its bias, a range, a pool."""
    from openvino import Model, opset13, serialize

    random = np.random.default_rng(0)
    image = opset13.parameter([1, 16, 16, 3], np.uint8)
    planes = opset13.convert(opset13.transpose(image, np.array([0, 3, 1, 2])), np.float32)
    inside = opset13.fake_quantize(planes, np.float32(0), np.float32(255), np.float32(-1), np.float32(1), 256)
    weight = (random.integers(-127, 128, (5, 3, 3, 3)) / 300).astype(np.float32)
    pads = ([0, 0], [1, 1]) if dilation == 1 else ([1, 1], [2, 2])
    maps = opset13.convolution(inside, weight, [2, 2], *pads, [dilation] * 2)
    maps = opset13.add(maps, random.normal(size=(1, 5, 1, 1)).astype(np.float32))
    limited = opset13.fake_quantize(maps, np.float32(0), np.float32(0.3), np.float32(0), np.float32(0.3), 256)
    pooled = opset13.avg_pool(limited, [1, 1], [0, 0], [0, 0], [pool] * 2, True)
    serialize(Model([pooled], [image]), path)
    return path


@without_openvino
def test_a_network_that_is_made_here_computes_the_same_but_for_rounding(tmp_path: Path) -> None:
    import openvino

    file = made(tmp_path / "made.xml")
    pixels = np.random.default_rng(1).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
    theirs = openvino.compile_model(openvino.Core().read_model(file), "CPU")([pixels])[0].ravel()
    ours = open_graph(file)(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255)["embedding"].numpy().ravel()
    assert theirs.max() > 0.1  # the range cuts: without it, values are ten times as large
    np.testing.assert_allclose(ours, theirs, atol=0.3 / 255)


@without_openvino
@pytest.mark.parametrize("odd", [{"dilation": 2}, {"pool": 4}])
def test_what_is_not_understood_is_refused(odd: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match=r"not understood: (Convolution|AvgPool)"):
        open_graph(made(tmp_path / "odd.xml", **odd))


def test_the_converter_reports_mistakes_in_a_line(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(convert)
    for words, message in (
        ([tmp_path / "none.tflite", tmp_path / "x.safetensors"], "no teacher file 'none.tflite'"),
        ([tmp_path / "none.tflite", tmp_path / "x.bin"], "must end in .safetensors, not 'x.bin'"),
    ):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert (result.exit_code, message in result.output) == (1, True), result.output
