"""Recordings as networks hear them: any format, any rate, any number of channels becomes mono at one rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, overload

import numpy as np
import numpy.typing as npt
import soundfile

from earshot.compute import progress
from earshot.errors import RecipeError
from explainer.corpora.clips import Clip, Recordings, unreadable

Signal = npt.NDArray[np.float32]

# Where a header says how long its file is: first and last byte of the number, its order, and the bytes it leaves out.
_LENGTH_FIELDS: Final[dict[bytes, tuple[int, int, Literal["little", "big"], int]]] = {
    b"RIFF": (4, 8, "little", 8),
    b"RIFX": (4, 8, "big", 8),
    b"RF64": (20, 28, "little", 8),
    b"riff": (16, 24, "little", 0),  # Sony's Wave64
    b"FORM": (4, 8, "big", 8),  # AIFF
    b".snd": (8, 12, "big", 24),  # AU: of the samples, after a header of 24 bytes or more
}
_HEADER_BYTES: Final = 28


@dataclass(frozen=True)
class Signals(Sequence[Signal]):
    """The signals of some clips, each read when it is asked for: 30,000 clips of AudioMNIST are .6 GB."""

    clips: tuple[Clip, ...]
    sample_rate_hz: int
    window_samples: int
    shortest_samples: int

    @overload
    def __getitem__(self, index: int) -> Signal: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Signal]: ...
    def __getitem__(self, index: int | slice) -> Signal | Sequence[Signal]:
        """One signal, or several."""
        if isinstance(index, slice):
            return replace(self, clips=self.clips[index])
        return hear_clip(
            self.clips[index],
            sample_rate_hz=self.sample_rate_hz,
            window_samples=self.window_samples,
            shortest_samples=self.shortest_samples,
        )

    def __len__(self) -> int:
        return len(self.clips)


@dataclass(frozen=True)
class Heard:
    """The recordings that fit a network's window, with their signals.

    Attributes
    ----------
    recordings : Recordings
        Those that fit.
    signals : sequence of float32 arrays, (sample,)
        One per clip, mono, at `sample_rate_hz`; scaled as soundfile reads them: full scale is 1. Not kept in memory:
        each is read again when it is asked for.
    n_skipped_too_long, n_mixed_to_mono : int
        Clips that did not fit, and clips among those that fit whose channels were averaged.
    sample_rate_hz : int
        Of the signals.
    recorded_rate_hz : int
        Of the recordings themselves, the highest one if they differ.
    """

    recordings: Recordings
    signals: Sequence[Signal]
    n_skipped_too_long: int
    n_mixed_to_mono: int
    sample_rate_hz: int
    recorded_rate_hz: int

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that fit, one per signal."""
        return self.recordings.clips


@dataclass(frozen=True)
class _Sound:
    """What a file holds: finite float32, (frame, channel), not silent in mono."""

    channels: Signal
    rate_hz: int

    def n_samples_at(self, sample_rate_hz: int) -> int:
        """Samples at another rate, rounded up."""
        return -(-len(self.channels) * sample_rate_hz // self.rate_hz)


def hear(
    recordings: Recordings,
    *,
    sample_rate_hz: int,
    window_samples: int,
    shortest_samples: int,
    too_long: Literal["error", "skip"],
) -> Heard:
    """All recordings as a network hears them, each heard once to know that it can be.

    Parameters
    ----------
    recordings : Recordings
    sample_rate_hz, window_samples : int
        Of the network's input.
    shortest_samples : int
        The least that is heard, at `sample_rate_hz`: a window of the STFT.
    too_long : str
        Whether a clip longer than the window is an error or skipped and counted.

    Raises
    ------
    RecipeError
        As `hear_clip`; a clip longer than the window is none while `too_long` is 'skip'. If every clip is.
    """
    clips, n_mixed, highest_rate_hz = [], 0, 0
    for clip in progress(recordings.clips, label=f"reading {recordings.name}"):
        sound = _read_sound(clip.path)
        highest_rate_hz = max(highest_rate_hz, sound.rate_hz)
        if too_long == "skip" and _is_too_long(sound, sample_rate_hz=sample_rate_hz, window_samples=window_samples):
            continue
        _check_fit(
            sound,
            path=clip.path,
            sample_rate_hz=sample_rate_hz,
            window_samples=window_samples,
            shortest_samples=shortest_samples,
        )
        clips.append(clip)
        n_mixed += sound.channels.shape[1] > 1
    if not clips:
        raise RecipeError(
            f"all {len(recordings.clips)} clips of {recordings.name} are longer than the window of "
            f"{_describe(window_samples, rate_hz=sample_rate_hz)}; trim them, or take a network with a longer window"
        )
    return Heard(
        recordings=replace(recordings, clips=tuple(clips)),
        signals=Signals(tuple(clips), sample_rate_hz, window_samples, shortest_samples),
        n_skipped_too_long=len(recordings.clips) - len(clips),
        n_mixed_to_mono=n_mixed,
        sample_rate_hz=sample_rate_hz,
        recorded_rate_hz=highest_rate_hz,
    )


def hear_clip(clip: Clip, *, sample_rate_hz: int, window_samples: int, shortest_samples: int) -> Signal:
    """One clip as a network hears it, float32, (sample,), mono, not rescaled: the very signal that `hear` gives.

    Raises
    ------
    RecipeError
        If the file cannot be read, is cut off, empty, silent, holds numbers that are not finite, or is longer than the
        window or shorter than `shortest_samples`.
    """
    sound = _read_sound(clip.path)
    _check_fit(
        sound,
        path=clip.path,
        sample_rate_hz=sample_rate_hz,
        window_samples=window_samples,
        shortest_samples=shortest_samples,
    )
    return _resample(sound, sample_rate_hz=sample_rate_hz)


def _is_too_long(sound: _Sound, *, sample_rate_hz: int, window_samples: int) -> bool:
    # at the recording's own rate: rounding up to whole samples at another one makes nothing too long
    return len(sound.channels) * sample_rate_hz > window_samples * sound.rate_hz


def _check_fit(sound: _Sound, *, path: Path, sample_rate_hz: int, window_samples: int, shortest_samples: int) -> None:
    """Raise RecipeError if a sound is longer than the window or too short."""
    lasting = f"{path} lasts {_describe(len(sound.channels), rate_hz=sound.rate_hz)}"
    if _is_too_long(sound, sample_rate_hz=sample_rate_hz, window_samples=window_samples):
        raise RecipeError(
            f"{lasting}, longer than the window of {_describe(window_samples, rate_hz=sample_rate_hz)}; "
            'trim it, or set too_long = "skip" under [corpus]'
        )
    n_samples = sound.n_samples_at(sample_rate_hz)
    if n_samples < shortest_samples:
        raise RecipeError(
            f"{lasting}, {n_samples} samples at {sample_rate_hz} Hz; expected at least {shortest_samples} "
            f"({_describe(shortest_samples, rate_hz=sample_rate_hz)}): record it again or move it away"
        )


def _describe(n_samples: int, *, rate_hz: int) -> str:
    return f"{n_samples / rate_hz:.3f} s"


def _read_sound(path: Path) -> _Sound:
    """What a file that holds sound holds."""
    _check_length(path)
    kind = path.suffix[1:].upper() or "sound"
    try:
        with soundfile.SoundFile(path) as file:
            n_frames, rate_hz = file.frames, int(file.samplerate)
            channels: Signal = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as fault:
        raise RecipeError(f"{path} cannot be read as {kind} ({fault}); copy it again or move it away") from fault
    if len(channels) < n_frames:
        raise RecipeError(f"{path} is cut off: {len(channels)} of {n_frames} samples are there; copy it again")
    sound = _Sound(channels=channels, rate_hz=rate_hz)
    if not len(channels) or not np.all(np.isfinite(channels)) or not np.any(_mix(sound)):
        found = "no samples" if not len(channels) else "only zeros or numbers that are not finite"
        raise RecipeError(f"{path} holds {found}; copy it again or move it away")
    return sound


def _check_length(path: Path) -> None:
    """Raise RecipeError if a file is shorter than its header says: libsndfile would read what is left in silence."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        n_bytes_there = path.stat().st_size
    except OSError as fault:
        raise unreadable(path, fault=fault) from fault
    if header[:4] not in _LENGTH_FIELDS:
        return
    first, last, order, n_left_out = _LENGTH_FIELDS[header[:4]]
    field = header[first:last]
    # recorders that write to a pipe cannot go back to fill the number in
    n_bytes = 0 if field == b"\xff" * len(field) else int.from_bytes(field, order) + n_left_out
    if n_bytes > n_bytes_there:
        raise RecipeError(f"{path} is cut off: {n_bytes_there} of {n_bytes} bytes are there; copy it again")


def _mix(sound: _Sound) -> Signal:
    """The mean of the channels."""
    if sound.channels.shape[1] == 1:
        return sound.channels[:, 0]
    mixed: Signal = sound.channels.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mixed


def _resample(sound: _Sound, *, sample_rate_hz: int) -> Signal:
    """The sound in mono at the network's rate, by soxr's high quality."""
    mono = _mix(sound)
    if sound.rate_hz == sample_rate_hz:
        return mono
    import librosa  # costs a second, and only recordings at another rate need it

    resampled: Signal = librosa.resample(mono, orig_sr=sound.rate_hz, target_sr=sample_rate_hz, res_type="soxr_hq")
    return resampled[: sound.n_samples_at(sample_rate_hz)]  # librosa multiplies floats, and may round up one too many
