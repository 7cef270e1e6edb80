"""Equal numbers for equal seeds."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable(*, seed: int, n_threads: int) -> Iterator[None]:
    """A block in which torch gives equal numbers for equal seeds; its settings are restored afterwards.

    Notes
    -----
    Equal numbers need the same machine, library versions and thread count: sums depend on how they are shared out.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            torch.set_num_threads(n_threads)
            torch.use_deterministic_algorithms(True)
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
