"""The training photos nearest to a photo: by hand, of a probe, and of a fine-tuned model that keeps its features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset, Item
from core.explaining.alike import Neighbour, alike_in_words
from core.explaining.neighbours import FILE, Bank, bank_of, features_of
from core.explaining.subject import Subject
from core.models.load import classifier_of
from core.training.config import FinetuneConfig
from core.training.finetune import finetune


def items(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name, f"sha-{name}", label % 2) for label, name in enumerate(names))


def test_the_nearest_are_those_in_the_same_direction() -> None:
    bank = Bank(items("a", "b", "c"), ("cat", "dog"), np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32))
    nearest = bank.nearest(np.array([0, 5], dtype=np.float32), 2)
    assert [(n.name, n.label, round(n.cosine, 4)) for n in nearest] == [("b", "dog", 1.0), ("c", "cat", 0.8)]
    assert [n.name for n in bank.nearest(np.array([0, 5], dtype=np.float32), 2, but="sha-b")] == ["c", "a"]


def test_of_copies_one_is_enough() -> None:
    copies = (Item("a", "same", 0), Item("b", "same", 0), Item("c", "other", 1))
    bank = Bank(copies, ("cat", "dog"), np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32))
    assert [n.name for n in bank.nearest(np.array([1, 0], dtype=np.float32))] == ["a", "c"]


def test_a_fine_tuned_model_keeps_its_features_and_computes_only_what_is_new(
    small_dataset: Callable[..., Dataset], tmp_path: Path
) -> None:
    dataset = small_dataset(classes=("cat", "dog"), per_class=8, size_px=40)
    run = finetune(dataset, FinetuneConfig("graft_plain", mode="last", epochs=1, batch_size=8), tmp_path / "run")
    subject = Subject(classifier_of(run))
    bank = bank_of(subject, run, dataset)
    assert len(bank.items) == len(dataset.split("train"))
    np.testing.assert_allclose(np.linalg.norm(bank.units, axis=1), 1, rtol=1e-5)
    photo = subject.photo(dataset.path(bank.items[0]))
    assert bank.nearest(features_of(subject, photo), 1)[0].sha256 == bank.items[0].sha256
    looked: list[int] = []
    bank_of(subject, run, dataset, lambda step: looked.append(step.total))
    assert not looked
    (run.path / FILE).write_bytes(b"damaged")
    bank_of(subject, run, dataset, lambda step: looked.append(step.total))
    assert looked


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (("cat", "cat"), "All 2 nearest training photos are labelled 'cat'."),
        (("dog", "cat", "dog"), "Of the 3 nearest training photos 1 are labelled 'cat', others: 2 'dog'."),
        ((), ""),
    ],
    ids=str,
)
def test_neighbours_in_words(labels: tuple[str, ...], words: str) -> None:
    neighbours = [Neighbour(sha256=name, name=name, label=name, cosine=0.5) for name in labels]
    assert alike_in_words("cat", neighbours) == words
    upper = words.replace("'cat'", "'CAT'").replace("'dog'", "'DOG'")
    assert alike_in_words("cat", neighbours, str.upper) == upper
