"""A small bundle made by hand: tones and grey pictures, whole in form, told apart by content alone."""

import json
import math
import struct
import wave
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import tomli_w

from earshot.bundle import (
    Corpus,
    Manifest,
    Network,
    Picture,
    Rendition,
    Role,
    Selection,
    Sound,
    Stimulus,
    write_manifest,
)
from earshot.files import sha256_bytes
from tests.designs import design_fields

SAMPLE_RATE_HZ = 48_000
DURATION_MS = 120.0
LABELS = ("0", "1", "2")
MASKS = ("none", "relevance", "control")
NETWORK = "made up"

STUDY_TOML = """
[study]
slug = "{slug}"
title = "Which digit did the computer hear?"
language = "{language}"
bundle = "tiny"

[texts]
information = "You will hear digits.\\n\\nIt takes some minutes."
consent = "I take part of my own will."
debrief = "Thank you.\\n\\nHalf of the explanations were rolled."
contact = "study@example.org"
labels = {{ 0 = "zero", 1 = "one", 2 = "two" }}

[[arms]]
name = "heard"
channel = "sound"

[[arms]]
name = "seen"
channel = "picture"

[[conditions]]
given = "{given}"
mask = "relevance"

[[conditions]]
given = "{given}"
mask = "control"

[training]
n_items = {n_training}

[main]
n_right = {n_right}
n_wrong = {n_wrong}
"""


def write_study_file(
    path: Path,
    *,
    slug: str = "digits",
    language: str = "en",
    given: str = "original-and-word",
    n_training: int = 2,
    n_right: int = 2,
    n_wrong: int = 2,
    more: str = "",
) -> Path:
    """Write a study file for the tiny bundle; `more` is appended as it is."""
    text = STUDY_TOML.format(
        slug=slug, language=language, given=given, n_training=n_training, n_right=n_right, n_wrong=n_wrong
    )
    path.write_text(text + more, encoding="utf-8")
    return path


def write_study_file_2(path: Path, **changes: Any) -> Path:
    """Write a study file of format 2 for the tiny bundle: `tests.designs.design_fields` with `changes`."""
    path.write_text(tomli_w.dumps(design_fields(**changes)), encoding="utf-8")
    return path


def write_tiny_bundle(
    folder: Path,
    *,
    name: str = "tiny",
    n_training: int = 2,
    n_right: int = 2,
    n_wrong: int = 2,
    masks: Sequence[str] = MASKS,
    labels: Sequence[str] = LABELS,
    duration_ms: float = DURATION_MS,
) -> str:
    """Write a whole bundle into `folder`; gives back its hash."""
    (folder / "media").mkdir(parents=True)
    (folder / "network" / "made-up").mkdir(parents=True)
    weights = b"no weights: this network is made up"
    (folder / "network" / "made-up" / "weights.safetensors").write_bytes(weights)
    plan: list[tuple[Role, bool]] = [("training", index % 2 == 0) for index in range(n_training)]
    plan += [("main", index < n_right) for index in range(n_right + n_wrong)]
    stimuli = [
        _write_stimulus(
            folder, index=index, role=role, is_right=is_right, masks=masks, labels=labels, duration_ms=duration_ms
        )
        for index, (role, is_right) in enumerate(plan)
    ]
    manifest = Manifest(
        name=name,
        labels=list(labels),
        recipe={"name": name},
        code_sha256=sha256_bytes(b"code"),
        versions={},
        seeds={"training": 0},
        corpus=_corpus(),
        networks=[_network({"made-up/weights.safetensors": sha256_bytes(weights)})],
        selections=[_selection(n_right=n_right, n_wrong=n_wrong)],
        level_lufs=-30.0,
        stimuli=stimuli,
    )
    return write_manifest(folder, manifest=manifest)


def change_manifest(folder: Path, **fields: Any) -> None:
    """Overwrite top-level fields of a bundle's manifest, unchecked."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields), encoding="utf-8")


def tone_wav(*, frequency_hz: float, duration_ms: float) -> bytes:
    """A sine at -12 dBFS: 48 kHz mono PCM_16."""
    n_samples = round(SAMPLE_RATE_HZ * duration_ms / 1000)
    step = 2 * math.pi * frequency_hz / SAMPLE_RATE_HZ
    samples = [round(8192 * math.sin(step * index)) for index in range(n_samples)]
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(struct.pack(f"<{n_samples}h", *samples))
    return content.getvalue()


def grey_png(*, grey: int, width_px: int = 16, height_px: int = 8) -> bytes:
    """A PNG of one grey (0-255)."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    row = b"\x00" + bytes([grey]) * width_px
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(row * height_px)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _write_stimulus(
    folder: Path,
    *,
    index: int,
    role: Role,
    is_right: bool,
    masks: Sequence[str],
    labels: Sequence[str],
    duration_ms: float,
) -> Stimulus:
    true_label = labels[index % len(labels)]
    predicted = true_label if is_right else labels[(index + 1) % len(labels)]
    renditions = [
        _write_rendition(folder, mask=mask, number=index * len(MASKS) + MASKS.index(mask), duration_ms=duration_ms)
        for mask in masks
    ]
    return Stimulus(
        id=f"clip-{index}",
        clip=f"clip-{index}.wav",
        network=NETWORK,
        speaker="01",
        role=role,
        true_label=true_label,
        predicted_label=predicted,
        explained_label=predicted,
        probabilities={predicted: 0.8},
        relevance_over_logit=1.0,
        renditions=renditions,
    )


def _write_rendition(folder: Path, *, mask: str, number: int, duration_ms: float) -> Rendition:
    sound = tone_wav(frequency_hz=200.0 + 10 * number, duration_ms=duration_ms)
    picture = grey_png(grey=number % 256)
    named = {}
    for content, kind in ((sound, "wav"), (picture, "png")):
        named[kind] = sha256_bytes(content)
        (folder / "media" / f"{named[kind]}.{kind}").write_bytes(content)
    return Rendition.model_validate(
        {
            "mask": mask,
            "method": None if mask == "none" else "made-up",
            "form": "original" if mask == "none" else "soft-mask",
            "sound": Sound(
                file=f"{named['wav']}.wav",
                sha256=named["wav"],
                duration_ms=duration_ms,
                sample_rate_hz=SAMPLE_RATE_HZ,
                level_lufs=-30.0,
                gain_db=0.0,
                true_peak_dbtp=-12.0,
            ),
            "picture": Picture(
                file=f"{named['png']}.png",
                sha256=named["png"],
                width_px=16,
                height_px=8,
                duration_ms=duration_ms,
                frequency_min_hz=0.0,
                frequency_max_hz=4000.0,
                floor_db=-60.0,
                ceiling_db=0.0,
            ),
            "mask_share": 0.5,
            "energy_kept_share": 0.5,
        }
    )


def _corpus() -> Corpus:
    return Corpus(
        name="made up",
        sha256=sha256_bytes(b"corpus"),
        n_clips=6,
        n_skipped_too_long=0,
        n_speakers=1,
        sample_rate_hz=SAMPLE_RATE_HZ,
    )


def _network(files: dict[str, str]) -> Network:
    return Network(
        name=NETWORK,
        files=files,
        n_parameters=0,
        n_training_clips=0,
        accuracy_heldout_takes=0.9,
        n_heldout_takes=10,
        accuracy_heldout_speakers=0.8,
        n_heldout_speakers_clips=10,
        methods={"made-up": "made up"},
    )


def _selection(*, n_right: int, n_wrong: int) -> Selection:
    return Selection(
        network=NETWORK,
        heldout_speakers=["01"],
        n_right=n_right,
        n_wrong=n_wrong,
        n_right_with_fair_control=n_right,
        n_wrong_with_fair_control=n_wrong,
    )
