"""Encodings from the bytes of a zip, a folder or a table to the classes of a dataset."""

from __future__ import annotations

import os
import struct
import sys
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.encodings.named import Encodings
from core.data.encodings.tables import read_together
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.warnings import warning_text
from core.errors import DatasetError
from tests.conftest import photo_bytes
from tests.data.zips import Raw, build, good

UTF_8 = 0x800
RUSSIAN = ("Кошка", "Собака", "Медведь")


def encoded(classes: Sequence[str], encoding: str, flags: int = 0, prefix: str = "") -> list[Raw]:
    """Photos in class folders whose names are in an encoding, flagged or not."""
    photos = good(classes, prefix=prefix)
    return [replace(entry, name=entry.name.decode().encode(encoding), flags=flags) for entry in photos]


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "utf-8"])
@pytest.mark.parametrize("flags", [0, UTF_8])
def test_a_flag_that_is_wrong_does_not_count(tmp_path: Path, encoding: str, flags: int) -> None:
    document = inspect(build(tmp_path / "a.zip", encoded(RUSSIAN, encoding, flags)))
    assert document.classes == tuple(sorted(RUSSIAN))
    assert bool(document.warnings) == (encoding != "utf-8")


def test_names_with_the_flag_are_no_part_of_the_guess(tmp_path: Path) -> None:
    entries = [*encoded(["猫", "狗"], "utf-8", UTF_8), *encoded(["Bär", "Löwe", "Möwe"], "cp850")]
    document = inspect(build(tmp_path / "a.zip", entries))
    assert document.classes == ("Bär", "Löwe", "Möwe", "狗", "猫")


def test_a_name_in_unicode_beside_the_other_is_taken(tmp_path: Path) -> None:
    entries = []
    for entry in encoded(["猫", "狗"], "utf-8"):
        raw = entry.name.decode().encode("ascii", "replace")
        field = struct.pack("<BI", 1, zlib.crc32(raw)) + entry.name
        entries.append(replace(entry, name=raw, extra=struct.pack("<HH", 0x7075, len(field)) + field))
    document = inspect(build(tmp_path / "a.zip", entries))
    assert (document.classes, document.warnings) == (("狗", "猫"), ())


def test_a_backslash_that_is_half_of_a_letter_does_not_part_names(tmp_path: Path) -> None:
    classes = ["ソース", "表", "予定表", "ラーメン"]
    assert any(b"\\" in name.encode("cp932") for name in classes)
    assert inspect(build(tmp_path / "a.zip", encoded(classes, "cp932"))).classes == tuple(sorted(classes))


def test_a_guess_shows_names_and_the_other_readings(tmp_path: Path) -> None:
    [code] = inspect(build(tmp_path / "a.zip", encoded(["猫", "狗"], "gbk", prefix="photos/"))).warnings
    assert code.startswith("names_guessed:gb18030 (猫, 狗); ")
    sentence = warning_text(code)
    assert "read as gb18030 (猫, 狗)" in sentence
    assert "Also possible: " in sentence
    assert "cp949 (챔, 뭍)" in sentence
    assert "--encoding" in sentence


def test_what_the_user_names_is_taken_and_is_another_dataset(tmp_path: Path) -> None:
    path = build(tmp_path / "a.zip", encoded(["닭", "펭귄"], "cp949"))
    guessed = ingest(path)
    named = ingest(path, encoding="cp949")
    assert named.classes == ("닭", "펭귄")
    assert named.id != guessed.id
    assert not any(code.startswith("names_guessed") for code in named.warnings)
    assert ingest(path).id == guessed.id


@pytest.mark.parametrize("name", ["klingon", "base64", "unicode_escape", "a\0b"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(DatasetError, match="encoding"):
        Encodings.of(name)
    with pytest.raises(DatasetError, match="',utf-16'"):
        Encodings.of("utf-16")


def test_names_and_tables_may_be_in_different_encodings() -> None:
    assert Encodings.of("cp866") == Encodings("cp866", "cp866")
    assert Encodings.of("cp866, cp1251") == Encodings("cp866", "cp1251")
    assert Encodings.of(",utf-16") == Encodings("", "utf-16")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are any bytes")
def test_a_folder_whose_names_the_system_cannot_read(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path) + "/fête".encode("cp1252")
    for name in ("chât", "chien"):
        folder = root + b"/" + name.encode("cp1252")
        Path(os.fsdecode(folder)).mkdir(parents=True)
        for i in range(3):
            file = Path(os.fsdecode(folder + f"/été {i}.png".encode("cp1252")))
            file.write_bytes(photo_bytes((90, 9, 200), 10 * i + len(name), 16))
    dataset = ingest(Path(os.fsdecode(root)))
    assert (dataset.name, dataset.classes) == ("fête", ("chien", "chât"))
    assert {item.name for item in dataset.items} == {f"{c}/été {i}.png" for c in ("chât", "chien") for i in range(3)}
    assert dataset.warnings[0].startswith("names_guessed:cp1252 (")
    assert ingest(Path(os.fsdecode(root))).id == dataset.id


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "cp866", "koi8_r"]
)
def test_tables_in_many_encodings(encoding: str) -> None:
    text = "filename,label\n" + "".join(f"{i}.png,{label}\n" for i, label in enumerate(RUSSIAN * 3))
    texts, _reading = read_together([text.encode(encoding)])
    assert texts == [text]


def test_tables_are_read_in_one_way_whatever_is_in_each() -> None:
    long = "filename,label\n" + "".join(f"{i}.png,{label}\n" for i, label in enumerate(RUSSIAN))
    short = "filename,label\n9.png,ёж\n"
    texts, reading = read_together([long.encode("cp866"), short.encode("cp866"), "猫".encode() * 9])
    assert texts == [long, short, "猫" * 9]
    assert reading.encoding == "cp866"


def test_a_table_may_be_in_another_encoding_than_names(tmp_path: Path) -> None:
    table = "filename,label\n" + "".join(f"фото {i}.png,{RUSSIAN[i % 2]}\n" for i in range(8))
    photos = [Raw(f"фото {i}.png".encode("cp866"), photo_bytes((90, 9 * i, 200), i, 16)) for i in range(8)]
    path = build(tmp_path / "a.zip", [*photos, Raw(b"labels.csv", table.encode("cp1251"))])
    document = inspect(path)
    assert document.classes == ("Кошка", "Собака")
    assert [code.split(" ")[0] for code in document.warnings[:2]] == ["names_guessed:cp866", "tables_guessed:cp1251"]
    assert inspect(path, encoding="cp866,cp1251").classes == ("Кошка", "Собака")


def test_a_table_that_is_not_used_is_no_guess(tmp_path: Path) -> None:
    notes = Raw(b"notes.csv", "Größe,Länge\n1,2\n".encode("cp1252"))
    assert inspect(build(tmp_path / "a.zip", [*good(), notes])).warnings == ("table_unused:notes.csv",)


def test_names_of_a_mac_are_found_by_a_table_of_another_system(tmp_path: Path) -> None:
    names = [f"Käfer {i}.png" for i in range(8)]
    table = "filename,label\n" + "".join(f"{name},{('Größe', 'Höhe')[i % 2]}\n" for i, name in enumerate(names))
    photos = [
        Raw(unicodedata.normalize("NFD", name).encode(), photo_bytes((90, 9 * i, 200), i, 16))
        for i, name in enumerate(names)
    ]
    shadows = [Raw(b"__MACOSX/._" + photo.name, b"\0\5\x16\7") for photo in photos]
    path = build(tmp_path / "a.zip", [*photos, *shadows, Raw(b"labels.csv", table.encode())])
    document = inspect(path)
    assert (document.images, document.classes) == (8, ("Größe", "Höhe"))
    assert (document.ignored, document.skipped, document.warnings) == (8, (), ())
