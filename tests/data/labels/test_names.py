"""Entry names: what is shown of them, what is junk, and how they are sorted."""

from __future__ import annotations

import pytest

from core.data.names import (
    class_name,
    is_hidden,
    is_junk,
    is_other_archive,
    may_be_photo,
    natural_key,
    parts_of,
    shown,
    visible,
    without_ending,
)  # fmt: skip


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


@pytest.mark.parametrize(
    "more", ["", "_large", ":large", "~", "!d", "?w=20&h=1.5", "@2x", "%3Fw=20", "-1", ".1", " (2)", "_large. "]
)
@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ".png"])
def test_what_downloads_put_behind_an_ending_makes_it_no_other(ending: str, more: str) -> None:
    assert may_be_photo([f"a{ending}{more}"])
    assert without_ending(f"b/a{ending}{more}") == "b/a"


@pytest.mark.parametrize("name", ["a.jpg.json", "a.jpg.txt", "notes_large", "a.json_1", "v1.2_final", "a.nef_large"])
def test_what_only_begins_as_a_photos_name_is_none(name: str) -> None:
    assert may_be_photo([name]) is ("." not in name)
    assert without_ending(name) == name


@pytest.mark.parametrize("folder", ["Thumbs", "_thumbs", "__thumbnails__", "_thumb", "-cache", ".x"])
def test_folders_of_small_copies_are_hidden_however_they_are_marked(folder: str) -> None:
    assert is_hidden([folder])
    assert not is_hidden(["thumb", "thumbs up", "cache"])


def test_archives_that_are_no_zips_are_known_by_their_endings() -> None:
    names = ["a.rar", "a.7Z", "a.tar.gz", "a.tgz", "a.zip", "scan.nii.gz", "a.jpg"]
    assert [is_other_archive([name]) for name in names] == [True] * 4 + [False] * 3
