"""Accuracy when the frequency axis of spectrograms is scaled, voices of each sex towards the other (becker2024).

The paper's scaling is compared with none and with one as far the other way, which changes spectrograms as much but
makes no voice more like one of the other sex.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from explainer.batches.job import Tools
from explainer.manipulation.clips import PartClips, batches, is_right
from explainer.manipulation.results import EXPONENTS, FACTORS


def why_not_scaled(*, kind: str, label_column: str, labels: Sequence[str]) -> str | None:
    """Why the test does not apply, for a reader; None where it does."""
    if set(labels) != set(FACTORS):
        return f"the networks tell '{label_column}', and the test is one of telling male from female voices"
    if kind != "spectrogram":
        return "the networks take waveforms, which have no frequency axis to be scaled"
    return None


def scale_frequency(inputs: Tensor, *, factors: Tensor) -> Tensor:
    """Spectrograms with what lay at a frequency moved to `factor` times that frequency.

    Parameters
    ----------
    inputs : Tensor, float, (batch, 1, bin, frame)
        Bins from 0 Hz on.
    factors : Tensor, float64, (batch,), above 0

    Returns
    -------
    Tensor, same dtype and shape
        Levels between bins are interpolated linearly; what comes from above the highest bin is silence, 0. Nothing is
        scaled to its maximum anew.
    """
    n_bins = inputs.shape[-2]
    sources = torch.arange(n_bins, dtype=torch.float64) / factors[:, None]
    below = sources.floor().long().clamp_max(n_bins - 1)
    weights = (sources - below).to(inputs.dtype)[:, None, :, None]
    lower, upper = (_take_bins(inputs, bins=bins) for bins in (below, (below + 1).clamp_max(n_bins - 1)))
    inside = (sources <= n_bins - 1)[:, None, :, None]
    return ((1 - weights) * lower + weights * upper).where(inside, torch.zeros((), dtype=inputs.dtype))


def count_right(part: PartClips, *, tools: Tools, seed: int) -> tuple[Mapping[str, int], ...]:
    """Right answers of one network by true label, at each of `EXPONENTS`.

    Parameters
    ----------
    seed : int
        Of the network; shown with the progress.
    """
    factor_of = torch.tensor([FACTORS[label] for label in tools.labels], dtype=torch.float64)
    counts: list[Counter[str]] = [Counter() for _ in EXPONENTS]
    for batch in batches(part, tools=tools, doing=f"scaling, seed {seed}"):
        factors = factor_of[batch.labels]
        for count, exponent in zip(counts, EXPONENTS, strict=True):
            scaled = scale_frequency(batch.inputs, factors=factors**exponent)
            right = is_right(tools.network, scaled, labels=batch.labels).tolist()
            count.update(clip.label for clip, each in zip(batch.clips, right, strict=True) if each)
    return tuple({label: count[label] for label in FACTORS} for count in counts)


def count_clips(part: PartClips) -> Mapping[str, int]:
    """Clips by true label, for those labels that have any."""
    found = Counter(clip.label for clip in part.clips)
    return {label: found[label] for label in FACTORS if found[label]}


def _take_bins(inputs: Tensor, *, bins: Tensor) -> Tensor:
    """The named bins of each spectrogram: (batch, 1, bin, frame)."""
    return inputs.gather(-2, bins[:, None, :, None].expand_as(inputs))
