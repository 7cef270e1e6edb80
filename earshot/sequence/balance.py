"""Who gets which stimuli under which condition: every stimulus equally often under each.

Of a pool of stimuli each participant gets a window of `n_stimuli`. A pass is one round of windows through the whole
pool, so each stimulus is assigned once in every pass. Stimuli are divided into as many classes as there are conditions;
a class comes under another condition in every pass. Passes deal stimuli into windows anew, class by class, so each
window holds equal numbers of every class and thereby of every condition.
"""

from collections.abc import Sequence

from earshot.shuffle import derive_key, shuffled


def classes(pool: Sequence[str], *, n_classes: int, key: bytes) -> dict[str, int]:
    """Class (0..n_classes-1) of each stimulus, drawn by `key`; classes differ in size by one at most.

    The order in which `pool` names its stimuli does not matter.
    """
    order = shuffled(sorted(pool), key=derive_key(key, purpose="classes"))
    return {stimulus: place % n_classes for place, stimulus in enumerate(order)}


def count_windows(n_pool: int, *, n_stimuli: int, n_conditions: int) -> int:
    """How many participants one pass through the pool serves; 1 where nothing is taken from it.

    Raises
    ------
    ValueError
        If `n_stimuli` is no multiple of `n_conditions`, or `n_pool` none of `n_stimuli`: no balance would be possible.
    """
    if n_stimuli < 0 or n_stimuli % n_conditions:
        raise ValueError(
            f"{n_stimuli} stimuli per participant cannot be shared equally by {n_conditions} conditions; "
            f"take a multiple of {n_conditions}"
        )
    if n_stimuli == 0:
        return 1
    if n_pool == 0 or n_pool % n_stimuli:
        raise ValueError(
            f"a pool of {n_pool} stimuli cannot be dealt out {n_stimuli} at a time; "
            f"make it {max(n_pool // n_stimuli, 1) * n_stimuli} stimuli or another multiple of {n_stimuli}"
        )
    return n_pool // n_stimuli


def assign_conditions(
    pool: Sequence[str], *, n_stimuli: int, n_conditions: int, sequence: int, key: bytes
) -> dict[str, int]:
    """The stimuli of one sequence and the condition (0..n_conditions-1) of each.

    Parameters
    ----------
    pool : sequence of str
        Stimuli of one stratum (right or wrong predictions); their order does not matter.
    n_stimuli : int
        How many of them each participant gets.
    sequence : int
        From 0, in order of assignment within an arm.
    key : bytes
        The same for all participants; the caller derives one for each block and stratum.

    Raises
    ------
    ValueError
        From `count_windows`, or if `sequence` is negative.

    Notes
    -----
    Over the sequences 0..S, for every S: no stimulus was assigned to two conditions by numbers that differ by more than
    one, and none was assigned more than once more often than another. A skipped number leaves a gap in that balance.
    """
    if sequence < 0:
        raise ValueError(f"sequence is {sequence}; sequences are counted from 0")
    n_windows = count_windows(len(pool), n_stimuli=n_stimuli, n_conditions=n_conditions)
    if n_stimuli == 0:
        return {}
    n_passes, window = divmod(sequence, n_windows)
    share = n_stimuli // n_conditions
    class_of = classes(pool, n_classes=n_conditions, key=key)
    assigned: dict[str, int] = {}
    for number in range(n_conditions):
        members = sorted(stimulus for stimulus in pool if class_of[stimulus] == number)
        dealt = shuffled(members, key=derive_key(key, purpose=f"pass {n_passes} class {number}"))
        condition = (number + n_passes) % n_conditions
        assigned |= dict.fromkeys(dealt[window * share : (window + 1) * share], condition)
    return assigned
