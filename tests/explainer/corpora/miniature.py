"""A miniature of AudioMNIST: its 60 speakers with the quirks of their metadata, two digits, short clips at 48 kHz."""

import json
from pathlib import Path

import numpy as np
import soundfile

from explainer.sections.corpus import CorpusSection

# as AudioMNIST's metadata has them
FEMALE = ["12", "26", "28", "36", "43", "47", "52", "56", "57", "58", "59", "60"]
SPEAKERS = [f"{number:02}" for number in range(1, 61)]
DIGITS = ("3", "7")
RATE_HZ = 48_000
# speaker 36: two repetitions of digit 3 are copies of the ones before them
COPIES = {("36", "3", 20): 19, ("36", "3", 29): 28}


def corpus_section(layout: str = "audiomnist", **changes: object) -> CorpusSection:
    return CorpusSection.model_validate({"name": "test", "path": ".", "layout": layout} | changes)


def write_clip(
    path: Path, *, duration_s: float = 0.3, rate_hz: int = 8000, n_channels: int = 1, frequency_hz: float = 440
) -> Path:
    """A tone of half of full scale, PCM_16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave = 0.5 * np.sin(2 * np.pi * frequency_hz * time_s)
    soundfile.write(path, np.repeat(wave[:, None], n_channels, axis=1), rate_hz, subtype="PCM_16")
    return path


def speaker_metadata(speaker: str) -> dict[str, object]:
    return {
        "accent": "german" if int(speaker) % 2 else "German",
        "age": {"01": 30, "45": "1234"}.get(speaker, "27"),
        "gender": "female" if speaker in FEMALE else "male",
        "native speaker": "no",
        "origin": "Europe, Germany, Berlin",
        "recordingdate": "17-06-22-11-04-28",
        "recordingroom": "vr-romm" if speaker == "02" else "vr-room",
    }


def write_metadata(folder: Path, *, without: str = "") -> None:
    metadata = {speaker: speaker_metadata(speaker) for speaker in SPEAKERS if speaker not in without.split()}
    (folder / "data/audioMNIST_meta.txt").write_text(json.dumps(metadata), encoding="utf-8")


def write_miniature(folder: Path) -> Path:
    """Two takes of each digit by each speaker, and the pairs of equal clips of speaker 36."""
    wanted = [(speaker, digit, take) for speaker in SPEAKERS for digit in DIGITS for take in (0, 1)]
    wanted += [("36", "3", take) for take in (19, 20, 28, 29)]
    for number, (speaker, digit, take) in enumerate(wanted):
        path = folder / f"data/{speaker}/{digit}_{speaker}_{take}.wav"
        if (speaker, digit, take) in COPIES:
            path.write_bytes((path.parent / f"{digit}_{speaker}_{COPIES[speaker, digit, take]}.wav").read_bytes())
        else:
            write_clip(path, duration_s=0.06 + 1e-4 * number, rate_hz=RATE_HZ, frequency_hz=200 + 5 * number)
    write_metadata(folder)
    return folder
