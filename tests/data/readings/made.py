"""Uploads in memory, as lists of names: what is in them, and what their maker meant by it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.data.limits import Limits
from core.data.sources.source import Entry

Meaning = tuple[str, str]  # split and class

_WRAPPERS = (
    "archive", "dataset", "my data (1)", "Photos 2023", "leaves", "data", "root", "images", "Dataset_final", "raw",
    "project x", "imgs", "Bilder", "download", "Test project", "training course", "cats_and_dogs_filtered",
    "fruits-360_dataset", "archive (3)", "train_test_split", "v2", "2023-05-01", "kaggle", "leaves-main",
)  # fmt: skip
_ANIMALS = ("cat", "dog", "owl", "fox", "hen", "cow", "elk", "ape", "bat", "eel")
_POOLS = (
    _ANIMALS,
    ("Golden Retriever", "Pug", "Border Collie", "Shih-Tzu", "Great Dane"),
    ("healthy", "rust", "powdery_mildew", "leaf spot", "scab"),
    ("NORMAL", "PNEUMONIA", "COVID-19"),
    ("猫", "狗", "鸟"),
    ("Äpfel", "Birnen", "Köln", "Straße"),
    ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"),
    ("class 1", "class 2", "class 10"),
    ("n02085620-Chihuahua", "n02085936-Maltese_dog", "n02086079-Pekinese"),
    ("benign", "malignant"),
    ("paper", "glass", "metal", "trash", "cardboard", "plastic"),
    ("CON", "NUL", "aux"),
    ("A", "B", "C", "D"),
    ("cat's", "dog & co", "[owl]", "100%"),
    ("owl, grey", "owl, white", "tit, great"),
    ("docs", "photos", "drawings"),
    ("paper", "rock", "scissors"),
    ("left", "right"),
    tuple(f"breed {number}" for number in range(40)),
    tuple(f"{number:03d}.Bird_{number}" for number in range(1, 30)),
)
_LIKE_SPLITS = ("train", "test", "validation", "dev board", "test_tube", "bullet_train", "train station", "Training")
_VEHICLES = ("car", "plane", "ship", "bus", "bike")
_FILES = (
    "{i:03d}.jpg", "IMG_{n}.JPG", "photo ({i}).png", "DSC{n:05d}.jpeg", "{c}.{i}.jpg", "{c}_{i:04d}.png", "{n:x}.webp",
    "scan{i}.tif", "{i}.bmp", "Foto{n}.jpg",
)  # fmt: skip


@dataclass
class Made:
    """An upload in the making; it is a source of photos that cannot be decoded.

    Attributes:
        rng: what decides all that is not said.
        names: the files in it, and what is in those that are tables.
        meant: what each photo is that is to be taken.
        recipe: what was done, for a test's message.
    """

    rng: random.Random
    names: dict[str, bytes] = field(default_factory=dict)
    meant: dict[str, Meaning] = field(default_factory=dict)
    recipe: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    kind, title, limits = "folder", "made", Limits()

    @property
    def entries(self) -> list[Entry]:
        """What lies in it, folders last."""
        files = [Entry(name, size=len(content)) for name, content in self.names.items()]
        return files + [Entry(name, is_folder=True) for name in self.folders]

    def read(self, index: int) -> bytes:
        """What is in a file."""
        return list(self.names.values())[index]

    def digest(self) -> str:
        """Nothing that is made here is kept."""
        return ""

    def chance(self, share: float) -> bool:
        """Whether something is done that is done in this share of the uploads."""
        return self.rng.random() < share

    def add(self, name: str, content: bytes = b"", meaning: Meaning | None = None) -> None:
        """Puts a file in, unless one has its name."""
        if name not in self.names:
            self.names[name] = content
            if meaning is not None:
                self.meant[name] = meaning

    def rename(self, change: Callable[[str], str]) -> None:
        """Writes all names otherwise, as another system does; what is meant stays."""
        self.recipe.append(f"named as {change('a/b')}")
        self.names = {change(name): content for name, content in self.names.items()}
        self.folders = [change(name) for name in self.folders]

    def shoot(self, folder: str, label: str, split: str, photos: int, style: str) -> None:
        """Puts photos of a class into a folder."""
        first = self.rng.randrange(1000, 9000)
        for i in range(photos):
            file = style.format(i=i, n=first + i, c=label.split("/", maxsplit=1)[0].replace(" ", "_"))
            self.add(f"{folder}/{file}".lstrip("/"), meaning=(split, label))


def wrapper(made: Made, most: int = 5) -> str:
    """Folders around everything, with a slash at the end; "" for none."""
    depth = made.rng.choice([0, 0, 1, 1, 2, most])
    names = made.rng.sample(_WRAPPERS, depth)
    if names and made.chance(0.15):
        names.append(names[-1])  # a zip that was unpacked into a folder of its own name
    return "".join(f"{name}/" for name in names)


def classes(made: Made, least: int = 2) -> list[str]:
    """Names of classes; one of them may be called as a split."""
    if made.chance(0.12):
        made.recipe.append("a class called as a split")
        return [made.rng.choice(_LIKE_SPLITS), *made.rng.sample(_VEHICLES, made.rng.randint(2, 4))]
    pool = made.rng.choice([pool for pool in _POOLS if len(pool) >= least])
    return made.rng.sample(pool, made.rng.choice([least, min(len(pool), 8), len(pool)]))


def style(made: Made) -> str:
    """How files are called."""
    return made.rng.choice(_FILES)


def amount(made: Made) -> int:
    """How many photos of a class there are in one place."""
    return made.rng.choice([3, 5, 6, 8, 10, 12, 20, 30, 80])


_WORDS = {
    "train": ("train", "training", "trainset", "training_set", "train_images", "train_data", "tr", "trn"),
    "val": ("val", "valid", "validation", "dev", "validate", "validation_set", "val_images", "valset", "development"),
    "test": ("test", "testing", "tests", "test_set", "test_images", "eval", "evaluation", "holdout", "hold-out"),
}
_AFFIXES = ("{}", "{}", "{}", "seg_{}", "{}_leaves", "pets-{}", "01_{}", "{} (1)", "{}_224x224", "my {} data")
_CASES = (str, str, str.title, str.upper, str.capitalize)


def split_names(made: Made) -> dict[str, str]:
    """Folder names for two or three splits, in one manner."""
    chosen = made.rng.choice([("train", "test"), ("train", "val"), ("train", "val", "test"), ("train", "val", "test")])
    affix, case = made.rng.choice(_AFFIXES), made.rng.choice(_CASES)
    space = made.rng.choice(["_", "_", " ", "-"])
    plain = [words[0] for words in _WORDS.values()]
    names = {}
    for split in chosen:
        word = made.rng.choice(_WORDS[split]) if affix == "{}" else plain[("train", "val", "test").index(split)]
        names[split] = affix.format(case(word).replace("_", space))
    made.recipe.append(f"splits {sorted(names.values())}")
    return names


_SOURCES: Sequence[Sequence[str]] = (
    ("fold_1", "fold_2", "fold_3", "fold_4", "fold_5"),
    ("Fold1", "Fold2", "Fold3"),
    ("part1", "part2"),
    ("batch-01", "batch-02", "batch-03"),
    ("siteA", "siteB", "siteC"),
    ("site 1", "site 2"),
    ("Berlin", "Paris", "Oslo"),
    ("2019", "2020", "2021"),
    ("camera_1", "camera_2"),
    ("day1", "day2", "day3"),
    ("patient_01", "patient_02", "patient_03", "patient_04"),
    ("indoor", "outdoor"),
    ("session a", "session b"),
    ("alice", "bob", "carol"),
    ("HAM_part_1", "HAM_part_2"),
    ("Dataset 1", "Dataset 2"),
    ("1", "2", "3"),
    ("2021-05", "2021-06"),
)


def sources(made: Made) -> list[str]:
    """Folders that say where photos come from."""
    names = list(made.rng.choice(_SOURCES))
    made.recipe.append(f"sources {names}")
    return names
