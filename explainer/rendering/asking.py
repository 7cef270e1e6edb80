"""What a recipe asks for of one clip: masks made of its relevance, and the controls that compare with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earshot.bundle import Form
from earshot.files import sha256_bytes
from explainer.controls.blobs import blob_control
from explainer.controls.matching import matched_control
from explainer.controls.other_clip import other_clip_control
from explainer.controls.rolled import rolled_control
from explainer.controls.scene import Control, Unfair
from explainer.recipe import Recipe
from explainer.relevance.masks import Cells, MaskSettings, soft_mask, top_share_mask
from explainer.rendering.drafts import Asked
from explainer.rendering.placed import PlacedClip
from explainer.sounds.signals import positive_signal_times_relevance, relevance_envelope, signal_times_relevance


@dataclass(frozen=True)
class Found:
    """What a method found for one clip.

    Attributes
    ----------
    method : str
    cells : ndarray, float64, (bin, frame)
        Relevance on the STFT's grid.
    in_time : ndarray, float64, (sample,)
        Relevance over the window.
    """

    method: str
    cells: Cells
    in_time: NDArray[np.float64]


@dataclass(frozen=True)
class Partner:
    """Another clip, which lends its relevance."""

    found: Found
    placed: PlacedClip


@dataclass(frozen=True)
class _Shape:
    """A form with its share of live cells, where it has one."""

    form: Form
    share: float | None


def ask_first(found: Found, *, placed: PlacedClip, recipe: Recipe) -> list[Asked] | Unfair:
    """What studies show of a clip: the relevance and its rolled control, in the recipe's first form; or why not."""
    return _ask_pair(found, shape=_shapes(recipe)[0], placed=placed, recipe=recipe)


def ask_more(
    found: Found,
    *,
    first: Sequence[Asked],
    placed: PlacedClip,
    recipe: Recipe,
    also: Sequence[Found],
    randomised: Found | None,
    partner: Partner | None,
    clip_id: str,
) -> list[Asked]:
    """What the recipe asks for beside the first two: further forms, methods and controls; unfair controls are left out.

    Parameters
    ----------
    first : sequence of Asked
        What `ask_first` gave.
    also : sequence of Found
        What the further methods found.
    randomised : Found or None
        What the method found in a network with weights drawn anew.
    partner : Partner or None
        Another clip of another predicted label.
    clip_id : str
        Decides the draw of the blobs, together with the recipe's seed.
    """
    first_shape, *other_shapes = _shapes(recipe)
    asked: list[Asked] = []
    for shape in other_shapes:
        asked += _ask_relevance(found, shape=shape, placed=placed, recipe=recipe)
    for other in also:
        for shape in (first_shape, *other_shapes):
            asked += _ask_relevance(other, shape=shape, placed=placed, recipe=recipe)
    controls = _further_controls(
        first[0].cells, placed=placed, recipe=recipe, randomised=randomised, partner=partner, clip_id=clip_id
    )
    return asked + [_as_asked(control, of=first[0]) for control in controls if isinstance(control, Control)]


def _shapes(recipe: Recipe) -> list[_Shape]:
    shapes: list[_Shape] = []
    for form in recipe.renditions.forms:
        shares: Sequence[float | None] = recipe.mask.top_shares if form == "top-share" else (None,)
        shapes += [_Shape(form, share) for share in shares]
    return shapes


def _ask_pair(found: Found, *, shape: _Shape, placed: PlacedClip, recipe: Recipe) -> list[Asked] | Unfair:
    """The relevance and its rolled control."""
    mask = _mask(found, shape=shape, placed=placed, recipe=recipe)
    relevance = Asked("relevance", found.method, shape.form, shape.share, mask)
    control = rolled_control(mask, magnitudes=placed.magnitudes, live=placed.live)
    return control if isinstance(control, Unfair) else [relevance, _as_asked(control, of=relevance)]


def _ask_relevance(found: Found, *, shape: _Shape, placed: PlacedClip, recipe: Recipe) -> list[Asked]:
    """The relevance in one form, with its rolled control where the form is a mask and the control fair."""
    if shape.form in ("signal-times-relevance", "positive-signal-times-relevance"):
        return [_ask_weighted(found, form=shape.form, placed=placed)]
    pair = _ask_pair(found, shape=shape, placed=placed, recipe=recipe)
    if not isinstance(pair, Unfair):
        return pair
    mask = _mask(found, shape=shape, placed=placed, recipe=recipe)
    return [Asked("relevance", found.method, shape.form, shape.share, mask)] if mask.any() else []


def _ask_weighted(found: Found, *, form: Form, placed: PlacedClip) -> Asked:
    """The signal times relevance, sample by sample; its envelope tells how much is kept."""
    weigh = signal_times_relevance if form == "signal-times-relevance" else positive_signal_times_relevance
    samples = weigh(placed.signal, relevance=found.in_time)
    cells = _envelope_cells(found, placed=placed)
    return Asked("relevance", found.method, form, None, cells, samples=samples)


def _mask(found: Found, *, shape: _Shape, placed: PlacedClip, recipe: Recipe) -> Cells:
    settings = mask_settings(recipe)
    if shape.form == "envelope":
        return _envelope_cells(found, placed=placed)
    if shape.share is None:
        return soft_mask(found.cells, live=placed.live, settings=settings)
    return top_share_mask(found.cells, live=placed.live, share=shape.share, smoothing_cells=settings.smoothing_cells)


def _envelope_cells(found: Found, *, placed: PlacedClip) -> Cells:
    """The relevance envelope of the cut at its frames, the same for every live bin, 0 outside of the cut."""
    cut, transform = placed.cut, placed.transform
    envelope = relevance_envelope(cut.samples(found.in_time), sample_rate_hz=transform.sample_rate_hz)
    at_frames = envelope[np.minimum(np.arange(cut.n_frames) * transform.hop, len(envelope) - 1)]
    cells = np.zeros_like(placed.magnitudes)
    cells[:, cut.first_frame : cut.first_frame + cut.n_frames] = at_frames
    return cells * placed.live


def _as_asked(control: Control, *, of: Asked) -> Asked:
    return Asked(control.kind, of.method, of.form, of.share, control.mask, control=control)


def _further_controls(
    mask: Cells,
    *,
    placed: PlacedClip,
    recipe: Recipe,
    randomised: Found | None,
    partner: Partner | None,
    clip_id: str,
) -> Iterator[Control | Unfair]:
    """The controls beside the rolled one, in the recipe's order."""
    magnitudes, live, settings = placed.magnitudes, placed.live, mask_settings(recipe)
    for kind in recipe.renditions.controls:
        if kind == "blobs":
            seed = int(sha256_bytes(f"{recipe.renditions.seed} {clip_id}".encode())[:16], 16)
            yield blob_control(mask, magnitudes=magnitudes, live=live, seed=seed)
        elif kind == "other-clip" and partner is not None:
            other_live = partner.placed.live
            other = soft_mask(partner.found.cells, live=other_live, settings=settings)
            yield other_clip_control(other, other_live=other_live, mask=mask, magnitudes=magnitudes, live=live)
        elif kind == "randomised-network" and randomised is not None:
            candidate = soft_mask(randomised.cells, live=live, settings=settings)
            yield matched_control(candidate, kind=kind, mask=mask, magnitudes=magnitudes, live=live)


def mask_settings(recipe: Recipe) -> MaskSettings:
    """How the recipe makes a soft mask of relevance."""
    return MaskSettings(exponent=recipe.mask.exponent)
