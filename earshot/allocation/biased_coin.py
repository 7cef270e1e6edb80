"""The random element of the methods that look for the best arm."""

from collections.abc import Sequence

from earshot.allocation.record import ArmShare


def biased_shares(open_arms: Sequence[ArmShare], *, best: Sequence[ArmShare], best_share: float) -> dict[str, float]:
    """Probability of each open arm: the best ones get `best_share` together, by weight, the others the rest.

    Parameters
    ----------
    best : sequence of ArmShare
        Those of `open_arms` that are best for the balance, at least one.
    best_share : float
        Above .5 and below 1: the probability of the better of two arms with equal weights (efron1971).

    Notes
    -----
    Where the best arms hold more than half of the weights, `best_share` could be less than what they would get by
    weight alone, and would drive the arms apart. They then get `fair + (1 - fair) * (2 * best_share - 1)`, `fair` being
    their share of the weights, which is `best_share` at one half and always above `fair`.
    """
    names = {arm.name for arm in best}
    total_weight = sum(arm.weight for arm in open_arms)
    best_weight = sum(arm.weight for arm in best)
    if best_weight == total_weight:
        return {arm.name: arm.weight / total_weight for arm in open_arms}
    fair = best_weight / total_weight
    together = max(best_share, fair + (1 - fair) * (2 * best_share - 1))
    return {
        arm.name: arm.weight * (together / best_weight)
        if arm.name in names
        else arm.weight * ((1 - together) / (total_weight - best_weight))
        for arm in open_arms
    }
