"""What the renditions of one set have in common: the level or the gain of all sounds, the ceiling of all pictures.

One policy holds for both channels. `normalised` sets every sound to the highest level that all of them reach without
limiting; `preserved` amplifies all of them by one gain, so that what a mask takes away stays audible. The ceiling is
how far this lifts a masked cell above the original's maximum, up to the next decibel: what the level does to the sound,
the colours show.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from earshot.bundle import LevelPolicy
from earshot.files import Strict
from explainer.rendering.drafts import Draft
from explainer.sounds.levels import (
    Loudness,
    common_level_lufs,
    gain_to_level_db,
    preserved_gain_db,
    reachable_level_lufs,
)

_N_LEVEL_STEPS = 60
_LEVEL_STEP_LU = 0.1


class Reach(Strict):
    """How far a draft can be amplified: its blocks' K-weighted powers, its true peak, and its loudest cell in dB."""

    block_powers: list[float]
    true_peak_dbtp: float
    loudest_db: float

    @property
    def loudness(self) -> Loudness:
        """What decides its level at any gain."""
        return Loudness(np.array(self.block_powers))


@dataclass(frozen=True)
class Common:
    """What a set has in common.

    Attributes
    ----------
    level_lufs : float or None
        Of every sound; None where levels are preserved.
    gains_db : tuple of tuple of float
        Of each stimulus's drafts.
    ceiling_db : float
        Of every picture, re the maximum of its original's spectrogram; whole decibels.
    """

    level_lufs: float | None
    gains_db: tuple[tuple[float, ...], ...]
    ceiling_db: float


def reach(draft: Draft) -> Reach:
    """How far a draft can be amplified."""
    return Reach(
        block_powers=draft.loudness.block_powers.tolist(),
        true_peak_dbtp=draft.true_peak_dbtp,
        loudest_db=20 * math.log10(draft.magnitudes.max()),
    )


def find_common(stimuli: Sequence[Sequence[Reach]], *, policy: LevelPolicy) -> Common:
    """What a set of stimuli, each with its drafts, the original first, has in common.

    Raises
    ------
    ValueError
        If there are no stimuli, or no level within 6 LU of the highest fits all of them.
    """
    every = [one for drafts in stimuli for one in drafts]
    if not every:
        raise ValueError("there are no stimuli; choose at least one before asking what the set has in common")
    if policy == "preserved":
        gain_db = preserved_gain_db(one.true_peak_dbtp for one in every)
        return _common(stimuli, level_lufs=None, gains_db=[[gain_db] * len(drafts) for drafts in stimuli])
    highest = common_level_lufs(reachable_level_lufs(one.loudness, true_peak_dbtp=one.true_peak_dbtp) for one in every)
    for n_steps in range(_N_LEVEL_STEPS):
        level_lufs = round(highest - n_steps * _LEVEL_STEP_LU, 1)
        gains_db = [_gains_to_level_db(drafts, level_lufs=level_lufs) for drafts in stimuli]
        if all(None not in gains for gains in gains_db):
            known = [[gain for gain in gains if gain is not None] for gains in gains_db]
            return _common(stimuli, level_lufs=level_lufs, gains_db=known)
    raise ValueError(
        f"no level from {highest:.1f} LUFS down to {level_lufs:.1f} fits every sound; leave out the quietest"
    )


def _gains_to_level_db(drafts: Iterable[Reach], *, level_lufs: float) -> list[float | None]:
    return [gain_to_level_db(one.loudness, level=level_lufs, true_peak_dbtp=one.true_peak_dbtp) for one in drafts]


def _common(
    stimuli: Sequence[Sequence[Reach]], *, level_lufs: float | None, gains_db: Sequence[Sequence[float]]
) -> Common:
    highest_db = max(
        one.loudest_db + gain_db - drafts[0].loudest_db - gains[0]
        for drafts, gains in zip(stimuli, gains_db, strict=True)
        for one, gain_db in zip(drafts, gains, strict=True)
    )
    return Common(
        level_lufs=level_lufs,
        gains_db=tuple(tuple(gains) for gains in gains_db),
        ceiling_db=float(math.ceil(highest_db)),
    )
