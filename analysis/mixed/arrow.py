"""Linear algebra of the penalised Hessian `Λ'Z'WZΛ + I`, an arrow when one factor's groups never meet each other.

The grouping factor with the most random effects (`head`) has one small block per group; every other effect (`rest`) is
dense. The head is eliminated block by block, and only the Schur complement of the rest is factored, so that cost grows
linearly in the head's groups. Blocks of the inverse that the gradient needs follow from the same elimination.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.sparse

from analysis.mixed.covariance import Floats
from analysis.mixed.design import GroupingFactor


@dataclass(frozen=True, eq=False)
class ArrowBlocks:
    """A symmetric arrow matrix.

    Parameters
    ----------
    head : ndarray, float64, (group, column, column)
        Diagonal blocks of the first factor.
    cross : ndarray, float64, (group, column, rest)
        Between the first factor and the rest.
    rest : ndarray, float64, (rest, rest)
        Between the effects of all other factors.
    """

    head: Floats
    cross: Floats
    rest: Floats


@dataclass(frozen=True, eq=False)
class ArrowPattern:
    """Which rows feed which entries of `Z'WZ`; made once per design.

    Parameters
    ----------
    shapes : tuple of (int, int)
        Groups and columns per factor, the head first.
    gather : sparse (entry, row)
        `gather @ weights` gives the entries of `Z'WZ`: head, cross, rest, each flattened.
    spread : sparse (row, entry)
        Its transpose, kept in row order.
    """

    shapes: tuple[tuple[int, int], ...]
    gather: Any  # scipy.sparse ships no types
    spread: Any  # scipy.sparse ships no types

    @property
    def n_rest(self) -> int:
        """Number of random effects outside the head."""
        return sum(n_groups * n_columns for n_groups, n_columns in self.shapes[1:])

    def weighted_products(self, weights: Floats) -> ArrowBlocks:
        """`Z' diag(weights) Z`; weights : float64, (row,)."""
        entries: Floats = self.gather @ weights
        n_groups, n_columns = self.shapes[0]
        n_head, n_cross = n_groups * n_columns**2, n_groups * n_columns * self.n_rest
        return ArrowBlocks(
            head=entries[:n_head].reshape(n_groups, n_columns, n_columns),
            cross=entries[n_head : n_head + n_cross].reshape(n_groups, n_columns, self.n_rest),
            rest=entries[n_head + n_cross :].reshape(self.n_rest, self.n_rest),
        )

    def quadratic_forms(self, blocks: ArrowBlocks) -> Floats:
        """`z_i' A z_i` for each row i of Z, float64, (row,), reading only entries of A inside the arrow."""
        forms: Floats = self.spread @ np.concatenate(
            [blocks.head.ravel(), 2 * blocks.cross.ravel(), blocks.rest.ravel()]
        )
        return forms


def arrow_pattern(factors: tuple[GroupingFactor, ...]) -> ArrowPattern:
    """The pattern of a design's grouping factors, the first of which becomes the head."""
    head, *others = factors
    n_rows, n_columns = head.values.shape
    n_rest = sum(factor.n_effects for factor in others)
    head_index = head.codes[:, None] * n_columns + np.arange(n_columns)
    rest_index = np.zeros((n_rows, 0), dtype=np.int64)
    rest_values = np.zeros((n_rows, 0))
    start = 0
    for factor in others:
        width = len(factor.columns)
        rest_index = np.hstack([rest_index, start + factor.codes[:, None] * width + np.arange(width)])
        rest_values = np.hstack([rest_values, factor.values])
        start += factor.n_effects
    n_head = len(head.levels) * n_columns**2
    n_cross = head.n_effects * n_rest
    entry = np.hstack(
        [
            (head_index[:, :, None] * n_columns + np.arange(n_columns)).reshape(n_rows, -1),
            n_head + (head_index[:, :, None] * n_rest + rest_index[:, None, :]).reshape(n_rows, -1),
            n_head + n_cross + (rest_index[:, :, None] * n_rest + rest_index[:, None, :]).reshape(n_rows, -1),
        ]
    )
    values = np.hstack(
        [
            _outer(head.values, head.values),
            _outer(head.values, rest_values),
            _outer(rest_values, rest_values),
        ]
    )
    starts = np.arange(n_rows + 1) * entry.shape[1]
    spread = scipy.sparse.csr_array(
        (values.ravel(), entry.ravel(), starts), shape=(n_rows, n_head + n_cross + n_rest**2)
    )
    shapes = tuple((len(factor.levels), len(factor.columns)) for factor in factors)
    return ArrowPattern(shapes=shapes, gather=spread.T.tocsr(), spread=spread)


def _outer(left: Floats, right: Floats) -> Floats:
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


@dataclass(frozen=True, eq=False)
class RelativeFactor:
    """`Λ`: one lower-triangular `T` per factor, repeated for each of its groups.

    Parameters
    ----------
    triangles : tuple of ndarray, float64, (column, column)
        `T` per factor, the head first.
    shapes : tuple of (int, int)
        Groups and columns per factor.
    """

    triangles: tuple[Floats, ...]
    shapes: tuple[tuple[int, int], ...]

    def split(self, effects: Floats) -> list[Floats]:
        """A vector over all effects as one array (group, column) per factor."""
        parts, position = [], 0
        for n_groups, n_columns in self.shapes:
            parts.append(effects[position : position + n_groups * n_columns].reshape(n_groups, n_columns))
            position += n_groups * n_columns
        return parts

    def times(self, effects: Floats) -> Floats:
        """`Λ v`, float64, (effect,)."""
        pairs = zip(self.split(effects), self.triangles, strict=True)
        return np.concatenate([(part @ triangle.T).ravel() for part, triangle in pairs])

    def transposed_times(self, effects: Floats) -> Floats:
        """`Λ' v`, float64, (effect,)."""
        pairs = zip(self.split(effects), self.triangles, strict=True)
        return np.concatenate([(part @ triangle).ravel() for part, triangle in pairs])

    def rest_on_right(self, matrix: Floats, *, transpose: bool = False) -> Floats:
        """`A Λ_rest`, or `A Λ_rest'`; matrix : float64, (..., rest)."""
        out = np.empty_like(matrix)
        position = 0
        for (n_groups, n_columns), triangle in zip(self.shapes[1:], self.triangles[1:], strict=True):
            part = slice(position, position + n_groups * n_columns)
            blocks = matrix[..., part].reshape(-1, n_columns)
            out[..., part] = (blocks @ (triangle.T if transpose else triangle)).reshape(out[..., part].shape)
            position += n_groups * n_columns
        return out

    def congruence(self, blocks: ArrowBlocks, *, transpose: bool) -> ArrowBlocks:
        """`Λ' A Λ` if `transpose`, else `Λ A Λ'`."""
        head = self.triangles[0].T if transpose else self.triangles[0]
        rest = self.rest_on_right(blocks.rest, transpose=not transpose)
        return ArrowBlocks(
            head=head @ blocks.head @ head.T,
            cross=self.rest_on_right(head @ blocks.cross, transpose=not transpose),
            rest=self.rest_on_right(np.ascontiguousarray(rest.T), transpose=not transpose).T,
        )


@dataclass(frozen=True, eq=False)
class ArrowFactor:
    """A factored positive definite arrow matrix.

    Parameters
    ----------
    head_inverse : ndarray, float64, (group, column, column)
        Inverses of the head's blocks.
    eliminated : ndarray, float64, (group, column, rest)
        `head_inverse @ cross`.
    schur_lower : ndarray, float64, (rest, rest)
        Cholesky factor of the rest's Schur complement.
    log_determinant : float
        Of the whole matrix.
    """

    head_inverse: Floats
    eliminated: Floats
    schur_lower: Floats
    log_determinant: float

    def solve(self, right: Floats) -> Floats:
        """`A⁻¹ b`; right : float64, (effect,)."""
        n_groups, n_columns, n_rest = self.eliminated.shape
        n_head = n_groups * n_columns
        flat = self.eliminated.reshape(n_head, n_rest)
        head = (self.head_inverse @ right[:n_head].reshape(n_groups, n_columns, 1)).ravel()
        if n_rest == 0:
            return head
        reduced = right[n_head:] - flat.T @ right[:n_head]
        rest = scipy.linalg.cho_solve((self.schur_lower, True), reduced, check_finite=False)
        return np.concatenate([head - flat @ rest, rest])

    def inverse(self) -> ArrowBlocks:
        """The entries of the inverse that lie inside the arrow."""
        n_groups, n_columns, n_rest = self.eliminated.shape
        rest: Floats = np.zeros((0, 0))
        if n_rest:
            rest = scipy.linalg.cho_solve((self.schur_lower, True), np.eye(n_rest), check_finite=False)
        cross = -(self.eliminated.reshape(n_groups * n_columns, n_rest) @ rest).reshape(n_groups, n_columns, n_rest)
        head = self.head_inverse - cross @ self.eliminated.transpose(0, 2, 1)
        return ArrowBlocks(head=head, cross=cross, rest=rest)


def factor_arrow(blocks: ArrowBlocks) -> ArrowFactor:
    """The factored form of a positive definite arrow matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the Schur complement is not positive definite, which `Λ'Z'WZΛ + I` with finite weights always is.
    """
    n_groups, n_columns, n_rest = blocks.cross.shape
    n_head = n_groups * n_columns
    head_inverse = np.asarray(np.linalg.inv(blocks.head), dtype=np.float64)
    eliminated = head_inverse @ blocks.cross
    schur = blocks.rest - blocks.cross.reshape(n_head, n_rest).T @ eliminated.reshape(n_head, n_rest)
    lower = np.asarray(np.linalg.cholesky(schur), dtype=np.float64)
    log_determinant = float(np.linalg.slogdet(blocks.head)[1].sum() + 2 * np.log(np.diag(lower)).sum())
    return ArrowFactor(
        head_inverse=head_inverse, eliminated=eliminated, schur_lower=lower, log_determinant=log_determinant
    )


def add_identity(blocks: ArrowBlocks) -> ArrowBlocks:
    """`A + I`."""
    n_columns = blocks.head.shape[1]
    return ArrowBlocks(
        head=blocks.head + np.eye(n_columns), cross=blocks.cross, rest=blocks.rest + np.eye(len(blocks.rest))
    )


def effects_matrix(factors: tuple[GroupingFactor, ...]) -> Any:  # scipy.sparse ships no types
    """`Z`, sparse, (row, effect): one column per group and varying column, factor by factor."""
    columns, position = [], 0
    for factor in factors:
        width = len(factor.columns)
        columns.append(position + factor.codes[:, None] * width + np.arange(width))
        position += factor.n_effects
    index: npt.NDArray[np.int64] = np.hstack(columns)
    values = np.hstack([factor.values for factor in factors])
    starts = np.arange(len(values) + 1) * values.shape[1]
    return scipy.sparse.csr_array((values.ravel(), index.ravel(), starts), shape=(len(values), position))
