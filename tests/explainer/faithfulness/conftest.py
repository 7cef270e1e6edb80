"""One small world, measured once."""

from pathlib import Path

import pytest

from explainer.faithfulness.evaluation import evaluate_bundle
from explainer.faithfulness.results import Evaluation
from tests.explainer.faithfulness.world import write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundle and of its network's factory."""
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, override="it is the only one at hand")
    return folder


@pytest.fixture(scope="session")
def pages(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation of that bundle."""
    out = tmp_path_factory.mktemp("evaluated") / "out"
    evaluate_bundle(world / "bundle", out=out, factory_folder=world / "factory")
    return out


@pytest.fixture(scope="session")
def evaluation(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The evaluation of that bundle."""
    out = tmp_path_factory.mktemp("evaluation") / "out"
    return evaluate_bundle(world / "bundle", out=out, factory_folder=world / "factory")
