"""Numbers, sizes, times and names as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from core import numbers
from core.backbones.names import called
from core.data.names import visible
from core.i18n import gettext as _
from core.i18n import ngettext
from core.runs import Run
from core.training.choices import mode_label

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&\"'/@])")
# Streamlit turns these into links, icons and arrows after it has read the Markdown, when a backslash has no effect:
# "https://…", "www.…", "a@b.c", ":smile:", ":material_home:", " -> ", " <= ". It searches one run of text at a time, so
# an empty span inside them, which is invisible and is not copied, keeps them as they are.
_LATE = re.compile(r"[:@]|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)
_EMPTY_SPAN = ":small[]"
_PERCENT = re.compile(r"(?<=\d) %")


def literal(text: str) -> str:
    """`text` for a place that reads Markdown, so that a user's name is shown as it is and never as markup."""
    text = one_line(text)
    ends = [match.end() for match in _LATE.finditer(text)]
    runs = (text[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True))
    return _EMPTY_SPAN.join(_MARKUP.sub(r"\\\1", run) for run in runs)


def unbroken(sentence: str) -> str:
    """A sentence of Graft's in which no line ends between a number and its percent sign."""
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", sentence)


def one_line(text: str) -> str:
    """`text` on one line, without characters that are invisible or reverse it, as names from outside may hold."""
    return " ".join(visible(" ".join(text.split())).split())


def shortened(text: str, most: int = 40) -> str:
    """`text` on one line, its middle left out where it is longer than `most` characters."""
    text = one_line(text)
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def distinct(names: Iterable[str]) -> list[str]:
    """`names`, with numbers after repeated ones: Streamlit identifies the options of a choice by their text."""
    unique: dict[str, None] = {}
    for name in names:
        number, candidate = 1, name
        while candidate in unique:
            number += 1
            candidate = f"{name} ({number})"
        unique[candidate] = None
    return list(unique)


def duration(seconds: float) -> str:
    """A time span, such as "about 3 min"."""
    if seconds < 1:
        return _("under a second")
    if seconds < 100:
        return _("{n} s").format(n=round(seconds))
    if seconds < 5400:
        return _("{n} min").format(n=round(seconds / 60))
    return _("{hours} h {minutes} min").format(hours=int(seconds // 3600), minutes=round(seconds % 3600 / 60))


def images(n: int) -> str:
    """A number of photos."""
    return ngettext("{n} photo", "{n} photos", n).format(n=f"{n:,}")


def classes(n: int) -> str:
    """A number of classes."""
    return ngettext("{n} class", "{n} classes", n).format(n=f"{n:,}")


def when(seconds: float) -> str:
    """A moment (seconds since the epoch) on this machine's clock."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def split_name(split: str) -> str:
    """The name of a split in words."""
    names = {
        "train": _("training"),
        "val": _("validation"),
        "test": _("test"),
        "oof": _("cross-validation"),
        "other": _("another set"),
    }
    return names.get(split, split)


def file_name(*parts: str) -> str:
    """A file's name, without its ending, of words that any system takes; a part without such words is left out."""
    words = (re.sub(r"[^\w.]+", "-", one_line(part)).strip("-._")[:60] for part in parts)
    return "-".join(filter(None, words))


def run_name(run: Run) -> str:
    """A run in a list: its backbone, its kind, a seed other than 0, its validation accuracy, and when it was made."""
    kind = _("probe") if run.kind == "probe" else _("fine-tuned, {mode}").format(mode=mode_label(run.method).lower())
    seed = _("seed {seed}").format(seed=run.config.seed) if run.kind == "finetune" and run.config.seed else ""
    score = run.metrics.get("val") or run.metrics.get("oof")
    accuracy = numbers.percent(score.accuracy) if score else ""
    return " · ".join(filter(None, (called(run.backbone), kind, seed, accuracy, run.created[:16].replace("T", " "))))


def run_names(runs: Sequence[Run], with_photos: bool = False) -> dict[Path, str]:
    """The name of each run in a list, by the run's directory; `with_photos` says on which photos it was made."""
    names = (f"{shortened(run.dataset_name, 24)} · {run_name(run)}" if with_photos else run_name(run) for run in runs)
    return dict(zip((run.path for run in runs), distinct(names), strict=True))
