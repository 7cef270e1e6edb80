import torch
from torch import nn

from explainer.networks.layers import ResidualBlock
from explainer.networks.resnet import resnet_small


def test_stages_halve_the_cells_and_double_the_channels() -> None:
    sizes, cells = [], torch.zeros(1, 1, 227, 227)
    with torch.no_grad():
        for layer in resnet_small(7).eval():
            cells = layer(cells)
            if isinstance(layer, ResidualBlock | nn.Linear):
                sizes.append(tuple(cells.shape[1:]))
    assert sizes == [(24, 29, 29), (24, 29, 29), (48, 15, 15), (48, 15, 15), (96, 8, 8), (96, 8, 8), (7,)]


def test_shortcut_projects_only_where_the_shape_changes() -> None:
    blocks = {name: block for name, block in resnet_small(7).named_children() if isinstance(block, ResidualBlock)}
    projecting = [name for name, block in blocks.items() if len(block.shortcut)]
    assert projecting == ["stage2block1", "stage3block1"]


def test_network_takes_spectrograms_of_any_size() -> None:
    assert resnet_small(3).eval()(torch.zeros(2, 1, 129, 64)).shape == (2, 3)
