"""Lists as people write them: without a header, in other quotation marks, with commas in labels, as text, in Excel."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

import openpyxl
import pytest

from core.data.intake.intake import too_little
from core.data.labels.sorting import Sorted, sort_entries
from core.data.limits import Limits
from tests.data.readings.made import Made

N = 12
LABELS = ("cat", "dog")
BIRDS = ("owl, grey", "tit, great")


def sorted_out(**files: str | bytes) -> Sorted:
    """What becomes of photos in one folder, and of these files beside them ("labels_csv" is labels.csv)."""
    made = Made(random.Random(0))
    for i in range(N):
        made.add(f"images/{i}.jpg")
    for name, content in files.items():
        made.add(name.replace("_", "."), content if isinstance(content, bytes) else content.encode())
    return sort_entries(made)


def read(**files: str | bytes) -> dict[str, str]:
    """The class of each photo."""
    return {photo.item.name: photo.place.label for photo in sorted_out(**files).photos}


def written(row: str, header: str = "", labels: Sequence[str] = LABELS) -> str:
    """A table; in `row`, {i} is a number and {c} its class."""
    return "".join([f"{header}\n" if header else "", *(row.format(i=i, c=labels[i % 2]) + "\n" for i in range(N))])


def meant(labels: Sequence[str] = LABELS) -> dict[str, str]:
    return {f"images/{i}.jpg": labels[i % 2] for i in range(N)}


@pytest.mark.parametrize(
    "table",
    [
        written("{i}.jpg,{c}"),
        written("{i},{c}"),
        written("{c};{i}.jpg"),
        written("C:\\photos\\{i}.JPG\t{c}"),
        written('"{i}.jpg", "{c}"'),
        written("{i}.jpg,10,20,30,40,{c}"),
        written("{i}.jpg,{c},train"),
    ],
)
def test_a_list_needs_no_header(table: str) -> None:
    assert read(labels_csv=table) == meant()


@pytest.mark.parametrize(
    "table",
    [
        written("{i}.jpg,{c}", "image,ripeness"),
        written("{i},{c}", "Image,Id"),
        written("{c};{i}.jpg", "what it shows;which"),
    ],
)
def test_the_only_other_column_is_the_label_whatever_it_is_called(table: str) -> None:
    assert read(labels_csv=table) == meant()


def test_of_several_columns_that_are_not_known_any_may_be_the_label() -> None:
    for table in (written("{i}.jpg,{c},red", "image,ripeness,colour"), written("{i}.jpg,{i} cm", "image,length")):
        assert sorted_out(labels_csv=table).table == "labels.csv"


def test_classes_may_be_numbers_where_nothing_else_stands_beside_the_photos() -> None:
    assert read(labels_csv=written("{i}.jpg,{c}", labels="01")) == meant("01")


@pytest.mark.parametrize("table", ["1.jpg,cat\n2.jpg,dog\n", written("{i}.jpg,{c},{c}"), written("{i}.jpg,{i}")])
def test_a_list_that_is_not_clear_is_named(table: str) -> None:
    entries = sorted_out(labels_csv=table)
    assert (entries.table, entries.warnings) == ("labels.csv", ["table_unused:labels.csv"])


def test_beside_class_folders_a_list_without_a_header_says_nothing() -> None:
    made = Made(random.Random(0))
    for label in LABELS:
        made.shoot(label, label, "", N, "{i}.jpg")
    made.add("photographers.csv", "".join(f"{c}/{i}.jpg,{'ab'[i % 2]}\n" for i in range(N) for c in LABELS).encode())
    entries = sort_entries(made)
    assert {photo.place.label for photo in entries.photos} == set(LABELS)
    assert entries.warnings == ["table_unused:photographers.csv"]


@pytest.mark.parametrize(
    "table",
    [
        written("{i}.jpg {c}"),
        written("images/{i}.jpg\t{c}"),
        written("{i}.jpg,{c}", "filename,label"),
        written("{i}.jpg {c}", "image label"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_may_be_a_table(table: str, encoding: str) -> None:
    entries = sorted_out(labels_txt=table.encode(encoding))
    assert {photo.item.name: photo.place.label for photo in entries.photos} == meant()
    assert (entries.skipped, entries.warnings) == ([], [])


def test_a_text_that_names_photos_is_named_and_others_are_not_spoken_of() -> None:
    prose = "".join(f"{i}.jpg is a {'very ' * i} nice one\n" for i in range(N))
    entries = sorted_out(list_txt=prose, README_txt="Photos.\nSee 1.jpg and 2.jpg.\n\nBye.\n")
    assert (entries.table, entries.warnings) == ("list.txt", ["table_unused:list.txt"])
    refusal = too_little(entries, [], True, Limits())
    assert "'list.txt' does not say what the photos are" in str(refusal)


def test_notes_about_each_photo_are_no_tables() -> None:
    made = Made(random.Random(0))
    for i in range(N):
        made.add(f"images/{i}.jpg")
        made.add(f"images/{i}.txt", f"{i}.jpg cat\n1.jpg dog\n".encode())
    assert sort_entries(made).warnings == []


@pytest.mark.parametrize(
    "table",
    [
        written("'{i}.jpg','{c}'", "'filename','label'"),
        written("'{i}.jpg', '{c}'", "filename,label"),
        written("{i}.jpg;'{c}'", "filename;label"),
        written("“{i}.jpg”,“{c}”", "filename,label"),
        written("„{i}.jpg“;„{c}“", "filename;label"),
        written("‘{i}.jpg’\t‘{c}’", "filename\tlabel"),
        written("«{i}.jpg»,«{c}»"),
    ],
)
def test_cells_may_stand_in_any_quotation_marks(table: str) -> None:
    assert read(labels_csv=table) == meant()
    assert read(labels_csv=table.replace("cat", "owl, grey").replace("dog", "tit, great")) == meant(BIRDS)


def test_an_apostrophe_is_no_quotation_mark() -> None:
    assert read(labels_csv=written("{i}.jpg,{c}", "filename,label", ("'90s", "cat's"))) == meant(("'90s", "cat's"))


@pytest.mark.parametrize(
    ("row", "header"),
    [
        ("{i}.jpg,{c}", "filename,label"),
        ("{i}.jpg,{c},", "filename,label"),
        ("{c},{i}.jpg", "label,filename"),
        ("{i}.jpg,{c},33", "filename,label,age"),
        ("{i}.jpg,{c},train", "filename,label,split"),
        ("{i}.jpg;{c}", "filename;label"),
    ],
)
def test_every_label_may_hold_a_comma_without_quotation_marks(row: str, header: str) -> None:
    entries = sorted_out(labels_csv=written(row, header, BIRDS))
    assert {photo.item.name: photo.place.label for photo in entries.photos} == meant(BIRDS)
    assert entries.warnings == ["comma_labels:owl, grey"]


def test_some_labels_may_hold_a_comma_if_they_come_again() -> None:
    labels = ("owl, grey", "eagle")
    assert read(labels_csv=written("{i}.jpg,{c}", "filename,label", labels)) == meant(labels)


@pytest.mark.parametrize("row", ["{i}.jpg,{c},0.93", "{i}.jpg,{c},likes fish, rice"])
def test_what_stands_behind_the_label_is_no_part_of_it(row: str) -> None:
    header = "filename,label" if "0.93" in row else "filename,label,notes"
    entries = sorted_out(labels_csv=written(row, header))
    assert {photo.item.name: photo.place.label for photo in entries.photos} == meant()
    assert entries.warnings == ["ragged_rows:labels.csv, 2"]


def excel(*rows: Sequence[object], before: str = "") -> bytes:
    """A workbook with these rows in its last sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    if before:
        sheet.append([before])
        sheet = book.create_sheet("labels")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("header", [[("filename", "label", "age")], []])
@pytest.mark.parametrize("ending", ["", ".jpg"])
def test_excel_lists_are_read(header: list[Sequence[object]], ending: str) -> None:
    rows = [(f"{i}{ending}" if ending else i, LABELS[i % 2], i + 0.5) for i in range(N)]
    assert read(labels_xlsx=excel(*header, *rows)) == meant()


def test_the_sheet_of_labels_may_be_any() -> None:
    rows = [(f"{i}.jpg", LABELS[i % 2]) for i in range(N)]
    assert read(labels_xlsx=excel(("filename", "label"), *rows, before="Photos of 2023")) == meant()


@pytest.mark.parametrize(
    ("name", "content"), [("labels_xls", b"\xd0\xcf\x11\xe0"), ("labels_ods", b"PK"), ("labels_xlsx", b"PK\x05\x06")]
)
def test_a_spreadsheet_that_cannot_be_read_is_named_with_the_remedy(name: str, content: bytes) -> None:
    entries = sorted_out(**{name: content})
    file = name.replace("_", ".")
    assert entries.warnings == [f"table_unread:{file}"]
    assert f"'{file}' cannot be read. Save it as CSV" in str(too_little(entries, [], True, Limits()))


@pytest.mark.parametrize(
    "header",
    [
        "fichier;étiquette", "imagen;etiqueta", "arquivo;rótulo", "immagine;classe", "plik;kategoria", "файл;класс",
        "文件名;标签", "檔名;類別", "ファイル名;ラベル", "파일명;라벨", "Nom du fichier;Espèce",
    ],
)  # fmt: skip
def test_columns_are_known_in_other_languages(header: str) -> None:
    assert read(labels_csv=written("{i};{c};7", f"{header};x")) == meant()


@pytest.mark.parametrize("row", ["{i},{c}", "{i}.0,{c}", "00{i},{c}"])
def test_zeros_that_a_spreadsheet_took_or_gave_do_not_count(row: str) -> None:
    made = Made(random.Random(0))
    for i in range(N):
        made.add(f"images/{i:05d}.jpg")
    made.add("labels.csv", written(row, "id,label").encode())
    expected = {f"images/{i:05d}.jpg": LABELS[i % 2] for i in range(N)}
    assert {photo.item.name: photo.place.label for photo in sort_entries(made).photos} == expected


@pytest.mark.parametrize("marks", [("True", "False"), ("TRUE", "FALSE"), ("yes", "no"), ("1.0", "0.0")])
def test_a_class_may_have_a_column_of_its_own(marks: tuple[str, str]) -> None:
    rows = [f"{i}.jpg,{marks[i % 2]},{marks[1 - i % 2]}\n" for i in range(N)]
    assert read(labels_csv="img,cat,dog\n" + "".join(rows)) == meant()


@pytest.mark.parametrize("title", ["# made by us, 2024\n", "Our leaves\n\n", "\n", "Our leaves;;\n# first round\n;;\n"])
def test_titles_may_stand_above_the_header(title: str) -> None:
    assert read(labels_csv=title + written("{i}.jpg;{c};7", "file;label;age")) == meant()


def test_numbers_that_may_mean_several_photos_or_photos_in_class_folders_name_none() -> None:
    made = Made(random.Random(0))
    for label in LABELS:
        for i in range(N):
            made.add(f"{label}/{i:03d}.jpg")
    made.add("ages.csv", written("{i},{c}", "id,class", ("3", "4")).encode())
    entries = sort_entries(made)
    assert {photo.place.label for photo in entries.photos} == set(LABELS)
    assert entries.warnings == ["table_unused_few:ages.csv"]
