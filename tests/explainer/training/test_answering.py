import numpy as np
import pytest
import torch

from explainer.networks.architectures import make_network
from explainer.networks.inputs import PEAK_WAVEFORM
from explainer.training.answering import answer


def test_answer_does_not_depend_on_the_other_signals() -> None:
    draws = np.random.default_rng(1)
    signals = [draws.standard_normal(1000).astype(np.float32) for _ in range(66)]  # more than one batch
    network = make_network("audionet-small", n_labels=3, seed=1).eval()
    every = answer(network, signals=signals, network_input=PEAK_WAVEFORM, n_threads=1)
    assert every.shape == (66, 3)
    alone = answer(network, signals=signals[65:], network_input=PEAK_WAVEFORM, n_threads=1)
    torch.testing.assert_close(every[65:], alone, atol=1e-6, rtol=1e-5)  # float32 sums in another order


def test_no_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="signals are empty; expected one or more"):
        answer(make_network("audionet-small", n_labels=3, seed=1), signals=[], network_input=PEAK_WAVEFORM, n_threads=1)
