"""A shortcut audit: can the class be told without looking at the subject?

A network takes whatever tells classes apart: a frame, a camera's file size, the light of the day on which one class was
photographed (Geirhos et al. 2020, "Shortcut learning in deep neural networks"). So probes that cannot know the subject
are set on the data: one sees only the border, one an 8 × 8 thumbnail, one only facts of the file. Where one of them
knows the class, a good accuracy of any model says little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.dataset import Dataset, Item
from core.evaluation.intervals import Interval, wilson
from core.i18n import gettext as _
from core.probing.crossval.repeats import Fold, Repeats
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.probing.resampling.folds import make_folds
from core.progress import Phase, Plan, Progress, Report, silent
from core.records import Record

BORDER, THUMBNAIL, FILE = "border", "thumbnail", "file"
SIGHTS = (FILE, BORDER, THUMBNAIL)
_FACTS = 6
SIDE_PX, BORDER_PX, TINY_PX = 32, 3, 8
MOST_IMAGES = 4000
MOST_TINT, NEARLY_ALL = 0.03, 0.95  # of the range of a channel; of the photos
WELL_ABOVE, FAR_ABOVE = 0.10, 0.25  # of what lies between chance and all right

Rows = NDArray[np.float32]
Fit = Callable[[Rows, NDArray[np.int64]], Callable[[Rows], NDArray[np.int64]]]


@dataclass(frozen=True)
class Shortcut(Record):
    """How well the class is told by a probe that sees only this.

    Attributes:
        sees: "file" (bytes, width, height, format), "border" (a frame about a tenth of the side wide) or
            "thumbnail" (8 × 8 pixels).
        accuracy: of the out-of-fold predictions.
        interval: its 95 % Wilson interval.
        chance: the share of the largest class: the accuracy of always predicting it.
        n: how many photos were judged.
        telling: for an alarming "file", the one fact of it that tells most by itself: "bytes", "width", "height",
            "shape", "compression" or "format"; else "".
        telling_accuracy: what a probe gets that knows this one fact alone; 0 where there is none.
        telling_interval: its 95 % Wilson interval.
        grey: whether the photos are grey, so that no colour can tell.
    """

    written: ClassVar[tuple[str, ...]] = (
        "sees", "accuracy", "interval", "chance", "n", "telling", "telling_accuracy", "telling_interval", "grey",
        "alarming", "serious", "possible",
    )  # fmt: skip

    sees: str
    accuracy: float
    interval: Interval
    chance: float
    n: int
    telling: str = ""
    telling_accuracy: float = 0.0
    telling_interval: Interval = (0.0, 0.0)
    grey: bool = False

    @property
    def possible(self) -> bool:
        """Whether the photos are too few to rule out that it is far above chance."""
        return self.interval[1] > self.chance + FAR_ABOVE * (1 - self.chance)

    @property
    def alarming(self) -> bool:
        """Whether even the lower end of the interval is well above chance."""
        return self.interval[0] > self.chance + WELL_ABOVE * (1 - self.chance)

    @property
    def serious(self) -> bool:
        """Whether it is so far above chance that a model could live on the shortcut."""
        return self.interval[0] > self.chance + FAR_ABOVE * (1 - self.chance)


def audit(dataset: Dataset, groups: NDArray[np.int64], seed: int = 0, report: Report = silent) -> tuple[Shortcut, ...]:
    """One result for each of `SIGHTS`, by cross-validation with copies, near duplicates and groups kept together.

    At most `MOST_IMAGES` photos, drawn by `seed`, are looked at; more would cost minutes and change little.

    Args:
        dataset: the photos.
        groups: (n,) photos with the same number stay on one side of every fold.
        seed: of the draw, the folds and the forest.
        report: told of progress.

    Raises:
        ProbeError: a class has fewer than 2 photos that differ.
    """
    rows = _drawn(len(dataset.items), seed)
    items = [dataset.items[row] for row in rows]
    y = np.array([item.label for item in items], np.int64)
    present, labels = np.unique(y, return_inverse=True)
    names = tuple(dataset.classes[label] for label in present)
    task = _Task(labels, Repeats((make_folds(labels, groups[rows], names, ProbeConfig().folds, seed),)))
    plan = Plan(report, {phase.work: (phase,) for phase in looking_for_shortcuts(len(dataset.items), len(names))})
    borders, tinies = _seen(dataset, rows, plan.begin("health/see"))
    facts = _file_facts(items)
    sights = (
        (FILE, np.hstack(list(facts.values())), _forest(seed)), (BORDER, borders, _linear(names)),
        (THUMBNAIL, tinies, _linear(names)),
    )  # fmt: skip
    shortcuts = [task.shortcut(sees, X, fit, plan.begin(f"health/{sees}")) for sees, X, fit in sights]
    grey = is_grey(tinies)
    shortcuts = [replace(shortcut, grey=grey) for shortcut in shortcuts]
    if shortcuts[0].alarming:
        shortcuts[0] = task.with_telling_fact(shortcuts[0], facts, _forest(seed), plan.begin("health/telling"))
    return tuple(shortcuts)


def looking_for_shortcuts(n: int, classes: int) -> tuple[Phase, ...]:
    """What `audit` takes of n photos: a look at each, a phase for each of `SIGHTS`, and which fact of a file tells."""
    n = min(n, MOST_IMAGES)
    forest, linear = 0.8 + 1e-3 * n, 0.1 + 1e-4 * n * classes
    seconds = {
        "see": 0.05 + 0.0008 * n,
        FILE: forest,
        BORDER: linear,
        THUMBNAIL: linear / 4,
        "telling": _FACTS * forest,
    }
    return tuple(Phase(f"health/{work}", expected) for work, expected in seconds.items())


@dataclass(frozen=True)
class _Task:
    """What all probes of an audit are asked: the labels (n,) and the folds."""

    labels: NDArray[np.int64]
    folds: Repeats

    def shortcut(self, sees: str, X: Rows, fit: Fit, report: Report = silent) -> Shortcut:
        """How well the class is told from X (n, d) alone."""

        def hits(fold: Fold) -> int:
            predict = fit(X[fold.fit], self.labels[fold.fit])
            return int((predict(X[fold.held]) == self.labels[fold.held]).sum())

        n, right = len(self.labels), sum(self.folds.run(hits, report, _progress))
        return Shortcut(sees, right / n, wilson(right, n), float(np.bincount(self.labels).max() / n), n)

    def with_telling_fact(
        self, together: Shortcut, facts: Mapping[str, Rows], fit: Fit, report: Report = silent
    ) -> Shortcut:
        """The same with the fact that tells most by itself."""
        alone: dict[str, Shortcut] = {}
        for name, X in facts.items():
            report(Progress(len(alone), len(facts), _("Looking for what of the files tells")))
            alone[name] = self.shortcut(FILE, X, fit)
        name = max(alone, key=lambda fact: alone[fact].accuracy)
        return replace(
            together, telling=name, telling_accuracy=alone[name].accuracy, telling_interval=alone[name].interval
        )


def _progress(_done: int, _folds: int) -> str:
    return _("Looking for shortcuts")


def _drawn(n: int, seed: int) -> NDArray[np.int64]:
    if n <= MOST_IMAGES:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, MOST_IMAGES, replace=False))


def _seen(dataset: Dataset, rows: NDArray[np.int64], report: Report) -> tuple[Rows, Rows]:
    """Borders (n, pixels · 3) and thumbnails (n, 8 · 8 · 3) of the photos, 0 to 1."""
    inner = np.zeros((SIDE_PX, SIDE_PX), bool)
    inner[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] = True
    borders = np.empty((len(rows), int((~inner).sum()) * 3), np.float32)
    tinies = np.empty((len(rows), TINY_PX * TINY_PX * 3), np.float32)
    for at, row in enumerate(rows):
        if at % 64 == 0:
            report(Progress(at, len(rows), _("Reading borders and thumbnails")))
        with Image.open(dataset.thumbnail(dataset.items[row])) as image:
            small = image.convert("RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
        tiny = small.resize((TINY_PX, TINY_PX), Image.Resampling.BOX)
        borders[at] = np.asarray(small, np.float32)[~inner].ravel() / 255
        tinies[at] = np.asarray(tiny, np.float32).ravel() / 255
    return borders, tinies


def is_grey(tinies: Rows) -> bool:
    """Whether nearly all thumbnails (n, pixels · 3), 0 to 1, are without colour; a tint of all of them is one."""
    channels = tinies.reshape(len(tinies), -1, 3)
    colour = np.ptp(channels, axis=2).max(axis=1)
    return bool((colour <= MOST_TINT).mean() >= NEARLY_ALL)


def _file_facts(items: Sequence[Item]) -> dict[str, Rows]:
    """What is known of n files without a look at a pixel: the fact's name -> its columns (n, 1 or formats)."""
    formats = sorted({item.format for item in items})
    pixels = np.array([item.width * item.height for item in items], np.float32)
    n_bytes = np.array([max(item.n_bytes, 1) for item in items], np.float32)
    width, height = (np.array([getattr(i, side) for i in items], np.float32) for side in ("width", "height"))
    facts = {
        "bytes": np.log2(n_bytes), "width": width, "height": height, "shape": np.log2(width / height),
        "compression": np.log2(n_bytes / pixels),
    }  # fmt: skip
    columns = {name: values.astype(np.float32)[:, None] for name, values in facts.items()}
    columns["format"] = np.array([[item.format == name for name in formats] for item in items], np.float32)
    return columns


def _linear(names: tuple[str, ...]) -> Fit:
    def fit(X: Rows, y: NDArray[np.int64]) -> Callable[[Rows], NDArray[np.int64]]:
        probe = fit_rows(X, y, names, ProbeConfig(c=USUAL_C))
        return lambda held: np.asarray(probe.predict_proba(held).argmax(axis=1), np.int64)

    return fit


def _forest(seed: int) -> Fit:
    def fit(X: Rows, y: NDArray[np.int64]) -> Callable[[Rows], NDArray[np.int64]]:
        from core.probing.probes.forest import RandomForest  # folds are fitted in several threads

        model = RandomForest(100, min_samples_leaf=3, random_state=seed).fit(X, y)
        return lambda held: np.asarray(model.predict(held), np.int64)

    return fit
