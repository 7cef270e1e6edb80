"""Which stimuli come under which mask in which order: pure functions of a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from earshot.shuffle import derive_key, shuffled

TrialMask = Literal["relevance", "control"]
Phase = Literal["training", "main"]

_MASKS: tuple[TrialMask, TrialMask] = ("relevance", "control")


@dataclass(frozen=True)
class PlannedTrial:
    """One trial before it is handed out: its phase, its stimulus and its mask."""

    phase: Phase
    stimulus: str
    mask: TrialMask


def counterbalance(strata: Sequence[Sequence[str]], *, seed: bytes) -> dict[str, int]:
    """Half (0 or 1) of each stimulus, so that each half holds as many of every stratum.

    Parameters
    ----------
    strata : sequence of sequences of stimulus ids
        Right and wrong predictions apart, each of even length.

    Raises
    ------
    ValueError
        If a stratum has an odd number of stimuli.
    """
    halves: dict[str, int] = {}
    for index, stratum in enumerate(strata):
        if len(stratum) % 2:
            raise ValueError(f"stratum {index} has {len(stratum)} stimuli; an even number can be split in halves")
        order = shuffled(sorted(stratum), key=derive_key(seed, purpose=f"halves {index}"))
        halves |= {stimulus: int(place >= len(order) // 2) for place, stimulus in enumerate(order)}
    return halves


def participant_sequence(
    *, training: Sequence[str], halves: Mapping[str, int], list_index: int, key: bytes
) -> list[PlannedTrial]:
    """All trials of one participant in order: training with masks alternating, then each main stimulus once.

    Parameters
    ----------
    training : sequence of str
        Stimuli of the training phase.
    halves : mapping of stimulus id to 0 or 1
        From `counterbalance`; on list 0 half 0 comes with relevance, on list 1 half 1 does.
    list_index : int
        The participant's list, 0 or 1.
    key : bytes
        The participant's own key; the caller derives it from the allocation seed and the place of the enrolment.
    """
    practice = [
        PlannedTrial(phase="training", stimulus=stimulus, mask=_MASKS[(place + list_index) % 2])
        for place, stimulus in enumerate(shuffled(sorted(training), key=derive_key(key, purpose="training")))
    ]
    main = [
        PlannedTrial(phase="main", stimulus=stimulus, mask=_MASKS[halves[stimulus] ^ list_index])
        for stimulus in shuffled(sorted(halves), key=derive_key(key, purpose="main"))
    ]
    return practice + main
