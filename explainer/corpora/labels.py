"""Which column of a corpus a network is to tell, and which of its values are the labels."""

from collections.abc import Sequence
from dataclasses import replace

from earshot.errors import RecipeError
from explainer.corpora.audiomnist import SEX_LABELS
from explainer.corpora.clips import Clip
from explainer.sections.corpus import CorpusSection

SPEAKER_COLUMN = "speaker"


def choose_labels(clips: Sequence[Clip], *, section: CorpusSection) -> tuple[tuple[str, ...], list[Clip]]:
    """The labels, in the order of a network's outputs, and the clips that have one of them, each with its own.

    The recipe's `labels` are kept in their order; without them all values of the column are labels: male before female
    in AudioMNIST (becker2024), else in the order of their characters.

    Raises
    ------
    RecipeError
        If no clip has the column, or a clip lacks its value, a label of the recipe is no clip's, or there are fewer
        than two labels.
    """
    named = [replace(clip, label=_read_label(clip, column=section.label, clips=clips)) for clip in clips]
    found = {clip.label for clip in named}
    listing = ", ".join(f"'{label}'" for label in sorted(found))
    absent = [label for label in section.labels or () if label not in found]
    if absent:
        raise RecipeError(f"corpus.labels names '{absent[0]}'; the values of '{section.label}' are {listing}")
    labels = tuple(section.labels or _usual_order(found, section=section))
    if len(labels) < 2:
        raise RecipeError(
            f"the only value of corpus.label = '{section.label}' is {listing}; a network needs two or more to tell "
            "apart: name another column, or take in more recordings"
        )
    return labels, [clip for clip in named if clip.label in labels]


def _read_label(clip: Clip, *, column: str, clips: Sequence[Clip]) -> str:
    label = clip.speaker if column == SPEAKER_COLUMN else clip.attributes.get(column)
    if label is not None:
        return label
    columns = {SPEAKER_COLUMN}.union(*(one.attributes for one in clips))
    if column not in columns:
        raise RecipeError(f"corpus.label is '{column}'; the recordings' columns are {', '.join(sorted(columns))}")
    raise RecipeError(
        f"{clip.path} of speaker '{clip.speaker}' has no '{column}', which corpus.label names; fill it in or leave the "
        "speaker out with corpus.speakers"
    )


def _usual_order(labels: set[str], *, section: CorpusSection) -> list[str]:
    if section.layout == "audiomnist" and section.label == "sex":
        return sorted(labels, key=SEX_LABELS.index)
    return sorted(labels)
