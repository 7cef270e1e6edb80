"""Covariance of the random effects through relative covariance factors (bates2015, eq. 4).

The columns that vary over one grouping factor have the covariance `T T'`, where `T` is lower triangular with a diagonal
of at least 0. Theta is the vector of the free entries of all `T`, factor by factor, row by row. The outcome is
Bernoulli, so no residual scale multiplies them: `T T'` is the covariance itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# A standard deviation on the log-odds scale below this moves no probability by more than 3e-5: it is called zero.
ZERO_SD = 1e-4
# A diagonal entry below this may be on its way to 0, or falsely stuck there.
NEAR_ZERO_SD = 0.03
# Where a search is restarted from, off the boundary: a small but plainly felt standard deviation on the log-odds scale.
RESTART_SD = 0.3


@dataclass(frozen=True)
class CovarianceLayout:
    """Where each entry of theta stands.

    Parameters
    ----------
    patterns : tuple of ndarray, bool, (column, column)
        Per grouping factor: the free entries of its lower triangle. The diagonal is always free; below it, only
        entries within one correlated term are.
    """

    patterns: tuple[Flags, ...]

    @property
    def n_parameters(self) -> int:
        """Length of theta."""
        return int(sum(pattern.sum() for pattern in self.patterns))

    @property
    def is_diagonal(self) -> Flags:
        """Per entry of theta: whether it is a diagonal entry, which is bounded by 0 from below."""
        return self.pack([np.eye(len(pattern)) for pattern in self.patterns]) > 0

    def start(self, sd: float) -> Floats:
        """Theta of uncorrelated effects that all have one standard deviation."""
        return self.pack([sd * np.eye(len(pattern)) for pattern in self.patterns])

    def unpack(self, theta: Floats) -> list[Floats]:
        """Lower-triangular `T` of each factor, float64, (column, column)."""
        triangles, position = [], 0
        for pattern in self.patterns:
            triangle = np.zeros(pattern.shape)
            n_free = int(pattern.sum())
            triangle[pattern] = theta[position : position + n_free]
            position += n_free
            triangles.append(triangle)
        return triangles

    def pack(self, matrices: Sequence[Floats]) -> Floats:
        """The entries of one matrix a factor that belong to theta, in theta's order."""
        return np.concatenate([matrix[pattern] for matrix, pattern in zip(matrices, self.patterns, strict=True)])

    def canonical(self, theta: Floats) -> Floats:
        """The theta of the same covariance with no diagonal below 0 and a zero column under each zero diagonal."""
        return self.pack([_lower_factor(triangle @ triangle.T) for triangle in self.unpack(theta)])

    def off_boundary(self, theta: Floats) -> Floats:
        """The theta of a covariance to which a small variance was added wherever a diagonal is close to 0."""
        moved = []
        for triangle in self.unpack(theta):
            near_zero = np.abs(np.diag(triangle)) < NEAR_ZERO_SD
            moved.append(_lower_factor(triangle @ triangle.T + np.diag(near_zero * RESTART_SD**2)))
        return self.pack(moved)

    def covariance_pull(self, theta: Floats, *, entry: int, slope: Floats) -> Floats:
        """Slope by a column's covariances with the columns after it, in units of these columns' own factor.

        Parameters
        ----------
        theta : ndarray, float64, (entry,)
            A canonical theta.
        entry : int
            A diagonal entry of theta that is 0.
        slope : ndarray, float64, (entry,)
            Gradient of an objective by theta, with that entry a little above 0.
        """
        factor, j = self._place(entry)
        return self.unpack(theta)[factor][j + 1 :, j + 1 :].T @ self.unpack(slope)[factor][j + 1 :, j]

    def released(self, theta: Floats, *, entry: int, sd: float, pull: Floats, correlation: float) -> Floats:
        """The theta whose column at a zero diagonal entry got a variance, and a correlation against the pull."""
        factor, j = self._place(entry)
        triangles = self.unpack(theta)
        lower = triangles[factor]
        size = float(np.linalg.norm(pull))
        added = -correlation * sd * (lower[j + 1 :, j + 1 :] @ pull) / size if size > 0 else np.zeros_like(pull)
        covariance = lower @ lower.T
        covariance[j, j] += sd**2
        covariance[j + 1 :, j] += added
        covariance[j, j + 1 :] += added
        triangles[factor] = _lower_factor(covariance)
        return self.pack(triangles)

    def _place(self, entry: int) -> tuple[int, int]:
        """Factor and column of a diagonal entry of theta."""
        for factor, matrix in enumerate(self.unpack(np.arange(self.n_parameters) == entry)):
            if matrix.any():
                return factor, int(np.flatnonzero(np.diag(matrix))[0])
        raise ValueError(f"entry is {entry}; expected a diagonal entry of the {self.n_parameters} thetas")

    def on_boundary(self, theta: Floats) -> Flags:
        """Per entry of a canonical theta: whether it is held at 0, being a zero diagonal or an entry under one."""
        held = []
        for triangle in self.unpack(theta):
            zero_column = np.diag(triangle) < ZERO_SD
            held.append(np.broadcast_to(zero_column, triangle.shape).astype(np.float64))
        return self.pack(held) > 0


def _lower_factor(covariance: Floats) -> Floats:
    """Cholesky factor of a positive semidefinite matrix, with a zero column for each pivot that is zero."""
    n_columns = len(covariance)
    lower = np.zeros((n_columns, n_columns))
    for j in range(n_columns):
        rest = covariance[j:, j] - lower[j:, :j] @ lower[j, :j]
        if rest[0] > ZERO_SD**2:
            lower[j:, j] = rest / np.sqrt(rest[0])
    return lower
