from typing import Any

import pytest

from earshot.errors import RecipeError
from explainer.networks.declared import declared_input
from explainer.networks.inputs import PEAK_WAVEFORM
from explainer.sections.network import NetworkSection

TRANSFORM = {"sample_rate_hz": 16000, "n_samples": 16000, "n_stft": 512, "hop": 128}


def section(declared: dict[str, Any]) -> NetworkSection:
    fields = {"factory": "detector:make_detector", "weights": "x.pt", "labels": ["a", "b"], "input": declared}
    return NetworkSection.model_validate(fields)


def test_architecture_has_its_own_input() -> None:
    assert declared_input(NetworkSection(architecture="audionet-small", seed=1)) == PEAK_WAVEFORM


def test_network_that_is_brought_has_the_declared_input() -> None:
    found = declared_input(section({"kind": "waveform", "transform": TRANSFORM}))
    assert found.shape == (1, 16000)
    assert found.transform.sample_rate_hz == 16000


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"kind": "mel"}, "network.input: kind is 'mel'"),
        ({"kind": "waveform", "length": 3}, "network.input: unknown key 'length'"),
        ({"kind": "waveform", "transform": TRANSFORM | {"hop": 400}}, "hop is 400; expected at most half of n_stft"),
    ],
)
def test_declared_input_that_is_none_is_refused(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        declared_input(section(declared))
