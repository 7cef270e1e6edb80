from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.sequence.squares import latin_square, square_row, williams_square

NUMBERS = st.integers(1, 12)


@given(n=NUMBERS)
def test_latin_square_holds_each_condition_once_in_each_row_and_place(n: int) -> None:
    square = latin_square(n)
    assert len(square) == n
    assert all(sorted(line) == list(range(n)) for line in square)
    assert all(sorted(line) == list(range(n)) for line in zip(*square, strict=True))


@given(n=NUMBERS)
def test_williams_square_holds_each_condition_equally_often_in_each_place(n: int) -> None:
    square = williams_square(n)
    n_times = 1 if n % 2 == 0 else 2
    assert len(square) == n * n_times
    assert all(sorted(row) == list(range(n)) for row in square)
    assert all(Counter(place) == dict.fromkeys(range(n), n_times) for place in zip(*square, strict=True))


@given(n=NUMBERS)
def test_williams_square_holds_each_pair_of_neighbours_equally_often(n: int) -> None:
    neighbours = Counter(pair for row in williams_square(n) for pair in pairwise(row))
    n_times = 1 if n % 2 == 0 else 2
    assert neighbours == {(one, other): n_times for one in range(n) for other in range(n) if one != other}


def test_williams_square_of_four_is_the_printed_one() -> None:
    # A B D C and its rotations, as printed in textbooks of cross-over trials.
    assert williams_square(4) == ((0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1))


@pytest.mark.parametrize("square", [latin_square, williams_square])
def test_square_of_nothing_is_refused(square: Callable[[int], object]) -> None:
    with pytest.raises(ValueError, match="n is 0; a square needs at least 1 condition"):
        square(0)


@given(n_rows=NUMBERS, period=st.integers(1, 24))
def test_rows_are_used_equally_often_at_every_prefix(n_rows: int, period: int) -> None:
    used = dict.fromkeys(range(n_rows), 0)
    for sequence in range(2 * n_rows * period):
        used[square_row(sequence, n_rows=n_rows, period=period)] += 1
        assert max(used.values()) - min(used.values()) <= 1


@given(n_rows=NUMBERS, period=st.integers(1, 24), n_rounds=st.integers(0, 3))
def test_each_row_meets_each_place_of_the_period_once(n_rows: int, period: int, n_rounds: int) -> None:
    first = n_rounds * n_rows * period
    met = {
        (square_row(sequence, n_rows=n_rows, period=period), sequence % period)
        for sequence in range(first, first + n_rows * period)
    }
    assert len(met) == n_rows * period
