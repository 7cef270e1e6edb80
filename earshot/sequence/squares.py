"""Squares of orders: which condition comes first, second, ... for which participant."""

from collections.abc import Sequence
from math import lcm

Order = tuple[int, ...]


def latin_square(n: int) -> tuple[Order, ...]:
    """Orders of the conditions 0..n-1, as many as conditions: each condition once in each order and once in each place.

    Notes
    -----
    The rows are rotations of one another, so each condition follows the same one in all but one row: what a condition
    does to the next one is not balanced. `williams_square` balances that too.

    Raises
    ------
    ValueError
        If n is below 1.
    """
    _check_number(n)
    return _rotations(range(n), n=n)


def williams_square(n: int) -> tuple[Order, ...]:
    """Orders of the conditions 0..n-1 that also balance which condition follows which (williams1949).

    n orders for even n, 2n for odd n. Each condition stands equally often in each place, and each ordered pair of
    different conditions stands equally often next to each other: once for even n, twice for odd n.

    Raises
    ------
    ValueError
        If n is below 1.
    """
    _check_number(n)
    # 0, 1, n-1, 2, n-2, ...: the steps between neighbours differ, so their rotations hold every pair.
    first = [(place + 1) // 2 if place % 2 else (n - place // 2) % n for place in range(n)]
    rows = _rotations(first, n=n)
    return rows if n % 2 == 0 else rows + tuple(row[::-1] for row in rows)


def square_row(sequence: int, *, n_rows: int, period: int) -> int:
    """Row of a square for a sequence number, so that rows are balanced against anything that repeats with `period`.

    Parameters
    ----------
    sequence : int
        From 0, in order of assignment.
    n_rows : int
        Rows of the square.
    period : int
        After how many sequences what else changes with the number begins anew: the rotation of stimuli.

    Notes
    -----
    At every prefix of the sequences the rows have been used equally often, but for one. Among `n_rows * period`
    consecutive ones, counted from a multiple of that number, each row meets each place of the period once.
    """
    # Both run through their values with the number itself. Unshifted, a square of 2 rows and a rotation of 2 steps
    # would always meet as (0, 0) and (1, 1); the shift after each common round makes all pairs meet. To step the row
    # only after a whole period would do so too, but gives the first `period` participants one and the same order.
    return (sequence + sequence // lcm(n_rows, period)) % n_rows


def _check_number(n: int) -> None:
    if n < 1:
        raise ValueError(f"n is {n}; a square needs at least 1 condition")


def _rotations(row: Sequence[int], *, n: int) -> tuple[Order, ...]:
    return tuple(tuple((condition + step) % n for condition in row) for step in range(n))
