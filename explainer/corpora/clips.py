"""Clips of a corpus: what lies there and what is said of it; nothing here opens a recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from earshot.errors import RecipeError


@dataclass(frozen=True)
class Clip:
    """One recording.

    Attributes
    ----------
    id : str
        Its path within the corpus: without suffix in a named layout, whole in a manifest.
    path : Path
    label : str
        What a network is to answer: the value of the recipe's label column.
    speaker : str
    take : int
        Which of the recordings that a speaker made of the same word; takes of one number form a part of a split.
    attributes : mapping of str to str
        Every other column that is known of it, by name; an unknown value is absent.
    sha256 : str or None
        Of its bytes; None where they were not read. Clips of equal hashes are one recording, stored twice.
    """

    id: str
    path: Path
    label: str
    speaker: str
    take: int
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    sha256: str | None = None


@dataclass(frozen=True)
class Recordings:
    """The clips of a corpus.

    Attributes
    ----------
    name : str
    clips : tuple of Clip
        Ordered by id.
    labels : tuple of str
        What a network may answer, in the order of its outputs.
    sha256 : str
        Of all clips' bytes and names and of the metadata; where the corpus lies changes nothing.
    label_column : str
        The column that `labels` are the values of.
    n_other_labels : int
        Clips left out because the recipe does not name their label.
    """

    name: str
    clips: tuple[Clip, ...]
    labels: tuple[str, ...]
    sha256: str
    label_column: str
    n_other_labels: int = 0

    @property
    def speakers(self) -> tuple[str, ...]:
        """The names of all speakers, sorted."""
        return tuple(sorted({clip.speaker for clip in self.clips}))


def unreadable(path: Path, *, fault: OSError) -> RecipeError:
    """The error for a file that the system does not let us read."""
    reason = fault.strerror or str(fault)
    return RecipeError(f"{path} cannot be read ({reason}); mend its permissions, copy it again or move it away")


def check_speakers(speakers: Sequence[str], *, known: set[str], key: str) -> None:
    """Raise RecipeError if one of the `speakers` under the recipe's `key` is not among the `known` ones."""
    for speaker in speakers:
        if speaker not in known:
            raise RecipeError(f"{key} names '{speaker}'; the recordings' speakers are {', '.join(sorted(known))}")
