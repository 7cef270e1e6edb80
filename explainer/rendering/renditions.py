"""Renditions: the files of a stimulus, and what a manifest says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from earshot.bundle import Picture, PictureKind, Rendition, Sound
from earshot.files import sha256_bytes
from explainer.controls.scene import Control
from explainer.pictures.levels import FLOOR_DB, levels_db, magnitudes_of
from explainer.pictures.overlay import draw_mask, draw_overlay
from explainer.pictures.spectrogram import draw_picture
from explainer.pictures.texts import alternative_text
from explainer.pictures.waveform import draw_waveform, kept_of_frames
from explainer.relevance.masks import Cells, live_cells
from explainer.rendering.drafts import Draft, Prepared, correlation, error_db, found_mask, holds_mask
from explainer.sounds.files import write_wav
from explainer.sounds.rates import SOUND_RATE_HZ, to_network_rate
from explainer.timefrequency import Transform

_N_DECIMALS = 6

MorePictures = Sequence[Literal["overlay", "waveform", "mask"]]


@dataclass(frozen=True)
class RenderedRendition:
    """The files of a rendition by name, and what a manifest says of them."""

    rendition: Rendition
    files: dict[str, bytes]


@dataclass(frozen=True)
class _Written:
    """A draft whose sound was written and read back: its bytes, its gain, and the magnitudes of what is heard."""

    draft: Draft
    wav: bytes
    gain_db: float
    magnitudes: Cells


@dataclass(frozen=True)
class _Set:
    """What the renditions of a stimulus share when they are drawn."""

    original: _Written
    ceiling_db: float
    more_pictures: MorePictures
    transform: Transform

    @property
    def loudest(self) -> float:
        return float(self.original.magnitudes.max())


def render(
    prepared: Prepared, *, gains_db: Sequence[float], ceiling_db: float, more_pictures: MorePictures = ()
) -> list[RenderedRendition]:
    """The written renditions of a stimulus, in the order of its drafts.

    Parameters
    ----------
    gains_db : sequence of float
        Of the drafts' sounds.
    ceiling_db : float
        Of all pictures of the set, re each original's maximum.
    more_pictures : sequence of str
        Which kinds to draw of each mask beside the matched one.
    """
    transform = prepared.cut.transform
    written = [
        _write(draft, gain_db=gain_db, transform=transform)
        for draft, gain_db in zip(prepared.drafts, gains_db, strict=True)
    ]
    shared = _Set(written[0], ceiling_db=ceiling_db, more_pictures=more_pictures, transform=transform)
    return [_render(one, shared=shared) for one in written]


def _write(draft: Draft, *, gain_db: float, transform: Transform) -> _Written:
    wav = write_wav(draft.sound, gain_db=gain_db)
    return _Written(draft=draft, wav=wav, gain_db=gain_db, magnitudes=magnitudes_of(wav, transform=transform))


def _render(one: _Written, *, shared: _Set) -> RenderedRendition:
    draft, asked = one.draft, one.draft.asked
    sound = _sound(one)
    drawn = {kind: _picture(png, kind=kind, sound=sound, one=one, shared=shared) for kind, png in _draw(one, shared)}
    numbers = _control_numbers(asked.control) | _found_numbers(one, original=shared.original)
    rendition = Rendition(
        mask=asked.mask,
        method=asked.method,
        form=asked.form,
        share=asked.share,
        sound=sound,
        picture=drawn["matched"][0],
        more_pictures=[picture for kind, (picture, _) in drawn.items() if kind != "matched"],
        mask_share=round(draft.mask_share, _N_DECIMALS),
        energy_kept_share=round(draft.energy_kept_share, _N_DECIMALS),
        **{name: round(number, _N_DECIMALS) for name, number in numbers.items()},
    )
    files = {picture.file: png for picture, png in drawn.values()}
    return RenderedRendition(rendition=rendition, files={sound.file: one.wav} | files)


def _draw(one: _Written, shared: _Set) -> list[tuple[PictureKind, bytes]]:
    """The matched picture, and the others that are wanted: of masks only, and all over the original."""
    levels = levels_db(one.magnitudes, loudest=shared.loudest)
    drawn: list[tuple[PictureKind, bytes]] = [("matched", draw_picture(levels, ceiling_db=shared.ceiling_db))]
    if not holds_mask(one.draft.asked):
        return drawn
    original, mask = shared.original, one.draft.asked.cells
    for kind in shared.more_pictures:
        if kind == "overlay":
            drawn.append((kind, draw_overlay(levels_db(original.magnitudes, loudest=shared.loudest), mask=mask)))
        elif kind == "mask":
            drawn.append((kind, draw_mask(mask)))
        else:
            samples = to_network_rate(original.draft.sound, transform=shared.transform)
            shares = kept_of_frames(mask, magnitudes=original.draft.magnitudes)
            peak = float(abs(samples).max())
            drawn.append((kind, draw_waveform(samples, shares=shares, peak=peak, transform=shared.transform)))
    return drawn


def _control_numbers(control: Control | None) -> dict[str, float | int]:
    """What a manifest says of how a control was made, by the names of its fields."""
    if control is None:
        return {}
    numbers = {
        "exponent": control.exponent,
        "gain": control.gain,
        "rolled_frames": control.rolled_frames,
        "rolled_bins": control.rolled_bins,
        "overlap_share": control.overlap_share,
        "area_share": control.area_share,
        "energy_difference_share": control.energy_difference_share,
    }
    return {name: number for name, number in numbers.items() if number is not None}


def _found_numbers(one: _Written, *, original: _Written) -> dict[str, float]:
    """How well the mask found in the written sound is the one asked for."""
    if not holds_mask(one.draft.asked):
        return {}
    asked, live = one.draft.asked.cells, live_cells(original.magnitudes)
    found = found_mask(one.magnitudes, original=original.magnitudes, gain_db=one.gain_db - original.gain_db)
    return {
        "found_correlation": correlation(asked, found, live=live),
        "found_error_db": error_db(asked, found, live=live),
    }


def _sound(one: _Written) -> Sound:
    """What a manifest says of a written sound.

    Level and true peak are the draft's after the gain: rounding to 16 bits changes them by less than .01 dB.
    """
    sha256, loudness = sha256_bytes(one.wav), one.draft.loudness
    return Sound(
        file=f"{sha256}.wav",
        sha256=sha256,
        duration_ms=len(one.draft.sound) * 1000 / SOUND_RATE_HZ,
        sample_rate_hz=SOUND_RATE_HZ,
        level_lufs=round(loudness.level_lufs(gain_db=one.gain_db), _N_DECIMALS),
        gain_db=round(one.gain_db, _N_DECIMALS),
        true_peak_dbtp=round(one.draft.true_peak_dbtp + one.gain_db, _N_DECIMALS),
    )


def _picture(png: bytes, *, kind: PictureKind, sound: Sound, one: _Written, shared: _Set) -> tuple[Picture, bytes]:
    """What a manifest says of a written picture, which spans the same time as its sound; and its bytes."""
    sha256, frequency_max_hz = sha256_bytes(png), shared.transform.frequency_max_hz
    picture = Picture(
        file=f"{sha256}.png",
        sha256=sha256,
        kind=kind,
        alternative_text=alternative_text(kind, duration_ms=sound.duration_ms, frequency_max_hz=frequency_max_hz),
        width_px=one.magnitudes.shape[1],
        height_px=one.magnitudes.shape[0],
        duration_ms=sound.duration_ms,
        frequency_min_hz=0.0,
        frequency_max_hz=frequency_max_hz,
        floor_db=FLOOR_DB,
        ceiling_db=shared.ceiling_db,
    )
    return picture, png
