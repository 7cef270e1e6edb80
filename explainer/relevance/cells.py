"""Relevance where masks are made: on the cells of the STFT, and over time, whatever the network takes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from earshot.errors import RecipeError
from explainer.networks.inputs import NetworkInput
from explainer.relevance.explanation import Explanation
from explainer.relevance.inspection import relevance_in_cells
from explainer.timefrequency import Transform


@dataclass(frozen=True)
class CellRelevance:
    """Relevance of a batch.

    Attributes
    ----------
    cells : Tensor, float, (batch, bin, frame)
        On the whole grid of the STFT; 0 where the network sees nothing.
    in_time : Tensor, float, (batch, sample)
        Over the network's window.
    """

    cells: Tensor
    in_time: Tensor


def relevance_on_cells(
    explanation: Explanation, *, inputs: Tensor, network_input: NetworkInput, method: str
) -> CellRelevance:
    """An explanation carried to the cells of the STFT, and to samples.

    A spectrogram's relevance lies on its cells; over time it is the sum of each frame, and between frames what lies
    between them. A waveform's lies on its samples; the virtual inspection layer carries it to cells (vielhaben2024).

    Parameters
    ----------
    inputs : Tensor, float, (batch, 1, ...)
        What was explained.

    Raises
    ------
    RecipeError
        If the method gives a waveform no coefficients.
    """
    transform = network_input.transform
    if network_input.kind == "spectrogram":
        cells = network_input.to_stft(explanation.relevance)
        return CellRelevance(cells=cells, in_time=_to_samples(cells.sum(dim=1), transform=transform))
    if explanation.coefficients is None:
        raise RecipeError(
            f"relevance.method '{method}' gives a waveform's samples relevance that is no multiple of them, which "
            "cannot be carried to time and frequency; take one whose first layer has the epsilon rule, 'epsilon-plus'"
        )
    cells = relevance_in_cells(inputs[:, 0], explanation.coefficients, transform=transform)
    return CellRelevance(cells=cells, in_time=explanation.relevance)


def _to_samples(frames: Tensor, *, transform: Transform) -> Tensor:
    """Values per frame, (batch, frame), between the frames' centres as well: Tensor, (batch, sample)."""
    places = torch.arange(transform.n_samples, dtype=torch.float64) / transform.hop
    before = places.floor().long()
    weight = (places - before).to(frames.dtype)
    return frames[:, before] * (1 - weight) + frames[:, before + 1] * weight
