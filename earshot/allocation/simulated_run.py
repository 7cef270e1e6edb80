"""One simulated allocation: who comes, what they get, how balanced it is, and how much of it could be foreseen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from earshot.allocation.allocator import Allocator
from earshot.allocation.balance import Balance
from earshot.allocation.foresight import BlockForesight
from earshot.allocation.record import Allocated, ArmShare, Released
from earshot.allocation.settings import WITH_BLOCKS, AllocationSettings
from earshot.shuffle import chosen_by_share, derive_key, uniform

Group = tuple[tuple[str, str], ...]
"""People of the same levels: pairs of factor and level; empty for everybody."""


@dataclass(frozen=True)
class SimulatedRun:
    """What one run came to.

    Parameters
    ----------
    n_places : int
        All that were allocated, released ones among them.
    n_guessed, n_known : float, int
        How many of them the convergence strategy is expected to name; how many were certain beforehand.
    end, worst : mapping of Group to float
        Imbalance at the end and at its worst; groups nobody belonged to are left out.
    """

    n_places: int
    n_guessed: float
    n_known: int
    end: Mapping[Group, float]
    worst: Mapping[Group, float]


def group_names(level_shares: Mapping[str, Mapping[str, float]]) -> tuple[list[Group], list[Group]]:
    """All combinations of levels; all single levels, where there are two factors or more."""
    if not level_shares:
        return [], []
    levels = [[(factor, level) for level in shares] for factor, shares in level_shares.items()]
    strata: list[Group] = list(product(*levels))
    singles: list[Group] = [(pair,) for pairs in levels for pair in pairs]
    return strata, singles if len(levels) > 1 else []


def simulate_run(
    settings: AllocationSettings,
    *,
    arms: Sequence[ArmShare],
    n_planned: int,
    level_shares: Mapping[str, Mapping[str, float]],
    key: bytes,
    dropout_share: float,
) -> SimulatedRun:
    """One run, from the first person to the one with whom `n_planned` places are held; `arms` sorted by name."""
    allocator = Allocator(settings, arms=arms, seed=derive_key(key, purpose="allocation"))
    imbalances = _Imbalances(arms)
    onlooker = _Onlooker(settings, arms=arms)
    n_places = 0
    n_held = 0
    while n_held < n_planned:
        factors = _draw_factors(level_shares, key=key, person=n_places)
        assignment = allocator.next(factors)
        allocator.record(
            Allocated(assignment.place, assignment.arm, assignment.sequence, factors, refills=assignment.refills)
        )
        onlooker.see_allocated(assignment.arm, factors=factors)
        imbalances.add(assignment.arm, factors=factors)
        n_places += 1
        n_held += 1
        if dropout_share and uniform(key, purpose=f"dropout of person {assignment.place}") < dropout_share:
            allocator.record(Released(assignment.place))
            onlooker.see_released(assignment.arm, factors=factors)
            imbalances.remove(assignment.arm, factors=factors)
            n_held -= 1
    return SimulatedRun(
        n_places=n_places,
        n_guessed=onlooker.n_guessed,
        n_known=onlooker.n_known,
        end=imbalances.now(),
        worst=imbalances.worst,
    )


def _draw_factors(level_shares: Mapping[str, Mapping[str, float]], *, key: bytes, person: int) -> dict[str, str]:
    return {
        factor: chosen_by_share(shares, key=key, purpose=f"factor {factor} of person {person}")
        for factor, shares in level_shares.items()
    }


class _Imbalances:
    """Imbalance over everybody, and over each group somebody belonged to."""

    def __init__(self, arms: Sequence[ArmShare]) -> None:
        self._arms = arms
        self._balances: dict[Group, Balance] = {}
        self.worst: dict[Group, float] = {}

    def add(self, arm: str, *, factors: Mapping[str, str]) -> None:
        """Count an allocation."""
        for group in _groups_of(factors):
            if group not in self._balances:
                self._balances[group] = Balance(self._arms)
                self.worst[group] = 0.0
            self._balances[group].add(arm)
            self._look(group)

    def remove(self, arm: str, *, factors: Mapping[str, str]) -> None:
        """Count a release."""
        for group in _groups_of(factors):
            self._balances[group].remove(arm)
            self._look(group)

    def now(self) -> dict[Group, float]:
        """The imbalance of each group as it stands."""
        return {group: balance.imbalance() for group, balance in self._balances.items()}

    def _look(self, group: Group) -> None:
        self.worst[group] = max(self.worst[group], self._balances[group].imbalance())


def _groups_of(factors: Mapping[str, str]) -> list[Group]:
    pairs = tuple(factors.items())
    if not pairs:
        return [()]
    return [(), pairs] if len(pairs) == 1 else [(), pairs, *((pair,) for pair in pairs)]


class _Onlooker:
    """Somebody who sees every allocation, knows the settings and everybody's factors, and guesses before each."""

    def __init__(self, settings: AllocationSettings, *, arms: Sequence[ArmShare]) -> None:
        self._strata = settings.strata if settings.method == "stratified-permuted-blocks" else []
        self._block_repeats = settings.block_repeats if settings.method in WITH_BLOCKS else []
        self._arms = arms
        self._n_held = dict.fromkeys((arm.name for arm in arms), 0)
        self._balances: dict[Group, Balance] = {}
        self._foresights: dict[Group, BlockForesight] = {}
        self.n_guessed = 0.0
        self.n_known = 0

    def see_allocated(self, arm: str, *, factors: Mapping[str, str]) -> None:
        """Guess first, then look; a guess among ties counts by its probability of being right."""
        stream = self._stream_of(factors)
        open_arms = [one for one in self._arms if one.quota is None or self._n_held[one.name] < one.quota]
        behind = [one.name for one in self._balances[stream].least_loaded(open_arms)]
        if arm in behind:
            self.n_guessed += 1 / len(behind)
        self.n_known += self._foresee(arm, stream=stream, open_names={one.name for one in open_arms})
        self._balances[stream].add(arm)
        self._n_held[arm] += 1

    def see_released(self, arm: str, *, factors: Mapping[str, str]) -> None:
        """Count one place of `arm` less."""
        stream = self._stream_of(factors)
        self._balances[stream].remove(arm)
        self._n_held[arm] -= 1
        if self._block_repeats:
            self._foresights[stream].see_released(arm)

    def _foresee(self, arm: str, *, stream: Group, open_names: set[str]) -> bool:
        """Whether `arm` was certain; without blocks every arm that is not full always has a chance."""
        if not self._block_repeats:
            return len(open_names) == 1
        foresight = self._foresights[stream]
        certain = len(foresight.possible_arms(open_names)) == 1
        foresight.see_allocated(arm, open_names=open_names)
        return certain

    def _stream_of(self, factors: Mapping[str, str]) -> Group:
        """The stream of allocations that people of these factors are in; a new one is taken up."""
        stream = tuple((factor, factors[factor]) for factor in self._strata)
        if stream not in self._balances:
            self._balances[stream] = Balance(self._arms)
            if self._block_repeats:
                self._foresights[stream] = BlockForesight(arms=self._arms, block_repeats=self._block_repeats)
        return stream
