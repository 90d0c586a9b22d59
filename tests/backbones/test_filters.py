import pytest

from core.backbones.filters import Filter, families
from core.backbones.registry import backbones, every, info
from core.errors import BackboneError


def listed(asked: Filter) -> list[str]:
    return [known.name for known in asked.listed()]


def test_without_a_wish_all_are_listed() -> None:
    assert len(listed(Filter())) == len(backbones())


def test_weights_for_research_alone_are_left_out_where_commercial_use_is_asked_for() -> None:
    assert {*listed(Filter())} - {*listed(Filter(commercial=True))} == {"regnet_y_128gf", "vit_h_14"}
    assert not info("vit_h_14").commercial


def test_wishes_are_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    small = listed(Filter(family="resnet", max_mb=100))
    assert [name for name in small if ":" not in name] == ["resnet18", "resnet34", "resnet50"]
    assert listed(Filter(ready=True, max_mb=5)) == ["graft_plain", "pixels_16"]
    assert listed(Filter(ready=True, family="resnet")) == []
    assert listed(Filter(ready=True, family="efficientnet_lite")) == ["efficientnet_lite0"]


def test_of_timm_a_choice_is_listed_and_the_rest_where_it_is_asked_for() -> None:
    hidden = "timm:resnet50.a2_in1k"
    assert {"timm:resnet50.a1_in1k"} <= {*listed(Filter())}
    assert hidden not in listed(Filter(commercial=True, max_mb=500))
    for asked in (Filter(every=True), Filter(family="resnet"), Filter(search="A2 ResNet50.")):
        assert hidden in listed(asked)
        assert all(asked.admits(info(name)) for name in listed(asked))
    assert len(listed(Filter(every=True))) == len(every()) > len(listed(Filter())) + 1500
    assert {*listed(Filter(search="timm:resnet50.a2"))} == {hidden}
    assert listed(Filter(search="  ")) == listed(Filter())


def test_every_family_is_listed_once() -> None:
    names = families(every())
    assert names[:3] == ("graft", "baseline", "efficientnet_lite")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"family": "resnt"}, "no family 'resnt'.*resnet"),
        ({"max_mb": 0.0}, "max_mb is 0.0"),
        ({"max_mb": float("nan")}, "max_mb is nan"),
    ],
)
def test_a_wish_that_nothing_can_meet_is_refused(wishes: dict[str, object], message: str) -> None:
    with pytest.raises(BackboneError, match=message):
        Filter(**wishes)  # type: ignore[arg-type]
