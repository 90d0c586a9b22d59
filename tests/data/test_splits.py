from __future__ import annotations

from collections import Counter, defaultdict

from core.data.dataset import Item
from core.data.splits import Assignment, assign, warnings_for


def photo(sha256: str, label: int, split: str = "", group_id: int = -1) -> Item:
    """A photo as far as splitting goes."""
    return Item("photo.jpg", sha256, label, split, group_id=group_id)


def photos(counts: dict[str, list[int]], tag: str = "") -> list[Item]:
    """`counts[split][label]` different photos."""
    return [
        photo(f"{tag}{split}-{label}-{i}", label, split)
        for split, by_label in counts.items()
        for label, n in enumerate(by_label)
        for i in range(n)
    ]


def table(items: list[Item], assignment: Assignment) -> dict[str, list[int]]:
    seen = Counter((s, p.label) for p, s in zip(items, assignment.splits, strict=True))
    labels = sorted({p.label for p in items})
    return {s: [seen[s, c] for c in labels] for s in ("train", "val", "test")}


def test_three_splits_are_made_class_by_class() -> None:
    items = photos({"": [100, 40, 7]})
    made = assign(items)
    assert made.made == ("train", "val", "test")
    assert table(items, made) == {"train": [70, 28, 5], "val": [15, 6, 1], "test": [15, 6, 1]}


def test_every_class_is_in_every_split_where_it_has_the_images() -> None:
    items = photos({"": [3, 2, 1]})
    assert table(items, assign(items)) == {"train": [1, 1, 1], "val": [1, 0, 0], "test": [1, 1, 0]}


def test_the_same_seed_gives_the_same_splits_in_any_order_and_another_seed_others() -> None:
    items = photos({"": [50, 50]})
    first = dict(zip([p.sha256 for p in items], assign(items, seed=1).splits, strict=True))
    back = dict(zip([p.sha256 for p in reversed(items)], assign(items[::-1], seed=1).splits, strict=True))
    other = dict(zip([p.sha256 for p in items], assign(items, seed=2).splits, strict=True))
    assert first == back
    assert first != other


def test_given_splits_are_kept_and_test_comes_out_of_train() -> None:
    items = photos({"train": [20, 40], "val": [5, 5]})
    made = assign(items)
    assert made.made == ("test",)
    assert table(items, made) == {"train": [17, 34], "val": [5, 5], "test": [3, 6]}


def test_val_comes_out_of_train() -> None:
    items = photos({"train": [20, 40], "test": [5, 5]})
    made = assign(items)
    assert made.made == ("val",)
    assert table(items, made) == {"train": [17, 34], "val": [3, 6], "test": [5, 5]}


def test_all_given_is_all_kept() -> None:
    items = photos({"train": [2], "val": [1], "test": [1]})
    made = assign(items)
    assert made.made == ()
    assert list(made.splits) == [p.split for p in items]


def test_training_is_made_where_it_is_missing() -> None:
    items = photos({"val": [20], "test": [9]})
    made = assign(items)
    assert made.made == ("train", "val")
    assert table(items, made) == {"train": [17], "val": [3], "test": [9]}
    only_test = photos({"test": [20]})
    assert table(only_test, assign(only_test)) == {"train": [14], "val": [3], "test": [3]}


def test_copies_of_an_image_stay_together() -> None:
    items = [photo(f"{i // 4}", 0) for i in range(80)] + [photo(f"b{i // 3}", 1) for i in range(60)]
    items += [photo("b0", 0)]
    where = defaultdict(set)
    made = assign(items)
    for item, split in zip(items, made.splits, strict=True):
        where[item.sha256].add(split)
    assert all(len(splits) == 1 for splits in where.values())
    assert set(made.splits) == {"train", "val", "test"}


def test_one_much_copied_image_does_not_empty_training() -> None:
    items = [photo("same", 0)] * 8 + [photo(f"{i}", 0) for i in range(4)]
    assert table(items, assign(items)) == {"train": [8], "val": [2], "test": [2]}


def test_made_splits_do_not_leak_from_given_ones() -> None:
    items = [photo(f"{i}", 0, split) for split in ("train", "val") for i in range(10)]
    items += [photo(f"x{i}", 0, "train") for i in range(2)]
    made = assign(items)
    moved = {p.sha256 for p, s in zip(items, made.splits, strict=True) if s == "test"}
    assert moved == {"x0", "x1"}
    all_copied = items[:20]
    assert "test" not in assign(all_copied).splits


def test_warnings_name_what_is_doubtful() -> None:
    items = photos({"train": [5, 5, 2, 0], "val": [2, 0, 0, 3]})
    assert warnings_for(items, ["a", "b", "c", "d"]) == [
        "class_too_small:c",
        "class_missing_in_train:d",
        "class_missing_in_val:b",
        "class_missing_in_val:c",
    ]


def test_leaks_and_conflicts_are_warned_about() -> None:
    base = photos({"train": [5, 5], "val": [5, 5], "test": [5, 5]})
    leak = [photo("x", 0, "train"), photo("x", 0, "test"), photo("y", 0, "val"), photo("y", 1, "test")]
    assert warnings_for(base + leak, ["a", "b"]) == ["conflicting_duplicate", "train_test_leak", "val_test_leak"]
    assert warnings_for(base, ["a", "b"]) == []


def grouped_photos(sizes: list[list[int]], split: str = "") -> list[Item]:
    """`sizes[label]` the sizes of that class's groups."""
    items: list[Item] = []
    number = 0
    for label, sizes_of_class in enumerate(sizes):
        for n in sizes_of_class:
            items += [photo(f"{label}-{number}-{i}", label, split, number) for i in range(n)]
            number += 1
    return items


def sides(items: list[Item], assignment: Assignment) -> dict[int, set[str]]:
    where: dict[int, set[str]] = defaultdict(set)
    for item, split in zip(items, assignment.splits, strict=True):
        where[item.group_id].add(split)
    return where


def test_groups_stay_together_and_shares_are_met_as_well_as_can_be() -> None:
    items = grouped_photos([[4, 1, 7, 2, 3, 3] * 6, [2] * 30])
    for seed in range(5):
        made = assign(items, seed)
        assert all(len(splits) == 1 for splits in sides(items, made).values())
        for split in ("val", "test"):
            cats, dogs = table(items, made)[split]
            assert 15 <= cats <= 21  # 15 % of 120
            assert dogs in (8, 10)  # of 60


def test_a_group_that_spans_classes_moves_as_a_whole() -> None:
    items = [photo(f"{k}-{i}", i % 3, "", k) for k in range(20) for i in range(6)]
    made = assign(items)
    assert all(len(splits) == 1 for splits in sides(items, made).values())
    assert table(items, made) == {"train": [28, 28, 28], "val": [6, 6, 6], "test": [6, 6, 6]}


def test_a_class_of_one_group_stays_in_training_and_is_told() -> None:
    items = grouped_photos([[9], [5, 4], [1] * 10])
    made = assign(items)
    assert table(items, made) == {"train": [9, 5, 6], "val": [0, 0, 2], "test": [0, 4, 2]}
    assert warnings_for(items, ["ant", "bee", "cat"]) == ["one_group:ant", "few_groups:bee"]
    assert warnings_for([photo("same", 0, "", 0)] * 5, ["ant"]) == []  # copies only: there is nothing to divide


def test_relatives_of_given_splits_stay_in_training() -> None:
    items = [photo(f"t{i}", 0, "test", i) for i in range(5)] + [photo(f"x{i}", 0, "train", i) for i in range(12)]
    made = assign(items)
    assert made.made == ("val",)
    moved = {p.group_id for p, s in zip(items, made.splits, strict=True) if s == "val"}
    assert moved
    assert not moved & set(range(5))
