"""A bundle made by hand with whatever presets show: two networks, two methods, forms, controls, kinds of picture.

As in `tests.tiny_bundle` media are tones and grey pictures. A stimulus has tones of its own but for the further
controls, whose tone is one of all; pictures are of 200 greys in all: copying each file costs a flush to disk.
"""

from itertools import count
from pathlib import Path

from earshot.bundle import (
    Corpus,
    Faithfulness,
    Form,
    Manifest,
    Mask,
    Network,
    Picture,
    PictureKind,
    Rendition,
    Role,
    Selection,
    Sound,
    Stimulus,
    write_manifest,
)
from earshot.files import sha256_bytes
from tests.tiny_bundle import SAMPLE_RATE_HZ, grey_png, tone_wav

NAME = "rich"
LABELS = tuple("0123456789")
NETWORKS = ("alexnet-quarter", "audionet")
METHODS = ("epsilon-plus-flat", "gradient-x-input")
DURATION_MS = 40.0

_RENDITIONS: tuple[tuple[Mask, str | None, Form], ...] = (
    ("none", None, "original"),
    ("relevance", METHODS[0], "soft-mask"),
    ("control", METHODS[0], "soft-mask"),
    ("relevance", METHODS[0], "positive-signal-times-relevance"),
    ("relevance", METHODS[1], "soft-mask"),
    ("blobs", METHODS[0], "soft-mask"),
    ("other-clip", METHODS[0], "soft-mask"),
    ("randomised-network", METHODS[0], "soft-mask"),
)
_ONE_TONE_HZ: dict[str, float] = {"blobs": 50.0, "other-clip": 60.0, "randomised-network": 70.0}
# What the network answers when it hears a rendition: its own answer, or the one after it.
_KEEPS_ANSWER = {"none": True, "relevance": True}
_MORE_PICTURES: tuple[PictureKind, ...] = ("overlay", "waveform", "mask")


def write_rich_bundle(
    folder: Path, *, name: str = NAME, n_right: int = 20, n_wrong: int = 20, n_training_wrong: int = 6
) -> str:
    """Write a whole bundle into `folder`; gives back its hash.

    Of each network there are `n_right` right and `n_wrong` wrong main stimuli, and for training two that were named
    rightly for each label and `n_training_wrong` others.
    """
    (folder / "media").mkdir(parents=True)
    weights = {network: f"no weights: {network} is made up".encode() for network in NETWORKS}
    for network, content in weights.items():
        (folder / "network" / network).mkdir(parents=True)
        (folder / "network" / network / "weights.safetensors").write_bytes(content)
    n_training_right = 2 * len(LABELS)
    plan: list[tuple[Role, bool]] = [
        ("training", index < n_training_right) for index in range(n_training_right + n_training_wrong)
    ]
    plan += [("main", index < n_right) for index in range(n_right + n_wrong)]
    writer = _Writer(folder)
    manifest = Manifest(
        name=name,
        labels=list(LABELS),
        recipe={"name": name},
        code_sha256=sha256_bytes(b"code"),
        versions={},
        seeds={"training": 0},
        corpus=Corpus(
            name="made up",
            sha256=sha256_bytes(b"corpus"),
            n_clips=len(plan),
            n_skipped_too_long=0,
            n_speakers=1,
            sample_rate_hz=SAMPLE_RATE_HZ,
        ),
        networks=[_network(network, sha256=sha256_bytes(content)) for network, content in weights.items()],
        selections=[_selection(network, n_right=n_right, n_wrong=n_wrong) for network in NETWORKS],
        level_lufs=-30.0,
        stimuli=[
            writer.stimulus(network, index=index, role=role, is_right=is_right)
            for network in NETWORKS
            for index, (role, is_right) in enumerate(plan)
        ],
    )
    return write_manifest(folder, manifest=manifest)


class _Writer:
    """Writes media, each under the hash of its content."""

    def __init__(self, folder: Path) -> None:
        self._media = folder / "media"
        self._numbers = count()

    def stimulus(self, network: str, *, index: int, role: Role, is_right: bool) -> Stimulus:
        """A stimulus with all its renditions."""
        true_label = LABELS[index % len(LABELS)]
        predicted = true_label if is_right else _following(true_label)
        return Stimulus(
            id=f"{network}-clip-{index}",
            clip=f"clip-{index}.wav",
            network=network,
            speaker="01",
            role=role,
            true_label=true_label,
            predicted_label=predicted,
            explained_label=predicted,
            probabilities={predicted: 0.8},
            relevance_over_logit=1.0,
            renditions=[
                self._rendition(mask, method=method, form=form, predicted=predicted)
                for mask, method, form in _RENDITIONS
            ],
        )

    def _rendition(self, mask: Mask, *, method: str | None, form: Form, predicted: str) -> Rendition:
        number = next(self._numbers)
        answered = predicted if _KEEPS_ANSWER.get(mask, False) else _following(predicted)
        frequency_hz = _ONE_TONE_HZ.get(mask, 200.0 + 10 * number)
        sound = self._write(tone_wav(frequency_hz=frequency_hz, duration_ms=DURATION_MS), kind="wav")
        return Rendition(
            mask=mask,
            method=method,
            form=form,
            sound=Sound(
                file=f"{sound}.wav",
                sha256=sound,
                duration_ms=DURATION_MS,
                sample_rate_hz=SAMPLE_RATE_HZ,
                level_lufs=-30.0,
                gain_db=0.0,
                true_peak_dbtp=-12.0,
            ),
            picture=self._picture("matched", grey=number % 200),
            more_pictures=[self._picture(kind, grey=250 + place) for place, kind in enumerate(_MORE_PICTURES)],
            mask_share=0.5,
            energy_kept_share=0.5,
            faithfulness=Faithfulness(
                class_kept=answered == predicted,
                answered_label=answered,
                confidence=0.7,
                confidence_original=0.8,
                confidence_removed=0.2,
            ),
        )

    def _picture(self, kind: PictureKind, *, grey: int) -> Picture:
        sha256 = self._write(grey_png(grey=grey), kind="png")
        return Picture(
            file=f"{sha256}.png",
            sha256=sha256,
            kind=kind,
            alternative_text=f"A picture of the kind '{kind}'.",
            width_px=16,
            height_px=8,
            duration_ms=DURATION_MS,
            frequency_min_hz=0.0,
            frequency_max_hz=4000.0,
            floor_db=-60.0,
            ceiling_db=0.0,
        )

    def _write(self, content: bytes, *, kind: str) -> str:
        sha256 = sha256_bytes(content)
        (self._media / f"{sha256}.{kind}").write_bytes(content)
        return sha256


def _following(label: str) -> str:
    return LABELS[(LABELS.index(label) + 1) % len(LABELS)]


def _network(name: str, *, sha256: str) -> Network:
    return Network(
        name=name,
        architecture=name,
        files={f"{name}/weights.safetensors": sha256},
        n_parameters=0,
        n_training_clips=0,
        accuracy_heldout_takes=0.95,
        n_heldout_takes=10,
        accuracy_heldout_speakers=0.9,
        n_heldout_speakers_clips=10,
        methods=dict.fromkeys(METHODS, "made up"),
    )


def _selection(network: str, *, n_right: int, n_wrong: int) -> Selection:
    return Selection(
        network=network,
        heldout_speakers=["01"],
        n_right=n_right,
        n_wrong=n_wrong,
        n_right_with_fair_control=n_right,
        n_wrong_with_fair_control=n_wrong,
    )
