"""What the tests of training share: something that can be learned in seconds, and small settings."""

import hashlib

import numpy as np
from torch import nn

from explainer.networks.architectures import FastTraining, PaperTraining
from explainer.training.fitting import Lesson
from explainer.training.settings import TrainingSettings


def tones() -> Lesson:
    """Twelve short tones with noise, two labels by pitch."""
    draws = np.random.default_rng(4)
    signals, labels = [], []
    for number in range(12):
        time_s = np.arange(1600 + 100 * number) / 8000
        tone = np.sin(2 * np.pi * (400 if number % 2 else 1600) * time_s) + 0.01 * draws.standard_normal(len(time_s))
        signals.append(tone.astype(np.float32))
        labels.append(number % 2)
    return Lesson(signals, labels, n_labels=2)


def settings(architecture: str, *, schedule: FastTraining | PaperTraining, seed: int = 1) -> TrainingSettings:
    return TrainingSettings(architecture=architecture, seed=seed, n_threads=1, schedule=schedule)


def fast(architecture: str, *, n_epochs: int = 2, seed: int = 1) -> TrainingSettings:
    schedule = FastTraining(n_epochs=n_epochs, batch_size=4, max_learning_rate=1e-3)
    return settings(architecture, schedule=schedule, seed=seed)


def weights_hash(network: nn.Module) -> str:
    """Of every tensor's name and bytes."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()
