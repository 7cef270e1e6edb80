"""How often the next arm is guessed right, where probability theory says it exactly."""

from collections.abc import Sequence
from math import comb

from earshot.allocation.record import ArmShare
from earshot.allocation.settings import AllocationSettings


def expected_guess_share(settings: AllocationSettings, *, arms: Sequence[ArmShare]) -> float | None:
    """Share of right guesses of the convergence strategy, in the long run and without releases.

    The strategy names the arm that was allocated less often so far, and one of both at random at a tie: the best there
    is for two equal arms (blackwell1957).

    Parameters
    ----------
    arms : sequence of ArmShare
        Two of equal weight without quotas, for an answer.

    Returns
    -------
    float or None
        None where no exact result is known: other arms, and minimisation, which depends on who comes. For blocks in
        strata it is the share within each stratum, once each has seen many blocks.
    """
    if len(arms) != 2 or arms[0].weight != arms[1].weight or any(arm.quota is not None for arm in arms):
        return None
    if settings.method == "simple":
        return 0.5
    if settings.method == "least-filled":
        return _guess_share_of_biased_coin(settings.best_share)
    if settings.method == "minimisation":
        return None
    halves = [arms[0].weight * repeats for repeats in settings.block_repeats]
    return sum(_right_guesses_in_block(half) for half in halves) / sum(2 * half for half in halves)


def _right_guesses_in_block(half: int) -> float:
    """Expected right guesses in a block of `2 * half` slots.

    Notes
    -----
    Half of the slots bring the arms closer, and each of them is guessed right. Of those that lead away, only the ones
    at a tie have a chance, one half. The expected number of slots at a tie, the block's first among them, is
    4**half / comb(2 * half, half) - 1 (blackwell1957).
    """
    return half + ((1 << 2 * half) / comb(2 * half, half) - 1) / 2


def _guess_share_of_biased_coin(best_share: float) -> float:
    """Guesses are right with `best_share`, or one half at ties: (p - q) / (p - q + 1) of all places (efron1971)."""
    lead = 2 * best_share - 1
    tie_share = lead / (lead + 1)
    return best_share * (1 - tie_share) + tie_share / 2
