import pytest

from core.backbones.names import BackboneName, called, canonical, framed, parse
from core.errors import BackboneError


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("resnet18", BackboneName("resnet18")),
        ("resnet18@centre", BackboneName("resnet18")),
        ("timm:vit_small.lvd142m@whole", BackboneName("timm:vit_small.lvd142m", "whole")),
        ("resnet18@squashed", BackboneName("resnet18", "squashed")),
    ],
)
def test_a_name_is_taken_apart_and_put_together(name: str, parsed: BackboneName) -> None:
    assert parse(name) == parsed
    assert canonical(name) == str(parsed) == name.removesuffix("@centre")


@pytest.mark.parametrize("name", ["a@wide", "a@", "a@whole@", "@Whole"])
def test_what_is_no_framing_is_answered_with_the_three(name: str) -> None:
    with pytest.raises(BackboneError, match="Choose one of: centre, whole, squashed"):
        parse(name)


def test_a_name_has_one_framing() -> None:
    with pytest.raises(BackboneError, match="'a@whole@squashed' has more than one framing"):
        parse("a@whole@squashed")


def test_a_framing_is_added_where_there_is_none() -> None:
    assert framed("a", "whole") == "a@whole"
    assert framed("a@centre", "whole") == "a@whole"
    assert framed("a@squashed", "whole") == "a@squashed"
    assert framed("a@squashed", "centre") == "a@squashed"
    assert framed("a", "centre") == "a"
    with pytest.raises(BackboneError, match="'wide'"):
        framed("a", "wide")


def test_people_are_told_a_framing_in_words() -> None:
    assert called("resnet18") == "resnet18"
    assert called("resnet18@whole is better than vgg11@squashed.") == (
        "resnet18 (whole photo) is better than vgg11 (squashed)."
    )
    assert called("a@whole + b · knn") == "a (whole photo) + b · knn"
    assert called("a@wholesale.org") == "a@wholesale.org"
