"""The first file that someone opens who has unpacked a bundle: how it is run, and what each network takes and gives."""

from __future__ import annotations

from core.bundle.files import CARD, ONNX, ONNX_PHOTO, PREDICT
from core.bundle.graphs import GraphFacts
from core.bundle.manifest import Manifest
from core.bundle.ports import Port, inputs_of, outputs_of, taking
from core.data.names import visible
from core.i18n import gettext as _

_WIDTH = 10


def readme(manifest: Manifest) -> bytes:
    """The content of `README.txt`, for a manifest that knows its graphs."""
    classes = ", ".join(visible(name) for name in manifest.classes)
    lines = [
        _("Image classifier: {dataset}").format(dataset=visible(manifest.dataset)),
        "",
        _("How good it is, and what it is not for: {card}").format(card=CARD),
        "",
        *_running(manifest),
        *(line for name, facts in manifest.graphs.items() for line in _network(name, facts, manifest)),
        _("The outputs `proba` are in the order of the classes: {classes}").format(classes=classes),
    ]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _running(manifest: Manifest) -> list[str]:
    """How its program is run, also with another network than the usual one."""
    commands = [f"pip install onnxruntime numpy pillow\n    python {PREDICT} photo.jpg --json"]
    if ONNX in manifest.graphs and ONNX_PHOTO in manifest.graphs:
        commands.append(f"python {PREDICT} photo.jpg --json --model {ONNX_PHOTO}")
    return [*(f"    {command}" for command in commands), ""]


def _network(name: str, facts: GraphFacts, manifest: Manifest) -> list[str]:
    version = _(" (ONNX, opset {opset})").format(opset=facts.opset) if facts.opset else ""
    return [
        f"{name}{version}",
        f"    {taking(facts)}",
        *(_port(_("input"), port) for port in inputs_of(facts, manifest)),
        *(_port(_("output"), port) for port in outputs_of(facts, manifest)),
        "",
    ]


def _port(kind: str, port: Port) -> str:
    return f"    {kind:{_WIDTH}}{port.name:{_WIDTH}} {port}"
