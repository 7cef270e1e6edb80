from pathlib import Path

import pytest
import torch

from earshot.errors import RecipeError
from explainer.networks import (
    DESCRIPTION_NAME,
    WEIGHTS_NAME,
    count_parameters,
    make_network,
    read_network,
    write_network,
)

DESCRIPTION = {"architecture": "alexnet-quarter", "labels": list("0123456789"), "seed": 3}


def test_network_has_the_shape_of_alexnet_at_quarter_width() -> None:
    network = make_network("alexnet-quarter", n_labels=10, seed=1).eval()
    sizes = []
    cells = torch.zeros(2, 1, 227, 227)
    for layer in network:
        cells = layer(cells)
        if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d | torch.nn.Linear):
            sizes.append(tuple(cells.shape[1:]))
    # becker2024, section 3.2, with a quarter of the channels: 55 - 27 - 27 - 13 - 13 - 13 - 13 - 6 cells a side
    assert sizes == [
        (24, 55, 55),
        (24, 27, 27),
        (64, 27, 27),
        (64, 13, 13),
        (96, 13, 13),
        (96, 13, 13),
        (64, 13, 13),
        (64, 6, 6),
        (256,),
        (256,),
        (10,),
    ]


def test_parameters_are_counted_without_running_means() -> None:
    convolutions = 24 * 121 + 64 * 24 * 25 + 96 * 64 * 9 + 96 * 96 * 9 + 64 * 96 * 9
    norms = 2 * (24 + 64 + 96 + 96 + 64)
    dense = 2304 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10
    assert count_parameters(make_network("alexnet-quarter", n_labels=10, seed=1)) == convolutions + norms + dense


def test_seed_decides_the_first_weights_and_nothing_else() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    networks = [make_network("alexnet-quarter", n_labels=10, seed=seed) for seed in (1, 1, 2)]
    assert torch.rand(1) == expected
    first, same, other = [network.get_parameter("dense8.weight") for network in networks]
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_unknown_architecture_is_refused() -> None:
    with pytest.raises(ValueError, match="architecture is 'vgg'; expected one of alexnet-quarter"):
        make_network("vgg", n_labels=10, seed=1)


def test_written_network_answers_as_before(tmp_path: Path) -> None:
    network = make_network("alexnet-quarter", n_labels=10, seed=3).eval()
    write_network(tmp_path, network=network, description=DESCRIPTION)
    again, description = read_network(tmp_path)
    inputs = torch.rand(2, 1, 227, 227, generator=torch.Generator().manual_seed(1))
    assert torch.equal(again(inputs), network(inputs))
    assert not again.training
    assert description.items() >= DESCRIPTION.items()


def test_equal_networks_are_written_as_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        network = make_network("alexnet-quarter", n_labels=10, seed=3)
        write_network(tmp_path / name, network=network, description=DESCRIPTION)
    for name in (WEIGHTS_NAME, DESCRIPTION_NAME):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.mark.parametrize("name", [WEIGHTS_NAME, DESCRIPTION_NAME])
@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_damaged_network_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    write_network(tmp_path, network=make_network("alexnet-quarter", n_labels=10, seed=3), description=DESCRIPTION)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError, match=r"the network in .* cannot be read .* remove the folder to retrain"):
        read_network(tmp_path)
