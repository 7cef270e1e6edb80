"""A small world to measure in: sounds of a low and a high tone, and a network that tells which one is louder.

Its weights are planted: it compares the levels of the lower and the upper half of the spectrum. Of a stimulus with both
tones the louder is answered; a mask that keeps it keeps the answer, a mask that keeps the other tone does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.bundle import (
    MEDIA_FOLDER,
    NETWORK_FOLDER,
    Corpus,
    Gate,
    Manifest,
    Mask,
    Network,
    Picture,
    Rendition,
    Role,
    Selection,
    Sound,
    Stimulus,
    write_manifest,
)
from earshot.files import sha256_bytes, sha256_file
from explainer.networks.description import Factory, NetworkDescription
from explainer.networks.files import count_parameters, write_network
from explainer.networks.inputs import NetworkInput
from explainer.pictures.levels import FLOOR_DB, levels_db, magnitudes_of
from explainer.pictures.spectrogram import draw_picture
from explainer.relevance.masks import energy_kept_share, live_cells, mask_share
from explainer.sounds.cuts import Cut, cut_around
from explainer.sounds.files import write_wav
from explainer.sounds.rates import SOUND_RATE_HZ, to_sound
from explainer.sounds.signals import masked_signal
from explainer.timefrequency import Transform

LABELS = ("low", "high")
NETWORK_NAME = "tones"
TRANSFORM = Transform(sample_rate_hz=8000, n_samples=2000, n_stft=128, hop=32)
SPECTROGRAM = NetworkInput(kind="spectrogram", transform=TRANSFORM)
WAVEFORM = NetworkInput(kind="waveform", scaling="peak", transform=TRANSFORM)
FIRST_SAMPLE = 320
N_CLIP = 1280
GAINS_DB = {"none": -6.0, "relevance": -3.0, "control": 4.0}

_LOW_HZ, _HIGH_HZ = 600.0, 2600.0
_HALF_BIN = TRANSFORM.n_bins // 2

FACTORY = '''"""Gives the network that tells tones apart, without its weights."""

from torch import nn


def make_tones():
    return nn.Sequential(
        nn.Conv2d(1, 2, (65, 1), bias=False), nn.ReLU(), nn.AvgPool2d((1, 63)), nn.Flatten(), nn.Linear(2, 2)
    )
'''


def planted_network() -> nn.Sequential:
    """What `FACTORY` makes, with weights that compare the levels of both halves of the spectrum."""
    network = nn.Sequential(
        nn.Conv2d(1, 2, (TRANSFORM.n_bins, 1), bias=False),
        nn.ReLU(),
        nn.AvgPool2d((1, TRANSFORM.n_frames)),
        nn.Flatten(),
        nn.Linear(2, 2),
    )
    convolution, dense = network[0], network[-1]
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(dense, nn.Linear)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, :_HALF_BIN] = 1.0
        convolution.weight[1, 0, _HALF_BIN:] = 1.0
        dense.weight.copy_(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]))
        dense.bias.zero_()
    return network.eval()


def clip(*, low: float, high: float, seed: int = 1) -> NDArray[np.float64]:
    """A window with a clip of both tones of these amplitudes, fading in and out, in faint noise: float64, (sample,)."""
    times_s = np.arange(N_CLIP) / TRANSFORM.sample_rate_hz
    tones = low * np.sin(2 * np.pi * _LOW_HZ * times_s) + high * np.sin(2 * np.pi * _HIGH_HZ * times_s)
    noise = 1e-3 * np.random.default_rng(seed).standard_normal(N_CLIP)
    window = np.zeros(TRANSFORM.n_samples)
    window[FIRST_SAMPLE : FIRST_SAMPLE + N_CLIP] = 0.3 * np.hanning(N_CLIP) * (tones + noise)
    return window


def half_mask(half: str) -> NDArray[np.float64]:
    """1 on the lower or the upper half of the bins: float64, (bin, frame)."""
    mask = np.zeros((TRANSFORM.n_bins, TRANSFORM.n_frames))
    if half == "low":
        mask[:_HALF_BIN] = 1.0
    else:
        mask[_HALF_BIN:] = 1.0
    return mask


def write_sound(window: NDArray[np.float64], *, gain_db: float) -> bytes:
    """A window's cut as it is played."""
    return write_wav(to_sound(_cut().samples(window), transform=TRANSFORM), gain_db=gain_db)


def first_sample() -> int:
    """Where the sounds' cut begins."""
    return _cut().first_sample


def _cut() -> Cut:
    return cut_around(first_sample=FIRST_SAMPLE, n_samples=N_CLIP, transform=TRANSFORM)


@dataclass(frozen=True)
class Planned:
    """A stimulus to be: which tone is louder, and which one its true label names."""

    id: str
    louder: str
    true_label: str
    speaker: str = "ana"
    role: Role = "main"
    has_control: bool = True


def plan(*, n_right: int = 7, n_wrong: int = 3) -> list[Planned]:
    """Stimuli of two speakers, right ones first; then one for training."""
    planned = []
    for number in range(n_right + n_wrong):
        louder = LABELS[number % 2]
        other = LABELS[1 - number % 2]
        planned.append(
            Planned(
                f"s{number:02}",
                louder=louder,
                true_label=louder if number < n_right else other,
                speaker=("ana", "bo")[number % 3 == 0],
            )
        )
    return [*planned, Planned("s99", louder="low", true_label="low", role="training")]


def write_world(folder: Path, *, planned: Sequence[Planned] | None = None, override: str | None = None) -> Path:
    """A bundle of planned stimuli in `folder / 'bundle'`; the factory of its network lies in `folder / 'factory'`."""
    bundle, code = folder / "bundle", folder / "factory"
    (bundle / MEDIA_FOLDER).mkdir(parents=True)
    (bundle / NETWORK_FOLDER / NETWORK_NAME).mkdir(parents=True)
    code.mkdir()
    (code / "tones.py").write_text(FACTORY, encoding="utf-8")
    stimuli = [_write_stimulus(one, media=bundle / MEDIA_FOLDER) for one in planned or plan()]
    write_manifest(
        bundle,
        manifest=Manifest(
            name="small-world",
            labels=list(LABELS),
            recipe=RECIPE,
            code_sha256="0" * 64,
            versions={},
            seeds={},
            corpus=Corpus(
                name="tones",
                sha256="0" * 64,
                label="tone",
                n_clips=11,
                n_skipped_too_long=0,
                n_speakers=2,
                sample_rate_hz=8000,
            ),
            networks=[_write_network(bundle / NETWORK_FOLDER, code=code, override=override)],
            selections=[
                Selection(
                    heldout_speakers=["ana", "bo"],
                    n_right=7,
                    n_wrong=3,
                    n_right_with_fair_control=7,
                    n_wrong_with_fair_control=3,
                )
            ],
            level_lufs=-23.0,
            stimuli=stimuli,
        ),
    )
    return bundle


RECIPE: dict[str, Any] = {  # values of JSON
    "recipe": {"name": "small-world"},
    "corpus": {"name": "tones", "layout": "manifest", "manifest": "clips.csv", "label": "tone", "labels": list(LABELS)},
    "split": {"heldout_speakers": ["ana", "bo"]},
    "network": {
        "factory": "tones:make_tones",
        "weights": "tones.pt",
        "input": SPECTROGRAM.model_dump(mode="json"),
        "labels": list(LABELS),
    },
    "relevance": {"method": "epsilon"},
    "selection": {"n_right": 7, "n_wrong": 3, "n_training": 1, "seed": 1},
}


def _write_network(folder: Path, *, code: Path, override: str | None) -> Network:
    network = planted_network()
    description = NetworkDescription(
        factory=Factory(name="tones:make_tones", source_sha256=sha256_file(code / "tones.py"), weights_sha256="0" * 64),
        n_threads=1,
        input=SPECTROGRAM,
        labels=list(LABELS),
        n_parameters=count_parameters(network),
        n_training_clips=0,
    )
    own = folder / NETWORK_NAME
    write_network(own, network=network, description=description)
    return Network(
        name=NETWORK_NAME,
        architecture="tones:make_tones",
        files={f"{NETWORK_NAME}/{path.name}": sha256_file(path) for path in sorted(own.iterdir())},
        n_parameters=count_parameters(network),
        n_training_clips=0,
        accuracy_heldout_takes=0.7,
        n_heldout_takes=10,
        accuracy_heldout_speakers=None,
        n_heldout_speakers_clips=0,
        gate=Gate(measured_on="heldout-takes", accuracy=0.7, least_accuracy=0.9, override=override),
        methods={"epsilon": "epsilon everywhere"},
    )


def _write_stimulus(planned: Planned, *, media: Path) -> Stimulus:
    low, high = (1.0, 0.6) if planned.louder == "low" else (0.6, 1.0)
    window = clip(low=low, high=high, seed=int(planned.id[1:]))
    other = LABELS[1 - LABELS.index(planned.louder)]
    masks: dict[Mask, NDArray[np.float64]] = {
        "none": np.ones((TRANSFORM.n_bins, TRANSFORM.n_frames)),
        "relevance": half_mask(planned.louder),
    }
    if planned.has_control:
        masks["control"] = half_mask(other)
    return Stimulus(
        id=planned.id,
        clip=f"{planned.id}.wav",
        network=NETWORK_NAME,
        speaker=planned.speaker,
        role=planned.role,
        true_label=planned.true_label,
        predicted_label=planned.louder,
        explained_label=planned.louder,
        probabilities={planned.louder: 0.9, other: 0.1},
        relevance_over_logit=1.0,
        first_sample=first_sample(),
        renditions=[_write_rendition(window, mask=mask, cells=cells, media=media) for mask, cells in masks.items()],
    )


def _write_rendition(window: NDArray[np.float64], *, mask: Mask, cells: NDArray[np.float64], media: Path) -> Rendition:
    spectrum = TRANSFORM.stft(torch.from_numpy(window)[None])[0]
    original = spectrum.abs().numpy()
    wav = write_sound(masked_signal(spectrum, cells, transform=TRANSFORM), gain_db=GAINS_DB[mask])
    levels = levels_db(magnitudes_of(wav, transform=TRANSFORM), loudest=float(original.max()))
    png = draw_picture(levels, ceiling_db=12.0)
    names = [f"{sha256_bytes(content)}.{ending}" for content, ending in ((wav, "wav"), (png, "png"))]
    for name, content in zip(names, (wav, png), strict=True):
        (media / name).write_bytes(content)
    cut, is_made = _cut(), mask != "none"
    duration_ms = 1000 * cut.n_samples / TRANSFORM.sample_rate_hz
    return Rendition(
        mask=mask,
        method="epsilon" if is_made else None,
        form="soft-mask" if is_made else "original",
        sound=Sound(
            file=names[0],
            sha256=sha256_bytes(wav),
            duration_ms=duration_ms,
            sample_rate_hz=SOUND_RATE_HZ,
            level_lufs=-23.0,
            gain_db=GAINS_DB[mask],
            true_peak_dbtp=-3.0,
        ),
        picture=Picture(
            file=names[1],
            sha256=sha256_bytes(png),
            width_px=levels.shape[1],
            height_px=levels.shape[0],
            duration_ms=duration_ms,
            frequency_min_hz=0.0,
            frequency_max_hz=TRANSFORM.frequency_max_hz,
            floor_db=FLOOR_DB,
            ceiling_db=12.0,
        ),
        mask_share=mask_share(cells, live=live_cells(original)),
        energy_kept_share=min(1.0, energy_kept_share(cells, magnitudes=original)),
        found_correlation=0.95 if is_made else None,
        found_error_db=1.0 if is_made else None,
    )
