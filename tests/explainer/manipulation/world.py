"""Networks that listen to what is known: one sample, or which half of a spectrogram's bins is louder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from explainer.batches.job import Tools
from explainer.corpora.clips import Clip, Recordings
from explainer.corpora.hearing import Heard, Signal
from explainer.corpora.splits import Split
from explainer.manipulation.clips import PartClips, heldout_parts
from explainer.networks.description import NetworkDescription
from explainer.networks.files import read_network, write_network
from explainer.networks.inputs import NetworkInput
from explainer.recipe import Recipe, read_recipe
from explainer.sections.network import NetworkSection
from explainer.timefrequency import Transform
from explainer.trained import Task, TrainedNetwork

TINY = read_recipe(Path(__file__).parents[3] / "fixtures/recipes/tiny.toml")
TRANSFORM = Transform(sample_rate_hz=1000, n_samples=64, n_stft=16, hop=4)
WAVEFORM = NetworkInput(kind="waveform", transform=TRANSFORM)
N_CLIP_SAMPLES = 40
FIRST_SAMPLE = 12  # of a clip in the middle of its window
HEARD_SAMPLE = 20  # of the window: the only one that the network listens to

TONES = Transform(sample_rate_hz=1000, n_samples=512, n_stft=64, hop=16)
# 20 dB: the main lobe of a Hann window, 5 bins wide, and nothing of its side lobes
SPECTROGRAM = NetworkInput(kind="spectrogram", transform=TONES, range_db=20.0)
TONE_BINS = {"male": 10, "female": 15}
HIGHEST_MALE_BIN = 12


def recipe_of(*, method: str, seeds: Sequence[int] = (1, 2, 3), explained: str = "predicted") -> Recipe:
    network = {"architecture": "audionet-small", "seed": list(seeds), "n_threads": 1}
    section = TINY.relevance.model_copy(update={"method": method, "explained": explained})
    return TINY.model_copy(update={"network": NetworkSection.model_validate(network), "relevance": section})


class ListensToOneSample(nn.Sequential):
    """Positive is "up", negative "down", nothing "none"."""

    def __init__(self, sample: int = HEARD_SAMPLE) -> None:
        dense = nn.Linear(TRANSFORM.n_samples, 3)
        with torch.no_grad():
            dense.weight.zero_()
            dense.weight[0, sample], dense.weight[1, sample] = 1.0, -1.0
            dense.bias.copy_(torch.tensor([0.0, 0.0, 0.1]))
        super().__init__(nn.Flatten(), dense)


class ListensToLowAndHighBins(nn.Sequential):
    """More in bins up to `HIGHEST_MALE_BIN` is "male", else "female"."""

    def __init__(self) -> None:
        _, n_bins, n_frames = SPECTROGRAM.shape
        dense = nn.Linear(n_bins * n_frames, 2, bias=False)
        low = (torch.arange(n_bins) <= HIGHEST_MALE_BIN).float()
        with torch.no_grad():
            dense.weight.copy_(torch.stack([low, 1 - low]).repeat_interleave(n_frames, dim=1))
        super().__init__(nn.Flatten(), dense)


def one_sample_task(*, n_clips: int = 20, recipe: Recipe | None = None) -> Task:
    """Loud noise in which the sample that counts is the quietest: the first half of the clips are held-out takes."""
    draws = np.random.default_rng(5)
    labels = ["up" if number % 2 == 0 else "down" for number in range(n_clips)]
    signals = []
    for label in labels:
        signal = draws.choice([-1.0, 1.0], N_CLIP_SAMPLES) * draws.uniform(0.6, 1.0, N_CLIP_SAMPLES)
        signal[HEARD_SAMPLE - FIRST_SAMPLE] = 0.5 if label == "up" else -0.5
        signals.append(signal.astype(np.float32))
    return _task(labels, signals=signals, names=("up", "down", "none"), recipe=recipe or recipe_of(method="epsilon"))


def tones_task(*, labels: Sequence[str] = ("male", "female") * 4) -> Task:
    """A steady tone through the whole window, at a bin's centre."""
    times = np.arange(TONES.n_samples) / TONES.sample_rate_hz
    signals = [np.sin(2 * np.pi * TONE_BINS[label] * TONES.bin_hz * times).astype(np.float32) for label in labels]
    return _task(labels, signals=signals, names=("male", "female"), recipe=recipe_of(method="epsilon"), column="sex")


def _task(
    labels: Sequence[str], *, signals: Sequence[Signal], names: tuple[str, ...], recipe: Recipe, column: str = "word"
) -> Task:
    clips = tuple(Clip(str(number), Path("x"), label, "01", number) for number, label in enumerate(labels))
    half = len(clips) // 2
    return Task(
        recipe=recipe,
        recipe_folder=Path("."),
        heard=Heard(
            Recordings(name="planted", clips=clips, labels=names, sha256="0" * 64, label_column=column),
            tuple(signals),
            n_skipped_too_long=0,
            n_mixed_to_mono=0,
            sample_rate_hz=1000,
            recorded_rate_hz=1000,
        ),
        split=Split(training=(), heldout_takes=tuple(range(half)), heldout_speakers=tuple(range(half, len(clips)))),
    )


def all_clips(task: Task) -> PartClips:
    takes, speakers = heldout_parts(task)
    return PartClips(
        "heldout_takes",
        takes.clips + speakers.clips,
        takes.signals + speakers.signals,
        takes.labels + speakers.labels,
    )


def tools_of(task: Task, *, network: nn.Module, network_input: NetworkInput) -> Tools:
    return Tools(network.eval(), network_input, task.heard.recordings.labels, task.recipe)


def written(folder: Path, *, network: nn.Module, task: Task, network_input: NetworkInput) -> TrainedNetwork:
    """A planted network as if it had been trained."""
    folder.mkdir(parents=True)
    description = NetworkDescription(
        architecture="planted",
        seed=1,
        n_threads=1,
        input=network_input,
        labels=list(task.heard.recordings.labels),
        n_parameters=1,
        n_training_clips=0,
    )
    write_network(folder, network=network, description=description)
    read, description = read_network(folder, factory=lambda: network)
    return TrainedNetwork(read, description, folder)
