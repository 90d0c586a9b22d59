"""The facts about a backbone that are known before it is loaded.

This file knows neither torch nor where the facts come from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.backbones.names import CENTRE, FRAMINGS, BackboneName, parse
from core.backbones.places import has_keras, keras_folder, package_file, repository_file, torch_folder
from core.data.images.levels import Levels
from core.records import Record

FLOOR = "baseline"
"""The family of baselines that are no network."""


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes a backbone's input: one way for training, evaluation, prediction and bundles.

    It becomes a square of `crop_px`, as its framing says. Values are scaled to 0..1, and from each channel its mean is
    subtracted, and the rest is divided by its standard deviation.

    Attributes:
        resize_px: short side after resizing where the framing is the centre, at least `crop_px`.
        crop_px: side of the network's input.
        mean: of red, green and blue, in 0..1.
        std: of red, green and blue, in 0..1.
        interpolation: "bilinear" or "bicubic".
        antialias: whether shrinking averages over the pixels it drops.
        levels: how grey of more than 8 bits was scaled in the photos that a model was fitted to; None where each such
            photo is scaled by itself. A backbone's own preprocessing has none.
        framing: "centre", as the backbone was trained: the short side is resized to `resize_px`, and a centred square
            is cut out; "whole": the long side is resized to the square's side, and the rest of the square has the mean
            colour; "squashed": both sides are.
        beside: how the same photo becomes the inputs of further backbones, where several stand side by side.
    """

    resize_px: int
    crop_px: int
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear"
    antialias: bool = True
    levels: Levels | None = None
    framing: str = CENTRE
    beside: tuple[Preprocessing, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.crop_px <= self.resize_px:
            raise ValueError(f"a crop of {self.crop_px} px does not fit into a short side of {self.resize_px} px")
        if self.interpolation not in ("bilinear", "bicubic"):
            raise ValueError(f"interpolation is bilinear or bicubic, not {self.interpolation!r}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError("mean and std are three numbers each, and std is positive")
        if self.framing not in FRAMINGS:
            raise ValueError(f"framing is one of {', '.join(FRAMINGS)}, not {self.framing!r}")

    @property
    def views(self) -> tuple[Preprocessing, ...]:
        """What each backbone sees, where several stand side by side; else this one alone."""
        return (replace(self, beside=()), *self.beside) if self.beside else (self,)

    @property
    def input_px(self) -> int:
        """Side of the network's square input; of the largest where there are several."""
        return max(view.crop_px for view in self.views)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(3, h, w), or (3, n) where the pixels of several squares stand in a row."""
        if self.beside:
            return 3, sum(view.crop_px**2 for view in self.views)
        return 3, self.crop_px, self.crop_px

    def with_levels(self, levels: Levels | None) -> Preprocessing:
        """The same for the photos of a dataset with these levels."""
        return replace(self, levels=levels, beside=tuple(view.with_levels(levels) for view in self.beside))

    @property
    def mean_colour(self) -> tuple[int, int, int]:
        """The colour that is 0 after normalisation, as nearly as 0 to 255 for each channel can say it."""
        red, green, blue = (round(255 * value) for value in self.mean)
        return red, green, blue

    def to_json(self) -> dict[str, Any]:
        """The preprocessing as cards, runs and bundles hold it."""
        content = {**dataclasses.asdict(self), "mean": list(self.mean), "std": list(self.std)}
        if self.levels is None:
            del content["levels"]
        else:
            content["levels"] = self.levels.to_json()
        if self.framing == CENTRE:  # as in what was kept before there were others
            del content["framing"]
        del content["beside"]
        return {**content, "beside": [view.to_json() for view in self.beside]} if self.beside else content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Preprocessing:
        """The preprocessing in the JSON object of `to_json`.

        Raises:
            ValueError: a value is missing, of the wrong kind or out of its range.
        """
        beside = content.get("beside", ())
        if any("beside" in view for view in beside):
            raise ValueError("what stands beside others has nothing beside it")
        try:
            return cls(
                resize_px=int(content["resize_px"]),
                crop_px=int(content["crop_px"]),
                mean=_three(content["mean"]),
                std=_three(content["std"]),
                interpolation=str(content["interpolation"]),
                antialias=bool(content.get("antialias", True)),
                levels=Levels.from_json(content["levels"]) if content.get("levels") is not None else None,
                framing=str(content.get("framing", CENTRE)),
                beside=tuple(map(cls.from_json, beside)),
            )
        except (KeyError, TypeError) as problem:
            raise ValueError(f"this is not a preprocessing: {problem}") from problem


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


@dataclass(frozen=True, kw_only=True)
class ProbeAccuracy(Record):
    """What a probe on an embedded backbone's features got when the backbone was made.

    Attributes:
        value: the share of right answers, 0 to 1.
        n: of how many photos.
        protocol: how it was measured.
        input_px: the side of what the backbone saw.
    """

    value: float
    n: int
    protocol: str = ""
    input_px: int = 0


@dataclass(frozen=True)
class BackboneInfo:
    """One backbone, as the registry lists it.

    Attributes:
        name: the name by which the user chooses it; see `core.backbones.names`.
        family: such as "resnet"; "graft" for the embedded ones, "baseline" for raw pixels.
        embedded: whether it comes with Graft, so that no network is ever needed.
        params: parameters, as its makers count them (torchvision counts the ImageNet classifier too).
        gflops: multiply-adds for one image of its input size, in 10⁹.
        size_mb: its weights on disk, in MiB.
        input_px: side of its input.
        feature_dim: width of its features.
        imagenet_top1: accuracy on ImageNet-1K's validation images, 0..1, as its makers publish it; None where it was
            not trained for that, or where nothing is known.
        trained_on: the data that its weights were trained on.
        licence: of the weights, in words.
        weights: which weights, such as "ResNet18_Weights.IMAGENET1K_V1"; the file's name where a package brings them;
            "" for the baseline.
        preprocessing: how an image becomes its input.
        trainable: whether it can be fine-tuned.
        stages: the units of "fine-tune the last stages", from input to output.
        accuracy: probe accuracies that were measured when the backbone was taken in, by dataset.
        memory_mb: memory for the weights in float32 and the largest activations alive at one time, for one image, in
            MiB (see `core.backbones.networks.memory`); 0 for the baseline.
        images_per_s: images a second through the network, in float32 on two cores of a server; 0 where it was not
            measured.
        note: what a user should know when choosing it, in a sentence.
        url: where its weights are downloaded from; "" where they come with Graft, in a package or from the Hub.
        package: the package that brings its weights when it is installed; "" for all others.
        sha256: hash of the weights file, or the beginning of that hash; "md5:" and its md5 where no other is known.
        path: the weights file of an embedded backbone, or of the user's own; None for all others.
        architecture: an embedded backbone's architecture; what Keras calls one of its networks; that of the user's own
            with where it is from, as in "timm:resnet18".
        repository: on the Hugging Face Hub, from which its weights come; "" for all others.
        revision: of that repository; "" for its newest.
        listed: whether it is listed unasked; the others where they are searched for, and where they are ready.
        parts: the backbones that stand side by side in this one; () for a backbone of its own.
        commercial: whether that licence allows commercial use. Of the photos that the weights were learned from it says
            nothing.
        sizes: the sides of input that the network takes beside its own, see `core.backbones.sizes`.
        needs: the package that runs its network, where that is not torch alone; "" for all others.
        built_for_size: whether the network with another side of its input is another network, as that of a vision
            transformer whose places were interpolated.
    """

    name: str
    family: str
    embedded: bool
    params: int
    gflops: float
    size_mb: float
    input_px: int
    feature_dim: int
    imagenet_top1: float | None
    trained_on: str
    licence: str
    weights: str
    preprocessing: Preprocessing
    trainable: bool = True
    stages: tuple[str, ...] = ()
    accuracy: Mapping[str, ProbeAccuracy] = field(default_factory=dict)
    memory_mb: float = 0.0
    images_per_s: int = 0
    note: str = ""
    url: str = ""
    package: str = ""
    sha256: str = ""
    path: Path | None = None
    architecture: str = ""
    commercial: bool = True
    sizes: range = range(0)
    built_for_size: bool = False
    repository: str = ""
    revision: str = ""
    listed: bool = True
    needs: str = ""
    parts: tuple[BackboneInfo, ...] = ()

    @property
    def each(self) -> tuple[BackboneInfo, ...]:
        """Its parts; itself where it has none."""
        return self.parts or (self,)

    @property
    def base(self) -> str:
        """The name of the backbone itself, without a size or a framing."""
        return parse(self.name).base

    @property
    def network(self) -> str:
        """The name of the backbone whose network this is: how photos become its input makes no other, as a rule."""
        return str(BackboneName(self.base, input_px=parse(self.name).input_px if self.built_for_size else 0))

    @property
    def is_floor(self) -> bool:
        """Whether it is the floor: no network, and so what every network should beat."""
        return self.family == FLOOR

    @property
    def quality(self) -> tuple[float, float]:
        """Ranks backbones by what was published: accuracy on ImageNet first, then the mean of the probe accuracies.

        What learned from ImageNet's photos comes before what did not.
        """
        probes = [measured.value for measured in self.accuracy.values()]
        return self.imagenet_top1 or 0.0, sum(probes) / len(probes) if probes else 0.0

    @property
    def network_s(self) -> float:
        """Seconds for one photo through the network on two cores: as measured, or by its multiply-adds."""
        if self.parts:
            return sum(part.network_s for part in self.parts)
        return 1 / self.images_per_s if self.images_per_s else 0.013 * self.gflops

    @property
    def file(self) -> Path | None:
        """Where the weights are or belong on this machine.

        None where there are none (the baseline), or where the package that brings them is not installed.
        """
        if self.package:
            return package_file(self.package, self.weights)
        if self.path is not None:
            return self.path
        if self.repository:
            return repository_file(self.repository, self.revision)
        folder = keras_folder() if self.needs else torch_folder()
        return folder / self.url.rsplit("/", 1)[-1] if self.url else None

    @property
    def ready(self) -> bool:
        """Whether the weights are on this machine."""
        if self.parts:
            return all(part.ready for part in self.parts)
        file = self.file
        return not self.package if file is None else file.is_file() and self.is_runnable

    @property
    def to_install(self) -> str:
        """The package without which it cannot be used here; "" where there is none to install."""
        if not self.is_runnable:
            return self.needs
        return "" if self.ready else self.package

    @property
    def is_runnable(self) -> bool:
        """Whether what runs its network is installed."""
        return not self.needs or has_keras()
