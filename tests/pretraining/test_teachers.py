import numpy as np
import pytest
import torch
from torch import nn

from core.errors import BackboneError
from core.pretraining.teachers import EmbeddingClassifier, TorchTeacher, open_teacher


def test_a_classifier_gives_its_last_layers_input_and_output() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))
    teacher = TorchTeacher("mean", EmbeddingClassifier(model, [0.5] * 3, [0.25] * 3))
    images = torch.rand(2, 3, 4, 4)
    (targets,) = teacher([images])
    np.testing.assert_allclose(targets["embedding"], 4 * images.mean((2, 3)) - 2, atol=2e-3)
    assert teacher.outputs == {"embedding": 3, "logits": 5}
    assert targets["logits"].shape == (2, 5)


def test_the_network_always_sees_a_full_batch_and_says_nothing_of_the_filling() -> None:
    sizes = list[int]()

    class Watched(nn.Module):
        def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
            sizes.append(len(images))
            return {"embedding": images.mean((2, 3))}

    teacher = TorchTeacher("watched", Watched())
    sizes.clear()
    targets = list(teacher([torch.ones(32, 3, 4, 4), torch.ones(5, 3, 4, 4)]))
    assert sizes == [32, 32]
    assert [len(batch["embedding"]) for batch in targets] == [32, 5]
    assert (targets[1]["embedding"] == 1).all()


def test_a_network_that_cannot_be_a_teacher_is_reported() -> None:
    with pytest.raises(BackboneError, match="'torchvision:nope' cannot be a teacher of images of 64 px"):
        open_teacher("torchvision:nope", input_px=64)
    with pytest.raises(BackboneError, match="no linear layer"):
        EmbeddingClassifier(nn.Conv2d(3, 4, 1), [0.5] * 3, [0.25] * 3)


def test_a_missing_teacher_file_is_named() -> None:
    with pytest.raises(BackboneError, match=r"no teacher file 'none\.safetensors'"):
        open_teacher("none.safetensors", input_px=64)
    with pytest.raises(BackboneError, match=r"no teacher file 'none\.tflite'"):
        open_teacher("none.tflite", input_px=64)
