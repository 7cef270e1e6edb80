import pytest

from earshot.errors import RecipeError
from explainer.networks.architectures import ALEXNET_TRAINING, AUDIONET_TRAINING, FastTraining
from explainer.sections.network import NetworkSection
from explainer.training.settings import TrainingSettings, training_settings


def test_recipe_comes_before_the_architecture() -> None:
    section = NetworkSection(architecture="alexnet-quarter", seed=5, n_epochs=3, n_threads=1)
    expected = FastTraining(n_epochs=3, batch_size=64, max_learning_rate=4e-3)
    assert training_settings(section) == (
        TrainingSettings(architecture="alexnet-quarter", seed=5, n_threads=1, schedule=expected),
    )


def test_each_seed_is_a_network() -> None:
    section = NetworkSection(architecture="audionet-small", seed=[3, 1, 2])
    assert [settings.seed for settings in training_settings(section)] == [3, 1, 2]


def test_paper_is_as_published_but_for_its_length() -> None:
    alexnet = NetworkSection(architecture="alexnet", seed=1, training="paper", n_iterations=7)
    (settings,) = training_settings(alexnet)
    assert settings.schedule == ALEXNET_TRAINING.model_copy(update={"n_iterations": 7})
    # becker2024, section 3: batch 100; AlexNet .001, halved every 2500 of 10000; AudioNet .0001 for 50000
    assert (ALEXNET_TRAINING.n_iterations, ALEXNET_TRAINING.learning_rate, ALEXNET_TRAINING.halved_every) == (
        10_000,
        1e-3,
        2500,
    )
    assert (AUDIONET_TRAINING.n_iterations, AUDIONET_TRAINING.learning_rate, AUDIONET_TRAINING.halved_every) == (
        50_000,
        1e-4,
        None,
    )
    assert ALEXNET_TRAINING.batch_size == AUDIONET_TRAINING.batch_size == 100


def test_paper_is_refused_for_a_network_it_does_not_have() -> None:
    with pytest.raises(RecipeError, match="the paper has no network like 'resnet-small'; take 'fast'"):
        training_settings(NetworkSection(architecture="resnet-small", seed=1, training="paper"))


def test_network_that_is_brought_is_not_trained() -> None:
    brought = NetworkSection(factory="a:b", weights="c.pt", input={"kind": "waveform"}, labels=["x", "y"])
    assert training_settings(brought) == ()
