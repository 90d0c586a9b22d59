from __future__ import annotations

import pytest

from core.data.labels.layout import recognise
from core.data.names import class_name, is_junk, parts_of, shown, split_of, visible
from core.data.sources.zipdir import decode_name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("猫/1.jpg".encode(), "猫/1.jpg"),
        ("猫狗/1.jpg".encode("gb18030"), "猫狗/1.jpg"),
        ("café/1.jpg".encode("cp437"), "café/1.jpg"),
        (b"plain/1.jpg", "plain/1.jpg"),
    ],
)
def test_names_are_utf8_then_gb18030_then_cp437(raw: bytes, expected: str) -> None:
    assert decode_name(raw) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("cat\u202egnp.exe", "catgnp.exe"),
        ("d\u200bo\u00adg\ufeff", "dog"),
        ("a\tb\x1bc\x85", "abc"),
        ("d\u200dog", "dog"),
        ("🐱\u200d👤 cat", "🐱\u200d👤 cat"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("x\U000e0041\U000e0042", "x"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_what_cannot_be_seen_is_removed_and_emoji_are_kept(text: str, expected: str) -> None:
    assert visible(text) == expected


@pytest.mark.parametrize(
    ("folder", "expected"), [("cat. ", "cat"), (" dog..", "dog"), ("001", "001"), ("...", ""), (".x", ".x")]
)
def test_class_names_lose_trailing_dots_and_spaces(folder: str, expected: str) -> None:
    assert class_name(folder) == expected


@pytest.mark.parametrize(
    "name",
    [
        "__MACOSX/cat/x.jpg",
        "cat/._1.jpg",
        "cat/.DS_Store",
        "cat/Thumbs.db",
        "Desktop.ini",
        ".git/objects/ab",
        "a/@eaDir/x.jpg",
    ],
)
def test_junk_is_known(name: str) -> None:
    assert is_junk(parts_of(name))


def test_photos_are_no_junk() -> None:
    assert not is_junk(parts_of("cat/.hidden.jpg"))


def test_split_folders_are_known_in_any_case() -> None:
    assert [split_of(s) for s in ("Train", "VAL", "valid", "Validation", "TEST", "training")] == [
        "train", "val", "val", "val", "test", "",
    ]  # fmt: skip


def test_long_names_are_cut() -> None:
    assert shown("d/" * 2000 + "x.jpg", 255) == "d/" * 20 + "..."


def places(*names: str) -> list[tuple[str, str] | None]:
    folders = [parts_of(name)[:-1] for name in names]
    layout = recognise(folders)
    found = [layout.place(f) for f in folders]
    return [p and (p.split, p.label) for p in found]


def test_classes_at_the_top() -> None:
    assert places("cat/1", "dog/1", "stray") == [("", "cat"), ("", "dog"), None]


def test_wrappers_and_splits() -> None:
    assert places("a/b/Train/cat/1", "a/b/Valid/cat/1", "a/b/test/dog/x/1") == [
        ("train", "cat"), ("val", "cat"), ("test", "dog"),
    ]  # fmt: skip


def test_a_lone_split_folder_is_no_wrapper() -> None:
    assert places("train/cat/1", "train/dog/1") == [("train", "cat"), ("train", "dog")]


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
