import torch
from torch import nn

from explainer.networks.layers import ResidualBlock, Sum


def test_sum_adds_what_lies_along_the_last_dimension() -> None:
    first, second = torch.arange(6.0).reshape(2, 3), torch.ones(2, 3)
    assert torch.equal(Sum()(torch.stack([first, second], dim=-1)), first + second)


def test_residual_block_is_the_rectified_sum_of_its_two_paths() -> None:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(2, 3, 5, 5, generator=generator)
    main = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1))
    block = ResidualBlock(main, shortcut=nn.Sequential())
    assert torch.equal(block(inputs), (main(inputs) + inputs).clamp_min(0))
