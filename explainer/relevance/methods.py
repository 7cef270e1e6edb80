"""Methods to compare LRP with, by zennit's attributors: gradients and occlusion."""

from collections.abc import Sequence
from functools import partial
from types import EllipsisType
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.relevance.explanation import Answer, Propagated, Weigh
from explainer.relevance.zennit_import import zennit

N_STEPS: Final = 20
"""Of integrated gradients, on the way from silence (zeros) to the input (sundararajan2017, eq. 3); zennit's default."""

N_NOISY: Final = 20
NOISE_SHARE: Final = 0.1
"""SmoothGrad's inputs with noise, the last without, and the noise's standard deviation as a share of the input's range
(smilkov2017, section 3: 10 to 20 % from about 50 inputs on look alike)."""
NOISE_SEED: Final = 0

WINDOW_CELLS: Final = 16
WINDOW_SAMPLES: Final = 80
"""Side of the squares, and length of the stretches, that occlusion sets to 0: a fourteenth of a side of AudioMNIST's
spectrogram and 10 ms of its waveforms, in steps of the same size."""

COMPARISON_METHODS: Final = {
    "gradient-x-input": "gradient times input",
    "integrated-gradients": f"integrated gradients from zeros in {N_STEPS} steps",
    "smoothgrad": f"mean gradient of {N_NOISY} inputs with noise of {NOISE_SHARE} of their range, times input",
    "occlusion": f"loss of output per cell, {WINDOW_CELLS} x {WINDOW_CELLS} cells or {WINDOW_SAMPLES} samples set to 0",
}
"""What a recipe may name beside composites, and what it means."""


class ComparisonEngine:
    """A comparison method of one network.

    Parameters
    ----------
    network : Module
        In evaluation mode. Any that torch can differentiate.
    method : str
        A key of `COMPARISON_METHODS`.
    """

    name = "attributor"

    def __init__(self, network: nn.Module, *, method: str) -> None:
        self._network, self._method = network, method

    def __call__(self, inputs: Tensor, *, weigh: Weigh) -> Answer:
        """See `explanation.Engine`."""
        heard = inputs.detach().clone()
        with torch.no_grad():
            logits: Tensor = self._network(heard)
        attribute = self._occluded if self._method == "occlusion" else self._differentiated
        return Answer(logits=logits, propagated=[attribute(heard, weights=weights) for weights in weigh(logits)])

    def _differentiated(self, inputs: Tensor, *, weights: Tensor) -> Propagated:
        gradient = self._gradient(inputs, weights=weights).detach()
        return Propagated(relevance=inputs * gradient, coefficients=gradient)

    def _gradient(self, inputs: Tensor, *, weights: Tensor) -> Tensor:
        """What a method multiplies the inputs by: the gradient there, near them, or on the way to them."""
        gradient: Tensor
        at_point = zennit.attribution.Gradient(self._network)
        if self._method == "gradient-x-input":
            _, gradient = at_point(inputs, weights)
        elif self._method == "integrated-gradients":
            # zennit's own attributor gives this mean times the input, which hides it where the input is 0
            steps = [at_point(inputs * (step / N_STEPS), weights)[1] for step in range(1, N_STEPS + 1)]
            gradient = torch.stack(steps).mean(dim=0)
        else:
            smooth = zennit.attribution.SmoothGrad(self._network, noise_level=NOISE_SHARE, n_iter=N_NOISY)
            with torch.random.fork_rng(devices=[inputs.device] if inputs.is_cuda else []):
                torch.manual_seed(NOISE_SEED)
                _, gradient = smooth(inputs, weights)
        return gradient

    def _occluded(self, inputs: Tensor, *, weights: Tensor) -> Propagated:
        """Zeros behind the end make windows whole: zennit would let the last ones run on at the beginning."""
        shape = inputs.shape[2:]
        window = (WINDOW_SAMPLES,) if len(shape) == 1 else (WINDOW_CELLS,) * len(shape)
        missing = [-size % side for size, side in zip(shape, window, strict=True)]
        padded = functional.pad(inputs, [amount for each in reversed(missing) for amount in (0, each)])
        inside: tuple[EllipsisType | slice, ...] = (..., *(slice(size) for size in shape))
        attributor = zennit.attribution.Occlusion(
            _Cropped(self._network, inside=inside),
            attr_output=lambda logits: logits * weights,
            occlusion_fn=partial(zennit.attribution.occlude_independent, invert=True),
            window=window,
            stride=window,
        )
        with torch.no_grad():
            logits, occluded = attributor(padded)
        whole = (logits * weights).sum(dim=1).view(-1, *(1 for _ in inputs.shape[1:]))
        n_cells = _count_in_windows(shape, window=window).to(inputs)
        return Propagated(relevance=(whole - occluded[inside]) / n_cells, coefficients=None)


class _Cropped(nn.Module):
    """A network that takes its inputs with zeros behind their end."""

    def __init__(self, network: nn.Module, *, inside: tuple[EllipsisType | slice, ...]) -> None:
        super().__init__()
        self._network, self._inside = network, inside

    def forward(self, padded: Tensor) -> Tensor:
        """(batch, channel, ...) to logits."""
        logits: Tensor = self._network(padded[self._inside])
        return logits


def _count_in_windows(shape: Sequence[int], *, window: Sequence[int]) -> Tensor:
    """How many cells the window of each cell holds; fewer at the end."""
    counts = torch.ones(())
    for size, side in zip(shape, window, strict=True):
        starts = torch.arange(size) // side * side
        counts = counts[..., None] * (size - starts).clamp(max=side)
    return counts
