"""Both tests on planted networks, as a recipe's three seeds."""

from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.manipulation.measuring import check_seeds, measure_manipulation
from explainer.manipulation.results import EXPONENTS, SHARES
from explainer.sections.network import NetworkSection
from tests.explainer.manipulation.world import (
    HEARD_SAMPLE,
    SPECTROGRAM,
    WAVEFORM,
    ListensToLowAndHighBins,
    ListensToOneSample,
    one_sample_task,
    recipe_of,
    tones_task,
    written,
)


def test_each_seed_has_its_own_curve_in_the_order_of_the_recipe(tmp_path: Path) -> None:
    task = one_sample_task(recipe=recipe_of(method="epsilon", seeds=(7, 5, 6)))
    # the second seed listens to another sample, which tells nothing of the label
    networks = [ListensToOneSample(), ListensToOneSample(HEARD_SAMPLE + 1), ListensToOneSample()]
    trained = [
        written(tmp_path / str(number), network=network, task=task, network_input=WAVEFORM)
        for number, network in enumerate(networks)
    ]
    found = measure_manipulation(task, trained=trained)
    assert found.subject.seeds == (7, 5, 6)
    assert found.parts == ("heldout_takes", "heldout_speakers")
    curve = found.zeroed("heldout_speakers", choice="relevance")
    assert curve.n_clips == 10
    first, deaf, third = curve.n_right
    assert first == third
    assert first[0] == 10
    assert deaf[0] < 10
    assert curve.accuracy(SHARES[0]).values == (1.0, deaf[0] / 10, 1.0)


def test_waveforms_are_not_scaled(tmp_path: Path) -> None:
    task = one_sample_task()
    trained = [
        written(tmp_path / str(seed), network=ListensToOneSample(), task=task, network_input=WAVEFORM)
        for seed in (1, 2, 3)
    ]
    found = measure_manipulation(task, trained=trained)
    assert found.subject.unit == "samples"
    assert found.scaling == ()
    assert found.not_scaled is not None


def test_spectrograms_of_two_sexes_are_scaled_and_zeroed(tmp_path: Path) -> None:
    task = tones_task()
    trained = [
        written(tmp_path / str(seed), network=ListensToLowAndHighBins(), task=task, network_input=SPECTROGRAM)
        for seed in (1, 2, 3)
    ]
    found = measure_manipulation(task, trained=trained)
    assert found.subject.unit == "cells"
    assert found.not_scaled is None
    takes, speakers = found.scaling
    assert (takes.part, speakers.part) == ("heldout_takes", "heldout_speakers")
    accuracies = {exponent: takes.accuracy(exponent).values for exponent in EXPONENTS}
    assert accuracies[0.0] == accuracies[-1.0] == (1.0, 1.0, 1.0)
    assert accuracies[1.0] == (0.0, 0.0, 0.0)
    assert takes.accuracy(1.0, label="female").values == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("seeds", [1, [1, 2]])
def test_fewer_than_three_seeds_are_refused(seeds: int | list[int]) -> None:
    section = NetworkSection.model_validate({"architecture": "audionet-small", "seed": seeds})
    with pytest.raises(RecipeError, match=r"network.seed is \[1.*\].*three or more, such as seed = \[1, 2, 3\]"):
        check_seeds(section)


def test_network_that_is_brought_is_refused() -> None:
    section = NetworkSection.model_validate(
        {"factory": "a:b", "weights": "w.pt", "input": {"kind": "waveform"}, "labels": ["a", "b"]}
    )
    with pytest.raises(RecipeError, match=r"network.factory brings one network, and intervals are over seeds"):
        check_seeds(section)
