"""One page with the model, what runs it and its self-check: any browser opens it, without a network and from a file.

The runtime is ONNX Runtime Web, which lies compressed beside the page's own scripts. A policy in the page forbids it to
load or send anything, so that photos stay where they are.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import lzma
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle import portable
from core.bundle.contents import Purpose
from core.bundle.files import FOLDER, ONNX
from core.bundle.manifest import Manifest
from core.bundle.pagesize import MOST_MODEL
from core.bundle.photos import CheckPhoto
from core.data.images.viewing import views_name
from core.data.images.views import ONE, VIEWS
from core.data.names import visible
from core.errors import BundleError
from core.evaluation.abstention.words import coverage, promise
from core.i18n import gettext as _
from core.i18n import language, ngettext
from core.numbers import count, decimal, interval, percent
from core.strangers.store import from_bytes
from core.strangers.words import threshold_in_words

RUNTIME_SHA256 = {
    "ort.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}

_PORTABLE = Path(portable.__file__).parent
_PAGE, _RUNTIME = _PORTABLE / "page", _PORTABLE / "runtime"
_SCRIPTS = ("resize.js", "views.js", "photos.js", "doubts.js", "page.js")
_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
_EXPORTS = re.compile(r"export\{([^{}]*)\};?\s*(?://# sourceMappingURL=\S*)?\s*$")


def page(
    manifest: Manifest,
    graph: bytes,
    check: bytes,
    photos: Sequence[CheckPhoto],
    inputs: Sequence[str],
    strangers: bytes = b"",
) -> bytes:
    """The page of a model, as HTML.

    Args:
        manifest: what is known of it.
        graph: the network as ONNX in float32.
        check: the content of `selfcheck.json`.
        photos: of the self-check.
        inputs: the names of the network's inputs.
        strangers: the content of `strangers.safetensors`; empty where nothing tells strangers.

    Raises:
        BundleError: the network is too large for a page, or the runtime is not the one that belongs to Graft.
    """
    if len(graph) > MOST_MODEL:
        raise BundleError(
            _("The page was left out: it holds networks of at most {most} MB, and this one has {mb} MB.").format(
                most=decimal(MOST_MODEL / 1e6), mb=decimal(len(graph) / 1e6)
            )
        )
    script, style = _script(), (_PAGE / "page.css").read_text(encoding="utf-8")
    content = (_PAGE / "page.html").read_text(encoding="utf-8")
    return content.format(
        **{key: html.escape(text) for key, text in _texts(manifest).items()},
        facts="".join(f"<li>{html.escape(fact)}</li>" for fact in _facts(manifest)),
        policy=_policy(script, style),
        style=style,
        script=script,
        data=_as_data(_about(manifest, json.loads(check), photos, inputs, strangers)),
        model=base64.b64encode(graph).decode(),
        strangers=base64.b64encode(strangers).decode(),
        runtime=base64.b64encode(gzip.compress(_runtime(), 9, mtime=0)).decode(),
    ).encode()


def _script() -> str:
    """The runtime's script, then the page's own in a block, so that their names do not meet."""
    runtime = _vouched("ort.mjs", (_RUNTIME / "ort.mjs").read_bytes()).decode()
    exported = _EXPORTS.search(runtime)
    if exported is None:
        raise _other_runtime()
    names = [name.strip().split(" as ") for name in exported[1].split(",")]
    handed_on = ",".join(f"{outer}:{inner}" for inner, outer in names if outer != "default")
    own = "\n".join((_PAGE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return f"\n{runtime[: exported.start()]}\nconst ort={{{handed_on}}};\n{{\n{own}\n}}\n"


def _runtime() -> bytes:
    """The runtime's machine code."""
    return _vouched("ort.wasm", lzma.decompress((_RUNTIME / "ort.wasm.xz").read_bytes()))


def _vouched(name: str, content: bytes) -> bytes:
    if hashlib.sha256(content).hexdigest() != RUNTIME_SHA256[name]:
        raise _other_runtime()
    return content


def _other_runtime() -> BundleError:
    return BundleError(_("The runtime for browsers that comes with Graft was changed. Install Graft again."))


def _policy(script: str, style: str) -> str:
    """What the page may do: run its own script and style, and show pictures that the user gives it."""
    script_hash, style_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script_hash}' 'wasm-unsafe-eval'; style-src 'sha256-{style_hash}'; "
        "img-src blob:; media-src blob: mediastream:; base-uri 'none'; form-action 'none'"
    )


def _as_data(content: object) -> str:
    """JSON that may stand in a script's element."""
    return json.dumps(content, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _about(
    manifest: Manifest,
    check: Mapping[str, Any],
    photos: Sequence[CheckPhoto],
    inputs: Sequence[str],
    strangers: bytes,
) -> dict[str, Any]:
    model = check["models"][ONNX]
    answers = zip(photos, model["proba"], model["features"], strict=True)
    rule = manifest.rule.to_json() if manifest.rule else None
    return {
        "classes": [visible(name) for name in manifest.classes],
        "preprocessing": [view.to_json() for view in manifest.preprocessing.views],
        "inputs": list(inputs),
        "views": VIEWS[manifest.views],
        "rule": rule,
        "check": {
            "classes": [visible(name) for name in check["classes"]],
            "views": VIEWS[manifest.views],
            "rule": rule,
            "strangers": _expected(strangers, manifest.feature_dim, model["features"]) if strangers else None,
            "viewed": model.get("viewed", []),
            "most": model["most"],
            "photos": [
                {
                    "name": f"{FOLDER}/{photo.name}",
                    "type": _TYPES[Path(photo.name).suffix],
                    "content": base64.b64encode(photo.content).decode(),
                    "proba": proba,
                    "features": features,
                }
                for photo, proba, features in answers
            ],
        },
        "words": _words(),
    }


def _expected(strangers: bytes, width: int, features: Sequence[str]) -> dict[str, Any]:
    """What the page has to find with what tells strangers: its threshold, and how far each photo's features are."""
    known = from_bytes(strangers, width)
    rows = np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in features])
    return {"threshold": known.threshold, "distances": [float(far) for far in known.distances(rows)]}


def _texts(manifest: Manifest) -> dict[str, str]:
    """What stands on the page."""
    n = len(manifest.classes)
    shown = ", ".join(visible(name) for name in manifest.classes[:30]) + (", …" if n > 30 else "")
    tells = ngettext("It tells {n} class apart: {names}.", "It tells {n} classes apart: {names}.", n)
    return {
        "language": language(),
        "title": _("Image classifier: {dataset}").format(dataset=visible(manifest.dataset)),
        "introduction": tells.format(n=count(n), names=shown),
        "privacy": _("It runs in this browser, without a network: no photo leaves this device."),
        "loading": _words()["loading"],
        "drop": _("Drop photos here, or paste one"),
        "choose": _("Choose photos"),
        "camera": _("Use the camera"),
        "picture": _("What the camera sees"),
        "shoot": _("Take a photo"),
        "stop": _("Turn the camera off"),
        "answers": _("Answers"),
        "empty": _("No photo yet."),
        "about": _("About this model"),
    }


def _purpose(manifest: Manifest) -> list[str]:
    """What its maker says that it is for, and not for."""
    purpose = manifest.purpose or Purpose()
    said = {_("It is for: {words}"): purpose.meant_for, _("It must not be used for: {words}"): purpose.not_for}
    return [sentence.format(words=words) for sentence, words in said.items() if words]


def _facts(manifest: Manifest) -> list[str]:
    """How good the model is, and what not to expect."""
    names = {"test": _("test"), "val": _("validation"), "oof": _("cross-validated training")}
    measured = [
        _("Accuracy on its {n} {split} photos: {accuracy} (95 % interval {ends}).").format(
            n=count(score.n), split=names[split], accuracy=percent(score.accuracy), ends=interval(score.accuracy_ci)
        )
        for split in names
        if (score := manifest.metrics.get(split))
    ]
    return [
        *(measured or [_("It was never measured on photos it had not seen.")]),
        *_cautions(manifest),
        *_views(manifest),
        *_purpose(manifest),
        _("It is meant for photos like those that it was made from. Do not let it decide about people."),
    ]


def _views(manifest: Manifest) -> list[str]:
    """In how many views of a photo it answers."""
    how = _("It answers with the mean over {n} views of each photo ({way}); its accuracy was measured in one.")
    return [] if manifest.views == ONE else [how.format(n=VIEWS[manifest.views], way=views_name(manifest.views))]


def _cautions(manifest: Manifest) -> list[str]:
    """When it gives no answer."""
    rule = [f"{promise(manifest.rule)} {coverage(manifest.rule)}"] if manifest.rule else []
    strangers = [threshold_in_words(manifest.strangers)] if manifest.strangers else []
    always = _("It always answers with one of its classes, also for a photo that is none of them.")
    return [*rule, *strangers] or [always]


def _words() -> dict[str, str]:
    """What the page's script says."""
    return {
        "loading": _("Loading the model …"),
        "checking": _("Checking itself on photo {k} of {n} …"),
        "passed": _("Self-check passed: all {n} photos are answered as the model answered them where it was made."),
        "failed": _(
            "Self-check failed on photo {k} of {n}: this browser answers otherwise than the model does, so it gives no "
            "answers here. Try another browser, or a newer one."
        ),
        "mixed": _("Self-check failed: this page is not as it was exported, so it gives no answers. Export it again."),
        "broken": _("The model cannot be run here ({why}). Try another browser, or a newer one."),
        "looking": _("Looking …"),
        "more": _("{n} more classes"),
        "strange": _("None of these"),
        "unsure": _("Not sure"),
        "among": _("Not sure: {names}"),
        "or": _(" or "),
        "empty": _("'{name}' is empty. Copy it again from where it comes from."),
        "nopicture": _("'{name}' is no photo. Choose a JPEG, PNG or WebP."),
        "format": _("'{name}' is HEIC or TIFF, which this browser cannot read. Save it as JPEG, and choose that."),
        "damaged": _("'{name}' is broken or was cut off. Copy it again from where it comes from."),
        "large": _("'{name}' has too many pixels. Make it smaller, and choose that."),
        "scans": _("'{name}' is stored so that it would take very long to read. Save it anew, and choose that."),
        "nocamera": _("There is no camera here, or this page may not use it. Choose photos instead."),
        "shot": _("From the camera"),
    }
