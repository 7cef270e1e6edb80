"""Which clips train the weights and which ones the weights never see."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Literal

from earshot.errors import RecipeError
from earshot.files import sha256_bytes
from explainer.corpora.audiomnist import OFFICIAL_FOLDS
from explainer.corpora.clips import Clip, Recordings, check_speakers
from explainer.corpora.labels import SPEAKER_COLUMN
from explainer.sections.corpus import SplitSection

_Part = Literal["training", "validation", "heldout_takes", "heldout_speakers"]
_Parts = dict[_Part, list[int]]

_BY_SPEAKER: Final = ("speakers", "official")
_FEWEST_TRAINING_CLIPS: Final = 2  # of a label: from a single one a network learns that one by heart


@dataclass(frozen=True)
class Split:
    """Indices into the clips: what trains the weights, and the sets that the weights never see.

    Attributes
    ----------
    training : tuple of int
    validation : tuple of int
        To compare networks or epochs on; nothing is reported of it.
    heldout_takes, heldout_speakers : tuple of int
        To test on: other takes of the speakers that train, and speakers that do not.
    n_copies_left_out : int
        Clips whose bytes are those of a clip in an earlier part; they are in none.
    """

    training: tuple[int, ...]
    validation: tuple[int, ...] = ()
    heldout_takes: tuple[int, ...] = ()
    heldout_speakers: tuple[int, ...] = ()
    n_copies_left_out: int = 0

    def __post_init__(self) -> None:
        counts = Counter((*self.training, *self.validation, *self.heldout_takes, *self.heldout_speakers))
        twice = sorted(index for index, count in counts.items() if count > 1)
        if twice:
            raise ValueError(f"clips {twice} are in two parts of a split; expected each in one")

    @property
    def n_clips(self) -> int:
        """Clips in any part."""
        return len(self.training) + len(self.validation) + len(self.heldout_takes) + len(self.heldout_speakers)


def split_clips(recordings: Recordings, *, section: SplitSection) -> Split:
    """Indices of the clips by what they are for; none is in two parts.

    With `heldout`, the clips of held-out speakers are in that part, whatever their take. With folds, fold `fold` tests,
    the one before it validates and the others train; speakers in no official fold are in no part.

    Raises
    ------
    RecipeError
        If a held-out speaker or take, a fold or a fold's speaker does not exist, there are fewer speakers or takes than
        folds, speakers are held out from a network that is to tell speakers, or a part is left without clips or a
        label without enough clips for training.
    """
    if recordings.label_column == SPEAKER_COLUMN and (section.heldout_speakers or section.by in _BY_SPEAKER):
        raise RecipeError(
            "corpus.label is 'speaker', but the split holds speakers out, whose label would never be trained; "
            "hold out takes: by = 'takes', or heldout_takes alone"
        )
    clips = recordings.clips
    parts = _hold_out(clips, section=section) if section.by == "heldout" else _fold(recordings, section=section)
    kept = _without_copies(parts, clips=clips)
    split = Split(
        training=tuple(kept["training"]),
        validation=tuple(kept["validation"]),
        heldout_takes=tuple(kept["heldout_takes"]),
        heldout_speakers=tuple(kept["heldout_speakers"]),
        n_copies_left_out=sum(map(len, parts.values())) - sum(map(len, kept.values())),
    )
    _check_parts(split, section=section)
    _check_training(split, recordings=recordings)
    return split


def folds_of(section: SplitSection, *, label_column: str) -> list[SplitSection]:
    """One section per fold, to train and test on each in turn; only `section` itself when it has no folds.

    Raises
    ------
    RecipeError
        If the label has no official folds.
    """
    if section.by == "heldout":
        return [section]
    n_folds = len(_official_folds(label_column)) if section.by == "official" else section.n_folds
    return [section.model_copy(update={"fold": fold}) for fold in range(n_folds or 0)]


def _hold_out(clips: Sequence[Clip], *, section: SplitSection) -> _Parts:
    check_speakers(section.heldout_speakers, known={clip.speaker for clip in clips}, key="split.heldout_speakers")
    takes = {clip.take for clip in clips}
    for take in section.heldout_takes:
        if take not in takes:
            raise RecipeError(f"split.heldout_takes names {take}; takes run from {min(takes)} to {max(takes)}")
    parts = _no_clips()
    for index, clip in enumerate(clips):
        taken: _Part = "heldout_takes" if clip.take in section.heldout_takes else "training"
        parts["heldout_speakers" if clip.speaker in section.heldout_speakers else taken].append(index)
    return parts


def _fold(recordings: Recordings, *, section: SplitSection) -> _Parts:
    tested: _Part = "heldout_takes" if section.by == "takes" else "heldout_speakers"
    folds = _deal_folds(recordings, section=section)
    n_folds = 1 + max(folds.values())
    if section.fold is None or section.fold >= n_folds:
        raise RecipeError(f"split.fold is {section.fold}; the folds by {section.by} run from 0 to {n_folds - 1}")
    uses: dict[int, _Part] = {section.fold: tested, (section.fold - 1) % n_folds: "validation"}
    parts = _no_clips()
    for index, clip in enumerate(recordings.clips):
        fold = folds.get(clip.take if section.by == "takes" else clip.speaker)
        if fold is not None:
            parts[uses.get(fold, "training")].append(index)
    return parts


def _deal_folds(recordings: Recordings, *, section: SplitSection) -> Mapping[str | int, int]:
    """The fold of each take or speaker."""
    clips = recordings.clips
    if section.by == "official":
        folds = _official_folds(recordings.label_column)
        absent = sorted({speaker for fold in folds for speaker in fold} - {clip.speaker for clip in clips})
        if absent:
            raise RecipeError(
                f"split.by is 'official', but the recordings have no speaker {', '.join(absent)}; complete AudioMNIST, "
                "or split by = 'speakers'"
            )
        return {speaker: number for number, fold in enumerate(folds) for speaker in fold}
    if section.by == "takes":
        return _deal([{clip.take for clip in clips}], section=section)
    sexes = {clip.speaker: clip.attributes.get("sex", "") for clip in clips}
    groups = [{speaker for speaker in sexes if sexes[speaker] == sex} for sex in sorted(set(sexes.values()))]
    return _deal(groups, section=section)


def _official_folds(label_column: str) -> tuple[tuple[str, ...], ...]:
    if label_column not in OFFICIAL_FOLDS:
        raise RecipeError(
            f"split.by is 'official' and corpus.label '{label_column}'; AudioMNIST has official folds for "
            f"{' and '.join(OFFICIAL_FOLDS)} only: split by = 'speakers'"
        )
    return OFFICIAL_FOLDS[label_column]


def _deal(groups: Iterable[Set[str] | Set[int]], *, section: SplitSection) -> dict[str | int, int]:
    """The fold of each name: groups are dealt one after another, so that folds differ by one of any group, and in all.

    Notes
    -----
    The order within a group is that of a hash of seed and name: the same with any version of any library.
    """
    order: list[str | int] = []
    for group in groups:
        order += sorted(group, key=lambda name: sha256_bytes(f"{section.seed} {name}".encode()))
    if section.n_folds is None or len(order) < section.n_folds:
        raise RecipeError(
            f"split.n_folds is {section.n_folds}, but the recordings have {len(order)} {section.by}; take fewer folds"
        )
    return {name: number % section.n_folds for number, name in enumerate(order)}


def _no_clips() -> _Parts:
    return {"training": [], "validation": [], "heldout_takes": [], "heldout_speakers": []}


def _without_copies(parts: _Parts, *, clips: Sequence[Clip]) -> _Parts:
    """The parts without clips whose bytes are those of a clip in an earlier part: known clips test nothing."""
    kept = _no_clips()
    known: set[str] = set()
    for part, indices in parts.items():
        kept[part] = [index for index in indices if clips[index].sha256 not in known]
        known |= {sha256 for index in indices if (sha256 := clips[index].sha256) is not None}
    return kept


def _check_parts(split: Split, *, section: SplitSection) -> None:
    """Raise RecipeError if a part that the section asks for is empty."""
    asked = {
        "clip to validate on": (section.by != "heldout", split.validation),
        "held-out take of a known speaker": (section.by == "takes" or section.heldout_takes, split.heldout_takes),
        "clip of a held-out speaker": (section.by in _BY_SPEAKER or section.heldout_speakers, split.heldout_speakers),
    }
    for what, (is_asked, indices) in asked.items():
        if is_asked and not indices:
            copies = f" ({split.n_copies_left_out} are copies of clips in other parts)" * bool(split.n_copies_left_out)
            raise RecipeError(f"the split leaves no {what}{copies}; hold out other takes or speakers")


def _check_training(split: Split, *, recordings: Recordings) -> None:
    counts = Counter(recordings.clips[index].label for index in split.training)
    way_out = "hold out fewer takes or speakers, or leave labels out with corpus.labels"
    untrained = [label for label in recordings.labels if not counts[label]]
    if untrained:
        raise RecipeError(f"the split leaves no clip of label {', '.join(untrained)} for training; {way_out}")
    scarce = [label for label in recordings.labels if counts[label] < _FEWEST_TRAINING_CLIPS]
    if scarce:
        raise RecipeError(
            f"the split leaves one clip of label {', '.join(scarce)} for training; expected at least "
            f"{_FEWEST_TRAINING_CLIPS}: add recordings, {way_out}"
        )
