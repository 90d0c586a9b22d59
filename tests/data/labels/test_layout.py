"""What the folders of photos stand for: splits, classes, sources, or nothing."""

from __future__ import annotations

import pytest

from core.data.labels.layout import Layout, recognise
from core.data.names import parts_of
from core.data.outline import FOLDS, SOURCES

Read = dict[str, tuple[str, str] | None]


def layout_of(folders: dict[str, int]) -> Layout:
    """The layout of so many photos in each folder."""
    return recognise(parts_of(folder) for folder, photos in folders.items() for _photo in range(photos))


def read(*folders: str) -> Read:
    """The split and class of each folder; "docs*1" has one photo, others have ten."""
    photos = {name: int(number or 10) for name, _star, number in (folder.partition("*") for folder in folders)}
    layout = layout_of(photos)
    places = {name: layout.place(parts_of(name)) for name in photos}
    return {name: place and (place.split, place.label) for name, place in places.items()}


TRAIN = ("train", "Training", "TRAIN SET", "training_set", "trainset", "train_images", "seg_train", "tr", "Train-Data")
VAL = ("val", "Valid", "validation", "VALIDATION SET", "validate", "dev", "valset", "seg_val", "val images")
TEST = ("test", "Testing", "tests", "test_set", "testData", "images_test", "eval", "evaluation", "holdout", "seg_test")


@pytest.mark.parametrize("wrapper", ["", "root/", "root/data/archive (1)/"])
@pytest.mark.parametrize(("train", "val", "test"), list(zip(TRAIN, VAL, TEST, strict=False)))
def test_splits_by_any_usual_name_at_any_depth(wrapper: str, train: str, val: str, test: str) -> None:
    named = {"train": train, "val": val, "test": test}
    above = {f"{wrapper}{name}/{label}": (split, label) for split, name in named.items() for label in ("cat", "dog")}
    assert read(*above) == above
    below = {f"{wrapper}{label}/{name}": (split, label) for split, name in named.items() for label in ("cat", "dog")}
    assert read(*below) == below


@pytest.mark.parametrize(
    "expected",
    [
        {"train": ("", "train"), "car": ("", "car"), "plane": ("", "plane")},
        {"test": ("", "test"), "control": ("", "control")},
        {"test_tube": ("", "test_tube"), "train_station": ("", "train_station"), "bus": ("", "bus")},
        {f"{s}/{c}": (s, c) for s in ("train", "test") for c in ("train", "car", "plane")},
        {"train/steam": ("", "train"), "train/fast": ("", "train"), "car/van": ("", "car"), "ship/big": ("", "ship")},
        {"vehicles/train": ("", "train"), "vehicles/dev board": ("", "dev board")},
    ],
)
def test_a_class_may_be_called_as_a_split(expected: Read) -> None:
    assert read(*expected) == expected


@pytest.mark.parametrize(
    "expected",
    [
        {f"{c}_{s}": (s, c) for s in ("train", "test") for c in ("cats", "dogs")},
        {f"{s}-{c}": (s, c) for s in ("train", "test") for c in ("00001", "00002")},
        {f"{s}-{c}": (s, c) for s in ("train", "val") for c in ("Golden Retriever", "Pug")},
        {f"x/{s}_{c}s": (s, f"{c}s") for s in ("train", "test") for c in ("cat", "dog", "owl")},
    ],
)
def test_one_folder_may_say_class_and_split(expected: Read) -> None:
    assert read(*expected) == expected


def test_a_split_may_be_wrapped_in_itself_and_what_is_to_be_predicted_has_no_place() -> None:
    names = {f"seg_{s}/seg_{s}/{c}": (s, c) for s in ("train", "test") for c in ("sea", "ice")}
    assert read(*names, "seg_pred/seg_pred*15") == {**names, "seg_pred/seg_pred*15".partition("*")[0]: None}


@pytest.mark.parametrize(
    ("stray", "names"),
    [
        ("docs/img*1", ("train/cat", "train/dog", "val/cat", "val/dog")),
        ("root/docs*3", ("root/train/cat", "root/train/dog", "root/val/dog")),
        ("docs/img*1", ("cat*8", "dog*8")),
        ("figures*2", ("photos/cat", "photos/dog")),
        ("x/tmp*1", ("x/pets/cat", "x/pets/dog")),
        ("elsewhere/a*1", ("cat", "dog", "owl")),
        ("unlabelled*30", ("train/cat", "train/dog", "test/dog")),
        ("train*1", ("train/cat", "train/dog", "test/cat")),
        ("*1", ("cat", "dog")),
        ("masks/cat", ("images/cat", "images/dog")),
    ],
)
def test_what_lies_in_the_wrong_place_vetoes_nothing(stray: str, names: tuple[str, ...]) -> None:
    seen = read(stray, *names)
    assert [name for name, place in seen.items() if place is None] == [stray.partition("*")[0]]
    assert {place[1] for place in seen.values() if place} <= {"cat", "dog", "owl"}


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        (("fold_1", "fold_2", "fold_3"), FOLDS),
        (("part1", "part2"), SOURCES),
        (("siteA", "siteB"), SOURCES),
        (("2019", "2020"), SOURCES),
        (("Berlin", "Paris"), SOURCES),
    ],
)
@pytest.mark.parametrize("wrapper", ["", "data/"])
def test_folders_that_hold_the_same_folders_are_sources(above: tuple[str, ...], kind: str, wrapper: str) -> None:
    layout = layout_of({f"{wrapper}{source}/{label}": 5 for source in above for label in ("cat", "dog")})
    assert (layout.above, layout.above_kind, layout.classes) == (above, kind, ("cat", "dog"))


def test_pieces_need_not_hold_the_same_classes_and_other_folders_do() -> None:
    assert layout_of({"part1/cat": 5, "part1/dog": 5, "part2/owl": 5, "part2/fox": 5}).classes == (
        "cat", "dog", "owl", "fox",
    )  # fmt: skip
    assert layout_of({"fruit/apple": 5, "fruit/pear": 5, "veg/leek": 5, "veg/pea": 5}).classes == ("fruit", "veg")


@pytest.mark.parametrize("inner", [("images", "masks"), ("batch1", "batch2"), ("001", "002"), ("photos", "photos")])
def test_what_lies_below_a_class_and_counts_or_contains_is_no_class(inner: tuple[str, ...]) -> None:
    layout = layout_of({f"{label}/{folder}": 5 for label in ("cat", "dog") for folder in inner})
    assert (layout.classes, layout.above) == (("cat", "dog"), ())


def test_sources_may_have_splits() -> None:
    names = {f"site{x}/{s}/{c}": (s, c) for x in "AB" for s in ("train", "test") for c in ("cat", "dog")}
    assert read(*names) == names


def test_folders_that_any_set_has_are_hardly_classes() -> None:
    assert not layout_of({"images": 5}).has_classes
    assert not layout_of({"images_part_1": 5, "images_part_2": 5}).has_classes
    assert not layout_of({"train_images": 5, "test_images": 5}).has_classes
    assert layout_of({"images": 5, "cat": 5}).has_classes


def places(*names: str) -> list[tuple[str, str] | None]:
    folders = [parts_of(name)[:-1] for name in names]
    layout = recognise(folders)
    seen = [layout.place(f) for f in folders]
    return [p and (p.split, p.label) for p in seen]


def test_classes_at_the_top() -> None:
    assert places("cat/1", "dog/1", "stray") == [("", "cat"), ("", "dog"), None]


def test_wrappers_and_splits() -> None:
    assert places("a/b/Train/cat/1", "a/b/Valid/cat/1", "a/b/test/dog/x/1") == [
        ("train", "cat"), ("val", "cat"), ("test", "dog"),
    ]  # fmt: skip


def test_a_lone_split_folder_is_no_wrapper() -> None:
    assert places("train/cat/1", "train/dog/1") == [("train", "cat"), ("train", "dog")]


@pytest.mark.parametrize("beside", ["the rest", "प्रशिक्षण"])
def test_the_folder_that_holds_the_classes_of_a_test_beside_it_is_training(beside: str) -> None:
    names = [f"{folder}/{label}" for folder in (beside, "val", "test") for label in ("cat", "dog")]
    splits = {beside: "train", "val": "val", "test": "test"}
    assert read(*names) == {name: (splits[name.split("/")[0]], name.split("/")[1]) for name in names}
    assert layout_of(dict.fromkeys(names, 10)).split_folder((beside, "cat")) == beside


def test_a_folder_beside_the_splits_is_no_class() -> None:
    assert places("train/cat/1", "train/cat/2", "test/cat/1", "unlabelled/1") == [
        ("train", "cat"), ("train", "cat"), ("test", "cat"), None,
    ]  # fmt: skip


def test_train_may_be_a_class_among_others() -> None:
    assert places("car/1", "car/2", "train/1", "bus/1") == [
        ("", "car"),
        ("", "car"),
        ("", "train"),
        ("", "bus"),
    ]


def test_photos_in_split_folders_without_classes_are_in_none() -> None:
    assert places("train/1", "test/1") == [None, None]


def test_folders_below_a_class_belong_to_it() -> None:
    layout = recognise([("cat", "black"), ("dog",)])
    place = layout.place(("cat", "black"))
    assert place is not None
    assert (place.label, place.nested) == ("cat", True)


def test_a_lone_split_in_a_split_of_its_name_is_looked_through() -> None:
    names = {"seg_train/seg_train/sea": ("train", "sea"), "seg_train/seg_train/ice": ("train", "ice")}
    expected = {**names, "seg_test/seg_test/sea": ("test", "sea")}
    assert read(*expected) == expected
    assert layout_of(dict.fromkeys(expected, 5)).above == ()


def test_photos_to_predict_do_not_count_against_the_classes() -> None:
    assert layout_of({"train/cat": 5, "train/dog": 5, "test": 30}).has_classes
    assert not layout_of({"train": 30, "test": 30, "docs": 1, "figures": 1}).classes


def test_test_photos_beside_the_folds_of_training_are_kept() -> None:
    folds = {f"train/fold{n}/{c}": ("train", c) for n in (1, 2, 3) for c in ("cat", "dog")}
    expected: Read = {**folds, "test/cat": ("test", "cat"), "test/dog": ("test", "dog")}
    assert read(*expected) == expected


def test_masks_beside_photos_are_no_photos() -> None:
    names = {f"{label}/{kind}": kind == "images" for label in ("COVID", "Normal") for kind in ("images", "masks")}
    expected = {name: ("", name.partition("/")[0]) if photos else None for name, photos in names.items()}
    assert read(*expected) == expected
    assert read("cat/masks", "dog/masks", "owl") == {
        "cat/masks": ("", "cat"), "dog/masks": ("", "dog"), "owl": ("", "owl"),
    }  # fmt: skip
    assert read("theatre/masks", "opera/wigs")["theatre/masks"] == ("", "theatre")
    layout = layout_of(dict.fromkeys(names, 5))
    assert (layout.is_mask(("COVID", "masks")), layout.is_mask(("COVID", "images"))) == (True, False)


@pytest.mark.parametrize(
    "expected",
    [
        {"cat": ("", "cat"), "dog": ("", "dog"), "siteA/cat": ("", "cat"), "siteA/dog": ("", "dog")},
        {f"{top}{label}": ("", label) for top in ("", "more photos/images/") for label in ("cat", "dog", "owl")},
        {f"{s}/{c}": (s, c) for s in ("train", "test") for c in ("cat", "dog")}
        | {f"train/archive/train/{c}": ("train", c) for c in ("cat", "dog")},
        {f"{top}/{s}/{c}": (s, c) for top in ("x", "x/x") for s in ("train", "test") for c in ("cat", "dog")},
        {f"{top}{s}/{c}": (s, c) for top in ("", "data/") for s in ("train", "test") for c in ("cat", "dog")},
    ],
)
def test_folders_beside_the_classes_that_hold_them_again_are_looked_through(expected: Read) -> None:
    assert read(*expected) == expected


def test_what_is_looked_through_beside_the_classes_is_told() -> None:
    layout = layout_of({"cat": 10, "dog": 10, "siteA/cat": 5, "siteA/dog": 5})
    assert (layout.above, layout.above_kind, layout.classes) == (("siteA",), SOURCES, ("cat", "dog"))


@pytest.mark.parametrize(
    "sources",
    [
        ("2021-06-01", "2021-06-02"),
        ("Monday", "Friday"),
        ("100X", "200X", "400X"),
        ("summer", "winter"),
        ("P01", "P02"),
        ("phone", "dslr"),
        ("k1", "k2"),
        ("split_1", "split_2"),
    ],
)
@pytest.mark.parametrize("classes", [("rose", "tulip"), ("00001", "00002")])
def test_when_and_with_what_photos_were_taken_is_no_class(sources: tuple[str, ...], classes: tuple[str, ...]) -> None:
    above = {f"{source}/{label}": ("", label) for source in sources for label in classes}
    assert read(*above) == above
    below = {f"{label}/{source}": ("", label) for source in sources for label in classes}
    assert classes[0] == "00001" or read(*below) == below


@pytest.mark.parametrize("stray", [{}, {"docs": 2}])
def test_two_splits_may_be_called_in_different_manners(stray: dict[str, int]) -> None:
    layout = layout_of({"training_set": 10, "seg_test": 10, **stray})
    assert [layout.split((folder,)) for folder in ("training_set", "seg_test")] == ["train", "test"]


def test_a_class_of_pictures_of_something_is_no_folder_of_pictures() -> None:
    expected = {"images of cats": ("", "images of cats"), "images of dogs*2": ("", "images of dogs")}
    assert list(read(*expected).values()) == list(expected.values())
