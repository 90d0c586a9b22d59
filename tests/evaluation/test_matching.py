"""Which class of a set is which class of a model."""

from __future__ import annotations

import pytest

from core.errors import EvaluationError
from core.evaluation.matching import match_classes


def test_classes_of_the_same_name_go_together_without_a_word():
    match = match_classes(["cat", "dog"], ["dog", "cat"])
    assert match.known == {"dog": "dog", "cat": "cat"}
    assert match.sentences == ()


def test_case_spaces_and_strokes_make_no_difference_and_it_is_said():
    match = match_classes(["red fox", "dog"], ["Red_Fox", "dog"])
    assert match.known == {"Red_Fox": "red fox", "dog": "dog"}
    assert match.sentences == ("Taken for the model's classes: 'Red_Fox' → 'red fox'.",)


def test_a_class_written_exactly_is_not_taken_by_one_that_is_written_alike():
    assert match_classes(["cat", "dog"], ["CAT", "cat", "dog"]).unknown == ("CAT",)


def test_what_one_of_them_lacks_is_named_and_near_names_are_suggested():
    match = match_classes(["cat", "dog", "owl"], ["cat", "dogg", "wasp"])
    assert (match.known, match.unknown, match.absent) == ({"cat": "cat"}, ("dogg", "wasp"), ("dog", "owl"))
    assert match.suggested == {"dogg": "dog"}
    said = " ".join(match.sentences)
    assert "does not know these 2 classes, so their photos are left out: 'dogg', 'wasp'" in said
    assert "Perhaps these are the same: 'dogg' for 'dog'" in said
    assert "no photos of these 2 classes of the model: 'dog', 'owl'" in said


def test_what_the_user_says_comes_first():
    match = match_classes(["cat", "dog"], ["cat", "hound"], {"hound": "dog"})
    assert match.known == {"cat": "cat", "hound": "dog"}
    assert match.absent == ()
    both = match_classes(["cat", "dog"], ["cat", "kitten", "dog"], {"kitten": "cat"})
    assert both.known == {"cat": "cat", "kitten": "cat", "dog": "dog"}
    alike = match_classes(["bees", "ants"], ["Bees ", "ants", "wasps"], {"wasps": "bees"})
    assert (alike.known, alike.unknown) == ({"Bees ": "bees", "ants": "ants", "wasps": "bees"}, ())


@pytest.mark.parametrize(("renamed", "wrong"), [({"hen": "dog"}, "hen"), ({"cat": "hen"}, "hen")])
def test_a_name_that_is_not_there_is_a_mistake(renamed: dict[str, str], wrong: str):
    with pytest.raises(EvaluationError, match=f"There is no class '{wrong}'"):
        match_classes(["cat", "dog"], ["cat", "dog"], renamed)


def test_without_any_class_in_common_there_is_nothing_to_judge():
    with pytest.raises(EvaluationError, match=r"None of the classes.*'kat' for 'cat'"):
        match_classes(["cat", "dog"], ["kat", "hen"])
