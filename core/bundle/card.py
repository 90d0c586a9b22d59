"""The model card: what a stranger has to know about a model, in Markdown.

Source of the outline: M. Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.backbones.names import CENTRE, SQUASHED, WHOLE
from core.backbones.spec import BackboneInfo, Preprocessing
from core.bundle.manifest import Manifest
from core.data.names import visible
from core.i18n import gettext as _
from core.runs import SplitScore

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]|^[-+]|(?<=^\d)[.)]|:(?=//)")


def model_card(manifest: Manifest, info: BackboneInfo) -> str:
    """The card of a model; names that come from users are shown literally."""
    parts = [
        _("# Image classifier: {dataset}").format(dataset=code(manifest.dataset)),
        _description(manifest, info),
        _("## Data"),
        _data(manifest),
        _("## Results"),
        _results(manifest),
        _("## Use and limits"),
        _limits(manifest),
        _("## Using it"),
        _with_graft(info),
        _with_torch(manifest, info),
        _("## How it was made"),
        _provenance(manifest),
    ]
    return "\n\n".join(parts) + "\n"


def code(name: str) -> str:
    """A name that a user gave, as Markdown that shows it as it is, on one line.

    As code, since that alone is literal wherever the card is read: sites make links, mentions, emoji and formulas of
    words after they have read the Markdown, whatever is escaped in them.
    """
    name = " ".join(visible(" ".join(name.split())).split())
    fence = "`" * (max(map(len, re.findall("`+", name)), default=0) + 1)
    air = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{air}{name}{air}{fence}" if name else "–"


def literal(text: str) -> str:
    """Text of Graft's own as Markdown that shows it as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split())) or "–"


def _description(manifest: Manifest, info: BackboneInfo) -> str:
    if manifest.kind == "probe":
        made = _("a linear probe (logistic regression) on frozen features of the backbone `{backbone}`")
    elif manifest.config.get("mode") == "head":
        made = _("a new linear head on the frozen backbone `{backbone}`")
    elif manifest.config.get("mode") == "norms":
        made = _("the backbone `{backbone}`, whose norm layers and biases were fine-tuned, with a new linear head")
    elif manifest.config.get("mode") == "lora":
        made = _("the backbone `{backbone}`, fine-tuned by low-rank factors (LoRA), with a new linear head")
    else:
        made = _("the backbone `{backbone}`, fine-tuned, with a new linear head")
    made = made.format(backbone=info.name)
    apart = _("It tells {n} classes of photos apart: {made}.").format(n=len(manifest.classes), made=made)
    if not info.parts:
        return f"{apart} {_beginning(info)}"
    return "\n".join([f"{apart}\n", *(f"- `{part.name}`: {_beginning(part)}" for part in info.parts)])


def _beginning(info: BackboneInfo) -> str:
    """What a backbone was before it was fitted."""
    if not info.weights:
        return _("Raw pixels; no pretrained weights.")
    return _("Pretrained weights: {weights}, trained on {data}. Licence: {licence}").format(
        weights=literal(info.weights), data=literal(info.trained_on), licence=literal(info.licence)
    )


def _data(manifest: Manifest) -> str:
    names = "\n".join(f"- {code(name)}" for name in manifest.classes)
    return _(
        "Dataset: {dataset}, with the fingerprint `{fingerprint}` (of its photos and splits).\n\nClasses, in the order "
        "of the outputs:\n\n{names}"
    ).format(dataset=code(manifest.dataset), fingerprint=re.sub("[^0-9a-zA-Z]", "", manifest.fingerprint), names=names)


def _results(manifest: Manifest) -> str:
    if not manifest.metrics:
        return _("It was never measured on photos it had not seen.")
    rows = [_("| photos | n | accuracy (95 % interval) | macro F1 |"), "|---|---|---|---|"]
    rows += [_row(split, score) for split, score in manifest.metrics.items()]
    remarks = [_remark(split, manifest.kind) for split in manifest.metrics]
    return "\n".join(rows) + "\n\n" + "\n".join(f"- {remark}" for remark in remarks if remark)


def _row(split: str, score: SplitScore) -> str:
    low, high = score.accuracy_ci
    return f"| {literal(split)} | {score.n} | {score.accuracy:.3f} ({low:.3f} – {high:.3f}) | {score.macro_f1:.3f} |"


def _remark(split: str, kind: str) -> str:
    if split == "oof":
        return _("`oof`: the training photos, each judged by a probe that was fitted without it (cross-validation).")
    if split == "val":
        return (
            _(
                "`val`: held out of the fitting; the epoch that was kept was chosen on these photos, so it flatters a "
                "little."
            )
            if kind == "finetune"
            else _("`val`: held out of the fitting. If you chose this backbone by these photos, it flatters a little.")
        )
    return _("`test`: held out of the fitting and of every choice Graft made.") if split == "test" else ""


def _limits(manifest: Manifest) -> str:
    return "\n".join(
        [
            _("- Meant for photos like those of the dataset above. On others the results above do not hold."),
            _(
                "- It always answers with one of its {n} classes, also for a photo that is none of them, and its "
                "probabilities have not been calibrated."
            ).format(n=len(manifest.classes)),
            *_seeing(manifest.preprocessing.views),
            _(
                "- It has what biases its data and the backbone's training data have. Do not let it decide about "
                "people."
            ),
        ]
    )


def _seeing(views: Sequence[Preprocessing]) -> list[str]:
    """What each framing leaves of a photo, with the sizes of those that see it so."""
    limits = {
        CENTRE: _(
            "- It sees {px} pixels, cut from the middle of the photo: what is too small for that, or at the "
            "edges, is lost."
        ),
        WHOLE: _(
            "- It sees the whole photo on {px} pixels, with borders of one colour: what is too small for that is lost."
        ),
        SQUASHED: _(
            "- It sees the whole photo squashed to {px} pixels: what is too small for that, and how wide things "
            "are beside their height, is lost."
        ),
    }
    sizes: dict[str, list[str]] = {}
    for how in views:
        sizes.setdefault(how.framing, []).append(f"{how.crop_px} × {how.crop_px}")
    return [limits[framing].format(px=_(" and ").join(dict.fromkeys(px))) for framing, px in sizes.items()]


def _with_graft(info: BackboneInfo) -> str:
    needs = _("It needs Keras 3 wherever it is used, also with Graft: `pip install keras`.") + "\n\n"
    return (needs if any(part.needs for part in info.each) else "") + _(
        "With Graft:\n\n```python\nfrom pathlib import Path\n\nfrom core.models.load import classifier_of\n\n"
        'classifier = classifier_of(Path("bundle.zip"))\n'
        'proba = classifier.predict([Path("photo.jpg")])  # (1, classes)\n'
        "print(classifier.classes[proba[0].argmax()])\n```\n\n"
        "or `python -m core predict bundle.zip photo.jpg`."
    )


def _with_torch(manifest: Manifest, info: BackboneInfo) -> str:
    needs = _("With torch and torchvision alone (levels of the resized image may differ by 1 of 255):")
    if any(_of_timm(part) for part in info.each):
        needs = _("With torch, torchvision and timm (levels of the resized image may differ by 1 of 255):")
    if modules := dict.fromkeys(filter(None, map(_own_module, info.each))):
        needs = _(
            "With torch and torchvision, and Graft's folder `core` for the network, which is in {files} (levels of the "
            "resized image may differ by 1 of 255):"
        ).format(files=", ".join(f"`core/backbones/networks/{module}.py`" for module in modules))
    return f"{needs}\n\n```python\n{_IMPORTS}{_networks(info, manifest.preprocessing)}```"


def _networks(info: BackboneInfo, how: Preprocessing) -> str:
    """The network and what it sees, or each of several, and how they predict."""
    if not info.parts:
        return _network(info, "backbone.trunk.") + _transform(how) + _PREDICT.format(features=_FEATURES)
    parts = (
        _network(part, f"backbone.trunk.{n}.trunk.")
        + _transform(view)
        + "parts.append((network.eval(), transform))\n\n"
        for n, (part, view) in enumerate(zip(info.parts, how.views, strict=True))
    )
    return "parts = []\n\n" + "".join(parts) + _PREDICT.format(features=_FEATURES_IN_A_ROW)


_IMPORTS = """import json
import zipfile

import safetensors.torch
import torch
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import v2

with zipfile.ZipFile("bundle.zip") as bundle:
    classes = json.loads(bundle.read("manifest.json"))["classes"]
    state = safetensors.torch.load(bundle.read("model.safetensors"))

"""

_PREDICT = """image = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
with torch.inference_mode():
    features = {features}
    proba = (features @ state["head.weight"].T + state["head.bias"]).softmax(1)[0]
print(classes[proba.argmax()], float(proba.max()))
"""

_FEATURES = "network.eval()(transform(image)[None])"
_FEATURES_IN_A_ROW = "torch.cat([network(transform(image)[None]) for network, transform in parts], 1)"


def _own_module(info: BackboneInfo) -> str:
    """The file of `core.backbones.networks` that has the network; "" where torchvision has it."""
    if info.needs:
        return "keras_trunks"
    if ":" in info.architecture:
        return ""
    if info.architecture:
        return "architectures"
    return "lite" if info.package else ""


def _of_timm(info: BackboneInfo) -> str:
    """The network's name in timm; "" where it is none of timm's."""
    source, _colon, name = (info.architecture or info.base).partition(":")
    return name if source == "timm" else ""


def _network(info: BackboneInfo, prefix: str) -> str:
    """Code that makes the network, whose weights are in the bundle under names with this prefix."""
    if info.is_floor:
        return "network = torch.nn.Flatten()\n"
    load = 'network.load_state_dict({{k.removeprefix("{p}"): v for k, v in state.items() if k.startswith("{p}")}})\n'
    if module := _own_module(info):
        return (
            f"from core.backbones.networks.{module} import build\n\n"
            f'network = build("{info.architecture or info.base}")\n' + load.format(p=prefix)
        )
    own_name = info.architecture.partition(":")[2]
    if name := _of_timm(info):
        options = "num_classes=0"
        if info.built_for_size and "_patch" in name:
            options += f", img_size={info.input_px}"
        return f'import timm\n\nnetwork = timm.create_model("{name}", {options})\n' + load.format(p=f"{prefix}model.")
    name, options = own_name or info.base, "weights=None"
    if name in ("googlenet", "inception_v3"):
        options += ", aux_logits=False, init_weights=False, transform_input=True"
    if name.startswith("vit_"):
        options += f", image_size={info.input_px}"
    return (
        f'network = torchvision.models.get_model("{name}", {options})\n'
        "# the features are the input of the layer with ImageNet's 1000 classes\n"
        "layers = [name for name, layer in network.named_modules()\n"
        '          if 1000 in (getattr(layer, "out_features", 0), getattr(layer, "out_channels", 0))]\n'
        "network.set_submodule(layers[-1], torch.nn.Identity())\n" + load.format(p=f"{prefix}model.")
    )


def _transform(how: Preprocessing) -> str:
    px = how.crop_px
    resize = f'v2.InterpolationMode("{how.interpolation}"), antialias={how.antialias})'
    framing = {
        CENTRE: f"    v2.Resize({how.resize_px}, {resize},\n    v2.CenterCrop({px}),\n",
        WHOLE: f"    lambda image: ImageOps.pad(image, ({px}, {px}), Image.Resampling.{how.interpolation.upper()}, "
        f"{how.mean_colour}),\n",
        SQUASHED: f"    v2.Resize(({px}, {px}), {resize},\n",
    }
    return (
        f"transform = v2.Compose([\n{framing[how.framing]}"
        "    v2.ToImage(),\n"
        "    v2.ToDtype(torch.float32, scale=True),\n"
        f"    v2.Normalize({list(how.mean)}, {list(how.std)}),\n"
        "])\n\n"
    )


def _provenance(manifest: Manifest) -> str:
    settings = ", ".join(f"{literal(str(k))} {literal(str(v))}" for k, v in manifest.config.items())
    versions = ", ".join(f"{literal(name)} {literal(version)}" for name, version in manifest.versions.items())
    return _("Fitted {created} with the seed {seed}. Settings: {settings}. Versions: {versions}.").format(
        created=literal(manifest.created), seed=manifest.seed, settings=settings, versions=versions
    )
