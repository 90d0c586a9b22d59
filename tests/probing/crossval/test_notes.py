from core.probing.crossval.crossval import notes_of
from tests.probing.conftest import make_result


def test_a_note_about_all_backbones_is_said_once_and_one_about_some_names_them():
    results = [
        make_result("resnet18", notes=("4 folds.", "Rough.")),
        make_result("resnet50", notes=("4 folds.",)),
        make_result("vgg11", notes=("4 folds.", "Rough.")),
    ]
    assert notes_of(results) == ("4 folds.", "resnet18, vgg11: Rough.")


def test_a_note_about_the_only_backbone_does_not_name_it():
    assert notes_of([make_result(notes=("Rough.",))]) == ("Rough.",)
