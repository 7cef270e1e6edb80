"""A network that is brought, and everything that can be wrong with it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from earshot.errors import RecipeError
from explainer.brought.networks import bring_network, describe_brought
from explainer.sections.network import NetworkSection
from fixtures.networks.detector import make_detector
from tests.explainer.brought.modules import write_modules

DETECTOR = Path(__file__).parents[3] / "fixtures/networks/detector.py"
TRANSFORM = {"sample_rate_hz": 16000, "n_samples": 16000, "n_stft": 512, "hop": 128}
DECLARED = {"kind": "waveform", "scaling": "peak", "transform": TRANSFORM}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe's folder with the example detector and its weights."""
    shutil.copy(DETECTOR, tmp_path)
    write_modules(tmp_path)
    torch.manual_seed(3)
    torch.save(make_detector().state_dict(), tmp_path / "detector.pt")
    return tmp_path


def section(**changes: Any) -> NetworkSection:
    fields = {"factory": "detector:make_detector", "weights": "detector.pt", "labels": ["bona-fide", "spoof"]}
    return NetworkSection.model_validate(fields | {"input": DECLARED} | changes)


def change_weights(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    weights = torch.load(folder / "detector.pt", weights_only=True)
    change(weights)
    torch.save(weights, folder / "detector.pt")


def test_network_has_its_weights_and_is_ready_to_answer(folder: Path) -> None:
    network = bring_network(section(), recipe_folder=folder)
    weights = torch.load(folder / "detector.pt", weights_only=True)
    assert not network.training
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())


def test_its_source_and_weights_are_hashed(folder: Path) -> None:
    before = describe_brought(section(), recipe_folder=folder)
    assert before.name == "detector:make_detector"
    change_weights(folder, lambda weights: weights["9.bias"].add_(1))
    after = describe_brought(section(), recipe_folder=folder)
    assert before.source_sha256 == after.source_sha256
    assert before.weights_sha256 != after.weights_sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda weights: weights.update({"4.weight": torch.ones(16, 8, 5), "9.bias": torch.ones(3)}),
            r"'4.weight' has shape \(16, 8, 5\), in the network \(16, 16, 5\); make the network as it was trained",
        ),
        (lambda weights: weights.pop("1.running_var"), r"lacks '1.running_var', which the network has"),
        (lambda weights: weights.update({"10.bias": torch.ones(1)}), r"holds '10.bias', which the network lacks"),
        (lambda weights: weights["9.weight"].fill_(torch.nan), r"'9.weight' holds numbers that are not finite"),
        (lambda weights: weights.update({"epoch": 3}), r"holds int under 'epoch'; expected tensors only"),
    ],
)
def test_first_tensor_that_does_not_fit_is_named(
    folder: Path, change: Callable[[dict[str, Tensor]], object], message: str
) -> None:
    change_weights(folder, change)
    with pytest.raises(RecipeError, match=message):
        bring_network(section(), recipe_folder=folder)


def test_missing_weights_are_named(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"network.weights names .*absent.pt, which is no file; paths are relative"):
        bring_network(section(weights="absent.pt"), recipe_folder=folder)


def test_pickled_network_is_not_unpickled(folder: Path) -> None:
    torch.save(make_detector(), folder / "detector.pt")
    with pytest.raises(RecipeError, match=r"cannot be loaded with weights_only=True .*save network.state_dict\(\)"):
        bring_network(section(), recipe_folder=folder)


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_damaged_weights_are_named(folder: Path, content: bytes) -> None:
    (folder / "detector.pt").write_bytes(content)
    with pytest.raises(RecipeError, match=r"detector\.pt cannot be loaded with weights_only=True"):
        bring_network(section(), recipe_folder=folder)


def test_single_tensor_is_no_state_dict(folder: Path) -> None:
    torch.save(torch.ones(3), folder / "detector.pt")
    with pytest.raises(RecipeError, match="holds Tensor; expected a state dict"):
        bring_network(section(), recipe_folder=folder)


def test_factory_that_gives_something_else_is_named(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"'ours_detector:number' gives int; expected a torch\.nn\.Module"):
        bring_network(section(factory="ours_detector:number"), recipe_folder=folder)


def test_declared_input_that_the_network_does_not_take_is_named(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"does not take the declared input \(2, 1, 8000\) .*mend network.input"):
        bring_network(section(input={"kind": "waveform"}), recipe_folder=folder)


def test_output_must_be_one_number_per_label(folder: Path) -> None:
    with pytest.raises(RecipeError, match=r"gives \(2, 2\) for 2 inputs; expected \(2, 3\), one number for each"):
        bring_network(section(labels=["a", "b", "c"]), recipe_folder=folder)


def test_network_to_train_is_not_brought(folder: Path) -> None:
    with pytest.raises(ValueError, match="the recipe brings no network"):
        bring_network(NetworkSection(architecture="audionet-small", seed=1), recipe_folder=folder)


def test_example_detector_takes_a_second_at_16_khz() -> None:
    detector: nn.Sequential = make_detector().eval()
    assert detector(torch.zeros(2, 1, 16000)).shape == (2, 2)
