"""Fine-tuning everything against a plain torch loop: photos a second, epoch by epoch, one after the other in one run.

    python -m benchmarks.training_speed photos.zip [--architecture resnet18] [--rounds 3] [--photos 128] [--batch 32]

The plain loop is the usual one: torchvision's `ImageFolder` behind a `DataLoader` with a worker a core, random resized
crop and flip, cross-entropy, AdamW, float32. Graft's is what a fine-tuning in mode "full" does with the same photos,
network, batches and augmentation. Weights are random: they change no time. The first epoch of each, in which files are
read for the first time, is told apart.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

from core import machine
from core.backbones.backbone import Backbone
from core.backbones.registry import SOURCES, info
from core.backbones.spec import BackboneInfo
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.paths import DEFAULT_WORKSPACE
from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from core.training.images.photos import Budget, Photos
from core.training.network.learner import Learner
from core.training.network.network import Network
from core.training.network.optimizer import make_optimizer
from core.training.schedule import batches

AUGMENTATION = Augmentation(resized_crop=0.5, horizontal_flip=0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a zip, a folder or sample:NAME")
    parser.add_argument("--architecture", default="resnet18", help="of torchvision")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=int, default=128)
    parser.add_argument("--batch", type=int, default=32)
    given = parser.parse_args()
    dataset = ingest(given.data, DEFAULT_WORKSPACE)
    print(f"{given.architecture}, {given.photos} photos an epoch, batches of {given.batch}, {machine.cores()} cores")
    print("| round | plain loop, photos/s | Graft, photos/s | times |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        plain, ours = Plain(dataset, given, Path(folder)), Ours(dataset, given)
        ratios = []
        for number in range(given.rounds + 1):
            one, other = given.photos / plain.epoch(number), given.photos / ours.epoch(number)
            ratios.append(other / one)
            print(f"| {number or 'first'} | {one:.1f} | {other:.1f} | {other / one:.2f} |", flush=True)
    print(f"| median, but for the first | | | {median(ratios[1:]):.2f} |")


class Plain:
    """The loop of a tutorial.

    Args:
        dataset: whose training photos are copied into a folder for each class.
        given: the architecture, the photos an epoch and the size of a batch.
        folder: an empty one.
        learning: what of the network learns beside its classifier, which is called `fc`; all where none is named.
    """

    def __init__(self, dataset: Dataset, given: argparse.Namespace, folder: Path, learning: Sequence[str] = ()) -> None:
        for item in dataset.split("train")[: given.photos]:
            target = folder / dataset.classes[item.label]
            target.mkdir(exist_ok=True)
            shutil.copyfile(dataset.path(item), target / f"{item.sha256}.{item.format.lower()}")
        how = transforms.Compose(
            [
                transforms.RandomResizedCrop(224, scale=(0.5, 1.0)),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )
        photos = datasets.ImageFolder(str(folder), how)
        self._loader = DataLoader(
            photos, given.batch, shuffle=True, num_workers=machine.cores(), persistent_workers=True
        )
        self._network = getattr(models, given.architecture)(num_classes=len(dataset.classes))
        for name, part in self._network.named_children():
            part.requires_grad_(not learning or name in {*learning, "fc"})
        self._optimizer = torch.optim.AdamW([p for p in self._network.parameters() if p.requires_grad], lr=3e-4)

    def epoch(self, _number: int) -> float:
        """Seconds of one epoch."""
        started = time.perf_counter()
        self._network.train()
        for images, labels in self._loader:
            self._optimizer.zero_grad()
            F.cross_entropy(self._network(images), labels).backward()
            self._optimizer.step()
        return time.perf_counter() - started


class Ours:
    """The learning part of an epoch of `core.training`."""

    def __init__(self, dataset: Dataset, given: argparse.Namespace) -> None:
        config = FinetuneConfig(given.architecture, mode="full", batch_size=given.batch, augmentation=AUGMENTATION)
        backbone = random_weights(info(given.architecture))
        network = Network(backbone, len(dataset.classes), config, given.photos).to(memory_format=torch.channels_last)
        self._photos = Photos(
            dataset, dataset.split("train")[: given.photos], AUGMENTATION, backbone.info.preprocessing, Budget()
        )
        self._learner, self._config = Learner(network.train(), make_optimizer(network, config), config), config

    def epoch(self, number: int) -> float:
        """Seconds of one epoch."""
        started = time.perf_counter()
        cut = batches(len(self._photos), self._config.batch_size, 0, number)
        for step, (images, labels) in enumerate(self._photos.batches(cut, 0, number)):
            self._learner.learn(images, labels, 3e-4, (number, step))
        return time.perf_counter() - started


def random_weights(fact: BackboneInfo) -> Backbone:
    """A backbone of torchvision with random weights."""
    source = next(source for source in SOURCES if any(own.name == fact.name for own in source.infos()))
    return source.build(fact, None)


if __name__ == "__main__":
    main()
