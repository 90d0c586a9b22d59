"""What a user wants in a bundle beside the model, its manifest and its card."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import BundleError
from core.i18n import gettext as _
from core.records import Record

ONNX = ("fp32", "fp16", "int8", "photo")
MOST_LETTERS = 2_000
FORMATS = ("openvino", "litert", "keras")


def _check(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise BundleError(
                _("There is no {what} '{name}'. Choose among {known}.").format(
                    what=what, name=name, known=", ".join(known)
                )
            )


@dataclass(frozen=True, kw_only=True)
class Purpose(Record):
    """What whoever made a model says about its use; it stands on the card.

    Attributes:
        meant_for: what it is for; "" for nothing.
        not_for: what it must not be used for; "" for nothing.
    """

    meant_for: str = ""
    not_for: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for words in (self.meant_for, self.not_for):
            if len(words) > MOST_LETTERS:
                raise BundleError(
                    _("What a model is for, and not for, has at most {most} letters each. Shorten it.").format(
                        most=MOST_LETTERS
                    )
                )


@dataclass(frozen=True, kw_only=True)
class Contents(Record):
    """What travels along.

    Attributes:
        onnx: how the network is written as ONNX, of `ONNX`: in three precisions, and in float32 with the preprocessing
            in it; with float32, `predict.py` and its self-check come along.
        page: whether a page for browsers comes along.
        photos: whether small copies of the user's own photos may be in the self-check; else Graft draws its photos.
        formats: in which other formats the network is written, of `FORMATS`.
        purpose: what the card says about its use.
    """

    onnx: tuple[str, ...] = ONNX[:1]
    page: bool = False
    photos: bool = False
    formats: tuple[str, ...] = ()
    purpose: Purpose = field(default_factory=Purpose)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check("onnx", self.onnx, ONNX)
        _check("format", self.formats, FORMATS)
        if ONNX[0] not in self.onnx and (self.page or self.formats):
            raise BundleError(
                _("A page and other formats are made of the network as ONNX in fp32. Have that in the bundle, too.")
            )

    @property
    def asks_for_more(self) -> bool:
        """Whether there is more in it than a user gets unasked."""
        return self.page or bool(self.formats) or self.onnx not in (ONNX[:1], ())


BARE = Contents(onnx=())
"""Nothing beside what every bundle has."""
