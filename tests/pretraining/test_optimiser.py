import torch
from torch import nn

from core.pretraining.optimiser import MOMENTUM, Muon, optimisers, orthogonal


def test_an_orthogonal_update_has_singular_values_near_one() -> None:
    values = torch.linalg.svdvals(orthogonal(torch.randn(6, 20, generator=torch.Generator().manual_seed(0))))
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_matrices_made_orthogonal_together_are_those_made_one_by_one() -> None:
    torch.manual_seed(0)
    for shape in ((3, 6, 20), (3, 20, 6)):
        matrices = torch.randn(shape)
        together = orthogonal(matrices)
        for matrix, expected in zip(matrices, together, strict=True):
            torch.testing.assert_close(orthogonal(matrix), expected, atol=2e-2, rtol=0)


def test_a_step_is_the_naive_one_for_each_weight() -> None:
    torch.manual_seed(0)
    weights = [
        nn.Parameter(torch.randn(8, 4, 3, 3)),
        nn.Parameter(torch.randn(8, 4, 3, 3)),
        nn.Parameter(torch.randn(5, 9)),
    ]
    muon = Muon(weights, lr=0.1, weight_decay=0.5)
    expected = [weight.detach().clone() for weight in weights]
    momenta = [torch.zeros_like(weight) for weight in weights]
    for _step in range(2):
        for i, weight in enumerate(weights):
            weight.grad = torch.randn_like(weight)
            momenta[i] = MOMENTUM * momenta[i] + (1 - MOMENTUM) * weight.grad
            blended = MOMENTUM * momenta[i] + (1 - MOMENTUM) * weight.grad
            flat = blended.flatten(1)
            update = orthogonal(flat).view_as(weight) * 0.2 * max(flat.shape) ** 0.5
            expected[i] = expected[i] * (1 - 0.1 * 0.5) - 0.1 * update
        muon.step()
    for weight, naive_weight in zip(weights, expected, strict=True):
        torch.testing.assert_close(weight.detach(), naive_weight, atol=1e-2, rtol=0)


def test_the_first_convolution_norms_and_heads_are_adamws() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, bias=False), nn.Linear(8, 2))
    muon, adamw = optimisers(model, lr=0.1, weight_decay=0.5)
    assert [p.shape for p in muon.param_groups[0]["params"]] == [(8, 8, 3, 3)]
    decayed, undecayed = adamw.param_groups
    assert [tuple(p.shape) for p in decayed["params"]] == [(8, 3, 3, 3), (2, 8)]
    assert (decayed["weight_decay"], undecayed["weight_decay"]) == (0.5, 0.0)
