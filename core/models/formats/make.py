"""The other formats of a bundle: converted, tried on photos beside torch, and left out where they answer otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from core.backbones.spec import BackboneInfo
from core.bundle.files import KERAS, LITERT, OPENVINO, most_bytes
from core.bundle.graphs import GraphFacts, LeftOut
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.formats import litert, openvino
from core.models.formats.converted import Converted, Missing
from core.models.onnx import parity
from core.models.onnx.graph import OUTPUTS, input_names
from core.models.onnx.make import differs
from core.models.onnx.parity import N_CHECKED, TOLERANCE, TrialPhotos
from core.progress import Phase, Plan, Progress, Report, silent

FILES = {"openvino": OPENVINO, "litert": LITERT, "keras": KERAS}
"""By format: the name of its file in a bundle."""

SECONDS = {"openvino": 3.0, "litert": 100.0, "keras": 0.1}
"""How long a format takes, by a rule of thumb, on two cores of 2024."""

_TITLES = {"openvino": "OpenVINO", "litert": "LiteRT", "keras": "Keras"}

Outcome = tuple[Converted, GraphFacts] | LeftOut
"""A network with what was measured of it, or why it was left out."""


def _no_converter(_graph: bytes, _classifier: Classifier, _folder: Path) -> Converted:
    """Keras: what `onnx2tf` writes is for Keras 2, which Keras 3 does not read, and no other converter is kept up."""
    raise Missing(_("No converter from ONNX to Keras 3 is kept up today. Use OpenVINO, LiteRT or ONNX."))


Converter = Callable[[bytes, Classifier, Path], Converted]
"""(graph, what it is of, a folder for its files) -> the network in another format."""

CONVERTERS: Mapping[str, Converter] = {
    "openvino": openvino.convert, "litert": litert.convert, "keras": _no_converter,
}  # fmt: skip


def phases(formats: Sequence[str], info: BackboneInfo) -> Mapping[str, tuple[Phase, ...]]:
    """The parts of `converted`, by the format: writing each, and asking it and torch."""
    asking_s = 2 * N_CHECKED * info.network_s
    return {name: (Phase(f"formats/{name}", SECONDS[name] + asking_s),) for name in formats}


def converted(
    graph: bytes,
    classifier: Classifier,
    formats: Mapping[str, Converter],
    photos: TrialPhotos,
    folder: Path,
    report: Report = silent,
) -> dict[str, Outcome]:
    """A graph in other formats, or why not, by the format.

    Args:
        graph: in float32.
        classifier: what it is of.
        formats: those that are wanted, of `CONVERTERS`.
        photos: to try each on.
        folder: takes their files.
        report: is told of photos.

    Raises:
        DatasetError: a photo cannot be read any more.
    """
    outcomes, plan = {}, Plan(report, phases(tuple(formats), classifier.backbone.info))
    for name, convert in formats.items():
        telling = plan.begin(name)
        telling(Progress(0, 0, _("Writing the network for {format}").format(format=_TITLES[name])))
        own = folder / f"for-{name}"
        own.mkdir()
        outcomes[name] = _tried(name, partial(convert, graph, classifier, own), classifier, photos, telling)
    return outcomes


def _tried(
    name: str, convert: Callable[[], Converted], classifier: Classifier, photos: TrialPhotos, report: Report
) -> Outcome:
    photos = photos.first(N_CHECKED)
    try:
        made = convert()
        models = {"torch": parity.of_torch(classifier), name: made.answering}
        proba = parity.answers(models, classifier, photos, report)
    except Missing as problem:
        return LeftOut(code="not_installed", message=str(problem))
    except RuntimeError:
        words = _("{format} does not support this network, so it was left out.").format(format=_TITLES[name])
        return LeftOut(code="not_written", message=words)
    if any(file.stat().st_size > (most_bytes(own) or 0) for own, file in made.files.items()):
        words = _("This network is too large for a file of {format}, so it was left out.")
        return LeftOut(code="too_large", message=words.format(format=_TITLES[name]))
    largest = parity.largest_difference(proba["torch"], proba[name])
    if largest > TOLERANCE:
        return LeftOut(code="parity", message=differs(FILES[name], largest, len(photos.images)))
    return made, GraphFacts(
        format=name,
        inputs=input_names(classifier.preprocessing),
        outputs=OUTPUTS,
        channels_last=made.channels_last,
        n=len(photos.images),
        photos=photos.kind,
        largest=largest,
        agreeing=parity.agreeing(proba["torch"], proba[name]),
    )
