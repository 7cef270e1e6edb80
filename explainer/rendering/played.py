"""What a network makes of the very sounds that are played, and of what they leave out.

A written WAV is read back, resampled to the network's rate, relieved of its gain, and put where its clip lay in the
network's window. The STFT is linear: the original as played minus a rendition as played is the rest that was removed.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from earshot.bundle import Faithfulness
from explainer.networks.inputs import NetworkInput
from explainer.sounds.files import read_wav
from explainer.sounds.rates import to_network_rate
from explainer.timefrequency import Transform
from explainer.training.repeatable import repeatable

_N_DECIMALS = 6


PlayedSound = tuple[bytes, float]
"""A WAV as `sounds.write_wav` made it, and the gain in dB that it was written with."""


def measure_played(
    network: nn.Module,
    played: Sequence[PlayedSound],
    *,
    first_sample: int,
    explained: int,
    labels: Sequence[str],
    network_input: NetworkInput,
) -> list[Faithfulness]:
    """What the network makes of each sound of one stimulus, all in one forward pass.

    Parameters
    ----------
    network : Module
        In evaluation mode; what `network_input` gives to logits, (batch, label).
    played : sequence of PlayedSound
        The original first.
    first_sample : int
        Where the sounds' cut begins in the network's window, in samples at the network's rate.
    explained : int
        Index of the explained label.
    labels : sequence of str
        In the order of the network's outputs.

    Returns
    -------
    list of Faithfulness
        One per sound. `class_kept` says whether the network's answer is the explained label: of the original, whether
        playing it changed that. What is left when the original is taken from itself is silence.

    Raises
    ------
    ValueError
        If there is no sound, one is longer than what is left of the window, or their lengths differ.
    """
    windows = played_windows(played, first_sample=first_sample, transform=network_input.transform)
    signals = np.concatenate([windows, windows[:1] - windows])
    with repeatable(seed=0, n_threads=1):
        confidences = label_probabilities(network, network_input.of(torch.from_numpy(signals).float()))
    kept, removed = confidences[: len(played)], confidences[len(played) :]
    whole = _share(kept[0, explained])
    return [
        Faithfulness(
            class_kept=bool(of_kept.argmax() == explained),
            answered_label=labels[int(of_kept.argmax())],
            confidence=_share(of_kept[explained]),
            confidence_original=whole,
            confidence_removed=_share(of_removed[explained]),
        )
        for of_kept, of_removed in zip(kept, removed, strict=True)
    ]


def played_windows(played: Sequence[PlayedSound], *, first_sample: int, transform: Transform) -> NDArray[np.float64]:
    """The sounds of one stimulus as the network hears them, without their gains: float64, (sound, sample).

    Raises
    ------
    ValueError
        As `measure_played` does.
    """
    if not played:
        raise ValueError("played is empty; expected the original and then its renditions")
    windows = np.zeros((len(played), transform.n_samples))
    n_of_original = 0
    for number, (wav, gain_db) in enumerate(played):
        heard = to_network_rate(read_wav(wav), transform=transform)
        n_of_original = n_of_original or len(heard)
        stop = first_sample + len(heard)
        if len(heard) != n_of_original or first_sample < 0 or stop > transform.n_samples:
            raise ValueError(
                f"sound {number} lies at samples {first_sample} to {stop}, the original's length is {n_of_original}; "
                f"expected one length within 0 to {transform.n_samples}: pass the first_sample of their own stimulus"
            )
        windows[number, first_sample:stop] = heard * 10 ** (-gain_db / 20)
    return windows


def label_probabilities(network: nn.Module, inputs: Tensor) -> Tensor:
    """Softmax of the network's logits: Tensor, float64, (batch, label)."""
    with torch.inference_mode():
        return torch.softmax(network(inputs).double(), dim=1)


def _share(probability: Tensor) -> float:
    return round(float(probability), _N_DECIMALS)
