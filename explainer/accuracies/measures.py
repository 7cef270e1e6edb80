"""How many answers are right, how sure that is, and which labels are taken for which."""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from explainer.networks.description import PartAccuracy

_Z_95: Final = 1.959963984540054  # 97.5 % quantile of the normal distribution
_N_DECIMALS: Final = 6


def measure(logits: Tensor, *, labels: Sequence[int]) -> PartAccuracy:
    """How a network answered.

    Parameters
    ----------
    logits : Tensor, float, (clip, label)
        The highest is the answer; the first one of equals.
    labels : sequence of int
        Index of each clip's true label.

    Raises
    ------
    ValueError
        If there is no clip, or not one label per clip.
    """
    n_clips, n_labels = logits.shape
    if not n_clips or len(labels) != n_clips:
        raise ValueError(f"labels are {len(labels)} for {n_clips} clips; expected one per clip, and at least one")
    true = torch.tensor(labels)
    pairs = torch.bincount(true * n_labels + logits.argmax(dim=1), minlength=n_labels**2)
    confusion = pairs.reshape(n_labels, n_labels)
    n_right = int(confusion.diagonal().sum())
    low, high = wilson_interval(n_right, n=n_clips)
    return PartAccuracy(
        n_clips=n_clips,
        n_right=n_right,
        share=round(n_right / n_clips, _N_DECIMALS),
        interval=(round(low, _N_DECIMALS), round(high, _N_DECIMALS)),
        confusion=confusion.tolist(),
    )


def wilson_interval(n_right: int, *, n: int) -> tuple[float, float]:
    """95 % confidence interval of a share of `n` independent answers (wilson1927)."""
    share, z_squared = n_right / n, _Z_95**2
    middle = (share + z_squared / (2 * n)) / (1 + z_squared / n)
    half = _Z_95 / (1 + z_squared / n) * math.sqrt(share * (1 - share) / n + z_squared / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)
