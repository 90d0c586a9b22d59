"""How well features carry over: the probe protocol by which embedded backbones are compared.

Standardised logistic regression (C = 0.01) on frozen features, 5 stratified folds, at most 120 images a class, all of
a zip's splits pooled; an image's class is the name of its folder. This file reads zips without the data room's checks,
as it serves only those who make backbones.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from safetensors.torch import load_file
from torch import nn

from core.backbones.networks.architectures import Trunk, build
from core.backbones.preprocess import preprocess
from core.backbones.sources.embedded import read_card
from core.backbones.spec import Preprocessing
from core.errors import BackboneError
from core.evaluation.intervals import Interval, wilson
from core.i18n import gettext as _
from core.paths import read_json, write_json

PER_CLASS = 120
FOLDS = 5
PROTOCOL = "standardised logistic regression, C=0.01, 5 stratified folds, at most 120 images a class"


@dataclass(frozen=True)
class Score:
    """A probe's accuracy: `right` of `n` held-out predictions."""

    right: int
    n: int

    @property
    def value(self) -> float:
        """The share of right predictions."""
        return self.right / self.n

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of the share."""
        return wilson(self.right, self.n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}], n = {self.n}"


def score_card(card_path: Path, archive: Path) -> Score:
    """Scores an exported backbone on a labelled zip by the protocol, and writes the result into its card."""
    trunk, preprocessing = load_exported(card_path)
    images, classes = read_labelled_zip(archive)
    score = probe_score(embed(trunk, images, preprocessing), classes)
    card = read_json(card_path)
    card["accuracy"][archive.stem] = {
        "value": round(score.value, 4), "n": score.n, "protocol": PROTOCOL, "input_px": preprocessing.input_px,
    }  # fmt: skip
    write_json(card_path, card)
    return score


def load_exported(card_path: Path) -> tuple[Trunk, Preprocessing]:
    """The trunk of a card, in eval mode and float32, and its preprocessing."""
    info = read_card(card_path)
    trunk = build(info.architecture)
    state = load_file(card_path.with_suffix(".safetensors"))
    trunk.load_state_dict({key: value.float() for key, value in state.items()})
    return trunk.eval(), info.preprocessing


def read_labelled_zip(path: Path, *, seed: int = 0) -> tuple[list[Image.Image], npt.NDArray[np.int64]]:
    """Images (RGB, upright) and classes (n,); at most `PER_CLASS` of each class, drawn by `seed`.

    Raises:
        BackboneError: the zip has fewer than two classes.
    """
    images: list[Image.Image] = []
    counts: list[int] = []
    with zipfile.ZipFile(path) as archive:
        for names in _names_by_class(archive).values():
            order = np.random.default_rng(seed).permutation(len(names))
            opened = (_opened(archive.read(names[index])) for index in order)
            usable = [
                image for image, _count in zip((image for image in opened if image), range(PER_CLASS), strict=False)
            ]
            images += usable
            counts += [len(usable)] if usable else []
    if len(counts) < 2:
        raise BackboneError(_("'{name}' needs at least two folders of images.").format(name=path.name))
    return images, np.repeat(np.arange(len(counts)), counts)


def _names_by_class(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name in sorted(archive.namelist()):
        if not name.endswith("/") and not name.startswith("__MACOSX"):
            names.setdefault(PurePosixPath(name).parent.name, []).append(name)
    return names


def _opened(data: bytes) -> Image.Image | None:
    """The image; None where it is no photo, but a GIF placeholder or a text file."""
    try:
        image = Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        return None
    return None if image.format == "GIF" else ImageOps.exif_transpose(image).convert("RGB")


@torch.inference_mode()
def embed(trunk: nn.Module, images: list[Image.Image], preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """Features of the images: (n, feature_dim) float32."""
    trunk.eval()
    rows = []
    for start in range(0, len(images), 64):
        rows.append(
            trunk(torch.stack([preprocess(image, preprocessing) for image in images[start : start + 64]])).numpy()
        )
    return np.concatenate(rows)


def probe_score(features: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], *, seed: int = 0) -> Score:
    """The protocol's score for features (n, d) of classes (n,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    predicted = cross_val_predict(probe, features, classes, cv=folds)
    return Score(int((predicted == classes).sum()), len(classes))
