"""What a recipe may say under [network]."""

from typing import Any

import pytest
from pydantic import ValidationError

from explainer.sections.network import NetworkSection

TRAINED = {"architecture": "alexnet-quarter", "seed": 1}
BROUGHT = {
    "factory": "folder.detector:make",
    "weights": "detector.pt",
    "input": {"kind": "waveform"},
    "labels": ["bona-fide", "spoof"],
}


def test_network_to_train_needs_an_architecture_and_a_seed() -> None:
    section = NetworkSection.model_validate(TRAINED)
    assert section.seeds == (1,)
    assert section.training == "fast"


def test_several_seeds_are_several_networks() -> None:
    assert NetworkSection.model_validate(TRAINED | {"seed": [2, 0]}).seeds == (2, 0)


def test_network_that_is_brought_has_no_seed_and_may_have_a_layer_map() -> None:
    section = NetworkSection.model_validate(BROUGHT | {"layer_map": [{"layer": "Conv1d", "rule": "z-plus"}]})
    assert section.seeds == ()
    assert section.layer_map[0].rule == "z-plus"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "architecture is None and factory None; expected either an architecture"),
        (TRAINED | BROUGHT, "expected either an architecture, to be trained, or a factory"),
        ({"architecture": "alexnet-quarter"}, "seed is missing; a network to train needs seed"),
        (TRAINED | {"seed": []}, r"seed is \[\]; expected one seed or more"),
        (TRAINED | {"seed": [3, 3]}, "3 stands twice in"),
        (TRAINED | {"weights": "x.pt"}, "weights is 'x.pt', but architecture 'alexnet-quarter' has its own"),
        (TRAINED | {"layer_map": [{"layer": "Conv2d", "rule": "flat"}]}, "layer_map is"),
        (TRAINED | {"n_iterations": 5}, "n_iterations is 5, but training = 'fast' counts n_epochs"),
        (TRAINED | {"training": "paper", "n_epochs": 5}, "n_epochs is 5, but training = 'paper' fixes it"),
        (BROUGHT | {"factory": "detector"}, "String should match pattern"),
        (BROUGHT | {"factory": "../detector:make"}, "String should match pattern"),
        (BROUGHT | {"seed": 0}, "seed is 0, but a network that is brought is not trained"),
        (BROUGHT | {"training": "paper"}, "training is 'paper'; a network that is brought is not trained"),
        ({"factory": "a:b", "weights": "c.pt", "labels": ["x", "y"]}, "input is missing; a network that is brought"),
    ],
)
def test_section_that_contradicts_itself_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NetworkSection.model_validate(fields)
