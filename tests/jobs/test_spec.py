import pytest

from core.jobs.spec import JobSpec


def test_a_spec_survives_json() -> None:
    spec = JobSpec(
        "compare", {"backbones": ["a"], "names": "蚂蚁"}, slot="short", title="t", dataset_id="d", listed=False
    )
    assert JobSpec.from_json(spec.to_json()) == spec


def test_fields_of_a_newer_graft_are_left_out() -> None:
    assert JobSpec.from_json({"kind": "ingest", "gpu": 1}) == JobSpec("ingest")


@pytest.mark.parametrize("kind", ["", "_private", "os.system", "a b"])
def test_a_kind_is_the_name_of_a_public_verb(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        JobSpec(kind)


def test_a_slot_is_known() -> None:
    with pytest.raises(ValueError, match="slot is one of long, short, not 'fast'"):
        JobSpec("ingest", slot="fast")


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_parameters_are_json(value: object) -> None:
    with pytest.raises(ValueError, match="are not JSON"):
        JobSpec("ingest", {"x": value})


@pytest.mark.parametrize("content", [{}, [], {"kind": "x", "slot": "no"}, None])
def test_what_is_no_spec_is_a_value_error(content: object) -> None:
    with pytest.raises(ValueError):
        JobSpec.from_json(content)  # type: ignore[arg-type]
