"""What several seeds of a network say together: each seed is one unit, whatever the number of clips."""

import math
import statistics
from dataclasses import dataclass
from typing import Final

from scipy import stats

FEWEST_SEEDS: Final = 3
"""With two, the 95 % interval of a mean reaches 12.7 standard errors to each side; with three, 4.3."""
LEVEL: Final = 0.95
"""Coverage of every interval."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class OverSeeds:
    """One number per seed, in the order of the seeds."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over seeds, each counting once."""
        return statistics.fmean(self.values)

    @property
    def interval(self) -> Interval | None:
        """95 % interval of the mean by Student's t; None where all seeds agree, or there is only one.

        Seeds that agree say nothing of how a further one would vary: an interval of width 0 would claim to know.

        Notes
        -----
        It is about further seeds of this network, trained and tested on the very same clips; of other clips or speakers
        it says nothing.
        """
        if max(self.values) == min(self.values):
            return None
        n_seeds = len(self.values)
        standard_error = statistics.stdev(self.values) / math.sqrt(n_seeds)
        half = float(stats.t.ppf(0.5 + LEVEL / 2, n_seeds - 1)) * standard_error
        return self.mean - half, self.mean + half

    @property
    def share_interval(self) -> Interval | None:
        """The interval of numbers from 0 to 1, such as accuracies, cut there.

        Notes
        -----
        Where it had to be cut, the numbers are not distributed normally, and its coverage is not quite 95 %.
        """
        if self.interval is None:
            return None
        return max(0.0, self.interval[0]), min(1.0, self.interval[1])

    def minus(self, other: "OverSeeds") -> "OverSeeds":
        """The difference from other numbers of the same seeds, seed by seed; ValueError if there are not as many."""
        if len(self.values) != len(other.values):
            raise ValueError(
                f"{len(self.values)} seeds minus {len(other.values)}; expected numbers of the same seeds in one order"
            )
        return OverSeeds(tuple(own - others for own, others in zip(self.values, other.values, strict=True)))
