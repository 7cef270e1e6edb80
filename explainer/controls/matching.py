"""Matching a mask to the energy that the relevance mask keeps: by sharpness and strength, or cell by cell."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import optimize

from explainer.controls.scene import Control, ControlKind, Scene, Unfair, fair_in_energy, scene_of
from explainer.relevance.masks import Cells, LiveCells

EXPONENTS: Final = (0.5, 4.0)
"""How far a foreign mask may be blunted or sharpened."""
GAINS: Final = (1.0, 8.0)
"""How far a blunted mask may be strengthened, cut at 1. None is weakened: setting the level would undo it, and the
energies would be matched on paper only."""


def matched_control(
    candidate: Cells, *, kind: ControlKind, mask: Cells, magnitudes: Cells, live: LiveCells
) -> Control | Unfair:
    """A foreign mask that keeps as much energy as the relevance mask, or why it cannot.

    Parameters
    ----------
    candidate : ndarray, float64, (bin, frame), range 0 to 1
        A soft mask made of another relevance, such as that of a network whose weights were drawn anew.
    kind : {'other-clip', 'randomised-network'}
    mask : ndarray, float64, (bin, frame), range 0 to 1
        The relevance mask, soft or top-share; 0 on silent cells.
    magnitudes : ndarray, float64, (bin, frame)
        Of the original's STFT.
    live : ndarray, bool, (bin, frame)
        As `masks.live_cells` gives it.

    Notes
    -----
    Only the energy decides whether it is fair: that a foreign mask overlaps with the relevance mask, or has another
    area, is a finding, and recorded.
    """
    scene = scene_of(mask, magnitudes=magnitudes, live=live)
    if isinstance(scene, Unfair):
        return scene
    cut = scene.cut(candidate)
    if not cut.any():
        return Unfair(f"the mask '{kind}' holds no live cell of this clip")
    return fair_in_energy(matched_to_energy(cut, scene=scene, kind=kind))


def matched_to_energy(
    candidate: Cells,
    *,
    scene: Scene,
    kind: ControlKind,
    exponents: tuple[float, float] = EXPONENTS,
    gains: tuple[float, float] = GAINS,
) -> Control:
    """The control made of a candidate whose kept energy is nearest to that of the scene's relevance mask.

    Parameters
    ----------
    candidate : ndarray, float64, (bin, frame of the span), range 0 to 1
        0 on silent cells. Where the scene's mask is soft it is raised to an exponent, then strengthened by a gain if no
        exponent suffices; where the scene's mask is binary, the cells with the largest values are kept, as many as
        match.
    exponents, gains : (float, float)
        The least and the most. A gain is sought only where the least exponent keeps too little.
    """
    if scene.is_binary:
        return scene.control(_top_cells(candidate, scene=scene), kind=kind)
    inside = candidate > 0
    values, energy = candidate[inside], scene.energy[inside]
    logarithms = np.log(values)

    def surplus(exponent: float, gain: float) -> float:
        squares = np.minimum(np.exp(2 * exponent * logarithms) * gain**2, 1.0)  # half the time of a power
        return float((squares * energy).sum()) - scene.wanted

    exponent = _nearest_root(lambda exponent: surplus(exponent, 1.0), between=exponents)
    gain = 1.0
    if exponent == exponents[0]:
        gain = _nearest_root(lambda gain: surplus(exponent, gain), between=gains)
    tuned = np.zeros_like(candidate)
    tuned[inside] = np.minimum(values**exponent * gain, 1.0)
    return scene.control(tuned, kind=kind, exponent=exponent, gain=gain)


def _top_cells(candidate: Cells, *, scene: Scene) -> Cells:
    """1 on the cells with the largest values, as many as keep the energy wanted best; ties as `top_share_mask`."""
    order = np.argsort(-candidate, axis=None, kind="stable")[: int((candidate > 0).sum())]
    differences = np.abs(np.cumsum(scene.energy.flat[order]) - scene.wanted)
    mask = np.zeros_like(candidate)
    mask.flat[order[: int(differences.argmin()) + 1]] = 1.0
    return mask


def _nearest_root(function: Callable[[float], float], *, between: tuple[float, float]) -> float:
    """Where a monotonic function is zero, or the bound where it is nearer to zero."""
    least, most = between
    at_least, at_most = function(least), function(most)
    if at_least * at_most > 0 or least == most:
        return least if abs(at_least) <= abs(at_most) else most
    return float(optimize.brentq(function, least, most, xtol=1e-4))
