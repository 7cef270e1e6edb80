import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest

from explainer.selection.candidates import Candidate, Pool, count_wrong, find_giveaway
from explainer.selection.training_items import pick_training
from tests.explainer.selection.made import candidate, candidates, in_every_cell


def test_items_have_distinct_labels_and_words_that_tell_nothing() -> None:
    made = in_every_cell(right_per_cell=3, wrong=[("abcd"[word % 4], word, 9 - word) for word in range(10)] * 3)
    pool = Pool.of(made)
    training = pick_training(pool.right, wrong=pool.wrong, n_wanted=10, n_wrong_free=30)
    assert sorted(one.predicted_label for one in training) == list("0123456789")
    assert count_wrong(training) == 5
    giveaway = find_giveaway(training)
    assert giveaway.n_matched == 5
    assert giveaway.by_speaker_and_true_label_share == 0.5


def test_pair_of_one_speaker_is_preferred_to_one_of_two() -> None:
    right = [candidate(0, true="0", speaker="b"), candidate(1, true="1"), candidate(2, true="2")]
    wrong = [candidate(3, true="0", said="1"), candidate(4, true="1", said="2")]
    training = pick_training(right, wrong=wrong, n_wanted=2, n_wrong_free=2)
    assert [one.index for one in training] == [1, 4]


def test_more_items_than_labels_come_in_rounds() -> None:
    right = [candidate(index, true="ab"[index % 2]) for index in range(6)]
    wrong = [candidate(6 + index, true="ab"[index % 2], said="ba"[index % 2]) for index in range(6)]
    training = pick_training(right, wrong=wrong, n_wanted=6, n_wrong_free=6)
    assert Counter(one.predicted_label for one in training) == {"a": 3, "b": 3}
    assert count_wrong(training) == 3
    assert len({one.index for one in training}) == 6


def test_sixty_labels_are_no_harder_than_ten() -> None:
    labels = [f"{number:02d}" for number in range(60)]
    right = [candidate(index, true=label) for index, label in enumerate(labels)]
    wrong = [candidate(60 + index, true=label, said=labels[(index * 7 + 1) % 60]) for index, label in enumerate(labels)]
    training = pick_training(right, wrong=wrong, n_wanted=60, n_wrong_free=60)
    assert sorted(one.predicted_label for one in training) == labels
    assert count_wrong(training) == 30


def test_wrong_ones_needed_elsewhere_are_left_unless_a_label_has_no_others() -> None:
    pool = Pool.of(candidates(right=[*range(1, 10)] * 4, wrong=[0, 1, 2] * 6))
    training = pick_training(pool.right, wrong=pool.wrong, n_wanted=10, n_wrong_free=0)
    assert [one.predicted_label for one in training if not one.model_correct] == ["0"]
    assert len(training) == 10


def test_label_without_others_is_taken_even_alone() -> None:
    only = candidate(0, true="1", said="0")
    assert pick_training([], wrong=[only], n_wanted=1, n_wrong_free=0) == [only]


def n_shared_words(items: Sequence[Candidate]) -> int:
    right, wrong = (Counter(one.true_label for one in items if one.model_correct == kind) for kind in (True, False))
    return (right & wrong).total()


@pytest.mark.parametrize("seed", range(8))
def test_no_other_items_are_more_or_more_balanced_or_share_more_words(seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311  # reproducible test candidates
    made = [candidate(index, true=str(index)) for index in range(5)]
    made += [candidate(index, true=generator.choice("01234"), said=generator.choice("01234")) for index in range(5, 12)]
    pool = Pool.of(made)
    training = pick_training(pool.right, wrong=pool.wrong, n_wanted=4, n_wrong_free=len(pool.wrong))
    # every set of four with distinct predicted labels and at most two wrong ones, one by one
    allowed = [
        items
        for items in combinations(made, 4)
        if len({one.predicted_label for one in items}) == 4 and count_wrong(items) <= 2
    ]
    best = max((count_wrong(items), n_shared_words(items)) for items in allowed)
    assert len({one.predicted_label for one in training}) == len(training) == 4
    assert (count_wrong(training), n_shared_words(training)) == best


@pytest.mark.parametrize("n_wanted", [1, 3])
def test_odd_numbers_are_filled(n_wanted: int) -> None:
    pool = Pool.of(candidates(right=[*range(10)], wrong=[*range(10)]))
    training = pick_training(pool.right, wrong=pool.wrong, n_wanted=n_wanted, n_wrong_free=10)
    assert len({one.predicted_label for one in training}) == n_wanted


def test_what_is_not_there_is_not_given() -> None:
    assert pick_training([], wrong=[], n_wanted=3, n_wrong_free=0) == []
    assert len(pick_training([candidate(0)], wrong=[], n_wanted=3, n_wrong_free=0)) == 1
