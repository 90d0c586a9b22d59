"""Plain sentences on how a dataset was split and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.samples.catalogue import sample_note
from core.i18n import gettext as _


def note_text(source: str, counts: Mapping[str, int], given: Mapping[str, int], made: Sequence[str], seed: int) -> str:
    """What to tell about the splits, and about a sample's origin, in the language in use."""
    return " ".join(sentence for sentence in (sample_note(source), _splits(counts, given, made, seed)) if sentence)


def _splits(counts: Mapping[str, int], given: Mapping[str, int], made: Sequence[str], seed: int) -> str:
    if not made:
        return _("The data came with its own train, validation and test splits, which are kept.")
    facts = {split: counts.get(split, 0) for split in ("train", "val", "test")}
    if not given:
        sentences = [
            _(
                "The data came with no splits, so they were made class by class (seed {seed}): {test} photos for test, "
                "{val} for validation and {train} for training."
            ).format(seed=seed, **facts)
        ]
    elif "train" in made:
        sentences = [
            _(
                "The data came with no training split, so it was made class by class (seed {seed}) out of what came as "
                "'{pool}': {train} photos for training, {val} for validation and {test} for test."
            ).format(seed=seed, pool="val" if given.get("val") else "test", **facts)
        ]
    else:
        sentences = [_made_from_train(split, facts[split], seed) for split in ("test", "val") if split in made]
    sentences.append(_("Copies and near duplicates are kept together, and so are the photos of one group."))
    return " ".join(sentences)


def _made_from_train(split: str, n: int, seed: int) -> str:
    if split == "test":
        if not n:
            return _("The data came with no test split, and none could be made without taking the same photos twice.")
        return _(
            "The data came with no test split, so {n} photos were moved there from training, class by class "
            "(seed {seed})."
        ).format(n=n, seed=seed)
    if not n:
        return _("The data came with no validation split, and none could be made without taking the same photos twice.")
    return _(
        "The data came with no validation split, so {n} photos were moved from training to validation, class by class "
        "(seed {seed})."
    ).format(n=n, seed=seed)
