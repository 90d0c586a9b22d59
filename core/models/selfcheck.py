"""The self-check of a bundle: photos that travel along, and what the model says of them.

Whoever runs the network elsewhere answers them first: where the answers differ, so does what was done with the photos
(another order of channels, another way to shrink, a stretched photo), and no answer to another photo is worth anything.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from core.bundle.files import FOLDER, ONNX, ONNX_PHOTO
from core.bundle.graphs import PHOTO
from core.bundle.manifest import Manifest
from core.bundle.photos import N_PHOTOS, CheckPhoto, drawn
from core.bundle.portable.whole import digests
from core.data.dataset import Dataset
from core.data.images.views import ONE, VIEWS, view_of
from core.engines.onnx import session
from core.models.classifier import Classifier
from core.models.onnx.graph import OUTPUTS, input_names
from core.models.onnx.parity import largest_difference, of_torch
from core.models.views import mean_of_first
from core.runs import STRANGERS

MOST = {"proba": 0.02, "features": 0.01}
"""The most by which float32's answers may differ: a probability, and the features' relative distance (see
`benchmarks/takehome.py` for what other versions of the libraries differ by)."""

MOST_SMALLER = {"proba": 0.1, "features": 0.1}
"""The same for smaller precisions, which processors round in ways of their own."""

N_OWN = 10
"""Photos of the user's own, where he agrees; the others are drawn, since thumbnails are too small to show how a photo
was shrunk."""

Floats = NDArray[np.float32]


N_VIEWED = 4
"""Photos that are answered in all views, too, where a model looks at several: in ten, all sixteen would take whoever
starts the program ten times as long."""


@dataclass(frozen=True, eq=False)
class CheckAnswers:
    """What a network says of the n photos of a self-check.

    Attributes:
        proba: (n, c), of the photo itself.
        features: (n, d), likewise.
        viewed: (m, c), of the first m photos the means over all views; none where the model looks at one.
    """

    proba: Floats
    features: Floats
    viewed: Floats


def check_photos(dataset: Dataset | None, resize_px: int, *, own: bool, seed: int = 0) -> tuple[CheckPhoto, ...]:
    """The photos of a self-check: Graft's own, and with `own` thumbnails of some validation photos, too."""
    items = [i for i in dataset.split("val") if dataset.thumbnail(i).is_file()] if own and dataset else []
    rows = np.random.default_rng(seed).permutation(len(items))[:N_OWN].tolist()
    drawn_photos = drawn(resize_px, N_PHOTOS - len(rows))
    if dataset is None:
        return drawn_photos
    first = len(drawn_photos)
    thumbnails = (dataset.thumbnail(items[row]).read_bytes() for row in rows)
    return drawn_photos + tuple(CheckPhoto(f"{k:02d}.jpg", content) for k, content in enumerate(thumbnails, first))


def check_answers(classifier: Classifier, graph: bytes, photos: Sequence[CheckPhoto], takes: str) -> CheckAnswers:
    """What a graph says of each photo, one at a time.

    Args:
        classifier: the model whose graph it is.
        graph: the graph.
        photos: of the self-check.
        takes: as of `core.bundle.graphs.GraphFacts`.
    """
    running, names = session(graph), input_names(classifier.preprocessing)

    def ask(view: Image.Image) -> tuple[Floats, Floats]:
        inputs = {PHOTO: np.asarray(view)[None]} if takes == PHOTO else _inputs(classifier, view, names)
        proba, features = running.run(list(OUTPUTS), inputs)
        return proba[0], features[0]

    each = [ask(_upright(classifier, photo)) for photo in photos]
    viewed = _over_views(classifier, photos, lambda view: ask(view)[0])
    return CheckAnswers(np.stack([proba for proba, _f in each]), np.stack([features for _p, features in each]), viewed)


def differs_by(classifier: Classifier, photos: Sequence[CheckPhoto], answers: CheckAnswers) -> float:
    """The largest difference of a probability from what torch says of the same photos; infinite where it is none."""
    network = of_torch(classifier)

    def ask(view: Image.Image) -> Floats:
        with torch.inference_mode():
            return np.asarray(network(classifier.input_of(view)[None])[0])

    proba = np.stack([ask(_upright(classifier, photo)) for photo in photos])
    viewed = _over_views(classifier, photos, ask)
    return max(largest_difference(proba, answers.proba), largest_difference(viewed, answers.viewed))


def self_check(manifest: Manifest, photos: Sequence[CheckPhoto], answers: Mapping[str, CheckAnswers]) -> bytes:
    """The content of `selfcheck.json`: what each network, by its name, says of each photo.

    It names the classes, too, in their order: probabilities are the same whichever names are put beside them. Of a few
    photos it has the means over the model's views as `viewed`. What else the manifest says, most of which shows on none
    of these photos (the rule, the levels of deep grey, what the model is not for), it holds digests of, and the hash of
    what tells strangers.
    """
    models = {
        name: {
            "most": MOST if name in (ONNX, ONNX_PHOTO) else MOST_SMALLER,
            "proba": _rounded(said.proba),
            "features": [_packed(row) for row in said.features],
            **({"viewed": _rounded(said.viewed)} if len(said.viewed) else {}),
        }
        for name, said in answers.items()
    }
    files = [f"{FOLDER}/{photo.name}" for photo in photos]
    strangers = manifest.files.get(STRANGERS)
    told = {
        "classes": list(manifest.classes),
        "photos": files,
        "models": models,
        "manifest": digests(manifest.to_json()),
        "strangers": strangers.sha256 if strangers else None,
    }
    return json.dumps(told, allow_nan=False).encode()


def _upright(classifier: Classifier, photo: CheckPhoto) -> Image.Image:
    return classifier.upright(Image.open(BytesIO(photo.content)))


def _over_views(classifier: Classifier, photos: Sequence[CheckPhoto], ask: Callable[[Image.Image], Floats]) -> Floats:
    """(m, c) the means over the views of the first photos; (0, c) where the model looks at one."""
    if classifier.views == ONE:
        return np.zeros((0, len(classifier.classes)), np.float32)
    n_views = VIEWS[classifier.views]
    images = [_upright(classifier, photo) for photo in photos[:N_VIEWED]]
    each = [np.stack([ask(view_of(image, number)) for number in range(n_views)]) for image in images]
    return mean_of_first(np.stack(each), n_views)


def _inputs(classifier: Classifier, view: Image.Image, names: Sequence[str]) -> dict[str, Floats]:
    batch: Tensor = classifier.input_of(view)[None]
    parts = [pixels.contiguous().numpy() for _part, pixels in classifier.backbone.apart(batch)]
    return dict(zip(names, parts, strict=True))


def _rounded(proba: Floats) -> list[list[float]]:
    return [[round(float(share), 7) for share in row] for row in proba]


def _packed(features: Floats) -> str:
    """Numbers as base64 of little-endian float32."""
    return base64.b64encode(features.astype("<f4").tobytes()).decode()
