import pytest
import torch

from explainer.training.repeatable import repeatable


def fail_within(*, n_threads: int) -> None:
    with repeatable(seed=1, n_threads=n_threads):
        assert torch.get_num_threads() == n_threads
        assert torch.are_deterministic_algorithms_enabled()
        raise RuntimeError("inside")


def test_settings_of_torch_are_restored_even_after_a_failure() -> None:
    n_threads = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    with pytest.raises(RuntimeError, match="inside"):
        fail_within(n_threads=n_threads + 1)
    assert torch.get_num_threads() == n_threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.rand(1) == expected
