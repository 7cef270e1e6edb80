from pathlib import Path

import pytest

from tests.explainer.corpora.miniature import write_miniature


@pytest.fixture(scope="session")
def miniature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature AudioMNIST. Read it only."""
    return write_miniature(tmp_path_factory.mktemp("audiomnist"))
