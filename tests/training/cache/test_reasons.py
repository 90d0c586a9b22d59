from core.training.cache.reasons import REASONS, reason_label


def test_every_reason_is_a_sentence_of_its_own() -> None:
    assert len({reason_label(reason) for reason in REASONS}) == len(REASONS)
