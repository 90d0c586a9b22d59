"""A table of answers that grows on the disk, and what becomes of it after a crash, with another model, by odd names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.errors import DatasetError
from core.tasks.answer_table import AnswerTable
from core.tasks.answers import Answer
from core.tasks.using import NamedFile

CLASSES = ("ant", "=bee")


def answer(name: str, share: float = 0.75) -> Answer:
    return Answer(image=name, label="ant", proba={"ant": share, "=bee": 1 - share})


def unread(name: str) -> Answer:
    return Answer(image=name, error="It is not a photo.", reason="not_an_image")


def opened(path: Path, model: str = "abc") -> AnswerTable:
    return AnswerTable(path, CLASSES, model)


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def photo(tmp_path: Path) -> NamedFile:
    """A photo on the disk."""
    (tmp_path / "photo").write_bytes(b"as it was")
    return NamedFile(path=str(tmp_path / "photo"), name="a.jpg")


def left(table: AnswerTable, *names: str) -> list[str]:
    return [image.name for image in table.unanswered([NamedFile(path=f"/x/{name}", name=name) for name in names])]


def test_what_is_added_is_in_the_file_at_once(tmp_path: Path):
    table = opened(tmp_path / "answers.csv")
    table.append([answer("a.jpg"), unread("b.jpg")])
    assert cells(tmp_path / "answers.csv") == [
        ["image", "label", "not_answered", "ant", "'=bee", "reason", "error", "photo", "model"],
        ["a.jpg", "ant", "", "0.750000", "0.250000", "", "", "", "abc"],
        ["b.jpg", "", "", "", "", "not_an_image", "It is not a photo.", "", "abc"],
    ]
    assert left(table, "a.jpg", "b.jpg", "c.jpg") == ["b.jpg", "c.jpg"]


def test_a_file_goes_on_and_asks_again_about_what_could_not_be_read(tmp_path: Path):
    opened(tmp_path / "answers.csv").append([answer("a.jpg"), unread("b.jpg")])
    table = opened(tmp_path / "answers.csv")
    assert left(table, "a.jpg", "b.jpg") == ["b.jpg"]
    assert [row[0] for row in cells(tmp_path / "answers.csv")] == ["image", "a.jpg"]


def test_wherever_a_crash_cut_the_file_whole_answers_stay_and_others_are_asked_again(tmp_path: Path):
    path, names = tmp_path / "answers.csv", ["a.jpg", 'two\nlines, "quoted".jpg', "c.jpg"]
    opened(path).append([answer(name) for name in names])
    content = path.read_bytes()
    headings = content.index(b"\n") + 1
    for end in range(headings, len(content) + 1):
        path.write_bytes(content[:end])
        kept = len(names) - len(left(opened(path), *names))
        assert left(opened(path), *names) == names[kept:]
    assert kept == len(names)


@pytest.mark.parametrize("name", ["=cmd.jpg", "+1.jpg", "a;=b.jpg", "'quoted.jpg", "ärger 图.jpg", "not\udce9text.jpg"])
def test_an_odd_name_is_found_again(tmp_path: Path, name: str):
    opened(tmp_path / "answers.csv").append([answer(name)])
    assert left(opened(tmp_path / "answers.csv"), name) == []


def test_answers_of_two_models_are_never_mixed(tmp_path: Path):
    opened(tmp_path / "answers.csv").append([answer("a.jpg")])
    before = (tmp_path / "answers.csv").read_bytes()
    with pytest.raises(DatasetError, match="another model"):
        opened(tmp_path / "answers.csv", model="other")
    with pytest.raises(DatasetError, match="not a table of this model's answers"):
        AnswerTable(tmp_path / "answers.csv", ("x", "y"), "abc")
    assert (tmp_path / "answers.csv").read_bytes() == before


def test_another_photo_of_the_same_name_is_asked_about_and_the_answer_for_the_first_is_dropped(
    tmp_path: Path, photo: NamedFile
):
    path = tmp_path / "answers.csv"
    opened(path).append([answer("a.jpg"), answer("b.jpg")], [photo, NamedFile(path="/x/b.jpg", name="b.jpg")])
    assert opened(path).unanswered([photo]) == []
    Path(photo.path).write_bytes(b"another")
    table = opened(path)
    assert table.unanswered([photo]) == [photo]
    assert [row[0] for row in cells(path)] == ["image", "b.jpg"]
    table.append([answer("a.jpg", 0.5)], [photo])
    assert opened(path).unanswered([photo]) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0bad", b"my,own\nlist,of things\n"])
def test_a_file_of_someone_else_is_left_alone(tmp_path: Path, content: bytes):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=r"mine\.csv"):
        opened(tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_bytes() == content
