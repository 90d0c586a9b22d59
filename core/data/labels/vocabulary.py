"""What people call folders that are no classes: splits, folds and sources, containers, folders beside the photos.

One vocabulary for folders and tables. A word alone decides nothing about a folder: a class may be called "test", so
`splitting.py` and `layout.py` look at what the folders hold as well.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.data.labels.languages import SPLIT_FILLERS, SPLIT_STEMS, SPLIT_SUFFIXES, plain

_IMAGES = (
    "image", "images", "img", "imgs", "im", "photo", "photos", "pic", "pics", "picture", "pictures", "jpg", "jpgs",
    "jpeg", "jpegs", "png", "pngs", "frame", "frames", "crop", "crops", "cropped", "resized", "raw", "original",
    "originals", "file", "files", "data", "dataset", "datasets",
)  # fmt: skip
_SUFFIXES = ("", "set", "sets", *_IMAGES)
_STEMS = {
    "train": ("train", "trains", "training", "trainings", "trn", "tr", "trainval"),
    "val": (
        "val", "vals", "valid", "validation", "validations", "validate", "validating", "vali", "va", "dev", "devel",
        "development",
    ),
    "test": (
        "test", "tests", "testing", "tst", "te", "ts", "eval", "evals", "evaluate", "evaluation", "evaluations",
        "evaluating", "holdout", "heldout",
    ),
}  # fmt: skip
_SPLITS = {
    stem + suffix: split
    for split, stems in _STEMS.items()
    for stem in (*stems, *SPLIT_STEMS[split])
    for suffix in (*_SUFFIXES, *SPLIT_SUFFIXES)
}
_FILLERS = frozenset(
    (
        *_IMAGES, "set", "sets", "subset", "split", "splits", "partition", "folder", "folders", "dir", "directory",
        "sample", "samples", "batch", "all", "the", "my", "our", "of", "for", "new", "final", "full", "clean",
        "cleaned", "processed", "preprocessed", "augmented", "aug", "classes", "labeled", "labelled", "label", "labels",
        "input", "inputs", "version", "v", "x", "px", "phase", "portion", "res", "hd",
        *SPLIT_FILLERS,
    )
)  # fmt: skip
_MASKS = frozenset(
    ("mask", "masks", "label", "labels", "annotation", "annotations", "segmentation", "segmentations", "groundtruth")
)
_CONTAINERS = _MASKS | frozenset(
    (
        *_IMAGES, "archive", "all", "everything", "input", "inputs", "unsorted", "unlabeled", "unlabelled",
    )
)  # fmt: skip
_SIDE = frozenset(
    (
        "doc", "docs", "documentation", "figure", "figures", "fig", "figs", "asset", "assets", "example", "examples",
        "demo", "demos", "screenshot", "screenshots", "report", "reports", "notebook", "notebooks",
        "static", "media", "thumbnail", "thumbnails", "thumb", "logo", "logos", "icon", "icons", "model", "models",
        "result", "results", "output", "outputs", "plots", "charts", "misc", "miscellaneous", "readme", "code", "src",
        "script", "scripts", "config", "web", "website", "www", "preview", "previews", "banner", "slides", "extra",
        "extras", "tmp", "temp", "backup", "old", *_IMAGES,
    )
)  # fmt: skip
_FOLDS = frozenset(("fold", "folds", "kfold", "k", "cv"))
_PIECES = frozenset(
    (
        "part", "parts", "batch", "chunk", "shard", "vol", "volume", "folder", "archive", "disk", "disc", "drive",
        "upload", "download", "zip", "set", "subset", "split", "dataset", "data", *_FOLDS,
    )
)  # fmt: skip
_SOURCES = _PIECES | frozenset(
    (
        "site", "source", "src", "clinic", "hospital", "centre", "center", "lab", "scanner", "camera", "cam", "device",
        "sensor", "phone", "day", "date", "week", "month", "year", "session", "run", "trial", "round", "visit",
        "experiment", "exp", "location", "loc", "place", "field", "plot", "plate", "slide", "block", "area", "region",
        "zone", "farm", "greenhouse", "patient", "subject", "user", "person", "participant", "volunteer", "signer",
        "writer", "individual", "specimen", "video", "vid", "clip", "seq", "sequence", "scene", "take", "recording",
        "rec", "group", "p", "pt", "s", "collection", "operator", "annotator", "student", "team",
    )
)  # fmt: skip
_TIMES = frozenset(
    (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
        "april", "may", "june", "july", "august", "september", "october", "november", "december", "spring", "summer",
        "autumn", "fall", "winter", "morning", "noon", "afternoon", "evening", "dawn", "dusk",
    )
)  # fmt: skip
_DEVICES = frozenset(
    (
        "phone", "smartphone", "iphone", "pixel", "galaxy", "samsung", "huawei", "xiaomi", "canon", "nikon", "sony",
        "gopro", "dslr", "webcam", "drone", "uav", "handheld", "scanner", "microscope", "tablet",
    )
)  # fmt: skip
_DATE = re.compile(
    r"(?:19|20)\d\d[-_. ]?(?:0?[1-9]|1[0-2])(?:[-_. ]?\d{1,2})?|\d{1,2}[-_. ]\d{1,2}[-_. ](?:19|20)?\d\d"
)
_MAGNIFICATION = re.compile(r"\d+[xX×]|[xX×]\d+")
_WORDS = re.compile(r"\d+|[^\W\d_]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBERS = frozenset(("one", "two", "three", "four", "five", "six", "i", "ii", "iii", "iv", "vi"))
_EDGES = " _-.,;+&()[]{}"


@dataclass(frozen=True, slots=True)
class SplitName:
    """A name that may stand for a split.

    Attributes:
        split: "train", "val" or "test".
        rest: the other words in it that say something, such as "seg" in "seg_train"; "" where there are none.
        title: the name without the split's word, as it is written.
    """

    split: str
    rest: str
    title: str


@lru_cache(4096)
def split_name(name: str) -> SplitName | None:
    """What split a folder's name may stand for, with or without other words: "Training Set", "seg_train", "testData".

    The split's word is the first or the last that says something; "train_val" stands for training, and a name with
    other splits together for none.
    """
    name = unicodedata.normalize("NFC", name)
    words = _words(name)
    marks = [(n, split) for n, (word, _start, _end) in enumerate(words) if (split := _SPLITS.get(word, ""))]
    splits = {split for _n, split in marks}
    if not splits or (len(splits) > 1 and splits != {"train", "val"}):
        return None
    telling = [n for n, (word, _s, _e) in enumerate(words) if not (word in _FILLERS or word.isdigit())]
    if telling[0] != marks[0][0] and telling[-1] != marks[-1][0]:
        return None
    marked = {n for n, _split in marks}
    rest = " ".join(words[n][0] for n in telling if n not in marked)
    start, end = words[marks[0][0]][1], words[marks[-1][0]][2]
    title = f"{name[:start].rstrip(_EDGES)} {name[end:].lstrip(_EDGES)}".strip()
    return SplitName("train" if len(splits) > 1 else splits.pop(), rest, title)


def split_word(word: str) -> str:
    """The split that a word in a table, or a word of a table's name, stands for; "" where it stands for none."""
    named = split_name(word)
    return named.split if named is not None and not named.rest else ""


@lru_cache(4096)
def is_container(name: str) -> bool:
    """Whether a folder is called after what any folder holds, as "images" and "masks" are, and so is hardly a class."""
    words = [word for word, _start, _end in _words(name) if not word.isdigit()]
    return bool(words) and all(word in _CONTAINERS for word in words)


def is_mask(name: str) -> bool:
    """Whether a folder is called as those are that hold drawings of what photos show."""
    return is_container(name) and any(word in _MASKS for word, _start, _end in _words(name))


@lru_cache(4096)
def is_side(name: str) -> bool:
    """Whether a folder is called as those are that lie beside the photos, such as "docs" and "figures"."""
    words = [word for word, _start, _end in _words(name) if not word.isdigit()]
    if not words or is_source(name):
        return False
    return words[0] in _SIDE and (words[0] not in _IMAGES or all(word in _SIDE or word in _FILLERS for word in words))


def is_number(name: str) -> bool:
    """Whether a name is nothing but a number or a date."""
    words = [word for word, _start, _end in _words(name)]
    return bool(words) and all(word.isdigit() for word in words)


def is_source(name: str) -> bool:
    """Whether a name counts or says where photos come from: "fold_1", "part2", "siteA", "2021-05-01", "Monday"."""
    return bool(_counted(name) & _SOURCES) or _says_how(name)


@lru_cache(4096)
def _says_how(name: str) -> bool:
    """Whether a name says when or with what photos were taken: a date, a day, a season, a device, a magnification."""
    words = [word for word, _start, _end in _words(name) if not word.isdigit()]
    by_word = bool(words) and all(word in _TIMES or word in _DEVICES for word in words)
    return by_word or bool(_DATE.fullmatch(name) or _MAGNIFICATION.fullmatch(name))


def is_piece(name: str) -> bool:
    """Whether a name counts pieces of one set, as "part2" and "fold_1" do, which never are classes."""
    return bool(_counted(name) & _PIECES)


def is_fold(name: str) -> bool:
    """Whether a name counts the folds of a cross-validation."""
    return bool(_counted(name) & _FOLDS)


@lru_cache(4096)
def _counted(name: str) -> frozenset[str]:
    """The last word in a name that ends in a number or a letter that counts; none where it does not."""
    words = [word for word, _start, _end in _words(name)]
    if len(words) < 2 or not (words[-1].isdigit() or words[-1] in _NUMBERS or len(words[-1]) == 1):
        return frozenset()
    return frozenset(words[-2:-1])


def _words(name: str) -> list[tuple[str, int, int]]:
    """The words and numbers in a name, in small letters, with where they start and end."""
    words: list[tuple[str, int, int]] = []
    for run in _WORDS.finditer(name):
        at = run.start()
        for part in _HUMPS.split(run.group()):
            words.append((plain(part), at, at + len(part)))
            at += len(part)
    joined: list[tuple[str, int, int]] = []
    for word, start, end in words:
        if word == "out" and joined and joined[-1][0] in ("hold", "held"):
            joined[-1] = (joined[-1][0] + word, joined[-1][1], end)
        else:
            joined.append((word, start, end))
    return joined
