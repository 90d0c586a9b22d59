"""Code samples for a model card: they run as they stand, beside a bundle and a photo."""

from __future__ import annotations

from core.backbones.names import CENTRE, SQUASHED, WHOLE
from core.backbones.spec import BackboneInfo, Preprocessing
from core.data.images.views import ONE
from core.i18n import gettext as _


def with_graft(info: BackboneInfo, views: str = ONE) -> str:
    """How a bundle is used with Graft."""
    needs = _("It needs Keras 3 wherever it is used, also with Graft: `pip install keras`.") + "\n\n"
    asked = (
        ("", "classifier.predict", "")
        if views == ONE
        else ("from core.models.views import look\n", "look", "classifier, ")
    )
    imported, verb, first = asked
    proba = "" if views == ONE else ".proba"
    code = (
        f"from pathlib import Path\n\nfrom core.models.load import classifier_of\n{imported}\n"
        'classifier = classifier_of(Path("bundle.zip"))\n'
        f'proba = {verb}({first}[Path("photo.jpg")]){proba}  # (1, classes)\n'
        "print(classifier.classes[proba[0].argmax()])\n"
    )
    return (needs if any(part.needs for part in info.each) else "") + _(
        "With Graft:\n\n```python\n{code}```\n\nor `python -m core predict bundle.zip photo.jpg`."
    ).format(code=code)


def with_torch(how: Preprocessing, info: BackboneInfo, views: str = ONE) -> str:
    """How its weights are used without Graft, or with as little of it as can be; what the code prints is the answer."""
    needs = _("With torch and torchvision alone (levels of the resized image may differ by 1 of 255):")
    if any(_of_timm(part) for part in info.each):
        needs = _("With torch, torchvision and timm (levels of the resized image may differ by 1 of 255):")
    if modules := dict.fromkeys(filter(None, map(_own_module, info.each))):
        needs = _(
            "With torch and torchvision, and Graft's folder `core` for the network, which is in {files} (levels of the "
            "resized image may differ by 1 of 255):"
        ).format(files=", ".join(f"`core/backbones/networks/{module}.py`" for module in modules))
    one_view = (
        "" if views == ONE else "\n\n" + _("This looks at one view of the photo, so it answers a little otherwise.")
    )
    return f"{needs}\n\n```python\n{_IMPORTS}{_networks(info, how)}```{one_view}"


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
_LOAD = 'network.load_state_dict({{k.removeprefix("{p}"): v for k, v in state.items() if k.startswith("{p}")}})\n'
_LOAD_WITH_VERSIONS = (
    "weights = network.state_dict()  # with the versions of the layers, without which it takes no weights\n"
    'weights.update({{k.removeprefix("{p}"): v for k, v in state.items() if k.startswith("{p}")}})\n'
    "network.load_state_dict(weights)\n"
)
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
    load = _LOAD
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
    if name.startswith("mnasnet"):
        load = _LOAD_WITH_VERSIONS
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
