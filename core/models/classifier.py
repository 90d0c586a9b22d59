"""A model: from images to the probabilities of classes, whichever way it was fitted.

This file does not know where a model comes from or where it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from core.engines.choose import PLAIN, check, choose
from core.engines.engine import Forward
from core.errors import BundleError, DatasetError, GraftError
from core.evaluation.predictions import softmax
from core.features.batches import batch_size_at, batches, grouped
from core.features.extract import BATCH
from core.i18n import gettext as _
from core.progress import Progress, Report, silent


class Classifier(nn.Module):
    """A backbone and a linear head. State-dict keys: `backbone.*`, `head.weight` (c, d), `head.bias` (c,).

    Attributes:
        backbone: gives features; a probe's is the pretrained one that others in this process use too.
        head: features (b, d) -> logits (b, c).
        classes: the c class names, in the order of the logits.
        preprocessing: how an image becomes an input.
    """

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

    def input_of(self, image: Path | Image.Image) -> Tensor:
        """An image, upright and preprocessed: (3, h, w) float32.

        Args:
            image: a file, or an opened image of any mode.

        Raises:
            DatasetError: it cannot be read; the message names it.
        """
        try:
            return self._input_of(image)
        except UnreadableImage as problem:
            name = getattr(image, "filename", "") if isinstance(image, Image.Image) else image
            raise DatasetError(
                _("The photo '{name}' cannot be read. {why}").format(name=Path(name or "?").name, why=problem)
            ) from problem

    def _input_of(self, image: Path | Image.Image) -> Tensor:
        if isinstance(image, Image.Image):
            rgb = decode.upright(image, decode.load(image), self.preprocessing.levels)
        else:
            rgb = decode.open_rgb(image, levels=self.preprocessing.levels)
        return preprocess(rgb, self.preprocessing)

    def predict(
        self,
        images: Sequence[Path | Image.Image],
        report: Report = silent,
        problems: dict[int, GraftError] | None = None,
    ) -> NDArray[np.float32]:
        """Class probabilities, (n, c) float32, rows sum to 1.

        Args:
            images: files, or opened images of any mode.
            report: is told of images done.
            problems: where given, an image without an answer stops nothing: what is wrong with it is put in here under
                its index, and its row is not a number.

        Raises:
            DatasetError: an image cannot be read; the message names it.
            BundleError: the weights give no numbers for an image.
        """
        total = len(images)
        groups = grouped(range(total), batch_size_at(self.preprocessing.input_px, BATCH))
        logits = np.zeros((total, len(self.classes)), dtype=np.float32)

        def read(row: int) -> Tensor:
            if problems is None:
                return self.input_of(images[row])
            try:
                return self._input_of(images[row])
            except UnreadableImage as problem:
                problems[row] = problem
                return torch.full(self.preprocessing.input_shape, torch.nan)

        forward: Forward | None = None
        report(Progress(0, total, _("Predicting")))
        for rows, batch in batches(groups, read):
            if forward is None:
                forward = self._forward(batch, total)
            logits[rows] = forward(batch)
            report(Progress(rows[-1] + 1, total, _("Predicting")))
        _check(logits, problems)
        report(Progress(total, total, _("Predicted")))
        return softmax(logits)

    def _forward(self, batch: Tensor, images: int) -> Forward:
        """What runs this model; where one batch is all there is, a check would cost more than it brings.

        The backbone is run by itself: it may be the pretrained one, which others have made ready. So is each of several
        side by side.
        """
        if images == len(batch):
            return PLAIN.prepare(self, batch)
        forwards = [
            check(choose(), part, inputs, images).forward
            for part, inputs in self.backbone.apart(torch.nan_to_num(batch))
        ]

        def forward(batch: Tensor) -> NDArray[np.float32]:
            parts = zip(forwards, self.backbone.apart(batch), strict=True)
            features = [run(inputs) for run, (_part, inputs) in parts]
            return encode(self.head, torch.from_numpy(np.hstack(features)))

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
