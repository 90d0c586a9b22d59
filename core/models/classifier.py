"""A model: from images to the probabilities of classes, whichever way it was fitted.

This file does not know where a model comes from or where it goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.backbones.encode import encode
from core.backbones.preprocess import preprocess
from core.backbones.spec import Preprocessing
from core.data.images import decode
from core.data.images.decode import UnreadableImage
from core.data.images.views import ONE
from core.engines.choose import PLAIN, check, choose
from core.engines.engine import Forward
from core.errors import BundleError, DatasetError, GraftError
from core.evaluation.predictions import softmax
from core.features.batches import batch_size_at, batches, grouped
from core.features.extract import BATCH
from core.i18n import gettext as _
from core.models.caution import NONE, Caution
from core.progress import Progress, Report, silent

Photo = Path | Image.Image | Callable[[], Image.Image]
"""A file, an opened image of any mode, or what makes one when it is its turn."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a model makes of n images.

    Attributes:
        features: (n, d) float32, what the head gets.
        proba: (n, c) float32, class probabilities, rows sum to 1.
    """

    features: NDArray[np.float32]
    proba: NDArray[np.float32]


class Classifier(nn.Module):
    """A backbone and a linear head. State-dict keys: `backbone.*`, `head.weight` (c, d), `head.bias` (c,).

    Attributes:
        backbone: gives features; a probe's is the pretrained one that others in this process use too.
        head: features (b, d) -> logits (b, c).
        classes: the c class names, in the order of the logits.
        preprocessing: how an image becomes an input.
        caution: when it should rather not answer; it answers always until whoever loads it says so.
        views: how it looks at photos where it is asked by way of `core.models.views.look`; in one view until then.
    """

    caution: Caution = NONE
    views: str = ONE

    def __init__(self, backbone: Backbone, classes: Sequence[str], preprocessing: Preprocessing | None = None) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.info.feature_dim, len(classes))
        self.classes = tuple(classes)
        self.preprocessing = preprocessing or backbone.info.preprocessing

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> logits (b, c)."""
        logits: Tensor = self.head(self.backbone(images))
        return logits

    @property
    def fingerprint(self) -> str:
        """Tells this model from others, also where one was fitted again, looks or refuses otherwise: 12 hex digits."""
        weights = [value.detach().cpu().numpy().tobytes() for value in (self.head.weight, self.head.bias)]
        how = b"" if self.views == ONE else self.views.encode()
        return hashlib.sha256(b"".join([*weights, how, self.caution.key])).hexdigest()[:12]

    def input_of(self, image: Photo) -> Tensor:
        """An image, upright and preprocessed: (3, h, w) float32.

        Args:
            image: which.

        Raises:
            DatasetError: it cannot be read; the message names it.
        """
        return preprocess(self.upright(image), self.preprocessing)

    def upright(self, image: Photo) -> Image.Image:
        """An image before it is cut to what the backbone sees: upright, RGB.

        Raises:
            DatasetError: as of `input_of`.
        """
        try:
            return self.decoded(image)
        except UnreadableImage as problem:
            name = image if isinstance(image, Path) else getattr(image, "filename", "")
            raise DatasetError(
                _("The photo '{name}' cannot be read. {why}").format(name=Path(name or "?").name, why=problem)
            ) from problem

    def decoded(self, photo: Photo) -> Image.Image:
        """As `upright`; one that cannot be read is an `UnreadableImage`, which does not name it."""
        image = photo() if callable(photo) else photo
        if isinstance(image, Image.Image):
            return decode.upright(image, decode.load(image), self.preprocessing.levels)
        return decode.open_rgb(image, levels=self.preprocessing.levels)

    def predict(
        self,
        images: Sequence[Photo],
        report: Report = silent,
        problems: dict[int, GraftError] | None = None,
    ) -> NDArray[np.float32]:
        """Class probabilities, (n, c) float32, rows sum to 1; arguments and errors are those of `look`."""
        return self.look(images, report, problems).proba

    def look(
        self,
        images: Sequence[Photo],
        report: Report = silent,
        problems: dict[int, GraftError] | None = None,
    ) -> Seen:
        """Features and class probabilities of images, in one pass through the network.

        Args:
            images: which; what makes one is called in several threads.
            report: is told of images done.
            problems: where given, an image without an answer stops nothing: what is wrong with it is put in here under
                its index, and its row is not a number.

        Raises:
            DatasetError: an image cannot be read; the message names it.
            BundleError: the weights give no numbers for an image.
        """
        total = len(images)
        groups = grouped(range(total), batch_size_at(self.preprocessing.input_px, BATCH))
        features = np.zeros((total, self.backbone.info.feature_dim), dtype=np.float32)

        def read(row: int) -> Tensor:
            if problems is None:
                return self.input_of(images[row])
            try:
                return preprocess(self.decoded(images[row]), self.preprocessing)
            except UnreadableImage as problem:
                problems[row] = problem
                return torch.full(self.preprocessing.input_shape, torch.nan)

        forward: Forward | None = None
        report(Progress(0, total, _("Predicting")))
        for rows, batch in batches(groups, read):
            if forward is None:
                forward = self._forward(batch, total)
            features[rows] = forward(batch)
            report(Progress(rows[-1] + 1, total, _("Predicting")))
        logits = encode(self.head, torch.from_numpy(features))
        _check(logits, problems)
        report(Progress(total, total, _("Predicted")))
        return Seen(features, softmax(logits))

    def _forward(self, batch: Tensor, images: int) -> Forward:
        """What runs the backbone; where one batch is all there is, a check would cost more than it brings.

        The backbone is run without the head: it may be the pretrained one, which others have made ready. So is each of
        several side by side.
        """
        if images == len(batch):
            return PLAIN.prepare(self.backbone, batch)
        forwards = [
            check(choose(), part, inputs, images).forward
            for part, inputs in self.backbone.apart(torch.nan_to_num(batch))
        ]

        def forward(batch: Tensor) -> NDArray[np.float32]:
            parts = zip(forwards, self.backbone.apart(batch), strict=True)
            return np.hstack([run(inputs) for run, (_part, inputs) in parts])

        return forward


def _check(logits: NDArray[np.float32], problems: dict[int, GraftError] | None) -> None:
    """Images whose logits are not numbers become problems.

    Raises:
        BundleError: there is one, and no place for problems.
    """
    for row in np.flatnonzero(~np.isfinite(logits).all(axis=1)).tolist():
        problem = BundleError(_("The weights of this model give no numbers for a photo. Fit it again."))
        if problems is None:
            raise problem
        problems.setdefault(row, problem)
        logits[row] = np.nan
