from pathlib import Path

import pytest
import torch

from earshot.errors import RecipeError
from explainer.networks.architectures import make_network
from explainer.networks.description import Factory, NetworkDescription
from explainer.networks.files import DESCRIPTION_NAME, WEIGHTS_NAME, count_parameters, read_network, write_network
from explainer.networks.inputs import PEAK_WAVEFORM

NETWORK = make_network("audionet-small", n_labels=3, seed=3)
DESCRIPTION = NetworkDescription(
    architecture="audionet-small",
    seed=3,
    n_threads=1,
    input=PEAK_WAVEFORM,
    labels=["a", "b", "c"],
    n_parameters=count_parameters(NETWORK),
    n_training_clips=9,
)
BROUGHT = DESCRIPTION.model_copy(
    update={
        "architecture": None,
        "seed": None,
        "factory": Factory(name="some:thing", source_sha256="0" * 64, weights_sha256="1" * 64),
    }
)


def test_written_network_answers_as_before(tmp_path: Path) -> None:
    write_network(tmp_path, network=NETWORK, description=DESCRIPTION)
    again, description = read_network(tmp_path)
    inputs = torch.rand(2, 1, 8000, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(again(inputs), make_network("audionet-small", n_labels=3, seed=3).eval()(inputs))
    assert not again.training
    assert description == DESCRIPTION


def test_equal_networks_are_written_as_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write_network(tmp_path / name, network=NETWORK, description=DESCRIPTION)
    for name in (WEIGHTS_NAME, DESCRIPTION_NAME):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_network_that_was_brought_is_made_by_its_factory(tmp_path: Path) -> None:
    write_network(tmp_path, network=NETWORK, description=BROUGHT)
    again, description = read_network(tmp_path, factory=lambda: make_network("audionet-small", n_labels=3, seed=8))
    assert description.name == "some:thing"
    assert torch.equal(again.get_parameter("dense9.bias"), NETWORK.get_parameter("dense9.bias"))


def test_network_that_was_brought_cannot_be_read_without_its_factory(tmp_path: Path) -> None:
    write_network(tmp_path, network=NETWORK, description=BROUGHT)
    with pytest.raises(RecipeError, match="is made by some:thing, whose code is not there; pass it"):
        read_network(tmp_path)


@pytest.mark.parametrize("name", [WEIGHTS_NAME, DESCRIPTION_NAME])
@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"format": 1, "labels": []}'])
def test_damaged_network_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    write_network(tmp_path, network=NETWORK, description=DESCRIPTION)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError, match=r"the network in .* cannot be read .* remove the folder to retrain"):
        read_network(tmp_path)
