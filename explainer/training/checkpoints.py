"""What an interrupted training goes on from."""

import pickle
import sys
from pathlib import Path
from typing import Any

import torch

from earshot.files import file_written_aside

# what torch raises for a file that is cut off, is no archive, or holds something else
_DAMAGES = (OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError)


def write_checkpoint(path: Path, *, state: dict[str, Any]) -> None:
    """Write a state of tensors and plain values; whoever reads meanwhile finds the one before it."""
    with file_written_aside(path) as aside:
        torch.save(state, aside)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state at `path`; None if there is none, or, as stderr is told, none that can be read."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, weights_only=True)
    except _DAMAGES as fault:
        print(f"{path} cannot be read ({type(fault).__name__}); training begins anew", file=sys.stderr)
        return None
    return state if isinstance(state, dict) else None
