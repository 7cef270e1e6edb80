"""Pixel flipping: how the explained label's probability falls while cells are silenced in some order (samek2017).

The area under that curve is small for an order that finds first what the network relies on. Cells are those of the
STFT within 60 dB of the loudest, for both kinds of network: of a spectrogram they are set to 0, which is silence; of a
waveform the STFT without them is inverted. The input is not scaled anew, so that what is left does not become louder.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explainer.networks.inputs import NetworkInput
from explainer.relevance.masks import Cells, LiveCells
from explainer.rendering.played import label_probabilities

N_STEPS: Final = 20
"""From nothing silenced to all cells, in equal shares."""

Order = NDArray[np.int64]
Curve = NDArray[np.float64]


def seen_cells(live: LiveCells, *, network_input: NetworkInput) -> LiveCells:
    """Which live cells the network takes: of a waveform all, of a spectrogram those within its crop."""
    if network_input.kind == "waveform":
        return live
    _, n_bins, n_frames = network_input.shape
    seen = np.zeros_like(live)
    frames = slice(network_input.first_frame, network_input.first_frame + n_frames)
    seen[:n_bins, frames] = live[:n_bins, frames]
    return seen


def silenced(inputs: Tensor, *, kept: Tensor, network_input: NetworkInput) -> Tensor:
    """What the network takes when only some cells are kept.

    Parameters
    ----------
    inputs : Tensor, float, (1, 1, bin, frame) or (1, 1, sample)
    kept : Tensor, bool, (batch, bin, frame)
        On the whole grid of the STFT.

    Returns
    -------
    Tensor, float, (batch, 1, bin, frame) or (batch, 1, sample)
    """
    if network_input.kind == "waveform":
        transform = network_input.transform
        return transform.inverse(transform.stft(inputs[:, 0]) * kept)[:, None]
    _, n_bins, n_frames = network_input.shape
    first = network_input.first_frame
    return inputs * kept[:, None, :n_bins, first : first + n_frames]


def order_by(values: Cells, *, ties: Order) -> Order:
    """The numbers of the cells in `ties`, those of the largest values first, equal ones as they follow there.

    Parameters
    ----------
    values : ndarray, float64, (bin, frame)
    ties : ndarray, int64, (cell,)
        As `random_order` gives it.
    """
    ordered: Order = ties[np.argsort(-values.ravel()[ties], kind="stable")]
    return ordered


def random_order(cells: LiveCells, *, seed: int) -> Order:
    """The numbers of the cells among all of the grid, in an order drawn from `seed`."""
    return np.random.default_rng(seed).permutation(np.flatnonzero(cells))


def flipping_curves(
    network: nn.Module, inputs: Tensor, *, orders: Sequence[Order], explained: int, network_input: NetworkInput
) -> list[Curve]:
    """The explained label's probability after each share of the cells was silenced, for each order.

    Parameters
    ----------
    inputs : Tensor, float, (1, 1, bin, frame) or (1, 1, sample)
        Of one stimulus.
    orders : sequence of ndarray, int64, (cell,)
        As `order_by` gives them.
    explained : int
        Index of a label.

    Returns
    -------
    list of ndarray, float64, (N_STEPS + 1,)
    """
    shape = (network_input.transform.n_bins, network_input.transform.n_frames)
    curves = []
    for order in orders:
        kept = torch.ones((N_STEPS + 1, shape[0] * shape[1]), dtype=torch.bool)
        for step, n_silenced in enumerate(np.rint(np.linspace(0, len(order), N_STEPS + 1)).astype(int)):
            kept[step, order[:n_silenced]] = False
        flipped = silenced(inputs, kept=kept.reshape(-1, *shape), network_input=network_input)
        curves.append(label_probabilities(network, flipped)[:, explained].numpy())
    return curves


def area_under(curve: Curve) -> float:
    """Area under a flipping curve over the share silenced, 0 to 1, by trapezoids."""
    return float(np.trapezoid(curve, dx=1 / N_STEPS))
