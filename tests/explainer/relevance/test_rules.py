"""Every rule in both engines against its matrix derivation; what rules refuse."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from explainer.relevance.composites import Rules
from explainer.relevance.direct import DirectEngine
from explainer.relevance.rules import RULES, AlphaBeta, Pass, Rule, rule_name
from explainer.relevance.zennit_engine import ZennitEngine
from tests.explainer.relevance.matrices import relevance_by_matrix

_WEIGHING = [name for name in RULES if name not in ("winner", "norm", "pass")]

_LAYERS: dict[str, tuple[Callable[[bool], nn.Module], tuple[int, ...]]] = {
    "dense": (lambda bias: nn.Linear(7, 5, bias=bias), (7,)),
    "convolution of samples": (lambda bias: nn.Conv1d(1, 3, 3, padding=1, bias=bias), (1, 8)),
    "strided convolution of samples": (lambda bias: nn.Conv1d(2, 4, 4, stride=3, padding=2, bias=bias), (2, 12)),
    "dilated convolution in groups": (lambda bias: nn.Conv1d(4, 6, 2, dilation=2, groups=2, bias=bias), (4, 7)),
    "many channels": (lambda bias: nn.Conv1d(6, 2, 3, stride=2, bias=bias), (6, 8)),
    "convolution of cells": (lambda bias: nn.Conv2d(1, 3, 3, bias=bias), (1, 5, 6)),
    "strided convolution of cells": (lambda bias: nn.Conv2d(6, 4, (3, 2), stride=2, padding=1, bias=bias), (6, 5, 6)),
    "convolution of cells in groups": (lambda bias: nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=bias), (4, 4, 3)),
}


@pytest.mark.parametrize("engine", [DirectEngine, ZennitEngine])
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "non-negative"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("kind", _LAYERS)
@pytest.mark.parametrize("name", _WEIGHING)
def test_rule_equals_the_matrix_derivation(
    name: str, kind: str, bias: bool, signed: bool, engine: type[DirectEngine] | type[ZennitEngine]
) -> None:
    make, shape = _LAYERS[kind]
    torch.manual_seed(3)
    layer = make(bias).double()
    inputs = torch.randn(5, *shape, dtype=torch.float64) if signed else torch.rand(5, *shape, dtype=torch.float64)
    weights = torch.randn(5, layer(inputs).flatten(1).shape[1], dtype=torch.float64)
    rules: Rules = {"0": RULES[name], "1": Pass()}
    answer = engine(nn.Sequential(layer, nn.Flatten()), rules=rules)(inputs, weigh=lambda _: [weights])
    found = answer.propagated[0].relevance.flatten(1).numpy()
    for row in range(5):
        relevance = (answer.logits[row] * weights[row]).numpy()
        expected = relevance_by_matrix(RULES[name], layer=layer, inputs=inputs[row].numpy(), relevance=relevance)
        np.testing.assert_allclose(found[row], expected, atol=1e-10 * np.abs(expected).max(), rtol=1e-10)


@pytest.mark.parametrize(("alpha", "beta"), [(2.0, 0.5), (0.5, -0.5)])
def test_alpha_and_beta_must_differ_by_one(alpha: float, beta: float) -> None:
    with pytest.raises(ValueError, match=f"alpha is {alpha}, beta {beta}; expected beta >= 0 and alpha - beta = 1"):
        AlphaBeta(alpha=alpha, beta=beta)


@pytest.mark.parametrize(("name", "rule"), RULES.items())
def test_every_rule_has_one_name(name: str, rule: Rule) -> None:
    assert rule_name(rule) == name
