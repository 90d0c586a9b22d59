"""Entry names: what is shown of them, what is junk, and how they are sorted."""

from __future__ import annotations

import pytest

from core.data.names import class_name, is_hidden, is_junk, natural_key, parts_of, shown, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("cat\u202egnp.exe", "catgnp.exe"),
        ("d\u200bo\u00adg\ufeff", "dog"),
        ("a\tb\x1bc\r\nd\u2028", "a bc d "),
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
        "@Recycle/x.jpg",
        "lost+found/x.jpg",
        ".Trash-1000/files/x.jpg",
        "cat/.cache/x.jpg",
        "$RECYCLE.BIN/x.jpg",
        "System Volume Information/x",
    ],
)
def test_junk_is_known(name: str) -> None:
    assert is_junk(parts_of(name))


def test_photos_are_no_junk() -> None:
    assert not is_junk(parts_of("cat/.hidden.jpg"))


def test_hidden_folders_are_known() -> None:
    names = ("cat/.small/1.jpg", ".data/cat/1.jpg", "Thumbs/1.jpg", "cat/.1.jpg", "thumbs up/1.jpg")
    assert [is_hidden(parts_of(name)[:-1]) for name in names] == [True, True, True, False, False]


def test_names_are_sorted_as_people_count() -> None:
    names = ["class 10", "10", "2", "1", "class 2", "001", "B", "a"]
    assert sorted(names, key=natural_key) == ["001", "1", "2", "10", "B", "a", "class 2", "class 10"]


def test_long_names_are_cut() -> None:
    assert shown("d/" * 2000 + "x.jpg", 255) == "d/" * 20 + "..."
