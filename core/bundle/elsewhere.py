"""What a card says of using the model, above all without Graft: each file, what for, and how far to rely on it."""

from __future__ import annotations

from core.bundle.files import (
    BY_PREDICT,
    KERAS,
    LITERT,
    ONNX,
    ONNX_FP16,
    ONNX_INT8,
    ONNX_PHOTO,
    OPENVINO,
    OPENVINO_WEIGHTS,
    PAGE,
    PREDICT,
    README,
    SELFCHECK,
)
from core.bundle.graphs import GENERATED, GraphFacts
from core.bundle.manifest import Manifest
from core.bundle.ports import Port, inputs_of, outputs_of, taking
from core.i18n import gettext as _
from core.numbers import count, megabytes, percent, points_interval, signed_points, significant
from core.runs import STRANGERS


def purposes() -> dict[str, str]:
    """By the name of a file that may be in a bundle: what it is for, in a sentence."""
    return {
        ONNX: _("The network for ONNX Runtime and whatever else reads ONNX."),
        ONNX_FP16: _("The same at half its size, with weights of 16 bits."),
        ONNX_INT8: _("The same at a quarter of its size, with weights of 8 bits, for processors."),
        ONNX_PHOTO: _("The same with the preprocessing in it: it takes photos as they are, (n, h, w, 3) of 8 bits."),
        PREDICT: _("Answers photos where there is Python with onnxruntime, numpy and Pillow; Graft is not needed."),
        SELFCHECK: _("Photos with the model's own answers, by which a program proves that it uses the model rightly."),
        PAGE: _("A page that any browser opens, without a network: drop a photo, or use the camera."),
        OPENVINO: _("The network for OpenVINO."),
        OPENVINO_WEIGHTS: _("The weights of `openvino.xml`."),
        LITERT: _("The network for phones and small devices (LiteRT, once called TensorFlow Lite)."),
        KERAS: _("The network for Keras."),
        README: _("How it is run, and what each network takes and gives, as plain text."),
        STRANGERS: _("What tells photos that are none of the classes: numbers, as `predict.py` reads them."),
    }


def without_graft(manifest: Manifest) -> list[str]:
    """The card's sections about what travels along with the model; none where nothing does."""
    known = purposes()
    rows = [
        f"| `{name}` | {megabytes(facts.n_bytes / 1e6)} | {known[name]} |"
        for name, facts in manifest.files.items()
        if name in known
    ]
    if not rows and not manifest.left_out:
        return []
    sections = [_("Without Graft:")]
    if rows:
        sections.append("\n".join([_("| file | size | what it is for |"), "|---|---|---|", *rows]))
    if PREDICT in manifest.files:
        sections.append(_how_to_predict(manifest))
    sections += ["\n".join(f"- {checked(name, facts)}" for name, facts in manifest.graphs.items())]
    if manifest.graphs:
        sections.append(_how_to_call(manifest))
    sections.append("\n".join(f"- {left.message}" for left in manifest.left_out.values()))
    return [section for section in sections if section]


def checked(name: str, facts: GraphFacts) -> str:
    """How a network was tried beside torch, and what its precision costs, in a sentence or two."""
    on = (
        _("on {n} photos that Graft drew").format(n=count(facts.n))
        if facts.photos == GENERATED
        else _("on {n} validation photos").format(n=count(facts.n))
    )
    sentence = _("`{name}`: probabilities differ from the model's by at most {largest} {on}.").format(
        name=name, largest=significant(facts.largest, 2), on=on
    )
    if facts.cost is None:
        return sentence
    price = _(
        "Accuracy on {n} validation photos: {accuracy}, {points} points against 32 bits (95 % interval {ends})."
    ).format(
        n=count(facts.cost.n),
        accuracy=percent(facts.cost.accuracy),
        points=signed_points(facts.cost.difference),
        ends=points_interval(facts.cost.interval),
    )
    return f"{sentence} {price}"


def _how_to_predict(manifest: Manifest) -> str:
    how = _(
        "Unpack the zip, and:\n\n```bash\npip install onnxruntime numpy pillow\npython predict.py photo.jpg --json\n```"
        "\n\nFirst it answers the photos of the self-check, and where an answer is not the model's own, it gives none."
    )
    others = [f"`--model {name}`" for name in BY_PREDICT if name in manifest.graphs][1:]
    return f"{how} {_('Other networks answer by {options}.').format(options=', '.join(others))}" if others else how


def _how_to_call(manifest: Manifest) -> str:
    """How a program of one's own runs each of the networks."""
    heading = (_("network"), _("inputs"), _("outputs"))
    rows = [
        (f"`{name}`", _ports(inputs_of(facts, manifest)), _ports(outputs_of(facts, manifest)))
        for name, facts in manifest.graphs.items()
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (heading, ("---",) * len(heading), *rows))
    ways: dict[str, list[str]] = {}
    for name, facts in manifest.graphs.items():
        ways.setdefault(taking(facts), []).append(f"`{name}`")
    takes = "\n".join(f"- {', '.join(names)}: {sentence}" for sentence, names in ways.items())
    remark = _("`proba` is in the order of the classes above; `features` is what the head gets.")
    return f"{_('In a program of your own:')}\n\n{table}\n\n{takes}\n\n{remark}"


def _ports(ports: tuple[Port, ...]) -> str:
    return ", ".join(f"`{port.name}`: {port}" for port in ports)
