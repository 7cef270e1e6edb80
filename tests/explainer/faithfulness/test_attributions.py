"""What is measured on relevance and on found masks, of a planted network that hears waveforms."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.batches.job import Tools
from explainer.faithfulness.attributions import Heard, measure_masks, measure_relevance
from explainer.faithfulness.results import Evaluation
from explainer.recipe import Recipe
from explainer.sounds.signals import masked_signal
from tests.explainer.faithfulness import world

_N_KERNEL = 40  # a whole number of periods of both tones


def listening_network() -> nn.Sequential:
    """Compares how strongly the low and the high tone sound, by their sines."""
    network = nn.Sequential(
        nn.Conv1d(1, 2, _N_KERNEL, bias=False),
        nn.ReLU(),
        nn.AvgPool1d(world.TRANSFORM.n_samples - _N_KERNEL + 1),
        nn.Flatten(),
        nn.Linear(2, 2),
    )
    convolution, dense = network[0], network[-1]
    assert isinstance(convolution, nn.Conv1d)
    assert isinstance(dense, nn.Linear)
    times_s = torch.arange(_N_KERNEL) / world.TRANSFORM.sample_rate_hz
    with torch.no_grad():
        for row, tone_hz in enumerate((600.0, 2600.0)):
            convolution.weight[row, 0] = torch.sin(2 * torch.pi * tone_hz * times_s)
        dense.weight.copy_(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))
        dense.bias.zero_()
    return network.eval()


@pytest.fixture
def heard() -> Heard:
    """The original with a louder low tone, the low tone, the high tone."""
    window = world.clip(low=1.0, high=0.6)
    spectrum = world.TRANSFORM.stft(torch.from_numpy(window)[None])[0]
    low, high = (masked_signal(spectrum, world.half_mask(half), transform=world.TRANSFORM) for half in ("low", "high"))
    fields = world.RECIPE | {"corpus": world.RECIPE["corpus"] | {"path": "."}}
    recipe = Recipe.model_validate(fields)
    tools = Tools(listening_network(), world.WAVEFORM, world.LABELS, recipe)
    return Heard("s00", np.stack([window, low, high]), explained=0, tools=tools)


def test_relevance_of_a_waveform_finds_first_what_the_network_relies_on(heard: Heard) -> None:
    (found,) = measure_relevance(heard, methods=["epsilon"])
    by_relevance, by_energy, at_random = found.areas
    assert by_relevance < by_energy
    assert by_relevance < at_random
    # nothing silenced yet: all orders begin with the same probability
    assert found.relevance_curve[0] == found.energy_curve[0] == found.random_curve[0]


def test_mask_of_the_answered_tone_flips_sooner_than_that_of_the_other(heard: Heard, evaluation: Evaluation) -> None:
    original, relevance, control = measure_masks(heard, renditions=evaluation.manifest.stimuli[0].renditions)
    assert original is None
    assert relevance is not None
    assert control is not None
    assert relevance.flipping_area < control.flipping_area


def test_measuring_again_gives_the_same(heard: Heard) -> None:
    assert measure_relevance(heard, methods=["epsilon"]) == measure_relevance(heard, methods=["epsilon"])
