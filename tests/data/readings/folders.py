"""Uploads whose folders say what the photos are."""

from __future__ import annotations

from collections.abc import Callable

from tests.data.readings.made import Made, amount, classes, sources, split_names, style, wrapper

_CONTAINERS = ("images", "img", "photos", "Images")
_BATCHES = (("batch1", "batch2"), ("images",), ("part_1", "part_2", "part_3"), ("photos",), ("session1", "session2"))


def plain(made: Made) -> str:
    """class"""
    top, file = wrapper(made), style(made)
    for label in classes(made):
        made.shoot(f"{top}{label}", label, "", amount(made), file)
    return top


def splits_above(made: Made) -> str:
    """split/class, perhaps with a folder of images between them"""
    top, file, labels = wrapper(made), style(made), classes(made)
    between = f"{made.rng.choice(_CONTAINERS)}/" if made.chance(0.15) else ""
    missing = made.rng.choice(labels) if len(labels) > 2 and made.chance(0.2) else ""
    for split, folder in split_names(made).items():
        for label in labels:
            if label != missing or split == "train":
                made.shoot(f"{top}{folder}/{between}{label}", label, split, amount(made), file)
        if made.chance(0.1):
            made.add(f"{top}{folder}/stray.jpg")
    if made.chance(0.2):
        _to_predict(made, top)
    return top


def _to_predict(made: Made, top: str) -> None:
    """Photos beside the splits that nobody has labelled."""
    folder = made.rng.choice(
        ["pred", "unlabelled", "seg_pred/seg_pred", "unlabeled images", "new photos", "to predict"]
    )
    made.recipe.append(folder)
    for i in range(made.rng.choice([3, 20, 60])):
        made.add(f"{top}{folder}/{i}.jpg")


def splits_with_photos_to_predict(made: Made) -> str:
    """train/class, and test with photos without a class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    names = split_names(made)
    last = list(names)[-1]
    for split, folder in names.items():
        for label in labels if split != last else ():
            made.shoot(f"{top}{folder}/{label}", label, split, amount(made), file)
    for i in range(20):
        made.add(f"{top}{names[last]}/{i}.jpg")
    return top


def beside_masks(made: Made) -> str:
    """images/class and masks/class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    for label in labels:
        made.shoot(f"{top}images/{label}", label, "", amount(made), file)
        for i in range(5):
            made.add(f"{top}masks/{label}/{i}.png")
    return top


def splits_in_containers(made: Made) -> str:
    """images/split/class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    container = made.rng.choice(_CONTAINERS)
    for split, folder in split_names(made).items():
        for label in labels:
            made.shoot(f"{top}{container}/{folder}/{label}", label, split, amount(made), file)
    return top


def splits_repeated(made: Made) -> str:
    """seg_train/seg_train/class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    names = split_names(made)
    for split, folder in names.items():
        for label in labels:
            made.shoot(f"{top}{folder}/{folder}/{label}", label, split, amount(made), file)
    return top


def splits_below(made: Made) -> str:
    """class/split"""
    top, file, labels = wrapper(made), style(made), classes(made)
    names = split_names(made)
    for label in labels:
        for split, folder in names.items():
            made.shoot(f"{top}{label}/{folder}", label, split, amount(made), file)
    return top


def splits_in_names(made: Made) -> str:
    """cats_train"""
    top, file = wrapper(made), style(made)
    labels = made.rng.sample(("cats", "dogs", "owls", "Golden Retriever", "Pug", "rust", "healthy leaf"), 3)
    form = made.rng.choice(["{c}_{s}", "{s}_{c}", "{c} - {s}", "{s}-{c}"])
    for split, word in made.rng.choice([(("train", "train"), ("test", "test")), (("train", "Train"), ("val", "Val"))]):
        for label in labels:
            made.shoot(f"{top}{form.format(c=label, s=word)}", label, split, amount(made), file)
    return top


def from_sources(made: Made) -> str:
    """source/class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    names = sources(made)
    missing = made.rng.choice(labels) if len(labels) > 2 and made.chance(0.2) else ""
    for source in names:
        for label in labels:
            if label != missing or source == names[0]:
                made.shoot(f"{top}{source}/{label}", label, "", amount(made), file)
    return top


def sources_with_splits(made: Made) -> str:
    """source/split/class or split/source/class"""
    top, file, labels = wrapper(made), style(made), classes(made)
    names, above = split_names(made), made.chance(0.5)
    for source in sources(made):
        for split, folder in names.items():
            for label in labels:
                place = f"{source}/{folder}" if above else f"{folder}/{source}"
                made.shoot(f"{top}{place}/{label}", label, split, amount(made), file)
    return top


def pieces(made: Made) -> str:
    """part1 and part2 with classes of their own"""
    top, file = wrapper(made), style(made)
    labels = made.rng.sample(("cat", "dog", "owl", "fox", "hen", "cow", "elk"), 6)
    for number in (1, 2):
        for label in labels[3 * number - 3 : 3 * number]:
            made.shoot(f"{top}{made.rng.choice(('part', 'part'))}_{number}/{label}", label, "", amount(made), file)
    return top


def folders_below(made: Made) -> str:
    """class/batch, in one or all of the classes"""
    top, file, labels = wrapper(made), style(made), classes(made, 3)
    inner, all_of_them = made.rng.choice(_BATCHES), made.chance(0.6)
    for label in labels:
        for folder in inner if all_of_them or label == labels[0] else ("",):
            made.shoot(f"{top}{label}/{folder}".rstrip("/"), label, "", amount(made), file)
        if made.chance(0.2):
            made.shoot(f"{top}{label}", label, "", 3, "more_{n}.jpg")
    return top


FOLDERS: tuple[Callable[[Made], str], ...] = (
    plain, plain, splits_above, splits_above, splits_above, splits_in_containers, splits_repeated, splits_below,
    splits_in_names, from_sources, from_sources, sources_with_splits, pieces, folders_below,
    splits_with_photos_to_predict, beside_masks,
)  # fmt: skip
