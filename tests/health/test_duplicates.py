import dataclasses

from core.health.duplicates import Duplicates, find_pairs, groups_apart
from tests.health.conftest import saved, scene


def named(pair):
    return {pair.a.name, pair.b.name}


def some(split, label, seeds):
    return {f"{split}/{label}/{seed}.jpg": saved(scene(seed)) for seed in seeds}


def test_pairs_tell_what_they_do_to_a_model(taken_in):
    files = {
        **some("train", "cat", range(6)), **some("train", "dog", range(10, 16)),
        **some("test", "cat", range(20, 23)), **some("test", "dog", range(30, 33)),
        "train/dog/conflict.jpg": saved(scene(0)),
        "test/cat/leak.jpg": saved(scene(1).resize((80, 60)), quality=60),
        "train/cat/twice.jpg": saved(scene(2), quality=50),
    }  # fmt: skip
    pairs = find_pairs(taken_in(files))
    conflict, leak, within = pairs
    assert named(conflict) == {"train/cat/0.jpg", "train/dog/conflict.jpg"}
    assert (conflict.kind, conflict.exact, conflict.leak) == ("conflict", True, False)
    assert named(leak) == {"train/cat/1.jpg", "test/cat/leak.jpg"}
    assert (leak.kind, leak.exact, leak.conflict) == ("leak", False, False)
    assert named(within) == {"train/cat/2.jpg", "train/cat/twice.jpg"}
    assert (within.kind, within.exact) == ("within", False)
    kept = Duplicates.of(pairs)
    assert (kept.exact, kept.near, kept.conflicts, kept.leaks, kept.pairs) == (1, 2, 1, 1, pairs)


def test_of_many_copies_each_is_paired_with_the_first_only(taken_in):
    files = {f"{label}/{seed}.jpg": saved(scene(seed)) for label, seed in (("a", 1), ("a", 2), ("b", 3), ("b", 4))}
    files |= {f"a/copy{i}.jpg": saved(scene(1)) for i in range(3)}
    pairs = find_pairs(taken_in(files))
    assert len(pairs) == 3
    assert len({pair.a for pair in pairs}) == 1
    assert all(pair.a.index < pair.b.index for pair in pairs)


def test_different_photos_make_no_pairs(taken_in):
    files = {f"{label}/{seed}.jpg": saved(scene(seed)) for seed in range(40) for label in ("a" if seed % 2 else "b",)}
    assert find_pairs(taken_in(files)) == ()


def test_a_group_on_both_sides_is_told(taken_in):
    dataset = taken_in({**some("train", "a", range(8)), **some("train", "b", range(10, 18)), **some("test", "a", (5,))})
    train, test = dataset.split("train"), dataset.split("test")
    groups = {train[0]: "anna", test[0]: "anna", train[1]: "bert", train[2]: "bert"}
    items = tuple(dataclasses.replace(item, group=groups.get(item, "")) for item in dataset.items)
    assert groups_apart(dataclasses.replace(dataset, items=items)) == ("anna",)
