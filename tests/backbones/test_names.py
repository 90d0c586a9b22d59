import pytest

from core.backbones.names import (
    BackboneName,
    called,
    framed,
    framing_of,
    is_part,
    parse,
    parts,
    plain,
    size_of,
    unframed,
)
from core.backbones.registry import canonical
from core.errors import BackboneError


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("resnet18", BackboneName("resnet18")),
        ("resnet18@centre", BackboneName("resnet18")),
        ("timm:vit_small.lvd142m@whole", BackboneName("timm:vit_small.lvd142m", "whole")),
        ("resnet18@squashed", BackboneName("resnet18", "squashed")),
        ("resnet18@160", BackboneName("resnet18", input_px=160)),
        ("keras:vgg16@96@whole", BackboneName("keras:vgg16", "whole", 96)),
    ],
)
def test_a_name_is_taken_apart_and_put_together(name: str, parsed: BackboneName) -> None:
    assert parse(name) == parsed
    assert canonical(name) == str(parsed) == name.removesuffix("@centre")


def test_size_and_framing_may_stand_in_any_order_and_are_written_in_one() -> None:
    assert str(parse("a@whole@160")) == str(parse("a@0160@whole")) == "a@160@whole"
    assert str(parse("a@centre@160")) == "a@160"


@pytest.mark.parametrize("option", ["wide", "", "Whole", "-1", "160.5", "160px", "²", "1234567"])
def test_what_is_no_framing_is_answered_with_the_three(option: str) -> None:
    name = f"a@whole@{option}"
    with pytest.raises(BackboneError, match="neither an input size in pixels nor a framing: centre, whole, squashed"):
        parse(name)


def test_a_name_has_one_framing() -> None:
    with pytest.raises(BackboneError, match="'a@whole@squashed' has more than one framing"):
        parse("a@whole@squashed")


@pytest.mark.parametrize("name", ["a@160@224", "a@160@whole@160"])
def test_a_name_has_one_size(name: str) -> None:
    with pytest.raises(BackboneError, match=f"'{name}' has more than one input size"):
        parse(name)


def test_a_size_is_above_0() -> None:
    with pytest.raises(BackboneError, match="'a@0' has an input of no size"):
        parse("a@0")


def test_a_framing_is_added_where_there_is_none() -> None:
    assert framed("a", "whole") == "a@whole"
    assert framed("a@centre", "whole") == "a@whole"
    assert framed("a@squashed", "whole") == "a@squashed"
    assert framed("a@squashed", "centre") == "a@squashed"
    assert framed("a", "centre") == "a"
    with pytest.raises(BackboneError, match="'wide'"):
        framed("a", "wide")


def test_people_are_told_choices_in_words() -> None:
    assert called("resnet18") == "resnet18"
    assert called("resnet18@whole is better than vgg11@squashed.") == (
        "resnet18 (whole photo) is better than vgg11 (squashed)."
    )
    assert called("a@whole+b · knn is ahead by +3.2 points") == "a (whole photo) + b · knn is ahead by +3.2 points"
    assert called("a+b1@squashed+c is better than a.") == "a + b1 (squashed) + c is better than a."
    assert called("a@wholesale.org") == "a@wholesale.org"
    assert called("a@160 is quicker than b@96@squashed.") == "a (160 px) is quicker than b (96 px, squashed)."
    assert called("a@160@whole+b@whole") == "a (160 px, whole photo) + b (whole photo)"


def test_several_backbones_are_joined_in_one_order() -> None:
    assert parts("b@whole+a") == (BackboneName("a"), BackboneName("b", "whole"))
    assert canonical("b@centre+timm:a.x") == "b+timm:a.x"
    assert canonical("c+b@whole+a") == "a+b@whole+c"
    assert parts("a") == (BackboneName("a"),)
    assert parts(" a + b ") == (BackboneName("a"), BackboneName("b"))


def test_a_framing_is_of_each_backbone() -> None:
    assert framed("b+a", "whole") == "a@whole+b@whole"
    assert framed("b@squashed+a", "whole") == "a@whole+b@squashed"
    assert unframed("b@squashed+a@whole") == "a+b"
    assert framing_of("a@whole+b@whole") == "whole"
    assert framing_of("a@whole+b") == framing_of("a+b") == "centre"
    assert framed("b@160+a", "whole") == "a@whole+b@160@whole"


def test_a_size_is_of_each_backbone() -> None:
    assert size_of("a@160+b@160@whole") == size_of("a@160") == 160
    assert size_of("a@160+b") == size_of("a") == 0
    assert parts("a@160+a") == (BackboneName("a"), BackboneName("a", input_px=160))
    assert plain("b@160@whole+a") == "a+b"
    assert unframed("b@160@whole") == "b@160"


def test_a_part_is_less_than_the_whole() -> None:
    assert is_part("b", "a+b")
    assert is_part("a+c", "c+b+a")
    assert not any(is_part(name, "a+b") for name in ("a+b", "b+a", "c", "b@whole", "a+b+c"))


@pytest.mark.parametrize(
    ("name", "message"),
    [("a+a", "names a backbone twice"), ("a+a@centre", "twice"), ("a+b+c+d+e", "names 5 backbones"), ("a+b@c", "'c'")],
)
def test_what_cannot_be_joined_is_said(name: str, message: str) -> None:
    with pytest.raises(BackboneError, match=message):
        canonical(name)


def test_one_name_is_not_that_of_several() -> None:
    with pytest.raises(BackboneError, match="names several backbones"):
        parse("a+b")
