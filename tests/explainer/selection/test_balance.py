import random
import statistics

import numpy as np
import pytest

from explainer.selection.balance import find_balance, pooled_sds, threshold_share
from explainer.selection.candidates import Candidate
from tests.explainer.selection.made import candidate

# durations of right and wrong ones, whose sample variances are 10000 and 40000
RIGHT_MS, WRONG_MS = (400, 500, 600), (200, 400, 600)


def of_durations(right_ms: tuple[int, ...] = RIGHT_MS, wrong_ms: tuple[int, ...] = WRONG_MS) -> list[Candidate]:
    right = [candidate(index, duration_ms=duration) for index, duration in enumerate(right_ms)]
    return right + [
        candidate(len(right) + index, said="1", duration_ms=duration) for index, duration in enumerate(wrong_ms)
    ]


def test_standard_deviations_are_pooled_over_right_and_wrong() -> None:
    # an independent derivation: the standard library's sample variances
    expected = ((statistics.variance(RIGHT_MS) + statistics.variance(WRONG_MS)) / 2) ** 0.5
    assert pooled_sds(of_durations())["duration_ms"] == pytest.approx(expected, rel=1e-12)  # rounding of one root


def test_standard_deviation_of_what_never_varies_is_zero() -> None:
    assert pooled_sds(of_durations())["confidence"] == 0


def test_kinds_that_do_not_vary_are_measured_by_what_lies_between_them() -> None:
    sds = pooled_sds(of_durations((400, 400), (600, 600)))
    assert sds["duration_ms"] == pytest.approx(statistics.stdev([400, 400, 600, 600]), rel=1e-12)


def test_standardised_difference_has_the_unit_of_the_candidates_not_of_the_chosen() -> None:
    made = of_durations()
    chosen = [made[1], made[2], made[4], made[5]]  # 500 and 600 right, 400 and 600 wrong
    duration, energy, confidence = find_balance(chosen, candidates=made).measures
    assert (duration.right_mean, duration.wrong_mean) == (550, 500)
    assert duration.standardised_difference == pytest.approx(50 / 25000**0.5, rel=1e-12)
    assert energy.standardised_difference == confidence.standardised_difference == 0


def test_candidates_without_a_fair_control_do_not_set_the_unit() -> None:
    made = of_durations()
    unfair = candidate(9, fair=False, duration_ms=5000, energy=float("nan"))
    found = find_balance(made, candidates=[*made, unfair]).measures[0]
    assert found == find_balance(made, candidates=made).measures[0]


def test_predicted_labels_of_wrong_ones_are_counted_with_those_never_predicted() -> None:
    made = [candidate(0, true="0"), candidate(1, true="0", said="1"), candidate(2, true="2", said="1")]
    assert find_balance(made, candidates=made).predicted_label_counts == {"0": 0, "1": 2, "2": 0}


def test_balance_says_what_was_found_in_one_line() -> None:
    made = of_durations()
    line = str(find_balance(made, candidates=made))
    assert "right minus wrong in standard deviations: duration_ms +0.63" in line  # 100 / 158.1
    assert "each label is predicted wrongly 0 to 3 times" in line
    assert "one threshold on the best of these tells" in line


def test_balance_of_one_kind_alone_has_no_differences() -> None:
    made = [candidate(0), candidate(1)]
    balance = find_balance(made, candidates=made)
    assert balance.measures == ()
    assert balance.threshold_share is None
    assert "standard deviations" not in str(balance)


def shares(right: list[float], wrong: list[float], groups: list[int] | None = None) -> float | None:
    values = np.array([*right, *wrong])[:, None]
    is_right = np.array([True] * len(right) + [False] * len(wrong))
    numbers = np.arange(len(values)) if groups is None else np.array(groups)
    return threshold_share(values, is_right=is_right, groups=numbers)


def test_threshold_tells_all_where_the_kinds_lie_apart_either_way() -> None:
    assert shares([5, 6, 7], [1, 2, 3]) == 1
    assert shares([1, 2, 3], [5, 6, 7]) == 1


def test_threshold_counts_right_and_wrong_alike_whatever_their_numbers() -> None:
    # equal values: every rule says right, so that all right and no wrong ones are told
    assert shares([1.0] * 9, [1.0] * 3) == 0.5


def test_threshold_is_found_without_the_stimulus_that_it_tells() -> None:
    # 6 left out: right above 3.5; 3 left out: right below 5.5; 4 left out: right above 4.0, the lower of two equals.
    # All three are told wrongly, and only 5 rightly, where with hindsight one threshold tells three of the four.
    assert shares([4, 5], [3, 6]) == 0.25


def test_best_measure_is_found_without_the_stimulus_that_it_tells() -> None:
    values = np.array([[1, 9], [2, 9], [8, 9], [9, 9]], dtype=float)
    is_right = np.array([False, False, True, True])
    assert threshold_share(values, is_right=is_right, groups=np.arange(4)) == 1
    assert threshold_share(values[:, ::-1], is_right=is_right, groups=np.arange(4)) == 1


def test_pairs_left_out_together_do_not_tell_of_each_other() -> None:
    # right and wrong ones of a pair lie next to each other at random: with the partner left in, the rule leans away
    generator = random.Random(3)  # noqa: S311  # reproducible test numbers
    together, alone = [], []
    for _ in range(40):
        places = [generator.random() for _ in range(8)]
        right = [place + generator.uniform(-0.01, 0.01) for place in places]
        wrong = [place + generator.uniform(-0.01, 0.01) for place in places]
        together.append(shares(right, wrong, groups=[*range(8), *range(8)]))
        alone.append(shares(right, wrong))
    # 40 sets of 8 pairs: the standard error of their mean share is below 0.03
    assert statistics.mean(share for share in together if share is not None) == pytest.approx(0.5, abs=0.09)
    assert statistics.mean(share for share in alone if share is not None) < 0.4


def test_threshold_needs_two_of_each_kind() -> None:
    assert shares([1.0, 2.0], [3.0]) is None


def test_hundreds_of_stimuli_are_told_in_a_hundred_parts() -> None:
    assert shares([float(value) for value in range(200)], [float(value) for value in range(500, 700)]) == 1
