"""Recordings of spoken digits: what lies in a corpus, its hash, its split, and the signals at 8 kHz."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile

from earshot.compute import progress
from earshot.errors import RecipeError
from earshot.files import sha256_bytes, sha256_file
from explainer.recipe import CorpusSection, SplitSection

Signal = npt.NDArray[np.float32]

LABELS = tuple("0123456789")
SAMPLE_RATE_HZ = 8000  # becker2024: both networks hear 8 kHz
WINDOW_S = 1  # becker2024: a clip is placed within 8000 zeros
METADATA_PATH = "data/audioMNIST_meta.txt"
UNKNOWN_AGE = 1234  # the recorder's default in AudioMNIST

_AUDIOMNIST_PATH = re.compile(r"data/(?P<speaker>[^/]+)/(?P<label>\d)_(?P=speaker)_(?P<take>\d+)\.wav")
_FSDD_PATH = re.compile(r"(?:recordings/)?(?P<label>\d)_(?P<speaker>[^/_]+)_(?P<take>\d+)\.wav")
_LENGTH_UNKNOWN = b"\xff" * 4  # recorders that write to a pipe cannot go back to fill it in
_EXPECTED_NAME = {
    "audiomnist": "data/<speaker>/<digit>_<speaker>_<take>.wav",
    "fsdd": "<digit>_<speaker>_<take>.wav",
}


@dataclass(frozen=True)
class Clip:
    """One recording: `id` is its path within the corpus, without suffix; `sex` and `age_years` are None if unknown."""

    id: str
    path: Path
    label: str
    speaker: str
    take: int
    sex: Literal["female", "male"] | None = None
    age_years: int | None = None


@dataclass(frozen=True)
class Recordings:
    """The clips of a corpus, ordered by id, and the hash of all their files and of the metadata."""

    name: str
    clips: tuple[Clip, ...]
    sha256: str

    @property
    def speakers(self) -> tuple[str, ...]:
        """The names of all speakers, sorted."""
        return tuple(sorted({clip.speaker for clip in self.clips}))


@dataclass(frozen=True)
class Heard:
    """Recordings as the networks hear them: clips that fit the window with their signals, float32 at 8 kHz.

    `sample_rate_hz` is that of the recordings themselves, the highest one if they differ.
    """

    clips: tuple[Clip, ...]
    signals: tuple[Signal, ...]
    n_skipped_too_long: int
    sample_rate_hz: int


@dataclass(frozen=True)
class Split:
    """Indices into the clips: what trains the weights, and the two sets that the weights never see."""

    training: tuple[int, ...]
    heldout_takes: tuple[int, ...]
    heldout_speakers: tuple[int, ...]


@dataclass(frozen=True)
class _SpeakerMetadata:
    sex: Literal["female", "male"] | None
    age_years: int | None


def find_recordings(folder: Path, *, section: CorpusSection) -> Recordings:
    """What lies in the corpus at `folder`; no WAV is opened beyond hashing its bytes.

    Raises
    ------
    RecipeError
        If a WAV's name does not fit the layout or the file cannot be read, a speaker is missing in the metadata or in
        the corpus, or no recording is found.
    """
    clips = _find_clips(folder, layout=section.layout)
    if section.speakers is not None:
        check_speakers(section.speakers, known={clip.speaker for clip in clips}, key="corpus.speakers")
        clips = [clip for clip in clips if clip.speaker in section.speakers]
    hashes = {clip.path.relative_to(folder).as_posix(): _hash_recording(clip.path) for clip in clips}
    if section.layout == "audiomnist":
        metadata = _read_metadata(folder / METADATA_PATH)
        clips = [_with_metadata(clip, metadata=metadata) for clip in clips]
        hashes[METADATA_PATH] = _hash_recording(folder / METADATA_PATH)
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    return Recordings(name=section.name, clips=tuple(clips), sha256=sha256_bytes(lines.encode()))


def _hash_recording(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as fault:
        raise _unreadable(path, fault=fault) from fault


def _find_clips(folder: Path, *, layout: Literal["audiomnist", "fsdd"]) -> list[Clip]:
    pattern = _AUDIOMNIST_PATH if layout == "audiomnist" else _FSDD_PATH
    clips = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() != ".wav" or "/." in f"/{name}":  # hidden: a copy under way, or a system's own
            continue
        match = pattern.fullmatch(name)
        if match is None:
            raise RecipeError(
                f"{path} does not fit the layout '{layout}' ({_EXPECTED_NAME[layout]}); rename it or move it away"
            )
        clips.append(
            Clip(
                id=name.removeprefix("data/").removeprefix("recordings/").removesuffix(".wav"),
                path=path,
                label=match["label"],
                speaker=match["speaker"],
                take=int(match["take"]),
            )
        )
    if not clips:
        raise RecipeError(f"{folder} holds no recording {_EXPECTED_NAME[layout]}; name the corpus with --corpus")
    return sorted(clips, key=lambda clip: clip.id)


def _with_metadata(clip: Clip, *, metadata: dict[str, _SpeakerMetadata]) -> Clip:
    if clip.speaker not in metadata:
        raise RecipeError(
            f"speaker '{clip.speaker}' has recordings but is missing in {METADATA_PATH}; add the speaker there "
            "(older versions of AudioMNIST lack 17, 22 and 34)"
        )
    about = metadata[clip.speaker]
    return Clip(clip.id, clip.path, clip.label, clip.speaker, clip.take, sex=about.sex, age_years=about.age_years)


def _read_metadata(path: Path) -> dict[str, _SpeakerMetadata]:
    """Sex and age by speaker from AudioMNIST's JSON; an age may be a number or text, and 1234 means unknown."""
    if not path.is_file():
        raise RecipeError(f"{path} is missing; AudioMNIST's layout has this file with every speaker's metadata")
    try:
        speakers = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as fault:
        raise RecipeError(f"{path} is no JSON: {fault}; copy it again") from fault
    if not isinstance(speakers, dict):
        raise RecipeError(f"{path} is a JSON {type(speakers).__name__}; expected an object with one entry per speaker")
    return {name: _read_speaker(entry, name=name, path=path) for name, entry in speakers.items()}


def _read_speaker(entry: object, *, name: str, path: Path) -> _SpeakerMetadata:
    if not isinstance(entry, dict):
        raise RecipeError(f"{path}: speaker '{name}' is {entry!r}; expected an object")
    gender, age = entry.get("gender"), str(entry.get("age", UNKNOWN_AGE))
    if gender not in ("female", "male", None):
        raise RecipeError(f"{path}: gender of speaker '{name}' is {gender!r}; expected 'female' or 'male'")
    if not age.isascii() or not age.isdigit():
        raise RecipeError(f"{path}: age of speaker '{name}' is {age!r}; expected whole years, or 1234 for unknown")
    return _SpeakerMetadata(sex=gender, age_years=None if int(age) == UNKNOWN_AGE else int(age))


def check_speakers(speakers: Sequence[str], *, known: set[str], key: str) -> None:
    """Raise RecipeError if one of the `speakers` under the recipe's `key` is not among the `known` ones."""
    for speaker in speakers:
        if speaker not in known:
            raise RecipeError(f"{key} names '{speaker}'; the recordings' speakers are {', '.join(sorted(known))}")


def hear(recordings: Recordings, *, too_long: Literal["error", "skip"]) -> Heard:
    """All recordings at 8 kHz.

    Raises
    ------
    RecipeError
        If a WAV is corrupt, empty, silent or not mono, or longer than the window while `too_long` is 'error'.
    """
    clips, signals, n_skipped, highest_rate_hz = [], [], 0, 0
    for clip in progress(recordings.clips, label=f"reading {recordings.name}"):
        signal, rate_hz = _read_wav(clip.path)
        highest_rate_hz = max(highest_rate_hz, rate_hz)
        if len(signal) > WINDOW_S * rate_hz:
            if too_long == "error":
                raise RecipeError(
                    f"{clip.path} lasts {len(signal) / rate_hz:.3f} s, longer than the window of {WINDOW_S} s; "
                    'trim it, or set too_long = "skip" under [corpus]'
                )
            n_skipped += 1
            continue
        clips.append(clip)
        signals.append(_resample(signal, rate_hz=rate_hz))
    return Heard(tuple(clips), tuple(signals), n_skipped_too_long=n_skipped, sample_rate_hz=highest_rate_hz)


def _read_wav(path: Path) -> tuple[Signal, int]:
    """Samples, float32 within -1 and 1, and rate of a mono WAV that holds sound."""
    _check_length(path)
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as fault:
        raise RecipeError(f"{path} cannot be read as WAV ({fault}); copy it again or move it away") from fault
    if samples.shape[1] != 1:
        raise RecipeError(f"{path} has {samples.shape[1]} channels; expected mono: mix it down")
    signal: Signal = samples[:, 0]
    if not len(signal) or not np.all(np.isfinite(signal)) or not np.any(signal):
        found = "no samples" if not len(signal) else "only zeros or numbers that are not finite"
        raise RecipeError(f"{path} holds {found}; copy it again or move it away")
    return signal, int(rate_hz)


def _unreadable(path: Path, *, fault: OSError) -> RecipeError:
    reason = fault.strerror or str(fault)
    return RecipeError(f"{path} cannot be read ({reason}); mend its permissions, copy it again or move it away")


def _check_length(path: Path) -> None:
    """Raise RecipeError if a WAV is shorter than its header says: libsndfile would read what is left in silence."""
    try:
        with path.open("rb") as file:
            header = file.read(8)
    except OSError as fault:
        raise _unreadable(path, fault=fault) from fault
    n_bytes = int.from_bytes(header[4:8], "little") + 8
    if header[:4] == b"RIFF" and n_bytes > path.stat().st_size and header[4:8] != _LENGTH_UNKNOWN:
        raise RecipeError(f"{path} is cut off: {path.stat().st_size} of {n_bytes} bytes are there; copy it again")


def _resample(signal: Signal, *, rate_hz: int) -> Signal:
    """The signal at 8 kHz, by soxr's high quality."""
    if rate_hz == SAMPLE_RATE_HZ:
        return signal
    import librosa  # costs a second, and only recordings at another rate need it

    resampled: Signal = librosa.resample(signal, orig_sr=rate_hz, target_sr=SAMPLE_RATE_HZ, res_type="soxr_hq")
    return resampled[: WINDOW_S * SAMPLE_RATE_HZ]


def split_clips(clips: Sequence[Clip], *, section: SplitSection) -> Split:
    """Indices of the clips by what they are for; every clip is in exactly one part.

    Raises
    ------
    RecipeError
        If a held-out speaker or take does not exist, or a label is left without training clips.
    """
    check_speakers(section.heldout_speakers, known={clip.speaker for clip in clips}, key="split.heldout_speakers")
    takes = {clip.take for clip in clips}
    for take in section.heldout_takes:
        if take not in takes:
            raise RecipeError(f"split.heldout_takes names {take}; takes run from {min(takes)} to {max(takes)}")
    parts: dict[str, list[int]] = {"training": [], "takes": [], "speakers": []}
    for index, clip in enumerate(clips):
        taken = "takes" if clip.take in section.heldout_takes else "training"
        parts["speakers" if clip.speaker in section.heldout_speakers else taken].append(index)
    untrained = sorted(set(LABELS) - {clips[index].label for index in parts["training"]})
    if untrained or not parts["takes"]:
        lacking = f"label {', '.join(untrained)} for training" if untrained else "held-out take of a known speaker"
        raise RecipeError(f"the split leaves no clip of {lacking}; hold out fewer takes or speakers")
    return Split(tuple(parts["training"]), tuple(parts["takes"]), tuple(parts["speakers"]))
