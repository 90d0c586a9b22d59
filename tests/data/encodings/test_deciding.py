"""Names without a word on their encoding: how many lists of class names are read right, encoding by encoding."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.encodings.deciding import decided, readable
from core.errors import DatasetError

WESTERN = ("cp437", "cp850", "cp1252", "mac_roman", "utf-8")
ENCODINGS = {
    "German": WESTERN,
    "French": WESTERN,
    "Spanish": WESTERN,
    "Russian": ("cp866", "cp1251", "koi8_r", "mac_cyrillic", "utf-8"),
    "Chinese (simplified)": ("gbk", "gb18030", "utf-8"),
    "Chinese (traditional)": ("big5", "utf-8"),
    "Japanese": ("cp932", "euc_jp", "utf-8"),
    "Korean": ("cp949", "utf-8"),
    "Hebrew": ("cp1255", "cp862", "utf-8"),
    "Thai": ("cp874", "utf-8"),
    "Greek": ("cp1253", "cp737", "utf-8"),
    "Arabic": ("cp1256", "utf-8"),
}
OFTEN = ("German", "Chinese (simplified)", "Japanese")
LEAST_RIGHT = {"euc_jp": 0.85, "mac_cyrillic": 0.85}  # two short names are often names in a commoner encoding, too
THEMES = json.loads(Path(__file__).with_name("class_names.json").read_text(encoding="utf-8"))
LISTS_A_THEME = 8
SIZES = (2, 2, 3, 3, 4, 5, 6, 8, 10, 15, 20)


def lists(language: str, encoding: str) -> Iterator[list[str]]:
    """Lists of 2 to 20 names of one theme, some with ASCII names among them, that the encoding has letters for."""
    draw = random.Random(f"{language}{encoding}")
    for theme in THEMES.values():
        if language not in theme:
            continue
        names = [name for name in theme[language].split("|") if is_in(name, encoding)]
        for _ in range(LISTS_A_THEME):
            chosen = draw.sample(names, min(draw.choice(SIZES), len(names)))
            chosen += draw.sample(["cat", "dog", "other", "background"], 2) if draw.random() < 0.3 else []
            if not all(name.isascii() for name in chosen):
                yield chosen


def is_in(name: str, encoding: str) -> bool:
    return name.encode(encoding, "ignore").decode(encoding) == name


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        pytest.param(name, encoding, marks=() if name in OFTEN else pytest.mark.slow)
        for name, encodings in ENCODINGS.items()
        for encoding in encodings
    ],
)
def test_names_are_read_right_or_it_is_a_guess_that_offers_what_is(language: str, encoding: str) -> None:
    right = offered = total = 0
    for names in lists(language, encoding):
        raws = [name.encode(encoding) for name in names]
        reading = decided(raws)
        total += 1
        if [reading.text(raw) for raw in raws] == names:
            right += 1
            continue
        assert reading.is_guess, names
        offered += any([raw.decode(other, "replace") for raw in raws] == names for other in reading.others)
    least = LEAST_RIGHT.get(encoding, 0.95)
    assert right >= least * total, f"{right} of {total}"
    assert right + offered >= min(0.98, least + 0.1) * total, f"{right} and {offered} of {total}"


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["Äpfel", "Blüten", "niño", "forêt"], "cp437"),
        (["猫", "狗"], "gbk"),
        (["łosoś", "żaba", "gęś"], "cp1250"),
        (["ptáček", "kočka", "žába"], "cp852"),
        (["blåbær", "rødspætte"], "cp850"),
        (["кошка", "собака"], "koi8_r"),
        (["γάτα", "σκύλος", "άλογο"], "cp1253"),
        (["köpek", "kuş", "balık"], "cp1254"),
        (["🐱", "🐶"], "utf-8"),
        (["மலர்", "பூனை"], "utf-8"),
    ],
)
def test_names_of_many_languages(names: list[str], encoding: str) -> None:
    raws = [name.encode(encoding) for name in names]
    assert [decided(raws).text(raw) for raw in raws] == names


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["camion", "hôpital"], "cp1252"),
        (["gruszka", "żurawina"], "cp1250"),
        (["Äpfel", "Birnen"], "cp1252"),
        (["kurbağa", "aslan"], "cp1254"),
    ],
)
def test_han_characters_within_a_word_of_latin_letters_are_not_believed(names: list[str], encoding: str) -> None:
    raws = [name.encode(encoding) for name in names]
    assert [decided(raws).text(raw) for raw in raws] == names


def test_ascii_and_utf_8_are_no_guess() -> None:
    decomposed = [unicodedata.normalize("NFD", name).encode() for name in ("Äpfel", "forêt", "niño")]
    for raws in ([b"cat", b"dog"], ["猫".encode(), "狗".encode()], ["café".encode()], decomposed):
        reading = decided(raws)
        assert (reading.encoding, reading.is_guess, reading.others) == ("utf-8", False, ())


def test_one_name_that_was_cut_short_does_not_change_the_others() -> None:
    names = ["长颈鹿", "蝴蝶", "兔子", "松鼠", "乌龟"]
    raws = [*(name.encode("gbk") for name in names), "大熊猫".encode("gbk")[:-1]]
    assert [decided(raws).text(raw) for raw in raws] == [*names, "大熊�"]


def test_many_names_take_little_time_and_are_read_as_few_are() -> None:
    raws = [f"Кошка {i}/фото {i}.jpg".encode("cp866") for i in range(100_000)]
    assert decided(raws).text(raws[-1]) == "Кошка 99999/фото 99999.jpg"


def test_the_user_knows_better() -> None:
    raws = [name.encode("cp949") for name in ("닭", "펭귄")]
    reading = decided(raws, "cp949")
    assert (reading.encoding, reading.is_guess, reading.text(raws[1])) == ("cp949", False, "펭귄")
    assert "gb18030" in reading.possible
    with pytest.raises(DatasetError, match=r"not in cp932.*they are in cp1251"):
        decided([name.encode("cp1251") for name in ("Кошка", "Собака", "Медведь")], "cp932")


def test_a_name_that_the_system_could_not_read_is_text() -> None:
    assert readable("caf\udce9") == "café"
    assert readable("猫") == "猫"
