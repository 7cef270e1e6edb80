"""Scaling of the frequency axis, on spectrograms of one bin and on a network that listens to two halves."""

import numpy as np
import pytest
import torch

from explainer.manipulation.results import EXPONENTS
from explainer.manipulation.scaling import count_clips, count_right, scale_frequency, why_not_scaled
from tests.explainer.manipulation.world import (
    SPECTROGRAM,
    ListensToLowAndHighBins,
    all_clips,
    tones_task,
    tools_of,
)


def one_bin(*bins: int, n_bins: int = 60) -> torch.Tensor:
    inputs = torch.zeros(len(bins), 1, n_bins, 3)
    for row, place in enumerate(bins):
        inputs[row, 0, place] = torch.tensor([1.0, 0.5, 0.25])
    return inputs


@pytest.mark.parametrize(("factor", "before", "after"), [(1.5, 10, 15), (2.0, 20, 40), (0.5, 40, 20)])
def test_tone_moves_exactly_to_the_multiple_of_its_bin(factor: float, before: int, after: int) -> None:
    found = scale_frequency(one_bin(before), factors=torch.tensor([factor], dtype=torch.float64))
    assert torch.equal(found[0, 0, after], torch.tensor([1.0, 0.5, 0.25]))
    assert int(found[0, 0, :, 0].argmax()) == after
    # between bins the tone fades linearly, and is gone a scaled bin away
    width = int(np.ceil(factor))
    assert not found[0, 0, : after - width].any()
    assert not found[0, 0, after + width + 1 :].any()


def test_each_spectrogram_has_its_own_factor() -> None:
    found = scale_frequency(one_bin(10, 50), factors=torch.tensor([1.5, 0.66], dtype=torch.float64))
    assert found[0, 0, 15, 0] == 1
    assert found[1, 0, 33, 0] == pytest.approx(1, abs=1e-6)  # 33 / .66 is 50 to a double's last bit only


def test_factor_1_changes_nothing() -> None:
    inputs = torch.rand(2, 1, 60, 3, generator=torch.Generator().manual_seed(1))
    assert torch.equal(scale_frequency(inputs, factors=torch.ones(2, dtype=torch.float64)), inputs)


@pytest.mark.parametrize("factor", [0.4, 0.66, 0.9, 1.1, 1.5, 2.3])
def test_levels_are_those_of_numpy_interpolation(factor: float) -> None:
    inputs = torch.rand(1, 1, 60, 2, generator=torch.Generator().manual_seed(2))
    found = scale_frequency(inputs, factors=torch.tensor([factor], dtype=torch.float64))
    bins = np.arange(60)
    for frame in range(2):
        expected = np.interp(bins / factor, bins, inputs[0, 0, :, frame].numpy(), right=0.0)
        # float32 levels and weights
        np.testing.assert_allclose(found[0, 0, :, frame].numpy(), expected, atol=2e-7)


def test_scaling_makes_a_network_that_listens_to_two_halves_answer_the_other_sex() -> None:
    task = tones_task()
    part = all_clips(task)
    tools = tools_of(task, network=ListensToLowAndHighBins(), network_input=SPECTROGRAM)
    right = dict(zip(EXPONENTS, count_right(part, tools=tools, seed=1), strict=True))
    assert right[0.0] == {"male": 4, "female": 4}
    assert right[-1.0] == {"male": 4, "female": 4}
    assert right[1.0] == {"male": 0, "female": 0}


def test_labels_without_a_clip_are_not_counted() -> None:
    assert count_clips(all_clips(tones_task(labels=("male",) * 4))) == {"male": 4}


@pytest.mark.parametrize(
    ("kind", "column", "labels", "reason"),
    [
        ("spectrogram", "digit", ("0", "1"), "the networks tell 'digit', and the test is one of telling male"),
        ("waveform", "sex", ("male", "female"), "waveforms, which have no frequency axis"),
        ("spectrogram", "sex", ("male", "female"), None),
        ("spectrogram", "gender", ("female", "male"), None),
    ],
)
def test_scaling_applies_to_spectrograms_and_sexes_only(
    kind: str, column: str, labels: tuple[str, ...], reason: str | None
) -> None:
    found = why_not_scaled(kind=kind, label_column=column, labels=labels)
    assert (found is None) if reason is None else (found is not None and reason in found)
