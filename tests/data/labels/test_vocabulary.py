"""Words for splits, alone and with others."""

from __future__ import annotations

import pytest

from core.data.labels.vocabulary import split_name, split_word


@pytest.mark.parametrize(
    ("name", "split", "rest", "title"),
    [
        ("train", "train", "", ""),
        ("Training Set", "train", "", "Set"),
        ("seg_train", "train", "seg", "seg"),
        ("trainval", "train", "", ""),
        ("train+val", "train", "", ""),
        ("TESTImages", "test", "", "Images"),
        ("hold-out", "test", "", ""),
        ("val2017", "val", "", "2017"),
        ("Golden Retriever - train", "train", "golden retriever", "Golden Retriever"),
        ("test_tube", "test", "tube", "tube"),
        ("my_train_data_v2", "train", "", "my data_v2"),
    ],
)
def test_a_split_and_what_else_a_name_says(name: str, split: str, rest: str, title: str) -> None:
    named = split_name(name)
    assert named is not None
    assert (named.split, named.rest, named.title) == (split, rest, title)


@pytest.mark.parametrize("name", ["trainer", "contest", "train_test_split", "crash_test_dummy", "protest", "", "cat"])
def test_other_names_say_no_split(name: str) -> None:
    assert split_name(name) is None


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("Trainingsdaten", "Validierungsdaten", "Testdaten"),
        ("entraînement", "jeu de validation", "données de test"),
        ("entrai\u0302nement", "validation", "essais"),
        ("datos_entrenamiento", "validación", "pruebas"),
        ("treino", "validação", "teste"),
        ("addestramento", "convalida", "prova"),
        ("обучающая выборка", "валидация", "тестовая_выборка"),
        ("训练集", "验证集", "测试集"),
        ("1_学習データ", "2_検証データ", "3_テストデータ"),
        ("훈련", "검증", "테스트"),
        ("eğitim verisi", "doğrulama", "test verisi"),
    ],
)
def test_splits_are_known_in_other_languages(train: str, val: str, test: str) -> None:
    assert [split_word(name) for name in (train, val, test)] == ["train", "val", "test"]


def test_a_table_has_the_same_words() -> None:
    words = ("TRAINING", "dev", "validation", "hold-out", "Test", "0", "later", "test tube")
    assert [split_word(word) for word in words] == ["train", "val", "val", "test", "test", "", "", ""]
