"""From a folder to its recordings: the layouts, the labels, and the hash of all that was found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from earshot.errors import RecipeError
from earshot.files import sha256_bytes, sha256_file
from explainer.corpora.audiomnist import METADATA_PATH, add_metadata
from explainer.corpora.clips import Clip, Recordings, check_speakers, unreadable
from explainer.corpora.labels import choose_labels
from explainer.corpora.manifest import read_manifest
from explainer.sections.corpus import CorpusSection

_PATTERNS: Final = {
    "audiomnist": re.compile(r"data/(?P<speaker>[^/]+)/(?P<digit>\d)_(?P=speaker)_(?P<take>\d+)\.wav", re.ASCII),
    "fsdd": re.compile(r"(?:recordings/)?(?P<digit>\d)_(?P<speaker>[^/_]+)_(?P<take>\d+)\.wav", re.ASCII),
}
_EXPECTED_NAMES: Final = {
    "audiomnist": "data/<speaker>/<digit>_<speaker>_<take>.wav",
    "fsdd": "<digit>_<speaker>_<take>.wav",
}


@dataclass(frozen=True)
class _Found:
    """The clips of the recipe's speakers, ordered by id; the file that says more of them; where all names begin."""

    folder: Path
    clips: list[Clip]
    metadata: Path | None


def find_recordings(folder: Path, *, section: CorpusSection) -> Recordings:
    """What lies in the corpus at `folder`; no recording is opened beyond hashing its bytes.

    Raises
    ------
    RecipeError
        If a file's name does not fit the layout or the file cannot be read, the metadata or the manifest are broken or
        lack something, a speaker or label of the recipe is not there, or no recording is found.
    """
    found = _find_clips(folder, section=section)
    labels, labelled = choose_labels(found.clips, section=section)
    hashed = [replace(clip, sha256=_hash_file(clip.path)) for clip in labelled]
    return Recordings(
        name=section.name,
        clips=tuple(hashed),
        labels=labels,
        sha256=_hash_corpus(hashed, metadata=found.metadata, folder=found.folder),
        label_column=section.label,
        n_other_labels=len(found.clips) - len(labelled),
    )


def _find_clips(folder: Path, *, section: CorpusSection) -> _Found:
    if section.manifest is not None:
        path = folder / section.manifest
        clips = _of_speakers(read_manifest(path, label_column=section.label), section=section)
        return _Found(folder=path.parent, clips=clips, metadata=path)
    clips = _of_speakers(_find_named(folder, layout=section.layout), section=section)
    if section.layout == "audiomnist":
        clips = add_metadata(clips, folder=folder)
        return _Found(folder=folder, clips=clips, metadata=folder / METADATA_PATH)
    return _Found(folder=folder, clips=clips, metadata=None)


def _of_speakers(clips: Iterable[Clip], *, section: CorpusSection) -> list[Clip]:
    chosen = sorted(clips, key=lambda clip: clip.id)
    if section.speakers is None:
        return chosen
    check_speakers(section.speakers, known={clip.speaker for clip in chosen}, key="corpus.speakers")
    return [clip for clip in chosen if clip.speaker in section.speakers]


def _find_named(folder: Path, *, layout: str) -> list[Clip]:
    """The clips of a layout whose files' names say who speaks which digit."""
    clips = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() != ".wav" or "/." in f"/{name}":  # hidden: a copy under way, or a system's own
            continue
        match = _PATTERNS[layout].fullmatch(name)
        if match is None:
            raise RecipeError(
                f"{path} does not fit the layout '{layout}' ({_EXPECTED_NAMES[layout]}); rename it or move it away"
            )
        clips.append(
            Clip(
                id=name.removeprefix("data/").removeprefix("recordings/").removesuffix(".wav"),
                path=path,
                label=match["digit"],
                speaker=match["speaker"],
                take=int(match["take"]),
                attributes={"digit": match["digit"]},
            )
        )
    if not clips:
        raise RecipeError(f"{folder} holds no recording {_EXPECTED_NAMES[layout]}; name the corpus with --corpus")
    return clips


def _hash_corpus(clips: Iterable[Clip], *, metadata: Path | None, folder: Path) -> str:
    """One hash of the bytes and the names, relative to `folder`, of all clips and of the metadata."""
    hashes = {clip.path.relative_to(folder).as_posix(): clip.sha256 for clip in clips}
    if metadata is not None:
        hashes[metadata.relative_to(folder).as_posix()] = _hash_file(metadata)
    return sha256_bytes("".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items())).encode())


def _hash_file(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as fault:
        raise unreadable(path, fault=fault) from fault
