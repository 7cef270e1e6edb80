"""The bundle: stimuli with their renditions, where they came from, and the hash of every file.

A bundle is a folder with `manifest.json`, `media/` and `network/`; each media file is named by the SHA-256 of its
content, so its name tells a participant nothing. The bundle's own hash is the SHA-256 of its manifest's bytes.

Format 3 says what the network answers to each sound; format 2 holds several networks, methods, masks and forms of
rendition; format 1 one network, one method, original, relevance and control. Older ones are read through
`upgrade_bundle`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from earshot import upgrade_bundle
from earshot.errors import BundleError
from earshot.files import Strict, canonical_json, parse_json, read_format, sha256_bytes, sha256_file

FORMAT_NAME: Literal["earshot-bundle"] = "earshot-bundle"
FORMAT_VERSION: Literal[3] = 3
MANIFEST_NAME = "manifest.json"
MEDIA_FOLDER = "media"
NETWORK_FOLDER = "network"
NETWORK_DESCRIPTION_NAME = "network.json"
"""In each network's folder, beside its weights."""

Mask = Literal["none", "relevance", "control", "blobs", "other-clip", "randomised-network"]
"""What is kept of a clip: all; where relevance lies; and what compares with it: the relevance mask rolled to another
place, random blobs of its autocorrelation, another clip's relevance, the relevance of a network whose weights were
drawn anew."""
Form = Literal[
    "original", "soft-mask", "top-share", "envelope", "signal-times-relevance", "positive-signal-times-relevance"
]
"""How a mask is made to be heard."""
PictureKind = Literal["matched", "overlay", "waveform", "mask"]
Role = Literal["main", "training", "attention"]
LevelPolicy = Literal["normalised", "preserved"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Label = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Sound(Strict):
    """A written WAV: 48 kHz mono PCM_16.

    `level_lufs` is the K-weighted level (bs1770, in 200 ms blocks because clips are short), `gain_db` what was
    applied to reach it, `true_peak_dbtp` the oversampled peak.
    """

    file: str
    sha256: Sha256
    duration_ms: float = Field(gt=0)
    sample_rate_hz: int = Field(gt=0)
    level_lufs: float
    gain_db: float
    true_peak_dbtp: float


class Picture(Strict):
    """A written PNG of pixels only: time runs right, frequency up; the page draws the axes.

    A `matched` picture is the spectrogram of the very sound of its rendition, in colours from `floor_db` to
    `ceiling_db`, both re the maximum of the original's spectrogram; the others show what `kind` says of the same span
    of time. The alternative text has the same words for every mask: it tells a listener to a screen reader what kind of
    picture there is and nothing of the answer.
    """

    file: str
    sha256: Sha256
    kind: PictureKind = "matched"
    alternative_text: str = ""
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    duration_ms: float = Field(gt=0)
    frequency_min_hz: float = Field(ge=0)
    frequency_max_hz: float = Field(gt=0)
    floor_db: float
    ceiling_db: float


class Faithfulness(Strict):
    """What the network makes of the very WAV that is played, read back, and of what it leaves out.

    `answered_label` is the network's answer to the rendition (None in bundles of a format before 3), `confidence` the
    probability of the explained label on the rendition, `confidence_original` on the original as played,
    `confidence_removed` on the original with the mask's part taken out (1 - mask); the measures of `evaluate` (class
    kept, increase, drop, gain, FF) follow from them.
    """

    class_kept: bool
    answered_label: str | None = None
    confidence: Share
    confidence_original: Share
    confidence_removed: Share


class Rendition(Strict):
    """One way to present a stimulus: what `method` found, by one mask and in one form, as a sound and its picture.

    `mask_share` is the mean of the mask over live cells (above the floor of the original), `energy_kept_share` the
    energy of the rendition over the original's, `found_correlation` the correlation over live cells of the mask asked
    for with the one found by analysing the written WAV, `found_error_db` the median size of their difference where the
    mask asked for is above -20 dB. A control also says with which exponent and gain it was made, how it was rolled, how
    far it overlaps the explanation (`overlap_share`, intersection over union of the soft masks), its area over the
    explanation's (`area_share`) and by how much its kept energy differs from the explanation's
    (`energy_difference_share`, relative). `share` is the share of live cells of a
    `top-share` mask. `more_pictures` show the mask in other ways.
    """

    mask: Mask
    method: str | None = None
    form: Form = "original"
    share: Share | None = None
    sound: Sound
    picture: Picture
    more_pictures: list[Picture] = Field(default_factory=list)
    mask_share: Share
    energy_kept_share: float = Field(ge=0)
    found_correlation: float | None = None
    found_error_db: float | None = None
    exponent: float | None = None
    gain: float | None = None
    rolled_frames: int | None = None
    rolled_bins: int | None = None
    overlap_share: Share | None = None
    area_share: float | None = Field(default=None, ge=0)
    energy_difference_share: float | None = None
    faithfulness: Faithfulness | None = None


class Stimulus(Strict):
    """A clip as one network heard it, with its renditions; the first one of a mask is what a study shows of it.

    `first_sample` says where the sounds' cut lies in the network's window, in samples at the network's rate.
    """

    id: str = Field(min_length=1)
    clip: str
    network: str = ""
    speaker: str
    role: Role
    true_label: str
    predicted_label: str
    explained_label: str
    probabilities: dict[str, Share]
    relevance_over_logit: float
    first_sample: int | None = None
    renditions: list[Rendition]

    @property
    def model_correct(self) -> bool:
        """Whether the network's answer is the true label."""
        return self.true_label == self.predicted_label

    def rendition(self, mask: Mask) -> Rendition:
        """The first rendition made with `mask`, which studies show; BundleError when the bundle has none."""
        for rendition in self.renditions:
            if rendition.mask == mask:
                return rendition
        raise BundleError(f"stimulus '{self.id}' has no rendition with mask '{mask}'; rebuild the bundle")


class Corpus(Strict):
    """The recordings a bundle was made from; `label` is the column that the network was to name."""

    name: str
    sha256: Sha256
    label: str = "digit"
    n_clips: int
    n_skipped_too_long: int
    n_speakers: int
    sample_rate_hz: int


class Gate(Strict):
    """Whether the network is good enough to be explained: its accuracy on clean clips that its weights never saw.

    `override` is the reason that a recipe gave for going on below the bound.
    """

    measured_on: Literal["heldout-takes", "heldout-speakers"]
    accuracy: Share
    least_accuracy: Share
    override: str | None = None


class Network(Strict):
    """A trained network and how well it does on what its weights never saw.

    `files` are the SHA-256 by path within the bundle's `network/`: weights and their description. An accuracy is None
    where the split held out no such clips.
    """

    name: str
    architecture: str = ""
    files: dict[str, Sha256]
    n_parameters: int
    n_training_clips: int
    accuracy_heldout_takes: Share | None
    n_heldout_takes: int
    accuracy_heldout_speakers: Share | None
    n_heldout_speakers_clips: int
    gate: Gate | None = None
    methods: dict[str, str] = Field(default_factory=dict)


class Selection(Strict):
    """How many stimuli of one network there were to choose from, and how alike right and wrong ones are.

    `n_matched_speaker_and_label` counts the main right stimuli that share speaker and true label with a wrong one, one
    to one. The shares are accuracies of the best rule, chosen with hindsight, that tells the main right stimuli from
    the wrong ones by their word, or by speaker and word. `drawn` says how the set was drawn: source, seed, calipers,
    pairs, standardised differences. Bundles of format 1 lack some of it.
    """

    network: str = ""
    heldout_speakers: list[str]
    n_right: int
    n_wrong: int
    n_right_with_fair_control: int
    n_wrong_with_fair_control: int
    n_matched_speaker_and_label: int | None = Field(default=None, ge=0)
    best_rule_by_true_label_share: Share | None = None
    best_rule_by_speaker_and_true_label_share: Share | None = None
    drawn: dict[str, Any] = Field(default_factory=dict)


class Manifest(Strict):
    """Everything a bundle says of itself; no path, time or host stands in it."""

    format: Literal["earshot-bundle"] = FORMAT_NAME
    format_version: Literal[3] = FORMAT_VERSION
    name: str = Field(min_length=1)
    labels: list[Label] = Field(min_length=2)
    recipe: dict[str, Any]
    code_sha256: Sha256
    versions: dict[str, str]
    seeds: dict[str, int | list[int]]
    corpus: Corpus
    networks: list[Network] = Field(min_length=1)
    selections: list[Selection] = Field(min_length=1)
    level_policy: LevelPolicy = "normalised"
    level_lufs: float
    stimuli: list[Stimulus]

    @model_validator(mode="after")
    def _check_stimuli(self) -> "Manifest":
        _refuse_twice((stimulus.id for stimulus in self.stimuli), what="stimuli have the same id")
        _refuse_twice((network.name for network in self.networks), what="networks have the same name")
        known, networks = set(self.labels), {network.name for network in self.networks}
        if len(known) != len(self.labels):
            raise ValueError(f"labels are {', '.join(self.labels)}; each may stand there once")
        for stimulus in self.stimuli:
            if not {stimulus.true_label, stimulus.predicted_label, *stimulus.probabilities} <= known:
                raise ValueError(f"stimulus '{stimulus.id}' has a label that is not in the manifest's labels")
            if stimulus.network not in networks:
                raise ValueError(
                    f"stimulus '{stimulus.id}' is of network '{stimulus.network}'; the manifest has "
                    f"{', '.join(sorted(networks))}: rebuild the bundle"
                )
        return self

    def media(self) -> dict[str, str]:
        """SHA-256 by file name (within `media/`) of every picture and sound."""
        every = [rendition for stimulus in self.stimuli for rendition in stimulus.renditions]
        sounds = {rendition.sound.file: rendition.sound.sha256 for rendition in every}
        return sounds | {
            picture.file: picture.sha256
            for rendition in every
            for picture in (rendition.picture, *rendition.more_pictures)
        }

    def files(self) -> dict[str, str]:
        """SHA-256 by path within the bundle of every file it must hold beside the manifest."""
        media = {f"{MEDIA_FOLDER}/{name}": sha256 for name, sha256 in self.media().items()}
        return media | {
            f"{NETWORK_FOLDER}/{name}": sha256 for network in self.networks for name, sha256 in network.files.items()
        }


def _refuse_twice(names: Iterable[str], *, what: str) -> None:
    every = list(names)
    if len(set(every)) != len(every):
        raise ValueError(f"two {what}; rebuild the bundle")


def write_manifest(folder: Path, *, manifest: Manifest) -> str:
    """Write the manifest into `folder`; gives back the bundle's hash."""
    content = canonical_json(manifest.model_dump(mode="json"))
    (folder / MANIFEST_NAME).write_bytes(content)
    return sha256_bytes(content)


def bundle_sha256(folder: Path) -> str:
    """The bundle's hash: the SHA-256 of its manifest's bytes."""
    return sha256_file(folder / MANIFEST_NAME)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in `folder`.

    Raises
    ------
    BundleError
        If the manifest is missing, unreadable, of a newer format, or does not fit this one.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise BundleError(f"{MANIFEST_NAME} is missing in {folder}; build it with python -m explainer build")
    return parse_manifest(path.read_bytes(), place=str(path))


def parse_manifest(content: bytes, *, place: str) -> Manifest:
    """A manifest from its bytes; `place` names it in errors. Raises BundleError as `read_manifest` does."""
    way_out = "rebuild the bundle"
    fields = parse_json(content, place=place, error=BundleError, way_out=way_out)
    return read_format(
        upgrade_bundle.to_newest(fields),
        Manifest,
        newest=FORMAT_VERSION,
        kind="bundle format",
        place=place,
        error=BundleError,
        way_out=way_out,
    )


def find_faults(folder: Path) -> list[str]:
    """One sentence per damaged, missing or surplus file of the bundle in `folder`; empty when it is whole.

    Raises
    ------
    BundleError
        If the manifest itself cannot be read.
    """
    expected = read_manifest(folder).files()
    found = _found_files(folder)
    faults = [f"{name} is missing" for name in sorted(expected.keys() - found)]
    faults += [f"{name} is surplus: the manifest does not name it" for name in sorted(found - expected.keys())]
    faults += [
        f"{name} is damaged: its content has another hash"
        for name in sorted(found & expected.keys())
        if sha256_file(folder / name) != expected[name]
    ]
    return faults


def find_surplus(folder: Path) -> list[str]:
    """The files in `folder` that its manifest does not name, by path within it; BundleError as `read_manifest` does."""
    return sorted(_found_files(folder) - read_manifest(folder).files().keys())


def _found_files(folder: Path) -> set[str]:
    """Every file (or link) in `folder` beside the manifest, by path within it."""
    paths = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {path.relative_to(folder).as_posix() for path in paths} - {MANIFEST_NAME}


def check_bundle(folder: Path) -> Manifest:
    """The manifest of the bundle in `folder`, once every file was found whole.

    Raises
    ------
    BundleError
        If any file is damaged, missing or surplus; the message names every one.
    """
    manifest = read_manifest(folder)
    faults = find_faults(folder)
    if faults:
        raise BundleError(f"{folder} is not whole: {'; '.join(faults)}; copy it again or rebuild it")
    return manifest
