from __future__ import annotations

from pathlib import Path

import pytest

from core.data.dataset import Skipped
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.warnings import warning_text
from core.errors import RejectedError
from tests.conftest import photo_bytes
from tests.data.labels.tables.zips import N, rows, shots, skips, zipped


def seen(path: Path) -> dict[str, str]:
    """What inspecting says, and the class of each photo."""
    dataset = ingest(path)
    return {item.name: dataset.classes[item.label] for item in dataset.items}


EXPECTED = {f"{i}.png": ("cat", "dog")[i % 2] for i in range(N)}


@pytest.mark.parametrize(
    "table",
    [
        rows("filename,label", "{i}.png,{c}"),
        rows("Image_ID;Species", "{i};{c}"),
        rows("file\tClass", "{i}.png\t{c}"),
        rows("dx,image_id", "{c},{i}"),
        rows("sep=;\nfilename;label", "{i}.png;{c}"),
        rows("Image File Name,Class Label", "{i}.png,{c}"),
        rows("image_url,Disease Class", "https://a.org/{i}.png,{c}"),
        rows("Dateiname;Klasse", "{i}.png;{c}"),
        rows("name,Label (class)", "{i}.png,{c}"),
        rows('"File Name","Label","age"', '"{i}.png","{c}",33'),
        rows("path,target", "/home/me/pictures/{i}.png,{c}"),
        rows("path,target", "C:\\pictures\\{i}.PNG,{c}"),
        rows("filename,label", "{i}.jpg,{c}"),
        rows("filename,label", "{i}.png,{c}", sep="\r\n") + "\r\n",
        rows("filename,label,fold", "{i}.png,{c},{i}"),
        "filename,cat,dog\n" + "".join(f"{i}.png,{1 - i % 2},{i % 2}\n" for i in range(N)),
        "filename, dog, cat\n" + "".join(f"{i}.png, {i % 2}, {1 - i % 2}\n" for i in range(N)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_many_kinds_say_the_same(tmp_path: Path, table: str, encoding: str) -> None:
    path = zipped(tmp_path / "a.zip", {**shots(), "labels.csv": table.encode(encoding)})
    assert seen(path) == EXPECTED
    assert inspect(path).skipped == ()


def test_labels_are_cleaned_as_folder_names_are(tmp_path: Path) -> None:
    table = rows("filename,label", "{i}.png,Käfer \u202e{c}").encode("cp1252", "ignore")
    assert set(seen(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table})).values()) == {"Käfer cat", "Käfer dog"}


def test_splits_and_groups_come_from_columns(tmp_path: Path) -> None:
    table = "id,label,subset,patient\n" + "".join(
        f"{i},{'cat' if i % 2 else 'dog'},{['Training', 'train', 'valid', 'test'][i % 4]},p{i // 4}\n"
        for i in range(16)
    )
    dataset = ingest(zipped(tmp_path / "a.zip", {**shots(n=16), "t.csv": table}))
    assert dataset.given_splits == {"train": 8, "val": 4, "test": 4}
    assert {i.group for i in dataset.items} == {"p0", "p1", "p2", "p3"}
    assert len({i.group_id for i in dataset.items}) == 4
    assert len({(i.group_id, i.group) for i in dataset.items}) == 4


def test_groups_stay_on_one_side(tmp_path: Path) -> None:
    table = rows("filename,label,plant", "{i}.png,{c},{i}", 60).splitlines()
    table = [table[0], *(f"{i}.png,{'cat' if i % 2 else 'dog'},plant {i // 5}" for i in range(60))]
    dataset = ingest(zipped(tmp_path / "a.zip", {**shots(n=60), "t.csv": "\n".join(table)}))
    assert set(dataset.split_counts) == {"train", "val", "test"}
    for group in {i.group for i in dataset.items}:
        assert len({i.split for i in dataset.items if i.group == group}) == 1


def test_a_folder_a_split_with_a_table_each(tmp_path: Path) -> None:
    entries: dict[str, bytes | str] = {}
    for k, split in enumerate(("train", "valid", "test")):
        entries |= shots(f"{split}/", first=100 * k)
        entries[f"{split}/_classes.csv"] = "filename,cat,dog\n" + "".join(
            f"{i}.png,{1 - i % 2},{i % 2}\n" for i in range(N)
        )
    inspection = inspect(zipped(tmp_path / "a.zip", entries))
    assert (inspection.images, inspection.splits, inspection.skipped) == (24, {"train": 8, "val": 8, "test": 8}, ())


def test_a_table_a_split_beside_one_folder(tmp_path: Path) -> None:
    lines = rows("filename,label", "{i}.png,{c}").splitlines()
    entries = {
        **shots("data/images/"),
        "data/train.csv": "\n".join(lines[:5]),
        "data/val_labels.csv": "\n".join([lines[0], *lines[5:]]),
    }
    assert inspect(zipped(tmp_path / "a.zip", entries)).splits == {"train": 4, "val": 4}


def test_names_that_are_in_several_folders_are_told_apart_by_split_or_folder(tmp_path: Path) -> None:
    photos = {**shots("train/"), **shots("test/", first=50)}
    table = (
        rows("image,label,split", "{i}.png,{c},train") + rows("image,label,split", "{i}.png,{c},test").split("\n", 1)[1]
    )
    assert inspect(zipped(tmp_path / "a.zip", {**photos, "t.csv": table})).splits == {"train": 8, "test": 8}
    table = rows("image,label", "train/{i}.png,{c}") + rows("image,label", "test/{i}.png,{c}").split("\n", 1)[1]
    assert inspect(zipped(tmp_path / "b.zip", {**photos, "t.csv": table})).splits == {"train": 8, "test": 8}
    inspection = inspect(zipped(tmp_path / "c.zip", {**photos, "t.csv": rows("image,label", "{i}.png,{c}")}))
    assert inspection.code == "bad_table"
    assert "'t.csv', row 2: '0.png' may be any of several" in inspection.message


def test_what_does_not_fit_is_skipped_and_named(tmp_path: Path) -> None:
    table = rows("filename,label", "{i}.png,{c}") + "gone.png,cat\n0.png,cat\n1.png,cat\n"
    entries = {**shots(), "extra.png": photo_bytes((1, 1, 1), 1), "notes.txt": b"x", "t.csv": table}
    inspection = inspect(zipped(tmp_path / "a.zip", entries))
    assert inspection.images == N - 1
    assert {s.entry: s.reason for s in inspection.skipped} == {
        "1.png": "conflicting_rows",
        "extra.png": "not_in_table",
        "notes.txt": "unsupported_format",
        "gone.png": "missing_file",
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "2.png,cat,0",
            "row 10: '0' is no split. Write train, val or test, or leave it empty (valid, validation",
        ),
        (",cat", "row 10: the file's name is missing"),
        ("2.png,cat,later", "row 10: 'later' is no split. Write train, val or test"),
        ('2.png,"cat' + "x" * 2000, "row 10: it is too long"),
        ("\n\n,cat", "row 12: the file's name is missing"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    table = rows("filename,label,split", "{i}.png,{c},train") + row
    with pytest.raises(RejectedError) as refused:
        ingest(zipped(tmp_path / "a.zip", {**shots(), "in/t.csv": table}))
    assert refused.value.code == "bad_table"
    assert str(refused.value).startswith("'in/t.csv', ")
    assert message in str(refused.value)


def test_class_folders_decide_where_no_table_names_most_photos(tmp_path: Path) -> None:
    photos = {**shots("cat/"), **shots("dog/", first=50)}
    for k, table in enumerate(("a,b\n1,2\n", "filename,label\ncat/0.png,bird\n", "filename,label\nother.png,\n", "")):
        path = zipped(tmp_path / f"{k}.zip", {**photos, "metadata.csv": table})
        inspection = inspect(path)
        assert (inspection.classes, inspection.images) == (("cat", "dog"), 16)
        assert [s.reason for s in inspection.skipped] == ["unsupported_format"]
        assert inspection.warnings == (f"table_unused{'_few' if k in (1, 2) else ''}:metadata.csv",)
        assert "'metadata.csv' was not used: its" in warning_text(inspection.warnings[0])


@pytest.mark.parametrize(
    "header", ["patient", "patient_name", "PatientID", "subject no", "Video_Name", "plant_nr", "group_id", "Case"]
)
@pytest.mark.parametrize("folder", ["", "pets/"])
def test_beside_class_folders_a_table_says_the_groups(tmp_path: Path, header: str, folder: str) -> None:
    photos = {**shots(f"{folder}cat/", 30), **shots(f"{folder}dog/", 30, first=50)}
    table = f"filename,{header},age\n" + "".join(
        f"{c}/{i}.png,{c}{i // 5},3\n" for c in ("cat", "dog") for i in range(30)
    )
    path = zipped(tmp_path / "a.zip", {**photos, f"{folder}table.csv": table})
    dataset = ingest(path)
    assert (dataset.classes, dataset.warnings, dataset.skipped, dataset.images) == (("cat", "dog"), (), (), 60)
    assert {i.group for i in dataset.items} == {f"{c}{k}" for c in ("cat", "dog") for k in range(6)}
    for group in {i.group for i in dataset.items}:
        assert len({i.split for i in dataset.items if i.group == group}) == 1


def test_beside_class_folders_a_table_says_the_splits(tmp_path: Path) -> None:
    photos = {**shots("cat/"), **shots("train/", first=50)}
    splits = "".join(f"{c}/{i}.png,{'train' if i < 5 else 'test'}\n" for c in ("cat", "train") for i in range(7))
    inspection = inspect(zipped(tmp_path / "a.zip", {**photos, "t.csv": "image,split\n" + splits + "gone.png,val\n"}))
    assert (inspection.classes, inspection.splits) == (("cat", "train"), {"train": 10, "test": 4})
    assert (inspection.skipped, inspection.warnings) == ((), ())


def test_what_says_nothing_of_groups_or_contradicts_itself_is_told(tmp_path: Path) -> None:
    photos = {**shots("cat/"), **shots("dog/", first=50)}
    ages = "filename,patient_age,dataset\n" + "".join(f"cat/{i}.png,40,clinic 1\n" for i in range(8))
    inspection = inspect(zipped(tmp_path / "a.zip", {**photos, "ages.csv": ages}))
    assert (inspection.images, inspection.warnings) == (16, ("table_unused:ages.csv",))
    few = "filename,patient\ncat/1.png,p1\n"
    assert inspect(zipped(tmp_path / "b.zip", {**photos, "t.csv": few})).warnings == ("table_unused_few:t.csv",)
    twice = "filename,patient\n" + "".join(f"cat/{i % 8}.png,p{min(i, 8)}\n" for i in range(9))
    inspection = inspect(zipped(tmp_path / "c.zip", {**photos, "t.csv": twice}))
    assert (inspection.images, inspection.warnings) == (15, ())
    assert inspection.skipped == (Skipped("cat/0.png", "conflicting_rows"),)


def test_a_table_of_groups_beside_one_of_labels_counts_too(tmp_path: Path) -> None:
    tables = {"labels.csv": rows("filename,label", "{i}.png,{c}"), "who.csv": rows("filename,patient", "{i}.png,p{i}")}
    dataset = ingest(zipped(tmp_path / "a.zip", {**shots("images/"), **tables}))
    assert (dataset.classes, dataset.warnings) == (("cat", "dog"), ())
    assert {i.group for i in dataset.items} == {f"p{i}" for i in range(8)}


@pytest.mark.parametrize("table", ["a,b\n0.png,cat\n", "0.png,cat\n1.png,dog\n", "filename,patient\n0.png,p\n"])
@pytest.mark.parametrize("folder", ["", "images/"])
def test_a_refusal_names_the_table_that_does_not_say_what_the_photos_are(
    tmp_path: Path, table: str, folder: str
) -> None:
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(folder), "labels.csv": table}))
    assert inspection.code == ("too_few_classes" if folder else "no_class_folders")
    assert "'labels.csv' does not say what" in inspection.message
    assert "filename,label" in inspection.message


def test_a_table_goes_before_folders_and_overrules_them(tmp_path: Path) -> None:
    table = rows("filename,label", "{i}.png,{c}")
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots("everything/"), "__MACOSX/._t.csv": b"x", "t.csv": table}))
    assert (inspection.classes, inspection.ignored, inspection.warnings) == (("cat", "dog"), 1, ())


def test_an_unknown_header_or_one_that_fits_nothing_is_explained(tmp_path: Path) -> None:
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), "list.csv": "a,b\n0.png,cat\n"}))
    assert inspection.code == "no_class_folders"
    assert "'list.csv'" in inspection.message
    assert "filename,label" in inspection.message
    inspection = inspect(zipped(tmp_path / "b.zip", {**shots(), "list.csv": "filename,label\nx.png,cat\n"}))
    assert inspection.code == "bad_table"
    assert "'list.csv': none of its rows names a photo that is there (row 2 'x.png')" in inspection.message


@pytest.mark.parametrize(
    "row",
    [
        "/content/drive/MyDrive/Colab Notebooks/leaves/data/images/{i}.png,{c}",
        "C:\\Users\\Anna\\Desktop\\leaves\\data\\images\\{i}.png,{c}",
        "../input/leaves/images/{i}.png,{c}",
        "/home/anna/projects/leaves/raw/{i}.png,{c}",
        '"images/{i}.png", "{c}"',
    ],
)
@pytest.mark.parametrize("folder", ["", "images/", "leaves/images/"])
def test_paths_of_other_machines_name_photos(tmp_path: Path, row: str, folder: str) -> None:
    path = zipped(tmp_path / "a.zip", {**shots(folder), "labels.csv": rows("filename,label", row)})
    assert seen(path) == {f"{folder}{name}": label for name, label in EXPECTED.items()}


def test_numbers_of_rows_that_r_writes_have_no_header(tmp_path: Path) -> None:
    table = '"file","label"\n' + "".join(f'"{i + 1}","{i}.png","{("cat", "dog")[i % 2]}"\n' for i in range(N))
    assert seen(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table})) == EXPECTED


def test_a_table_goes_before_folders_that_cannot_be_classes(tmp_path: Path) -> None:
    few = rows("filename,label", "{i}.png,{c}", 5)
    photos = {**shots("images_part_1/"), **shots("images_part_2/", n=N, first=50)}
    renamed = {name.replace("2/", "2/b"): content for name, content in photos.items()}
    inspection = inspect(zipped(tmp_path / "a.zip", {**renamed, "t.csv": few}))
    assert (inspection.images, inspection.classes) == (5, ("cat", "dog"))
    assert set(skips(inspection).values()) == {"not_in_table"}
    folders = {**shots("cat/"), **{name.replace("/", "/b"): c for name, c in shots("dog/", first=50).items()}}
    inspection = inspect(zipped(tmp_path / "b.zip", {**folders, "t.csv": few}))
    assert (inspection.images, inspection.warnings) == (2 * N, ("table_unused_few:t.csv",))
    same = rows("id,label", "{i},0.5", N)
    assert inspect(zipped(tmp_path / "c.zip", {**folders, "t.csv": same})).classes == ("cat", "dog")


def test_a_table_that_loses_a_class_is_refused_with_the_rows_it_lost(tmp_path: Path) -> None:
    table = "filename,label\n" + "".join(f"{i}.png,cat\nx{i}.png,dog\n" for i in range(N))
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table}))
    assert inspection.code == "too_few_classes"
    assert "'t.csv': 8 of its rows name no photo that is there (row 3 'x0.png', row 5" in inspection.message


@pytest.mark.parametrize("column", ["split", "Set", "subset", "phase", "data_split"])
def test_split_columns_have_the_words_of_split_folders(tmp_path: Path, column: str) -> None:
    words = ("TRAINING", "dev", "Test Set", "training set")
    table = f"image,label,{column}\n" + "".join(f"{i},{'ab'[i // 4 % 2]},{words[i % 4]}\n" for i in range(16))
    inspection = inspect(zipped(tmp_path / "a.zip", {**shots(n=16), "t.csv": table}))
    assert inspection.splits == {"train": 8, "val": 4, "test": 4}


def test_a_column_that_may_mean_anything_is_no_split(tmp_path: Path) -> None:
    table = rows("image,label,dataset", "{i},{c},clinic {i}")
    assert seen(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table})) == EXPECTED


def test_a_photo_of_a_name_that_several_have_is_told_by_its_label(tmp_path: Path) -> None:
    photos = {**shots("x/cat/"), **shots("x/dog/", first=50)}
    table = "image,label\n" + "".join(f"{i}.png,{c}\n" for i in range(N) for c in ("cat", "dog"))
    inspection = inspect(zipped(tmp_path / "a.zip", {**photos, "t.csv": table}))
    assert (inspection.images, inspection.classes, inspection.skipped) == (2 * N, ("cat", "dog"), ())


def test_a_column_of_photos_names_is_known_by_their_endings(tmp_path: Path) -> None:
    table = rows("number,picture of it,species", "{i},{i}.png,{c}")
    assert seen(zipped(tmp_path / "a.zip", {**shots(), "t.csv": table})) == EXPECTED
