"""How well networks travel, family by family: python -m benchmarks.takehome [ZIP] [--backbones resnet18,swin_t]

Of each backbone a model is made: where its weights are here and labelled photos are given, a probe on them; else one
with random weights, for which only the differences mean something. Its bundle is unpacked, and `predict.py` in it
answers the self-check's photos in a Python of its own that cannot import Graft or torch, or in the one of `--python
FILE`: that of an environment in which nothing but onnxruntime, numpy and Pillow was installed, of whatever version.

Printed: sizes of the network, the whole bundle and the page for browsers; the largest difference of a probability from
torch's, of ONNX Runtime, of the graph that takes photos, of `predict.py`, of 16 bits and of 8 bits (with the share of
photos with the same likeliest class); what 8 bits cost in accuracy on validation photos; and how long the export took.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from torch.nn.modules.batchnorm import _BatchNorm

from core.backbones.load import load
from core.backbones.registry import info
from core.bundle import archive
from core.bundle.contents import Contents
from core.bundle.files import CARD, MANIFEST
from core.bundle.manifest import Manifest
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.features.extract import extract
from core.models.beside import beside, phases
from core.models.classifier import Classifier
from core.models.selfcheck import check_photos
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.progress import Plan, silent
from core.runs import MODEL
from core.scores import KeptEpoch

FAMILIES = (
    "pixels_16", "graft_plain", "graft_residual", "graft_plain+graft_residual", "efficientnet_lite0",
    "efficientnet_lite1@whole", "resnet18", "resnext50_32x4d", "densenet121", "mobilenet_v2", "mobilenet_v3_small",
    "shufflenet_v2_x0_5", "squeezenet1_1", "mnasnet0_5", "regnet_y_400mf", "efficientnet_b0", "efficientnet_v2_s",
    "googlenet", "inception_v3", "alexnet", "vgg11", "convnext_tiny", "swin_t", "swin_v2_t", "maxvit_t", "vit_b_32",
    "timm:resnet10t.c3_in1k", "timm:vit_small_patch14_dinov2.lvd142m", "timm:mobilenetv4_conv_small.e2400_r224_in1k",
)  # fmt: skip
CLASSES = ("ant", "bee", "wasp", "fly", "moth")

LEAST_SPREAD = 0.05
"""Features of random networks that differ by less, as a share of their size, are not scaled up: rounding would be."""

ALONE = """
import runpy, sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"core", "torch", "torchvision", "timm", "safetensors", "scipy", "sklearn"}:
            raise ImportError(name + " is not here")
sys.meta_path.insert(0, Nothing())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""A program that runs another one where neither Graft nor torch can be imported."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zip", nargs="?", type=Path, help="labelled photos")
    parser.add_argument("--backbones", default=",".join(FAMILIES), help="names, separated by commas")
    parser.add_argument("--python", default="", help="a Python for `predict.py`, without Graft")
    options = parser.parse_args()
    dataset = ingest(options.zip) if options.zip else None
    heads = ("onnx MB", "zip MB", "page MB", "onnx", "photo", "predict", "fp16", "int8", "same", "int8 points", "s")
    print(f"{'backbone':44}" + "".join(f"{head:>12}" for head in heads))
    for name in options.backbones.split(","):
        with tempfile.TemporaryDirectory() as folder:
            print(f"{name:44}" + row(name, dataset, Path(folder), options.python), flush=True)


def row(name: str, dataset: Dataset | None, folder: Path, python: str = "") -> str:
    """One line of the table, without the name."""
    is_real = dataset is not None and info(name).ready
    model = fitted(name, dataset) if is_real and dataset is not None else random_model(name)
    started = time.perf_counter()
    contents = Contents(onnx=("fp32", "fp16", "int8", "photo"), page=True)
    manifest = unpacked(model, folder, contents, dataset if is_real else None)
    took = time.perf_counter() - started
    graphs, sizes = manifest.graphs, {file: facts.n_bytes / 1e6 for file, facts in manifest.files.items()}
    cells = [f"{sizes.get('model.onnx', 0):.1f}", f"{zipped_mb(folder):.1f}"]
    cells.append(f"{sizes['index.html']:.1f}" if "index.html" in sizes else "-")
    cells += [f"{graphs[file].largest:.0e}" if file in graphs else "left out" for file in
              ("model.onnx", "model.photo.onnx")]  # fmt: skip
    cells.append(f"{alone_differs(folder, model, python):.0e}" if "predict.py" in sizes else "-")
    cells += [
        f"{graphs[file].largest:.0e}" if file in graphs else "-" for file in ("model.fp16.onnx", "model.int8.onnx")
    ]
    small = graphs.get("model.int8.onnx")
    cells.append(f"{small.agreeing:.0%}" if small else "-")
    price = small.cost if small else None
    cells.append(f"{100 * price.difference:+.1f}±{50 * (price.interval[1] - price.interval[0]):.1f}" if price else "-")
    return "".join(f"{cell:>12}" for cell in (*cells, f"{took:.0f}"))


def fitted(name: str, dataset: Dataset) -> Classifier:
    """A probe on a backbone's features."""
    probe = fit_probe(extract(dataset, name), ProbeConfig())
    how = info(name).preprocessing.with_levels(dataset.levels)
    model = Classifier(load(name), dataset.classes, how).eval()
    with torch.no_grad():
        model.head.weight.copy_(torch.from_numpy(np.asarray(probe.weight, np.float32)))
        model.head.bias.copy_(torch.from_numpy(np.asarray(probe.bias, np.float32)))
    return model


def random_model(name: str, seed: int = 0) -> Classifier:
    """A model of random weights that tells photos apart; of those that come with Graft, only the head's are random.

    Left as it is drawn, a network with batch normalisation answers every photo alike, to eight digits, so that no
    mistake in its graph would be seen: so its layers have the statistics of the self-check's photos, and its head those
    of their features.
    """
    torch.manual_seed(seed)
    is_embedded = all(part.embedded for part in info(name).each)
    model = Classifier(load(name, pretrained=is_embedded), CLASSES).eval()
    photos = check_photos(None, model.preprocessing.resize_px, own=False)
    images = torch.stack([model.input_of(Image.open(BytesIO(photo.content))) for photo in photos])
    norms = [] if is_embedded else [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # the statistics of all that it sees
        layer.train()
    with torch.no_grad():
        model.backbone(images)
        features = model.eval().backbone(images)
        least = LEAST_SPREAD * float(features.square().mean().sqrt())
        centre, spread = features.mean(0), features.std(0).clamp_min(least)
        model.head.weight.copy_(torch.randn(model.head.weight.shape) / spread / len(spread) ** 0.5)
        model.head.bias.copy_(-model.head.weight @ centre)
    return model


def unpacked(model: Classifier, folder: Path, contents: Contents, dataset: Dataset | None = None) -> Manifest:
    """Makes the bundle of a model in a folder, as it is when it was unpacked."""
    about = model.backbone.info
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    safetensors.torch.save_file(state, folder / MODEL)
    facts = archive.facts_of({MODEL: folder / MODEL})[MODEL]
    manifest = Manifest(
        kind="probe", backbone=about.name, weights=about.weights, architecture=about.architecture,
        feature_dim=about.feature_dim, classes=model.classes, preprocessing=model.preprocessing, metrics={},
        kept=KeptEpoch(), config={}, seed=0, dataset="photos", fingerprint="", versions={}, created="2026-01-01",
        sha256=facts.sha256, n_bytes=facts.n_bytes, tensors=archive.tensors_in(folder / MODEL),
    )  # fmt: skip
    made = beside(model, manifest, contents, dataset, folder, Plan(silent, phases(contents, about, dataset)))
    files = archive.facts_of(made.files)
    manifest = replace(manifest, files=files, graphs=made.graphs, left_out=made.left_out)
    (folder / MANIFEST).write_text(json.dumps(manifest.to_json()), encoding="utf-8")
    (folder / CARD).write_text("# A model\n", encoding="utf-8")
    return manifest


def zipped_mb(folder: Path) -> float:
    """The size of the bundle as a zip."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive_file:
            for path in sorted(folder.rglob("*")):
                archive_file.write(path, path.relative_to(folder))
        return file.seek(0, 2) / 1e6


def alone_differs(folder: Path, model: Classifier, python: str = "") -> float:
    """How far the answers of the bundle's program are from torch's, where neither Graft nor torch is."""
    photos = sorted((folder / "selfcheck").iterdir())
    answers = alone(folder, photos, python)
    expected = model.predict(photos)
    return max(
        float(np.abs(np.array(list(answer["proba"].values())) - proba).max())
        for answer, proba in zip(answers, expected, strict=True)
    )


def alone(folder: Path, photos: Sequence[Path], python: str = "") -> list[dict[str, dict[str, float]]]:
    """What the bundle's program answers, in this Python or where it finds neither Graft nor torch.

    Raises:
        subprocess.CalledProcessError: it does not answer.
    """
    where = [python, "-I"] if python else [sys.executable, "-I", "-c", ALONE]
    line = [*where, str(folder / "predict.py"), *map(str, photos), "--json"]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    answers: list[dict[str, dict[str, float]]] = json.loads(done.stdout)
    return answers


if __name__ == "__main__":
    main()
