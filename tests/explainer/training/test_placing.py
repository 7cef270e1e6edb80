import numpy as np
import torch

from explainer.networks.inputs import PEAK_WAVEFORM
from explainer.training.placing import centred_inputs, centred_starts, draw_starts, drawn_inputs, place_signals

SIGNALS = [np.ones(100, dtype=np.float32), np.ones(8000, dtype=np.float32)]


def test_signals_are_placed_within_zeros() -> None:
    starts = centred_starts(SIGNALS, n_samples=8000)
    assert starts == [3950, 0]
    placed = place_signals(SIGNALS, starts=starts, n_samples=8000)
    assert placed.shape == (2, 8000)
    assert torch.equal(placed[0].nonzero().flatten(), torch.arange(3950, 4050))
    assert placed[1].sum() == 8000


def test_drawn_starts_reach_every_place_at_which_a_signal_fits() -> None:
    signals = [np.ones(97, dtype=np.float32)] * 400
    starts = draw_starts(signals, n_samples=100, draws=torch.Generator().manual_seed(1))
    assert set(starts) == {0, 1, 2, 3}
    assert draw_starts(SIGNALS, n_samples=8000, draws=torch.Generator().manual_seed(1))[1] == 0


def test_equal_seeds_draw_equal_places() -> None:
    one, other = (
        drawn_inputs(SIGNALS, network_input=PEAK_WAVEFORM, draws=torch.Generator().manual_seed(seed)) for seed in (3, 3)
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, centred_inputs(SIGNALS, network_input=PEAK_WAVEFORM))
