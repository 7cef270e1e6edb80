"""What a method of allocation can be expected to do at the planned number of people: balance and predictability."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isclose

from earshot.allocation.record import ArmShare
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.simulated_run import Group, SimulatedRun, group_names, simulate_run
from earshot.shuffle import derive_key

_MOST_DROPOUT_SHARE = 0.9


@dataclass(frozen=True)
class Distribution:
    """One value per run.

    Parameters
    ----------
    values : tuple of float
        Ascending.
    """

    values: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """The smallest value that at least `share` (above 0, up to 1) of the runs do not exceed."""
        return self.values[ceil(share * len(self.values)) - 1]

    @property
    def maximum(self) -> float:
        """The largest value of all runs."""
        return self.values[-1]


@dataclass(frozen=True)
class Imbalance:
    """The largest difference of count / weight between two arms, counted over places not released.

    Parameters
    ----------
    end, worst : Distribution
        When the planned number is reached; at its worst along the way.
    """

    end: Distribution
    worst: Distribution


@dataclass(frozen=True)
class GroupImbalance:
    """The imbalance among people of the same levels.

    Parameters
    ----------
    levels : mapping of factor to level
        All factors for a stratum; one factor for a level by itself.
    """

    levels: Mapping[str, str]
    imbalance: Imbalance


@dataclass(frozen=True)
class AllocationSimulation:
    """What the runs came to.

    Parameters
    ----------
    imbalance : Imbalance
        Over everybody.
    strata, single_levels : tuple of GroupImbalance
        One for each combination of levels; with two factors or more, also one for each level of each factor. Those of
        people who are the same in all factors follow the method's aim in `stratified-permuted-blocks`, single levels
        in `minimisation`.
    guessed_share : float
        Share of all places whose arm the convergence strategy names: the arm with the least count / weight so far
        among those not full, within the stratum for blocks in strata; ties guessed at random.
    known_share : float
        Share of all places whose arm is certain beforehand to somebody who knows settings, factors and history.
    heaviest_share : float
        Share of right guesses in the long run when always naming the arm of the largest weight.
    """

    n_runs: int
    n_planned: int
    imbalance: Imbalance
    strata: tuple[GroupImbalance, ...]
    single_levels: tuple[GroupImbalance, ...]
    guessed_share: float
    known_share: float
    heaviest_share: float


def simulate_allocation(
    settings: AllocationSettings,
    *,
    arms: Sequence[ArmShare],
    n_planned: int,
    level_shares: Mapping[str, Mapping[str, float]],
    seed: bytes,
    n_runs: int = 1000,
    dropout_share: float = 0.0,
) -> AllocationSimulation:
    """Balance and predictability of `settings` over `n_runs` simulated allocations by the real allocator.

    Parameters
    ----------
    n_planned : int
        How many places are held at the end of each run.
    level_shares : mapping of factor to mapping of level to share
        How the levels of each factor are spread among those who come, independently of each other; all of the
        settings' strata, and others whose balance is of interest.
    seed : bytes
        Of the simulation; never the study's allocation seed.
    dropout_share : float
        Probability, up to .9, that a place is released; it is, before the next person comes.

    Raises
    ------
    ValueError
        If a number is out of its range, quotas end before `n_planned`, or `level_shares` lack a factor of the strata
        or do not sum to 1.

    Notes
    -----
    Predictability counts on somebody who sees every allocation at once, as an unmasked research assistant would. In
    `minimisation` a person who also knows the next one's factors can work out the best arm, and is right with about
    `best_share`: more often than the convergence strategy.
    """
    _check_sizes(arms, n_planned=n_planned, n_runs=n_runs, dropout_share=dropout_share)
    _check_levels(settings, level_shares=level_shares)
    ordered = sorted(arms, key=lambda arm: arm.name)
    runs = [
        simulate_run(
            settings,
            arms=ordered,
            n_planned=n_planned,
            level_shares=level_shares,
            key=derive_key(seed, purpose=f"simulated allocation {number}"),
            dropout_share=dropout_share,
        )
        for number in range(n_runs)
    ]
    return _summarise(runs, arms=ordered, n_planned=n_planned, level_shares=level_shares)


def _check_sizes(arms: Sequence[ArmShare], *, n_planned: int, n_runs: int, dropout_share: float) -> None:
    if n_planned < 1 or n_runs < 1:
        raise ValueError(f"n_planned is {n_planned} and n_runs is {n_runs}; expected at least 1 of each")
    if not 0 <= dropout_share <= _MOST_DROPOUT_SHARE:
        raise ValueError(f"dropout_share is {dropout_share}; expected 0 to {_MOST_DROPOUT_SHARE}")
    quotas = [arm.quota for arm in arms if arm.quota is not None]
    if len(quotas) == len(arms) and sum(quotas) < n_planned:
        raise ValueError(f"quotas sum to {sum(quotas)}, below n_planned {n_planned}; raise a quota or plan for fewer")


def _check_levels(settings: AllocationSettings, *, level_shares: Mapping[str, Mapping[str, float]]) -> None:
    missing = [name for name in settings.strata if name not in level_shares]
    if missing:
        raise ValueError(f"level_shares lack the factor '{missing[0]}', which the settings stratify by")
    for factor, shares in level_shares.items():
        total = sum(shares.values())
        # Shares written with a few decimals, such as .33, .33 and .34.
        if not isclose(total, 1.0, abs_tol=1e-6) or min(shares.values()) < 0:
            raise ValueError(f"level shares of '{factor}' sum to {total:g}; expected none below 0 and a sum of 1")


def _summarise(
    runs: Sequence[SimulatedRun],
    *,
    arms: Sequence[ArmShare],
    n_planned: int,
    level_shares: Mapping[str, Mapping[str, float]],
) -> AllocationSimulation:
    strata, single_levels = group_names(level_shares)
    n_places = sum(run.n_places for run in runs)
    return AllocationSimulation(
        n_runs=len(runs),
        n_planned=n_planned,
        imbalance=_imbalance(runs, group=()),
        strata=tuple(GroupImbalance(dict(group), _imbalance(runs, group=group)) for group in strata),
        single_levels=tuple(GroupImbalance(dict(group), _imbalance(runs, group=group)) for group in single_levels),
        guessed_share=sum(run.n_guessed for run in runs) / n_places,
        known_share=sum(run.n_known for run in runs) / n_places,
        heaviest_share=max(arm.weight for arm in arms) / sum(arm.weight for arm in arms),
    )


def _imbalance(runs: Sequence[SimulatedRun], *, group: Group) -> Imbalance:
    return Imbalance(
        end=Distribution(tuple(sorted(run.end.get(group, 0.0) for run in runs))),
        worst=Distribution(tuple(sorted(run.worst.get(group, 0.0) for run in runs))),
    )
