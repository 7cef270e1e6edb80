"""Accuracy when part of the input is set to 0: by relevance, by amplitude, or at random (becker2024).

Of a waveform, samples within the clip are set to 0, never the padding around it. Of a spectrogram, which the paper does
not treat so, cells within 60 dB of the loudest are set to 0, which is silence. What the network takes is changed after
it was scaled, so that what is left does not become louder.
"""

import torch
from torch import Tensor

from explainer.batches.explaining import explained_labels
from explainer.batches.job import Tools
from explainer.manipulation.clips import Inputs, PartClips, batches, is_right
from explainer.manipulation.results import CHOICES, SHARES, Choice
from explainer.networks.inputs import NetworkInput
from explainer.relevance.masks import LIVE_FLOOR_DB


def zeroable(batch: Inputs, *, network_input: NetworkInput) -> Tensor:
    """Which samples, or cells, shares are counted of: Tensor, bool, of the inputs' shape."""
    if network_input.kind == "waveform":
        samples = torch.arange(batch.inputs.shape[-1])
        return ((samples >= batch.starts[:, None]) & (samples < batch.ends[:, None]))[:, None]
    # levels are 1 at the loudest cell and 0 at the end of the network's range, which may lie above the floor
    return batch.inputs > max(0.0, 1 + LIVE_FLOOR_DB / network_input.range_db)


def rank(scores: Tensor, *, among: Tensor) -> Tensor:
    """The place of each position when those `among` are ordered by score, the largest first; the others come last.

    Parameters
    ----------
    scores : Tensor, float, (batch, ...)
    among : Tensor, bool, (batch, ...)
        Of as many positions.

    Returns
    -------
    Tensor, int64, (batch, position)
        Of equal scores the first position comes first.
    """
    flat = scores.flatten(1).masked_fill(~among.flatten(1), -torch.inf)
    order = flat.argsort(dim=1, descending=True, stable=True)
    return torch.empty_like(order).scatter_(1, order, torch.arange(order.shape[1]).expand_as(order))


def zero_out(inputs: Tensor, *, ranks: Tensor, among: Tensor, share: float) -> Tensor:
    """The inputs with the given share of the positions `among`, those of the lowest ranks, set to 0.

    Parameters
    ----------
    ranks : Tensor, int64, (batch, position)
        As `rank` gives them.
    share : float
        0 to 1; rounded to whole positions, per input.
    """
    n_zeroed = (share * among.flatten(1).sum(dim=1, dtype=torch.float64)).round()
    return inputs.masked_fill((ranks < n_zeroed[:, None]).reshape(inputs.shape), 0.0)


def count_right(part: PartClips, *, tools: Tools, seed: int) -> dict[Choice, tuple[int, ...]]:
    """Right answers of one network by choice and by each of `SHARES`.

    Parameters
    ----------
    seed : int
        Of the network; random places are drawn from it, so that every network has its own.
    """
    draws = torch.Generator().manual_seed(seed)
    explainer = tools.explainer(tools.method)
    counts = {choice: [0] * len(SHARES) for choice in CHOICES}
    for batch in batches(part, tools=tools, doing=f"zeroing, seed {seed}"):
        among = zeroable(batch, network_input=tools.input)
        scores: dict[Choice, Tensor] = {
            "relevance": explainer(batch.inputs, _explained(batch, tools=tools)).relevance,
            "amplitude": batch.inputs.abs(),
            "random": torch.rand(batch.inputs.shape, generator=draws),
        }
        for choice, own in scores.items():
            ranks = rank(own, among=among)
            for index, share in enumerate(SHARES):
                zeroed = zero_out(batch.inputs, ranks=ranks, among=among, share=share)
                counts[choice][index] += int(is_right(tools.network, zeroed, labels=batch.labels).sum())
    return {choice: tuple(own) for choice, own in counts.items()}


def _explained(batch: Inputs, *, tools: Tools) -> Tensor:
    """Indices of the labels whose relevance is taken, as the recipe says."""
    with torch.inference_mode():
        predicted = tools.network(batch.inputs).argmax(dim=1).tolist()
    return torch.tensor(explained_labels(batch.clips, predicted=predicted, tools=tools))
