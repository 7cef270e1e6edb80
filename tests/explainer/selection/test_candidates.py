from explainer.selection.candidates import Pool, count_choice, find_giveaway
from tests.explainer.selection.made import candidate, candidates


def test_choice_counts_fair_controls_apart() -> None:
    choice = count_choice(candidates(right=[1] * 6, wrong=[2] * 4, unfair_every=2))
    assert str(choice) == "6 right (3 with a fair control), 4 wrong (2 with a fair control)"


def test_pool_keeps_the_order_of_each_kind() -> None:
    made = [candidate(4), candidate(2, said="1"), candidate(3), candidate(1, said="1")]
    pool = Pool.of(made)
    assert [one.index for one in pool.right] == [4, 3]
    assert [one.index for one in pool.wrong] == [2, 1]
    assert [one.index for one in pool.without([made[0], made[1]]).right] == [3]


def test_giveaway_is_the_best_rule_with_hindsight() -> None:
    cells = [("a", 1, 1), ("a", 1, 1), ("a", 1, 2), ("b", 1, 3), ("b", 4, 4), ("b", 4, 5)]
    giveaway = find_giveaway(
        [candidate(row, speaker=name, true=str(true), said=str(said)) for row, (name, true, said) in enumerate(cells)]
    )
    assert giveaway.n_matched == 2  # one "1" of a and one "4" of b
    assert giveaway.by_true_label_share == 3 / 6  # two of four "1" and one of two "4"
    assert giveaway.by_speaker_and_true_label_share == 4 / 6  # a's "1": two of three; b's "1": one; b's "4": one of two
    assert giveaway.n_predicted_labels == 3
    assert "2 of 3 right ones" in str(giveaway)
