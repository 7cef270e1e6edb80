"""The bundle: stimuli with their renditions, where they came from, and the hash of every file.

A bundle is a folder with `manifest.json`, `media/` and `network/`; each media file is named by the SHA-256 of its
content, so its name tells a participant nothing. The bundle's own hash is the SHA-256 of its manifest's bytes.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from earshot.errors import BundleError
from earshot.files import Strict, canonical_json, parse_json, read_format, sha256_bytes, sha256_file

FORMAT_NAME: Literal["earshot-bundle"] = "earshot-bundle"
FORMAT_VERSION: Literal[1] = 1
MANIFEST_NAME = "manifest.json"
MEDIA_FOLDER = "media"
NETWORK_FOLDER = "network"

Mask = Literal["none", "relevance", "control"]
Role = Literal["main", "training"]
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

    Colours run from `floor_db` to `ceiling_db`, both re the maximum of the original's spectrogram.
    """

    file: str
    sha256: Sha256
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    duration_ms: float = Field(gt=0)
    frequency_min_hz: float = Field(ge=0)
    frequency_max_hz: float = Field(gt=0)
    floor_db: float
    ceiling_db: float


class Rendition(Strict):
    """One mask's picture and sound of a stimulus, with what the mask keeps.

    `mask_share` is the mean of the mask over live cells (above the floor of the original), `energy_kept_share` the
    masked energy over the original's, `found_correlation` the correlation over live cells of the mask asked for with
    the one found by analysing the written WAV. A control also says how the relevance mask was rolled, with which
    exponent, how far it overlaps the explanation (`overlap_share`, intersection over union of the soft masks) and by
    how much its kept energy differs from the explanation's (`energy_difference_share`, relative).
    """

    mask: Mask
    sound: Sound
    picture: Picture
    mask_share: Share
    energy_kept_share: float = Field(ge=0)
    found_correlation: float | None = None
    exponent: float | None = None
    rolled_frames: int | None = None
    rolled_bins: int | None = None
    overlap_share: Share | None = None
    energy_difference_share: float | None = None


class Stimulus(Strict):
    """A clip as one network heard it, with its renditions, one per mask."""

    id: str = Field(min_length=1)
    clip: str
    speaker: str
    role: Role
    true_label: str
    predicted_label: str
    explained_label: str
    probabilities: dict[str, Share]
    relevance_over_logit: float
    renditions: list[Rendition]

    @property
    def model_correct(self) -> bool:
        """Whether the network's answer is the true label."""
        return self.true_label == self.predicted_label

    def rendition(self, mask: Mask) -> Rendition:
        """The rendition made with `mask`; BundleError when the bundle has none."""
        for rendition in self.renditions:
            if rendition.mask == mask:
                return rendition
        raise BundleError(f"stimulus '{self.id}' has no rendition with mask '{mask}'; rebuild the bundle")


class Corpus(Strict):
    """The recordings a bundle was made from."""

    name: str
    sha256: Sha256
    n_clips: int
    n_skipped_too_long: int
    n_speakers: int
    sample_rate_hz: int


class Network(Strict):
    """The trained network and how well it does on what its weights never saw.

    `files` are the SHA-256 by name of what stands in the bundle's `network/`: weights and their description.
    """

    name: str
    files: dict[str, Sha256]
    n_parameters: int
    n_training_clips: int
    accuracy_heldout_takes: Share
    n_heldout_takes: int
    accuracy_heldout_speakers: Share
    n_heldout_speakers_clips: int


class Selection(Strict):
    """How many stimuli there were to choose from on the held-out speakers, and how alike right and wrong ones are.

    `n_matched_speaker_and_label` counts the main right stimuli that share speaker and true label with a wrong one, one
    to one. The shares are accuracies of the best rule, chosen with hindsight, that tells the main right stimuli from
    the wrong ones by their word, or by speaker and word. Older bundles have none of the three.
    """

    heldout_speakers: list[str]
    n_right: int
    n_wrong: int
    n_right_with_fair_control: int
    n_wrong_with_fair_control: int
    n_matched_speaker_and_label: int | None = Field(default=None, ge=0)
    best_rule_by_true_label_share: Share | None = None
    best_rule_by_speaker_and_true_label_share: Share | None = None


class Manifest(Strict):
    """Everything a bundle says of itself; no path, time or host stands in it."""

    format: Literal["earshot-bundle"] = FORMAT_NAME
    format_version: Literal[1] = FORMAT_VERSION
    name: str = Field(min_length=1)
    labels: list[Label] = Field(min_length=2)
    recipe: dict[str, Any]
    code_sha256: Sha256
    versions: dict[str, str]
    seeds: dict[str, int]
    corpus: Corpus
    network: Network
    composite: str
    selection: Selection
    level_lufs: float
    stimuli: list[Stimulus]

    @model_validator(mode="after")
    def _check_stimuli(self) -> "Manifest":
        identifiers = [stimulus.id for stimulus in self.stimuli]
        if len(set(identifiers)) != len(identifiers):
            raise ValueError("two stimuli have the same id; rebuild the bundle")
        known = set(self.labels)
        if len(known) != len(self.labels):
            raise ValueError(f"labels are {', '.join(self.labels)}; each may stand there once")
        for stimulus in self.stimuli:
            if not {stimulus.true_label, stimulus.predicted_label, *stimulus.probabilities} <= known:
                raise ValueError(f"stimulus '{stimulus.id}' has a label that is not in the manifest's labels")
        return self

    def media(self) -> dict[str, str]:
        """SHA-256 by file name (within `media/`) of every picture and sound."""
        return {
            medium.file: medium.sha256
            for stimulus in self.stimuli
            for rendition in stimulus.renditions
            for medium in (rendition.sound, rendition.picture)
        }

    def files(self) -> dict[str, str]:
        """SHA-256 by path within the bundle of every file it must hold beside the manifest."""
        media = {f"{MEDIA_FOLDER}/{name}": sha256 for name, sha256 in self.media().items()}
        return media | {f"{NETWORK_FOLDER}/{name}": sha256 for name, sha256 in self.network.files.items()}


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
        fields,
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
