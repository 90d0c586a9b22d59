"""How well are strangers known, by which measure? python -m benchmarks.strangers ZIP... [--others ZIP]

Each class of a zip is left out in turn: its photos stand for strangers, and are told from validation photos of the
other classes by the distance to the training photos of these, on the features of the pretrained backbone. Printed for
both measures: the mean area below the ROC curve with its 95 % interval, the least and the greatest of a class, the
share of strangers that is caught where 5 % of the others are taken for strangers, and how long leaving out took. With
--others, photos of another zip are the strangers of all classes together: those are easier.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from core.data.ingest import ingest
from core.evaluation.ranking import auroc_interval
from core.features.extract import extract
from core.features.features import Features
from core.numbers import percent
from core.strangers.fitting import fit_measure, fit_strangers
from core.strangers.leaving_out import METHODS, auroc, leave_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zips", nargs="+", type=Path, help="labelled photos")
    parser.add_argument("--others", type=Path, help="photos of none of the classes")
    parser.add_argument("--backbone", default="efficientnet_lite0")
    options = parser.parse_args()
    others = extract(ingest(options.others), options.backbone) if options.others else None
    print(f"{'photos':18}{'n':>6}{'classes':>8}  {'measure':14}{'AUROC':>7}{'95 %':>16}{'least':>7}{'most':>7}"
          f"{'caught':>8}{'seconds':>9}")  # fmt: skip
    for path in options.zips:
        features = extract(ingest(path), options.backbone)
        left_out(path.stem, features)
        if others is not None:
            far(path.stem, features, others)


def left_out(name: str, features: Features) -> None:
    """The rows for classes that are left out."""
    started = time.perf_counter()
    told = leave_out(features)
    seconds = time.perf_counter() - started
    for method in METHODS:
        areas = [each.auroc[method] for each in told.classes]
        low, high = told.auroc_ci(method)
        print(f"{name:18}{len(features.y):6}{len(told.classes):8}  {method:14}{told.auroc(method):7.3f}"
              f"{f'{low:.3f}–{high:.3f}':>16}{min(areas):7.3f}{max(areas):7.3f}{percent(told.caught(method)):>8}"
              f"{seconds:9.1f}", flush=True)  # fmt: skip


def far(name: str, features: Features, others: Features) -> None:
    """The rows for photos of another zip."""
    train, val, test = (features.of(split) for split in ("train", "val", "test"))
    known = test if len(test.y) else val
    for method in METHODS:
        strangers = fit_strangers(fit_measure(method, train.X, train.y), val.X)
        far_out, near = strangers.distances(others.X), strangers.distances(known.X)
        area = auroc(far_out, near)
        ends = auroc_interval(area, len(far_out), len(near))
        alarms = strangers.are_strange(near).mean()
        print(f"{name:18}{len(others.y):6}{'others':>8}  {method:14}{area:7.3f}{f'{ends[0]:.3f}–{ends[1]:.3f}':>16}"
              f"{'':14}{percent(float(strangers.are_strange(far_out).mean())):>8}"
              f"  false alarms {percent(float(alarms))}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
