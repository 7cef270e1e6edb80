"""A network is explained if it does its task, or if the recipe says why it is explained all the same."""

import pytest

from earshot.bundle import Gate
from earshot.errors import RecipeError
from explainer.gate import pass_gate
from explainer.networks.description import NetworkDescription, PartAccuracy
from explainer.networks.inputs import AUDIOMNIST_SPECTROGRAM
from explainer.sections.explanation import GateSection


def accuracy(share: float) -> PartAccuracy:
    n_right = round(share * 100)
    return PartAccuracy(n_clips=100, n_right=n_right, share=share, interval=(0.0, 1.0), confusion=[[n_right]])


def description(*, takes: float | None = None, speakers: float | None = None) -> NetworkDescription:
    return NetworkDescription(
        architecture="alexnet-quarter",
        seed=1,
        n_threads=1,
        input=AUDIOMNIST_SPECTROGRAM,
        labels=["0", "1"],
        n_parameters=1,
        n_training_clips=1,
        heldout_takes=None if takes is None else accuracy(takes),
        heldout_speakers=None if speakers is None else accuracy(speakers),
    )


def test_held_out_takes_decide_where_there_are_any() -> None:
    gate = pass_gate(description(takes=0.95, speakers=0.5), name="net", section=GateSection())
    assert gate == Gate(measured_on="heldout-takes", accuracy=0.95, least_accuracy=0.9)


def test_held_out_speakers_decide_where_no_takes_were_held_out() -> None:
    gate = pass_gate(description(speakers=0.92), name="net", section=GateSection())
    assert gate.measured_on == "heldout-speakers"


def test_a_poor_network_is_refused_with_the_ways_out() -> None:
    with pytest.raises(
        RecipeError, match=r"'net' is right on 89\.0% of 100 clean clips .* from 90% on.*\[gate\] override"
    ):
        pass_gate(description(takes=0.89), name="net", section=GateSection())


def test_an_override_is_recorded_only_where_it_was_needed() -> None:
    section = GateSection(override="a weak network is the point of this study")
    assert pass_gate(description(takes=0.5), name="net", section=section).override == section.override
    assert pass_gate(description(takes=0.95), name="net", section=section).override is None


def test_a_network_that_nothing_measures_is_refused() -> None:
    with pytest.raises(RecipeError, match="has no clean clips to be measured on"):
        pass_gate(description(), name="net", section=GateSection())
