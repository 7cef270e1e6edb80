"""How a network is trained: what the recipe says, and the architecture's own where it says nothing."""

from dataclasses import dataclass

from earshot.errors import RecipeError
from explainer.networks.architectures import Architecture, FastTraining, PaperTraining, get_architecture
from explainer.sections.network import NetworkSection


@dataclass(frozen=True)
class TrainingSettings:
    """Everything but clips and code that decides a network's weights."""

    architecture: str
    seed: int
    n_threads: int
    schedule: FastTraining | PaperTraining


def training_settings(section: NetworkSection) -> tuple[TrainingSettings, ...]:
    """The settings of each network that a recipe wants trained, one per seed; none if it brings its network.

    Raises
    ------
    RecipeError
        If the paper has no training for the architecture.
    """
    if section.architecture is None:
        return ()
    architecture = get_architecture(section.architecture)
    schedule = (
        _paper(section, architecture=architecture) if section.training == "paper" else _fast(section, architecture)
    )
    return tuple(
        TrainingSettings(architecture=architecture.name, seed=seed, n_threads=section.n_threads, schedule=schedule)
        for seed in section.seeds
    )


def _fast(section: NetworkSection, architecture: Architecture) -> FastTraining:
    given = section.model_dump(include={"n_epochs", "batch_size", "max_learning_rate"}, exclude_none=True)
    return architecture.fast.model_copy(update=given)


def _paper(section: NetworkSection, *, architecture: Architecture) -> PaperTraining:
    if architecture.paper is None:
        raise RecipeError(
            f"network.training is 'paper', but the paper has no network like '{architecture.name}'; take 'fast'"
        )
    given = section.model_dump(include={"n_iterations"}, exclude_none=True)
    return architecture.paper.model_copy(update=given)
