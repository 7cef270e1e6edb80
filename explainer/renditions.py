"""The renditions of a stimulus: the original, the relevance mask and its control, each as a picture and a sound.

Two phases, because level and colours are common to a set: `prepare` makes masks and unlevelled sounds of one stimulus
and says when it is unfit; once the set is chosen, `common_settings` finds what all of it reaches, and `render` writes.

One mask makes both channels: the original's STFT times the mask, with the original phase, inverted, is the sound; the
picture is the spectrogram of that sound as written. A masked STFT is not the STFT of any signal, so the mask found by
analysing the written sound differs from the one asked for; their correlation is recorded, and a stimulus where it is
low is unfit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.bundle import Mask, Picture, Rendition, Sound
from earshot.files import sha256_bytes
from explainer import pictures, sounds
from explainer.relevance.controls import Control, Unfair, fair_control
from explainer.relevance.masks import (
    Cells,
    LiveCells,
    MaskSettings,
    energy_kept_share,
    live_cells,
    mask_share,
    soft_mask,
)
from explainer.timefrequency import N_WINDOW_SAMPLES, inverse_stft, pad_to_stft, stft

LEAST_FOUND_CORRELATION: Final = 0.7
"""Below this the mask in the written sound is another than the one asked for."""

# A draft is judged before it is rounded to 16 bits: it must stand clear of the bound.
_CORRELATION_RESERVE = 0.01
_N_DECIMALS = 6
_N_LEVEL_STEPS = 60


@dataclass(frozen=True)
class Draft:
    """One rendition before the level of its set is known.

    Attributes
    ----------
    mask : {'none', 'relevance', 'control'}
    cells : ndarray, float64, (bin, frame), range 0 to 1
        The mask asked for, over the frames of the cut.
    sound : ndarray, float64, (sample,)
        At 48 kHz, faded, before any gain.
    true_peak_dbtp, reachable_lufs : float
        Peak of `sound`, and the level it has once a gain brings that peak to -1 dBTP.
    loudest : float
        Maximum of the magnitudes of `sound` at 8 kHz.
    mask_share, energy_kept_share : float
        Over the live cells and all cells of the window.
    """

    mask: Mask
    cells: Cells
    sound: sounds.Samples
    true_peak_dbtp: float
    reachable_lufs: float
    loudest: float
    mask_share: float
    energy_kept_share: float


@dataclass(frozen=True)
class Prepared:
    """A stimulus that is fit: its three drafts and how its control was made."""

    original: Draft
    relevance: Draft
    control: Draft
    control_made: Control

    @property
    def drafts(self) -> tuple[Draft, Draft, Draft]:
        """Original, relevance, control."""
        return (self.original, self.relevance, self.control)


@dataclass(frozen=True)
class SetSettings:
    """What the renditions of one set have in common: the level of all sounds, the ceiling of all pictures."""

    level_lufs: float
    ceiling_db: float


@dataclass(frozen=True)
class RenderedRendition:
    """The two files of a rendition, and what a manifest says of them."""

    rendition: Rendition
    wav: bytes
    png: bytes


def prepare(
    signal: NDArray[np.float32],
    *,
    first_sample: int,
    n_samples: int,
    relevance: NDArray[np.float32],
    settings: MaskSettings | None = None,
) -> Prepared | Unfair:
    """The drafts of one stimulus, or why it is unfit.

    Parameters
    ----------
    signal : ndarray, float32, (8000 sample,)
        What the network heard, at 8 kHz.
    first_sample, n_samples : int
        Where the clip lies in it.
    relevance : ndarray, float32, (227 bin, 227 frame)
        As `lrp.explain` gives it for this signal.
    settings : MaskSettings, optional
        How relevance becomes a mask.
    """
    spectrum = stft(torch.from_numpy(np.asarray(signal, dtype=np.float64))[None])
    magnitudes: Cells = spectrum[0].abs().numpy()
    if not magnitudes.any():
        return Unfair("the signal is silent")
    live = live_cells(magnitudes)
    padded = pad_to_stft(torch.from_numpy(np.asarray(relevance, dtype=np.float64))).numpy()
    mask = soft_mask(padded, live=live, settings=settings or MaskSettings())
    control = fair_control(mask, magnitudes=magnitudes, live=live)
    if isinstance(control, Unfair):
        return control
    cut = sounds.cut_around(first_sample=first_sample, n_samples=n_samples, n_window=N_WINDOW_SAMPLES)
    masks: dict[Mask, Cells] = {"none": np.ones_like(mask), "relevance": mask, "control": control.mask}
    drafts = {name: _draft(cells, name=name, spectrum=spectrum, cut=cut, live=live) for name, cells in masks.items()}
    return _fit(Prepared(drafts["none"], drafts["relevance"], drafts["control"], control_made=control))


def _draft(cells: Cells, *, name: Mask, spectrum: torch.Tensor, cut: sounds.Cut, live: LiveCells) -> Draft:
    masked = inverse_stft(spectrum * torch.from_numpy(cells), n_samples=N_WINDOW_SAMPLES)[0].numpy()
    sound = sounds.to_sound(cut.samples(masked))
    peak_dbtp = sounds.true_peak_dbtp(sound)
    return Draft(
        mask=name,
        cells=cut.frames(cells),
        sound=sound,
        true_peak_dbtp=peak_dbtp,
        reachable_lufs=sounds.reachable_level_lufs(sound, true_peak_dbtp=peak_dbtp),
        loudest=float(pictures.magnitudes(sounds.to_network_rate(sound)).max()),
        mask_share=mask_share(cells, live=live),
        energy_kept_share=energy_kept_share(cells, magnitudes=spectrum[0].abs().numpy()),
    )


def _fit(prepared: Prepared) -> Prepared | Unfair:
    """`prepared` itself, unless a sound is inaudible or does not hold its mask."""
    original = pictures.magnitudes(sounds.to_network_rate(prepared.original.sound))
    for draft in prepared.drafts:
        if not np.isfinite(draft.reachable_lufs):
            return Unfair(f"the sound with mask '{draft.mask}' has no audible block")
        analysed = pictures.magnitudes(sounds.to_network_rate(draft.sound))
        found = correlation(draft.cells, found_mask(analysed, original=original), live=live_cells(original))
        if draft.mask != "none" and found < LEAST_FOUND_CORRELATION + _CORRELATION_RESERVE:
            return Unfair(f"the mask found in the sound with mask '{draft.mask}' correlates only {found:.2f} with it")
    return prepared


def found_mask(magnitudes: Cells, *, original: Cells, gain_db: float = 0.0) -> Cells:
    """The mask that turns the original's magnitudes into `magnitudes`, once the gain is taken off again.

    Parameters
    ----------
    magnitudes, original : ndarray, float64, (bin, frame)
        From the written sounds.
    gain_db : float
        The gain of `magnitudes` relative to that of `original`.

    Returns
    -------
    ndarray, float64, (bin, frame), range 0 to 1
        Meaningful on the original's live cells.
    """
    smallest = np.finfo(np.float64).tiny
    ratio: Cells = magnitudes / np.maximum(original, smallest) * 10 ** (-gain_db / 20)
    return np.clip(ratio, 0.0, 1.0)


def correlation(first: Cells, second: Cells, *, live: LiveCells) -> float:
    """Pearson correlation of two masks over live cells; 0 where one of them does not vary."""
    one, other = first[live] - first[live].mean(), second[live] - second[live].mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def common_settings(stimuli: Iterable[Prepared]) -> SetSettings:
    """The highest level that every sound of a set reaches without limiting, and the ceiling of all its pictures.

    The ceiling is how far setting all sounds to one level lifts a masked cell above the original's maximum, up to
    the next decibel: what the level does to the sound, the colours show.

    Raises
    ------
    ValueError
        If there are no stimuli, or no level within 6 LU of the highest fits all of them.
    """
    prepared = list(stimuli)
    drafts = [draft for one in prepared for draft in one.drafts]
    if not drafts:
        raise ValueError("there are no stimuli; choose at least one before asking what the set has in common")
    highest = sounds.common_level_lufs(draft.reachable_lufs for draft in drafts)
    for n_steps in range(_N_LEVEL_STEPS):
        level = round(highest - n_steps / 10, 1)
        if all(_gain_db(draft, level=level) is not None for draft in drafts):
            return SetSettings(level_lufs=level, ceiling_db=max(_ceiling_db(one, level=level) for one in prepared))
    raise ValueError(f"no level from {highest:.1f} LUFS down to {level:.1f} fits every sound; leave out the quietest")


def _gain_db(draft: Draft, *, level: float) -> float | None:
    return sounds.gain_to_level_db(draft.sound, level=level, true_peak_dbtp=draft.true_peak_dbtp)


def _gains_db(prepared: Prepared, *, level: float) -> dict[Mask, float]:
    """The gain that sets each rendition to the level.

    Raises
    ------
    ValueError
        If one of them cannot reach it.
    """
    gains_db: dict[Mask, float] = {}
    for draft in prepared.drafts:
        gain_db = _gain_db(draft, level=level)
        if gain_db is None:
            raise ValueError(
                f"the sound with mask '{draft.mask}' does not reach {level:.1f} LUFS; use common_settings of its set"
            )
        gains_db[draft.mask] = gain_db
    return gains_db


def _ceiling_db(prepared: Prepared, *, level: float) -> float:
    """The loudest cell of a stimulus's renditions re the original's maximum, all set to one level; whole decibels."""
    gains_db = _gains_db(prepared, level=level)
    lifted_db = {draft.mask: 20 * np.log10(draft.loudest) + gains_db[draft.mask] for draft in prepared.drafts}
    return float(np.ceil(max(lifted_db.values()) - lifted_db["none"]))


def render(prepared: Prepared, *, common: SetSettings) -> list[RenderedRendition]:
    """The written renditions of a stimulus: original, relevance, control.

    Raises
    ------
    ValueError
        If the level of `common` is out of reach of one of its sounds.
    """
    gains_db = _gains_db(prepared, level=common.level_lufs)
    wavs = {draft.mask: sounds.write_wav(draft.sound, gain_db=gains_db[draft.mask]) for draft in prepared.drafts}
    analysed = {mask: pictures.magnitudes_of(wav) for mask, wav in wavs.items()}
    rendered = []
    for draft in prepared.drafts:
        levels = pictures.levels_db(analysed[draft.mask], loudest=float(analysed["none"].max()))
        png = pictures.draw_picture(levels, ceiling_db=common.ceiling_db)
        sound = _sound(wavs[draft.mask], gain_db=gains_db[draft.mask])
        numbers = _control_numbers(prepared.control_made) if draft.mask == "control" else {}
        if draft.mask != "none":
            raised_db = gains_db[draft.mask] - gains_db["none"]
            found = found_mask(analysed[draft.mask], original=analysed["none"], gain_db=raised_db)
            numbers["found_correlation"] = correlation(draft.cells, found, live=live_cells(analysed["none"]))
        rendition = Rendition(
            mask=draft.mask,
            sound=sound,
            picture=_picture(png, cells=levels, duration_ms=sound.duration_ms, common=common),
            mask_share=round(draft.mask_share, _N_DECIMALS),
            energy_kept_share=round(draft.energy_kept_share, _N_DECIMALS),
            **{name: round(number, _N_DECIMALS) for name, number in numbers.items()},
        )
        rendered.append(RenderedRendition(rendition=rendition, wav=wavs[draft.mask], png=png))
    return rendered


def _control_numbers(control: Control) -> dict[str, float | int]:
    """What a manifest says of how a control was made, by the names of its fields."""
    return {
        "exponent": control.exponent,
        "rolled_frames": control.rolled_frames,
        "rolled_bins": control.rolled_bins,
        "overlap_share": control.overlap_share,
        "energy_difference_share": control.energy_difference_share,
    }


def _sound(wav: bytes, *, gain_db: float) -> Sound:
    """What a manifest says of a written sound, measured on the file."""
    written, sha256 = sounds.read_wav(wav), sha256_bytes(wav)
    return Sound(
        file=f"{sha256}.wav",
        sha256=sha256,
        duration_ms=len(written) * 1000 / sounds.SOUND_RATE_HZ,
        sample_rate_hz=sounds.SOUND_RATE_HZ,
        level_lufs=round(sounds.level_lufs(written), _N_DECIMALS),
        gain_db=round(gain_db, _N_DECIMALS),
        true_peak_dbtp=round(sounds.true_peak_dbtp(written), _N_DECIMALS),
    )


def _picture(png: bytes, *, cells: Cells, duration_ms: float, common: SetSettings) -> Picture:
    """What a manifest says of a written picture; it spans the same time as its sound."""
    sha256 = sha256_bytes(png)
    return Picture(
        file=f"{sha256}.png",
        sha256=sha256,
        width_px=cells.shape[1],
        height_px=cells.shape[0],
        duration_ms=duration_ms,
        frequency_min_hz=0.0,
        frequency_max_hz=pictures.FREQUENCY_MAX_HZ,
        floor_db=pictures.FLOOR_DB,
        ceiling_db=common.ceiling_db,
    )
