"""The graphs of a bundle: written, tried on photos beside torch, and left out where they answer otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core import machine
from core.bundle.files import ONNX, ONNX_FP16, ONNX_INT8, ONNX_PHOTO, most_bytes
from core.bundle.graphs import IMAGES, PHOTO, VALIDATION, GraphFacts, LeftOut
from core.engines.onnx import is_installed, session
from core.i18n import gettext as _
from core.models.classifier import Classifier
from core.models.onnx import parity
from core.models.onnx.graph import OUTPUTS, graph_of, input_names, opset_of
from core.models.onnx.parity import N_CHECKED, TOLERANCE, TrialPhotos
from core.models.onnx.phases import phases
from core.models.onnx.photo import with_preprocessing
from core.models.onnx.precision import FP16, FP32, INT8, smaller
from core.numbers import significant
from core.progress import Plan, Progress, Report, silent

FILES = {FP32: ONNX, FP16: ONNX_FP16, INT8: ONNX_INT8, PHOTO: ONNX_PHOTO}
"""By what is wanted: the graph's name in a bundle."""

Proba = NDArray[np.float32]


@dataclass
class Graphs:
    """What came of writing graphs, by the names that they have in a bundle.

    Attributes:
        contents: the graphs that are right.
        facts: what is known of each.
        left_out: why others are not there.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, GraphFacts] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    def leave_out(self, name: str, code: str, message: str) -> None:
        """Takes a graph away again, and says why."""
        del self.contents[name], self.facts[name]
        self.left_out[name] = LeftOut(code=code, message=message)


def graphs_of(
    classifier: Classifier, precisions: Sequence[str], photos: TrialPhotos, report: Report = silent
) -> Graphs:
    """The classifier as graphs in these precisions. What cannot be written, or answers otherwise, is left out.

    In float32 a probability may differ from torch's by `TOLERANCE`. Smaller precisions are there to differ: how much,
    and what that costs, is measured and said.

    Raises:
        DatasetError: a photo cannot be read any more.
    """
    n_val = len(photos.images) if photos.kind == VALIDATION else 0
    plan = Plan(report, phases(precisions, classifier.backbone.info, n_val))
    plan.begin("write")(Progress(0, 0, _("Writing the network as ONNX")))
    names, made = [FILES[precision] for precision in dict.fromkeys(precisions)], Graphs()
    written = _written(classifier, precisions)
    models = {name: _model(name, graph, classifier) for name, graph in written.items() if name != ONNX_PHOTO}
    few = photos.first(N_CHECKED)
    asked = {"torch": parity.of_torch(classifier), **models}
    proba = parity.answers(asked, classifier, few, plan.begin("check")) if models else {}
    if ONNX_PHOTO in written:
        proba[ONNX_PHOTO] = parity.answers_to_photos(written[ONNX_PHOTO], classifier, few, plan.begin("photos"))
    for name in names:
        made.left_out |= _refused(name, written, proba)
    for name in (name for name in names if name not in made.left_out):
        made.contents[name] = written[name]
        made.facts[name] = _facts(name, written[name], proba, few, classifier)
    _measure_costs(made, models, classifier, photos, plan)
    return made


def _written(classifier: Classifier, precisions: Sequence[str]) -> dict[str, bytes]:
    """The graphs that can be written and run; the one in float32 first, which the others are made of."""
    written: dict[str, bytes] = {}
    if not is_installed() or machine.is_small():
        return written
    for precision in dict.fromkeys((FP32, *precisions)):
        try:
            graph = graph_of(classifier) if precision == FP32 else _made_of(written[ONNX], precision, classifier)
            session(graph)
        except (RuntimeError, KeyError):
            continue
        written[FILES[precision]] = graph
    return written


def _made_of(graph: bytes, wanted: str, classifier: Classifier) -> bytes:
    how = classifier.preprocessing
    return with_preprocessing(graph, how, input_names(how)) if wanted == PHOTO else smaller(graph, wanted)


def _model(name: str, graph: bytes, classifier: Classifier) -> parity.Answering:
    """A graph to be asked: about one photo at a time where it would scale a whole batch alike (int8)."""
    return parity.of_graph(graph, classifier, one_by_one=name == ONNX_INT8)


def _refused(name: str, written: dict[str, bytes], proba: dict[str, Proba]) -> dict[str, LeftOut]:
    """Why a graph is not in the bundle, by its name; nothing where it is."""
    if not is_installed():
        return _left_out(name, "not_installed", _("ONNX Runtime is not installed here. Install Graft's requirements."))
    if machine.is_small():
        words = _("Writing '{name}' takes more memory than there is here, so it was left out. Export it elsewhere.")
        return _left_out(name, "little_memory", words.format(name=name))
    if name not in written:
        words = _("This network cannot be written as '{name}', so it was left out.").format(name=name)
        return _left_out(name, "not_written", words)
    if len(written[name]) > (most_bytes(name) or 0):
        words = _("This network is too large for one file '{name}', so it was left out.").format(name=name)
        return _left_out(name, "too_large", words)
    largest = parity.largest_difference(proba["torch"], proba[name if name == ONNX_PHOTO else ONNX])
    if largest > TOLERANCE or not np.isfinite(proba[name]).all():
        return _left_out(name, "parity", differs(name, largest, len(proba[name])))
    return {}


def _left_out(name: str, code: str, message: str) -> dict[str, LeftOut]:
    return {name: LeftOut(code=code, message=message)}


def differs(name: str, largest: float, n: int) -> str:
    """What is said of a network that answers otherwise than the model."""
    if not math.isfinite(largest):
        words = _("'{name}' gave no numbers on one of {n} photos, so it was left out.")
        return words.format(name=name, n=n)
    words = _("'{name}' answered otherwise than the model, by up to {largest} on {n} photos, so it was left out.")
    return words.format(name=name, largest=significant(largest, 2), n=n)


def _facts(name: str, graph: bytes, proba: dict[str, Proba], photos: TrialPhotos, classifier: Classifier) -> GraphFacts:
    return GraphFacts(
        precision=FP32 if name == ONNX_PHOTO else next(wanted for wanted, file in FILES.items() if file == name),
        inputs=(PHOTO,) if name == ONNX_PHOTO else input_names(classifier.preprocessing),
        takes=PHOTO if name == ONNX_PHOTO else IMAGES,
        outputs=OUTPUTS,
        opset=opset_of(graph),
        n=len(photos.images),
        photos=photos.kind,
        largest=parity.largest_difference(proba["torch"], proba[name]),
        agreeing=parity.agreeing(proba["torch"], proba[name]),
    )


def _measure_costs(
    made: Graphs,
    models: Mapping[str, parity.Answering],
    classifier: Classifier,
    photos: TrialPhotos,
    plan: Plan,
) -> None:
    """Adds to the facts what smaller precisions cost, where the true classes of the photos are known."""
    smaller_ones = [name for name in made.facts if name not in (ONNX, ONNX_PHOTO)]
    if photos.kind != VALIDATION or not smaller_ones:
        return
    asked = {name: models[name] for name in (ONNX, *smaller_ones)}
    proba = parity.answers(asked, classifier, photos, plan.begin("judge"))
    for name in smaller_ones:
        price = parity.cost(photos, classifier.classes, proba[ONNX], proba[name])
        made.facts[name] = replace(made.facts[name], cost=price)
