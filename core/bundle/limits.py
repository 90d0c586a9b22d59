"""What a model must not be used for, and when it does not answer: a part of its card."""

from __future__ import annotations

from collections.abc import Sequence

from core.backbones.names import CENTRE, SQUASHED, WHOLE
from core.backbones.spec import Preprocessing
from core.bundle.contents import Purpose
from core.bundle.files import PAGE
from core.bundle.manifest import Manifest
from core.bundle.markdown import code
from core.data.images.viewing import views_name
from core.data.images.views import ONE, VIEWS
from core.evaluation.abstention.words import beforehand, coverage, promise, when_chosen
from core.i18n import gettext as _
from core.numbers import decimal
from core.strangers.words import leaving_out_in_words, threshold_in_words


def limits(manifest: Manifest) -> str:
    """A list of what a user has to know."""
    return "\n".join(
        [
            *_purpose(manifest.purpose),
            _("- Meant for photos like those of the dataset above. On others the results above do not hold."),
            *_not_answering(manifest),
            _calibration(manifest),
            *_seeing(manifest.preprocessing.views),
            *_views(manifest.views),
            *_reading(manifest),
            _(
                "- It has what biases its data and the backbone's training data have. Do not let it decide about "
                "people."
            ),
        ]
    )


def _purpose(purpose: Purpose | None) -> list[str]:
    """What whoever made it says it is for, and what not."""
    if purpose is None:
        return []
    said = {_("- It is for: {words}"): purpose.meant_for, _("- It must not be used for: {words}"): purpose.not_for}
    return [sentence.format(words=code(words)) for sentence, words in said.items() if words]


def _not_answering(manifest: Manifest) -> list[str]:
    """When it does not answer."""
    rule, known = manifest.rule, manifest.strangers
    lines = []
    if rule is not None:
        like = _("This holds for photos like those of validation.")
        chosen = when_chosen(rule) if "test" in manifest.metrics else ""
        lines.append("- " + " ".join(filter(None, (promise(rule), coverage(rule), like, chosen, beforehand(rule)))))
    if known is not None:
        lines.append(f"- {threshold_in_words(known)} {leaving_out_in_words(known)}")
    if not lines:
        always = _("- It always answers with one of its {n} classes, also for a photo that is none of them.")
        return [always.format(n=len(manifest.classes))]
    if known is None:
        still = _("- A photo that is none of its {n} classes is one of them for it, unless it is not sure.")
        lines.append(still.format(n=len(manifest.classes)))
    return lines


def _calibration(manifest: Manifest) -> str:
    if manifest.kept.temperature == 1.0:
        tried = "oof" in manifest.metrics if manifest.kind == "probe" else manifest.config.get("calibrate")
        if tried:
            return _("- Calibrating did not help: its probabilities are as the network gives them.")
        return _("- Its probabilities have not been calibrated.")
    how = (
        _(
            "- Its probabilities were calibrated on the training photos, each judged by a probe that had not seen it: "
            "its scores are divided by {temperature}. On photos of another kind they may be too sure."
        )
        if manifest.kind == "probe"
        else _(
            "- Its probabilities were calibrated on the validation photos: its scores are divided by {temperature}. On "
            "photos of another kind they may be too sure."
        )
    )
    return how.format(temperature=decimal(manifest.kept.temperature, 2))


def _reading(manifest: Manifest) -> list[str]:
    """Which photos the page for browsers does not read, and others do."""
    if PAGE not in manifest.files:
        return []
    return [
        _(
            "- The page for browsers reads less than Graft and `predict.py`: no HEIC or TIFF in most browsers, and no "
            "PNG with a wrong checksum. It refuses what is cut off or too large, too, but the browser decodes: it may "
            "answer a broken photo that they refuse, and grey of more than 8 bits a little otherwise."
        )
    ]


def _views(views: str) -> list[str]:
    """In how many views of a photo it answers."""
    if views == ONE:
        return []
    how = _(
        "- It answers with the mean of its probabilities for {n} views of each photo ({way}): in Graft, in "
        "`predict.py` and on the page for browsers. A network by itself answers for one view. The self-check has both: "
        "`proba`, and of its first photos the means as `viewed`."
    )
    return [how.format(n=VIEWS[views], way=views_name(views))]


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
