"""Pixel flipping, on a network whose probabilities are known and against quantus."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.faithfulness.flipping import (
    N_STEPS,
    area_under,
    flipping_curves,
    order_by,
    random_order,
    seen_cells,
    silenced,
)
from explainer.faithfulness.quantus_import import load_quantus
from explainer.networks.inputs import NetworkInput
from explainer.timefrequency import Transform

# 5 bins and 8 frames: 40 cells, two of them per step
TRANSFORM = Transform(sample_rate_hz=8000, n_samples=28, n_stft=8, hop=4)
SHAPE = (TRANSFORM.n_bins, TRANSFORM.n_frames)
SPECTROGRAM = NetworkInput(kind="spectrogram", transform=TRANSFORM)
WAVEFORM = NetworkInput(kind="waveform", scaling="none", transform=TRANSFORM)
ALL_CELLS = np.ones(SHAPE, dtype=np.bool_)


def linear_network(*, seed: int = 1) -> nn.Sequential:
    """A dense layer from 40 cells to two labels."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(SHAPE[0] * SHAPE[1], 2)).eval()


def some_inputs(*, seed: int = 2) -> torch.Tensor:
    return torch.rand((1, 1, *SHAPE), generator=torch.Generator().manual_seed(seed))


def test_grid_is_as_planned() -> None:
    assert SHAPE == (5, 8)
    assert 2 * N_STEPS == 40


def test_curve_of_a_linear_network_is_the_softmax_of_what_is_left() -> None:
    network, inputs = linear_network(), some_inputs()
    dense = network[1]
    assert isinstance(dense, nn.Linear)
    contributions = (dense.weight * inputs.flatten()).detach().double().numpy()
    order = order_by((contributions[0] - contributions[1]).reshape(SHAPE), ties=np.arange(40))
    (curve,) = flipping_curves(network, inputs, orders=[order], explained=0, network_input=SPECTROGRAM)
    bias = dense.bias.detach().double().numpy()
    for step in range(N_STEPS + 1):
        logits = contributions[:, order[2 * step :]].sum(axis=1) + bias
        # the network computes in float32
        assert curve[step] == pytest.approx(1 / (1 + np.exp(logits[1] - logits[0])), abs=1e-6)


def test_curve_is_that_of_quantus() -> None:
    network, inputs = linear_network(seed=3), some_inputs(seed=4)
    relevance = np.random.default_rng(5).standard_normal(SHAPE)
    order = order_by(relevance, ties=np.arange(40))
    (curve,) = flipping_curves(network, inputs, orders=[order], explained=1, network_input=SPECTROGRAM)
    metric = load_quantus().PixelFlipping(features_in_step=2, perturb_baseline=0.0, disable_warnings=True)
    (expected,) = metric(
        model=network,
        x_batch=inputs.numpy(),
        y_batch=np.array([1]),
        a_batch=relevance[None, None],
        channel_first=True,
        softmax=True,
    )
    # quantus does not say what it was before the first step, and computes in float32
    assert curve[1:] == pytest.approx(np.array(expected), abs=1e-6)


def test_order_of_contributions_is_better_than_the_opposite() -> None:
    network, inputs = linear_network(), some_inputs()
    dense = network[1]
    assert isinstance(dense, nn.Linear)
    helps = ((dense.weight[0] - dense.weight[1]) * inputs.flatten()).detach().double().numpy().reshape(SHAPE)
    ties = random_order(ALL_CELLS, seed=1)
    best, worst = flipping_curves(
        network,
        inputs,
        orders=[order_by(helps, ties=ties), order_by(-helps, ties=ties)],
        explained=0,
        network_input=SPECTROGRAM,
    )
    assert area_under(best) < area_under(worst)


def test_silencing_a_tone_of_a_waveform_takes_it_out() -> None:
    transform = Transform(sample_rate_hz=8000, n_samples=800, n_stft=64, hop=16)
    network_input = NetworkInput(kind="waveform", scaling="none", transform=transform)
    times_s = torch.arange(800) / 8000
    low, high = (torch.sin(2 * torch.pi * hz * times_s) for hz in (500, 3000))
    kept = torch.ones((2, transform.n_bins, transform.n_frames), dtype=torch.bool)
    kept[1, 16:] = False
    both, without_high = silenced((low + high)[None, None], kept=kept, network_input=network_input)[:, 0]
    assert both == pytest.approx((low + high).numpy(), abs=1e-5)
    # away from the ends, where a cut tone has all frequencies
    assert without_high[100:-100] == pytest.approx(low[100:-100].numpy(), abs=0.02)


def test_silencing_a_waveform_makes_nothing_louder() -> None:
    network_input = NetworkInput(kind="waveform", scaling="peak", transform=TRANSFORM)
    inputs = network_input.of(torch.linspace(-0.2, 0.2, TRANSFORM.n_samples)[None])
    kept = torch.zeros((1, *SHAPE), dtype=torch.bool)
    assert silenced(inputs, kept=kept, network_input=network_input).abs().max() == 0


def test_cells_outside_of_a_networks_crop_are_not_seen() -> None:
    cropped = NetworkInput(kind="spectrogram", transform=TRANSFORM, n_bins=4, first_frame=1, n_frames=6)
    live = ALL_CELLS.copy()
    live[0, 2] = False
    seen = seen_cells(live, network_input=cropped)
    assert seen.sum() == 4 * 6 - 1
    assert not seen[4].any()
    assert not seen[:, [0, 7]].any()
    assert np.array_equal(seen_cells(live, network_input=WAVEFORM), live)


def test_silenced_cells_of_a_crop_are_those_of_the_whole_grid() -> None:
    cropped = NetworkInput(kind="spectrogram", transform=TRANSFORM, n_bins=4, first_frame=1, n_frames=6)
    kept = torch.ones((1, *SHAPE), dtype=torch.bool)
    kept[0, 2, 3] = False
    left = silenced(torch.ones((1, 1, 4, 6)), kept=kept, network_input=cropped)
    assert left[0, 0, 2, 2] == 0
    assert left.sum() == 4 * 6 - 1


def test_equal_cells_follow_the_order_of_ties() -> None:
    values = np.zeros(SHAPE)
    values[1, 1] = 1.0
    ties = random_order(ALL_CELLS, seed=4)
    order = order_by(values, ties=ties)
    assert order[0] == 9
    assert order[1:].tolist() == [cell for cell in ties.tolist() if cell != 9]


def test_random_order_is_a_permutation_of_the_cells_that_its_seed_decides() -> None:
    cells = ALL_CELLS.copy()
    cells[0] = False
    order = random_order(cells, seed=4)
    assert sorted(order.tolist()) == list(range(8, 40))
    assert np.array_equal(order, random_order(cells, seed=4))
    assert not np.array_equal(order, random_order(cells, seed=5))


def test_area_is_that_of_the_trapezoids() -> None:
    # a line from 1 to 0 encloses half the plane
    assert area_under(np.linspace(1, 0, N_STEPS + 1)) == pytest.approx(0.5)
    assert area_under(np.ones(N_STEPS + 1)) == pytest.approx(1)
