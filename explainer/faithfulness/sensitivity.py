"""How far relevance moves when the input moves a little: max-sensitivity, by quantus (hedstrom2023)."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.faithfulness.quantus_import import load_quantus
from explainer.relevance.explanation import Explanation

Explain = Callable[[Tensor, Tensor], Explanation]
"""From inputs, (batch, ...), and indices of labels, (batch,), to their explanation."""

N_PERTURBED: Final = 10
"""Inputs with noise, of which the worst counts; each costs an explanation, and the maximum grows slowly with them."""
RADIUS_SHARE: Final = 0.02
"""Largest size of the noise, as a share of the largest input: too small to be taken for another sound."""


def max_sensitivity(
    network: nn.Module, inputs: Tensor, *, relevance: Tensor, explained: int, explain: Explain, seed: int
) -> float | None:
    """Largest change of relevance over its size, among noisy versions of one input (yeh2019); 0 is best.

    Parameters
    ----------
    inputs : Tensor, float, (1, 1, bin, frame) or (1, 1, sample)
    relevance : Tensor, float, (1, bin, frame) or (1, sample)
        What `explain` finds for `inputs`.
    explained : int
        Index of a label.
    seed : int
        Of the noise, which is uniform.

    Returns
    -------
    float or None
        None where relevance is 0 everywhere.
    """
    if not relevance.any():
        return None

    def explain_noisy(model: nn.Module, inputs: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.float32]:
        found = explain(torch.as_tensor(inputs, dtype=torch.float32), torch.as_tensor(targets))
        return found.relevance[:, None].numpy()

    with _quiet(seed=seed):
        metric = load_quantus().MaxSensitivity(
            nr_samples=N_PERTURBED,
            lower_bound=RADIUS_SHARE * float(inputs.abs().max()),
            disable_warnings=True,
        )
        (found,) = metric(
            model=network,
            x_batch=inputs.numpy(),
            y_batch=np.array([explained]),
            a_batch=relevance[:, None].numpy(),
            explain_func=explain_noisy,
            channel_first=True,
        )
    return float(found)


@contextmanager
def _quiet(*, seed: int) -> Iterator[None]:
    """A block in which numpy's global generator, from which quantus draws, starts at `seed`; restored afterwards."""
    before = np.random.get_state()
    try:
        np.random.seed(seed)
        with warnings.catch_warnings():
            # of quantus' own making, about shapes that it infers rightly
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(before)
