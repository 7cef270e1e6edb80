"""The waveform drawn, its colour telling how much of each moment a mask keeps."""

import numpy as np
from numpy.typing import NDArray

from explainer.pictures.colours import N_COLOURS, VISIBLE_SHARE, relevance_palette
from explainer.pictures.png import write_indexed
from explainer.relevance.masks import Cells
from explainer.sounds.cuts import Samples
from explainer.timefrequency import Transform


def kept_of_frames(mask: Cells, *, magnitudes: Cells) -> NDArray[np.float64]:
    """The share of each frame's energy that a mask keeps: float64, (frame,), range 0 to 1; 0 in silent frames.

    Parameters
    ----------
    mask, magnitudes : ndarray, float64, (bin, frame)
        `magnitudes` are the original's.
    """
    whole = (magnitudes**2).sum(axis=0)
    kept = ((mask * magnitudes) ** 2).sum(axis=0)
    shares: NDArray[np.float64] = np.divide(kept, whole, out=np.zeros_like(whole), where=whole > 0)
    return shares


def draw_waveform(samples: Samples, *, shares: NDArray[np.float64], peak: float, transform: Transform) -> bytes:
    """A PNG of the original's waveform on black, one column per frame; no metadata.

    Each column reaches from the least to the greatest sample around its frame's centre; its colour goes from dark blue
    where its share is 0 to yellow where it is 1. The picture is as large as the spectrogram of the same samples.

    Parameters
    ----------
    samples : ndarray, float64, (sample,)
        Of the cut, at the transform's rate.
    shares : ndarray, float64, (frame,), range 0 to 1
        As `kept_of_frames` gives it, or a relevance envelope at the frames' centres.
    peak : float
        Amplitude at the picture's upper and lower edge, above 0 and the same in a set; what exceeds it is cut off.

    Raises
    ------
    ValueError
        If there is not one share for each frame.
    """
    n_frames = transform.n_frames_of(len(samples))
    if shares.shape != (n_frames,):
        raise ValueError(f"shares have shape {shares.shape}; expected ({n_frames},), one for each frame of the samples")
    least, greatest = _envelopes(samples, n_frames=n_frames, hop=transform.hop)
    middle = (transform.n_bins - 1) / 2
    bottom, top = (np.rint(middle * (1 + np.clip(edge / peak, -1, 1))) for edge in (least, greatest))
    rows = np.arange(transform.n_bins)[:, None]
    colours = np.rint((VISIBLE_SHARE + (1 - VISIBLE_SHARE) * shares) * (N_COLOURS - 1))
    codes = np.where((rows >= bottom) & (rows <= top), colours, 0).astype(np.uint8)
    return write_indexed(codes, palette=relevance_palette())


def _envelopes(samples: Samples, *, n_frames: int, hop: int) -> tuple[Samples, Samples]:
    """Least and greatest sample within half a hop of each frame's centre; 0 after the last sample."""
    padded = np.zeros(n_frames * hop)
    first = hop // 2
    n_kept = min(len(samples), len(padded) - first)
    padded[first : first + n_kept] = samples[:n_kept]
    columns = padded.reshape(n_frames, hop)
    return columns.min(axis=1), columns.max(axis=1)
