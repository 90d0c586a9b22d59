"""Uploads whose tables say what the photos are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.data.readings.made import Made, classes, split_names, wrapper

_HEADERS = (
    ("filename", "label"), ("image", "class"), ("image_id", "label"), ("path", "target"), ("Image Name", "Category"),
    ("file_name", "species"), ("file", "diagnosis"), ("id", "breed"), ("img_path", "class_name"),
    ("Filename", "Labels"), ("filepath", "labels"), ("photo", "type"),
)  # fmt: skip
_ELSEWHERE = (
    "/content/drive/MyDrive/Colab Notebooks/leaves/", "C:\\Users\\Anna\\Desktop\\leaves\\", "/kaggle/input/leaves/",
    "/home/anna/projects/leaves/data/", "../data/", "./", "D:/photos/", "\\\\server\\share\\", "gs://bucket/leaves/",
)  # fmt: skip
_WORDS = {
    "train": ("train", "Training", "TRAIN", "training set"),
    "val": ("val", "valid", "dev", "Validation"),
    "test": ("test", "Testing", "eval", "holdout"),
}
_FLAT = ("", "images/", "img/", "photos/all/", "data/images/")


@dataclass
class _Sheet:
    """A table in the making: its header, and the cells of its rows."""

    header: list[str]
    rows: list[list[str]]


def in_one_folder(made: Made) -> str:
    """All photos in one folder, or beside the table"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{made.rng.choice(_FLAT)}"])
    _table(made, top, list(made.meant))
    return top


def in_parts(made: Made) -> str:
    """images_part_1 and images_part_2"""
    top = wrapper(made, 2)
    name = made.rng.choice(["images_part_{}", "part{}", "batch-{}", "HAM10000_images_part_{}", "images_{:03d}"])
    _photos(made, [f"{top}{name.format(number)}/" for number in (1, 2, 3)])
    _table(made, top, list(made.meant))
    return top


def in_split_folders(made: Made) -> str:
    """train_images and test_images, with a table for all or one for each"""
    top, names = wrapper(made, 2), split_names(made)
    for split, folder in names.items():
        _photos(made, [f"{top}{folder}/"], split)
    if made.chance(0.5):
        _table(made, top, list(made.meant))
        return top
    named = made.chance(0.5)
    for split, folder in names.items():
        file = f"{top}{folder}.csv" if named else f"{top}{folder}/_labels.csv"
        _table(made, top, [name for name, (of, _label) in made.meant.items() if of == split], file)
    return top


def with_split_column(made: Made) -> str:
    """One folder, with the splits in the table"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{made.rng.choice(_FLAT)}"])
    splits = made.rng.choice([("train", "test"), ("train", "val", "test")])
    made.meant = {name: (made.rng.choice(splits), label) for name, (_none, label) in made.meant.items()}
    _table(made, top, list(made.meant), column=made.rng.choice(["split", "Set", "subset", "partition", "phase"]))
    return top


def in_class_folders(made: Made) -> str:
    """Class folders, with a table that says the same"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{label}/" for label in classes(made)], by_folder=True)
    _table(made, top, list(made.meant))
    return top


def partial(made: Made) -> str:
    """A table that names some photos of one folder"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{made.rng.choice(_FLAT[1:])}"])
    named = list(made.meant)[:: made.rng.choice([2, 3])]
    _table(made, top, named)
    made.meant = {name: made.meant[name] for name in named}
    return top


def in_folders_of_the_same_names(made: Made) -> str:
    """Folders with photos of the same names, which the table names by their paths"""
    top, labels = wrapper(made, 2), classes(made)
    for number, folder in enumerate(
        made.rng.choice([("a", "b", "c"), ("2019", "2020"), ("plot 1", "plot 2", "plot 3")])
    ):
        for i in range(20):
            label = labels[(i + number) % len(labels)]
            made.add(f"{top}photos/{folder}/{i:03d}.jpg", meaning=("", label))
    _table(made, top, list(made.meant), by_path=True)
    return top


def as_kaggle_has_it(made: Made) -> str:
    """train and test with a table for train, and a table to hand in for test"""
    top = wrapper(made, 2)
    train, test = made.rng.choice([("train", "test"), ("train_images", "test_images"), ("images/train", "images/test")])
    _photos(made, [f"{top}{train}/"], "train")
    first = list(made.meant)
    for i in range(12):
        made.add(f"{top}{test}/t{i}.jpg")
    made.add(f"{top}sample_submission.csv", b"id,label\n" + b"".join(b"t%d.jpg,0\n" % i for i in range(12)))
    _table(made, top, first, f"{top}train.csv")
    return top


def with_groups(made: Made) -> str:
    """A table of labels, and one of patients"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{made.rng.choice(_FLAT)}"])
    rows = [f"{name.rpartition('/')[2]},p{number % 5}" for number, name in enumerate(made.meant)]
    made.add(f"{top}patients.csv", "\n".join(["filename,patient", *rows]).encode())
    _table(made, top, list(made.meant), f"{top}annotations/labels.csv" if made.chance(0.5) else "")
    return top


def one_hot(made: Made) -> str:
    """A column of 0 and 1 for each class"""
    top = wrapper(made, 2)
    _photos(made, [f"{top}{made.rng.choice(_FLAT)}"])
    labels = sorted({label for _split, label in made.meant.values()})
    rows = [[_said(made, top, n, ""), *(str(int(x == label)) for x in labels)] for n, (_s, label) in made.meant.items()]
    _write(made, f"{top}labels.csv", _Sheet(["filename", *labels], rows))
    return top


TABLES: tuple[Callable[[Made], str], ...] = (
    in_one_folder, in_one_folder, in_parts, in_split_folders, with_split_column, in_class_folders, partial, one_hot,
    in_folders_of_the_same_names, as_kaggle_has_it, with_groups,
)  # fmt: skip


def _photos(made: Made, folders: list[str], split: str = "", by_folder: bool = False) -> None:
    """Photos with names of their own, the classes mixed; or the class after which their folder is called."""
    labels = classes(made) if not made.meant else sorted({label for _split, label in made.meant.values()})
    name = made.rng.choice(["img_{:04d}.jpg", "{:05d}.png", "IMG-{}.JPEG", "leaf {}.jpg", "ISIC_{:07d}.jpg"])
    first = made.rng.randrange(0, 5000) + len(made.meant) * 10
    for i in range(made.rng.choice([12, 20, 36, 60])):
        folder = folders[i % len(folders)]
        label = folder.rstrip("/").rpartition("/")[2] if by_folder else labels[i % len(labels)]
        made.add(f"{folder}{name.format(first + i)}", meaning=(split, label))


def _table(made: Made, top: str, names: list[str], file: str = "", column: str = "", by_path: bool = False) -> None:
    """A table about these photos, in one of the manners in which people write them."""
    file_word, label_word = made.rng.choice([words for words in _HEADERS if not by_path or "id" not in words[0]])
    place = made.rng.choice([*([] if by_path else [""]), "rest", *_ELSEWHERE])
    sheet = _Sheet([file_word, label_word], [])
    for name in names:
        written = _said(made, top, name, place)
        if file_word in ("image_id", "id"):
            written = written.rpartition("/")[2].rpartition("\\")[2].rpartition(".")[0]
        sheet.rows.append([written, made.meant[name][1]])
    if column:
        sheet.header.append(column)
        for row, name in zip(sheet.rows, names, strict=True):
            row.append(made.rng.choice(_WORDS[made.meant[name][0]]))
    _with_more(made, sheet)
    if made.chance(0.1):
        sheet.rows += [sheet.rows[0], sheet.rows[-1]]
    if made.chance(0.1):
        sheet.rows += [[f"gone_{i}.jpg", *sheet.rows[0][1:]] for i in range(2)]
    if made.chance(0.5):
        made.rng.shuffle(sheet.rows)
    made.recipe.append(f"table {sheet.header} {place!r}")
    _write(made, file or f"{top}{made.rng.choice(['labels', 'annotations', 'meta data', 'data'])}.csv", sheet)


def _said(made: Made, top: str, name: str, place: str) -> str:
    """How a table names a photo: its file, its path, or a path of another machine."""
    if place == "":
        return name.rpartition("/")[2]
    rest = name.removeprefix(top)
    if made.chance(0.05):
        rest = f"{rest.rpartition('.')[0]}{made.rng.choice(['.jpg', '.JPG', '.png'])}"
    if place == "rest":
        return rest if made.chance(0.9) else name
    return f"{place}{rest}".replace("/", "\\") if "\\" in place else f"{place}{rest}"


def _with_more(made: Made, sheet: _Sheet) -> None:
    """Columns that say nothing of the class."""
    if made.chance(0.3):
        sheet.header.append(made.rng.choice(["age", "width", "notes", "patient_age"]))
        for number, row in enumerate(sheet.rows):
            row.append(str(number))
    if made.chance(0.2):  # as pandas writes its index
        sheet.header.insert(0, made.rng.choice(["", "Unnamed: 0"]))
        for number, row in enumerate(sheet.rows):
            row.insert(0, str(number))


def _write(made: Made, name: str, sheet: _Sheet) -> None:
    delimiter = made.rng.choice([",", ",", ",", ";", "\t"])
    quoted = made.rng.choice(["needed", "needed", "all", "after a space"])
    lines = []
    for cells in (sheet.header, *sheet.rows):
        row = [f'"{cell}"' if quoted != "needed" or delimiter in cell else cell for cell in cells]
        lines.append(f"{delimiter} ".join(row) if quoted == "after a space" else delimiter.join(row))
    text = made.rng.choice(["\n", "\r\n"]).join(lines) + made.rng.choice(["", "\n", "\n\n"])
    encoding = made.rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"])
    made.recipe.append(f"{name} {delimiter!r} {quoted} {encoding}")
    made.add(
        name if delimiter != "\t" else name.replace(".csv", made.rng.choice([".csv", ".tsv"])), text.encode(encoding)
    )
