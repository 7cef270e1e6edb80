"""Real clips with made-up relevance of the grain that smoothing leaves, prepared once for every test."""

from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import ndimage

from explainer.recipe import Recipe
from explainer.rendering.asking import Found, ask_first
from explainer.rendering.drafts import Prepared, prepare
from explainer.rendering.placed import PlacedClip
from explainer.timefrequency import AUDIOMNIST

VOICES = Path(__file__).parents[3] / "fixtures" / "voices" / "data"
CLIPS = ("01/3_01_0", "05/7_05_2", "09/1_09_4", "14/6_14_1")
FIRST_SAMPLE = 1234


def recipe(**sections: object) -> Recipe:
    """A recipe that differs from the smallest one by some sections."""
    smallest = {
        "recipe": {"name": "made-up"},
        "corpus": {"name": "made up", "path": ".", "layout": "fsdd"},
        "split": {"heldout_takes": [0], "heldout_speakers": []},
        "network": {"architecture": "alexnet-quarter", "seed": 1},
        "selection": {"n_right": 1, "n_wrong": 1, "n_training": 0, "seed": 1},
    }
    return Recipe.model_validate(smallest | sections)


@cache
def placed_clips() -> tuple[PlacedClip, ...]:
    """The clips in their windows."""
    placed = []
    for clip in CLIPS:
        samples = soundfile.read(VOICES / f"{clip}.wav")[0]
        signal = np.zeros(AUDIOMNIST.n_samples)
        signal[FIRST_SAMPLE : FIRST_SAMPLE + len(samples)] = samples
        placed.append(PlacedClip(signal, FIRST_SAMPLE, len(samples), AUDIOMNIST))
    return tuple(placed)


def found_for(placed: PlacedClip, *, seed: int = 0, method: str = "epsilon-plus-flat") -> Found:
    """Relevance made up for a clip: blobs of both signs, larger where the clip is loud."""
    noise = np.random.default_rng(seed).normal(size=placed.magnitudes.shape)
    cells: NDArray[np.float64] = ndimage.gaussian_filter(noise, 4) * np.sqrt(placed.magnitudes)
    in_time = np.interp(np.arange(AUDIOMNIST.n_samples) / AUDIOMNIST.hop, np.arange(AUDIOMNIST.n_frames), cells.sum(0))
    return Found(method=method, cells=cells, in_time=in_time)


@cache
def prepared_clips() -> tuple[Prepared, ...]:
    """Original, relevance and control of every clip."""
    prepared = []
    for seed, placed in enumerate(placed_clips()):
        asked = ask_first(found_for(placed, seed=seed), placed=placed, recipe=recipe())
        assert isinstance(asked, list), asked
        drafts = prepare(placed, asked=asked)
        assert isinstance(drafts, Prepared), drafts
        prepared.append(drafts)
    return tuple(prepared)
