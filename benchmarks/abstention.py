"""Do rules for not answering keep their promises on photos to come? python -m benchmarks.abstention ZIP...

All photos of a zip are split anew again and again into those that a logistic probe is fitted on, those that rules are
fitted on, and those held out, which stand for photos to come. Printed, over the splits: for "wrong" (at most that share
of the answers is wrong) and "sets" (at least that share of the sets holds the true class) in how many splits the
validation photos gave a rule, what was kept of the promise on the held-out photos on average, in how many splits it was
broken there (of thresholds 1 in 20 are to be expected, and more where held-out photos are few, as these vary, too), and
how many photos are answered: as the rule says and as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.data.ingest import ingest
from core.errors import EvaluationError
from core.evaluation.abstention.fitting import fit_sets, fit_threshold
from core.evaluation.abstention.outcome import Outcome, outcome
from core.evaluation.abstention.rule import Rule
from core.evaluation.predictions import Predictions
from core.features.extract import extract
from core.features.features import Features
from core.probing.probes.probe import Probe, ProbeConfig, fit_rows

PROMISES = (("wrong", 0.02), ("wrong", 0.05), ("wrong", 0.10), ("sets", 0.90), ("sets", 0.95))
SHARES = (0.4, 0.3)
"""Of the photos for the probe and for the rules; the rest is held out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zips", nargs="+", type=Path, help="labelled photos")
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--probes", type=int, default=20, help="each is used for several of the splits, to save time")
    options = parser.parse_args()
    print(f"{'photos':16}{'n':>6}{'held out':>9}  {'promise':12}{'rules':>7}{'kept':>8}{'broken':>8}{'answered':>10}"
          f"{'as said':>9}{'off by':>8}")  # fmt: skip
    for path in options.zips:
        features = extract(ingest(path), options.backbone)
        pairs = list(splits(features, options.splits, options.probes))
        for kind, promised in PROMISES:
            print(f"{path.stem:16}{len(features.y):6}{len(pairs[0][1]):9}  {row(kind, promised, pairs)}", flush=True)


def splits(features: Features, n: int, probes: int) -> Iterator[tuple[Predictions, Predictions]]:
    """A probe's predictions of the photos for rules and of those held out, for n splits."""
    total = len(features.y)
    n_fit, n_rule = (round(share * total) for share in SHARES)
    for number in range(probes):
        rng = np.random.default_rng(number)
        order = rng.permutation(total)
        fit, others = order[:n_fit], order[n_fit:]
        probe = fit_rows(features.X[fit], features.y[fit], features.classes, ProbeConfig(c=0.01), features.groups[fit])
        predictions = probe.predict_proba(features.X[others])
        for _repeat in range(n // probes):
            drawn = rng.permutation(len(others))
            yield tuple(  # type: ignore[misc]
                _of(probe, features, others, predictions, rows, split)
                for rows, split in ((drawn[:n_rule], "val"), (drawn[n_rule:], "test"))
            )


def _of(
    probe: Probe, features: Features, others: np.ndarray, proba: np.ndarray, rows: np.ndarray, split: str
) -> Predictions:
    ids = tuple(features.ids[row] for row in others[rows])
    return Predictions(probe.classes, features.y[others[rows]], proba[rows], ids, split)


def row(kind: str, promised: float, pairs: list[tuple[Predictions, Predictions]]) -> str:
    """The cells of one promise."""
    told = [pair for pair in (_judged(kind, promised, *pair) for pair in pairs) if pair is not None]
    promise = f"{kind} {promised:.0%}"
    if not told:
        return f"{promise:12}{0:7}"
    kept = np.array([(done.wrong or 0.0) if kind == "wrong" else (done.held or 0.0) for _rule, done in told])
    broken = float((kept > promised).mean() if kind == "wrong" else (kept < promised).mean())
    answered, said = (
        np.array(values) for values in zip(*((done.coverage, rule.answered) for rule, done in told), strict=True)
    )
    cells = f"{promise:12}{len(told):7}{kept.mean():8.1%}{broken:8.1%}{answered.mean():10.1%}{said.mean():9.1%}"
    return cells + f"{(said - answered).mean():+8.1%}"


def _judged(kind: str, promised: float, validation: Predictions, held_out: Predictions) -> tuple[Rule, Outcome] | None:
    try:
        rule = (fit_threshold if kind == "wrong" else fit_sets)(validation, promised)
    except EvaluationError:
        return None
    return rule, outcome(rule, held_out)


if __name__ == "__main__":
    main()
