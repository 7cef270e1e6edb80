from collections import Counter
from dataclasses import replace

import pytest

from earshot.errors import RecipeError
from explainer.selection.balance import pooled_sds
from explainer.selection.candidates import count_choice, find_giveaway
from explainer.selection.chosen import select_stimuli
from tests.explainer.selection.made import (
    LOPSIDED,
    candidate,
    candidates,
    in_every_cell,
    kind_of,
    plenty,
    section,
    spread,
)

BOTH = ["speaker", "true_label"]


def test_numbers_are_as_asked_and_roles_are_apart() -> None:
    made = plenty(unfair_every=3)
    chosen = select_stimuli(made, section=section(n_attention=7))
    assert len(kind_of(made, chosen.main, correct=True)) == 12
    assert len(kind_of(made, chosen.main, correct=False)) == 12
    assert (len(chosen.training), len(chosen.attention)) == (10, 7)
    assert len({*chosen.main, *chosen.training, *chosen.attention}) == 24 + 10 + 7


def test_only_stimuli_with_a_fair_control_are_chosen() -> None:
    made = plenty(unfair_every=3)
    chosen = select_stimuli(made, section=section(n_attention=7))
    assert all(made[index].has_fair_control for index in (*chosen.main, *chosen.training, *chosen.attention))


def test_every_main_stimulus_is_in_one_pair_of_a_right_and_a_wrong_one() -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section())
    assert sorted(index for pair in chosen.pairs for index in pair) == list(chosen.main)
    assert all(made[right].model_correct and not made[wrong].model_correct for right, wrong in chosen.pairs)


def test_pairs_are_alike_in_what_the_recipe_names() -> None:
    # every cell has right ones of 400, 410 to 510 ms
    made = [
        replace(one, duration_ms=400.0 + 10 * (one.index // 40)) for one in in_every_cell(right_per_cell=12, wrong=[])
    ]
    made += [
        candidate(480 + row, speaker=speaker, true=str(true), said=str(said), duration_ms=403 + 6 * row)
        for row, (speaker, true, said) in enumerate(LOPSIDED)
    ]
    limits = {"duration_sd": 0.5, "energy_kept_sd": "off", "confidence_sd": "off"}
    most_ms = 0.5 * pooled_sds(made)["duration_ms"]
    chosen = select_stimuli(made, section=section(n_training=0, exact=BOTH, calipers=limits))
    for right, wrong in chosen.pairs:
        assert made[right].cell == made[wrong].cell
        assert abs(made[right].duration_ms - made[wrong].duration_ms) <= most_ms


def test_training_has_one_per_predicted_label_and_half_wrong() -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section())
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")
    assert len(kind_of(made, chosen.training, correct=False)) == 5


def test_attention_items_are_right_and_of_different_labels() -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section(n_attention=10))
    assert len(kind_of(made, chosen.attention, correct=True)) == 10
    assert sorted(made[index].true_label for index in chosen.attention) == list("0123456789")


@pytest.mark.parametrize("seed", range(5))
def test_wrong_ones_are_balanced(seed: int) -> None:
    made = plenty()
    wrong = kind_of(made, select_stimuli(made, section=section(seed=seed)).main, correct=False)
    assert {one.predicted_label for one in wrong} == set("0123456789")
    assert spread(one.predicted_label for one in wrong) == 1


@pytest.mark.parametrize("seed", range(5))
def test_right_ones_share_speaker_and_word_with_the_wrong_ones(seed: int) -> None:
    made = in_every_cell(right_per_cell=12, wrong=LOPSIDED)
    main = select_stimuli(made, section=section(seed=seed, n_training=0)).main
    right, wrong = (Counter(one.cell for one in kind_of(made, main, correct=correct)) for correct in (True, False))
    assert right == wrong
    giveaway = find_giveaway([made[index] for index in main])
    assert giveaway.n_matched == 12
    assert giveaway.by_speaker_and_true_label_share == 0.5


def test_word_without_a_right_answer_by_its_speaker_is_matched_by_another_speaker_where_allowed() -> None:
    made = [
        one
        for one in in_every_cell(right_per_cell=12, wrong=LOPSIDED)
        if (one.cell, one.model_correct) != (("a", "2"), True)
    ]
    made = [replace(one, index=index) for index, one in enumerate(made)]
    main = select_stimuli(made, section=section(n_training=0, exact=["true_label"])).main
    right, wrong = (kind_of(made, main, correct=correct) for correct in (True, False))
    assert Counter(one.true_label for one in right) == Counter(one.true_label for one in wrong)
    with pytest.raises(RecipeError, match=r"give only 3 pairs .* \(18 without 'speaker' in selection\.exact"):
        select_stimuli(made, section=section(n_training=0, exact=BOTH))


def test_twice_as_many_right_ones_keep_the_proportions_of_the_wrong_ones() -> None:
    made = in_every_cell(right_per_cell=24, wrong=LOPSIDED)
    chosen = select_stimuli(made, section=section(n_right=24, n_training=0))
    right, wrong = (
        Counter(one.cell for one in kind_of(made, chosen.main, correct=correct)) for correct in (True, False)
    )
    assert right == wrong + wrong
    assert len(chosen.pairs) == 12


def test_surplus_of_wrong_ones_is_balanced_in_predicted_label() -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section(n_right=5, n_wrong=20, n_training=0))
    assert len(chosen.pairs) == 5
    predicted = Counter(one.predicted_label for one in kind_of(made, chosen.main, correct=False))
    assert predicted == Counter(dict.fromkeys("0123456789", 2))


@pytest.mark.parametrize(("n_right", "n_wrong"), [(6, 0), (0, 6), (0, 0)])
def test_set_of_one_kind_alone_has_no_pairs(n_right: int, n_wrong: int) -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section(n_right=n_right, n_wrong=n_wrong, n_training=0))
    assert chosen.pairs == ()
    assert len(kind_of(made, chosen.main, correct=True)) == n_right
    assert len(kind_of(made, chosen.main, correct=False)) == n_wrong


@pytest.mark.parametrize("seed", range(3))
def test_each_true_label_stands_equally_often_where_asked(seed: int) -> None:
    made = in_every_cell(right_per_cell=3, wrong=[("a", word, said) for word in range(10) for said in (8, 9)] * 2)
    made = [one for one in made if one.model_correct or one.true_label != one.predicted_label]
    main = select_stimuli(
        made,
        section=section(n_right=20, n_wrong=20, n_training=0, n_per_true_label=2, exact=BOTH, seed=seed),
    ).main
    for correct in (True, False):
        counts = Counter(one.true_label for one in kind_of(made, main, correct=correct))
        assert counts == Counter({str(label): 2 for label in range(10)})


def test_half_of_training_is_wrong_even_where_words_cannot_be_shared() -> None:
    # all wrong answers are 0-4, and half of their words are as well: pairs of those would use up the labels
    wrong = [("abcd"[said], (said + 1) % 4, said) for said in range(4)] * 9 + [("a", 9, 4)] * 9
    made = in_every_cell(right_per_cell=3, wrong=wrong)
    training = [made[index] for index in select_stimuli(made, section=section()).training]
    assert sorted(one.predicted_label for one in training) == list("0123456789")
    assert sum(one.model_correct for one in training) == 5


def test_label_with_a_single_candidate_is_left_to_training() -> None:
    made = candidates(right=[*range(1, 10)] * 4, wrong=[0] + [1] * 20)
    chosen = select_stimuli(made, section=section())
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")
    assert len(kind_of(made, chosen.main, correct=False)) == 12


def test_predicted_labels_are_balanced_as_far_as_rare_labels_allow() -> None:
    made = candidates(right=[*range(10)] * 4, wrong=[0] * 20 + [1] * 20 + [2])
    main = kind_of(made, select_stimuli(made, section=section(n_training=0)).main, correct=False)
    assert sorted(Counter(one.predicted_label for one in main).values()) == [1, 5, 6]


def test_wrong_stimuli_of_training_never_take_from_the_main_ones() -> None:
    made = candidates(right=[*range(10)] * 4, wrong=[*range(10), 0, 1, 2, 3])
    chosen = select_stimuli(made, section=section())
    assert len(kind_of(made, chosen.main, correct=False)) == 12
    assert len(kind_of(made, chosen.training, correct=False)) == 2
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")


def test_training_leaves_the_main_ones_their_balance() -> None:
    # of the labels 2 to 9 there is one wrong answer each: training, were it first, would take five of those
    made = candidates(right=[*range(10)] * 8, wrong=[0, 1] * 10 + [*range(2, 10)])
    main = kind_of(made, select_stimuli(made, section=section()).main, correct=False)
    assert Counter(one.predicted_label for one in main) == Counter({"0": 2, "1": 2} | dict.fromkeys("23456789", 1))


def test_label_without_right_answers_is_trained_with_a_wrong_one() -> None:
    made = candidates(right=[*range(1, 10)] * 4, wrong=[0, 1, 2] * 6)
    chosen = select_stimuli(made, section=section())
    (zero,) = [made[index] for index in chosen.training if made[index].predicted_label == "0"]
    assert not zero.model_correct


def test_same_seed_chooses_the_same_and_another_seed_others() -> None:
    made = plenty()
    first = select_stimuli(made, section=section(n_attention=3))
    assert select_stimuli(made, section=section(n_attention=3)) == first
    assert select_stimuli(made, section=section(n_attention=3, seed=2)) != first


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ([*range(10)] * 8, [*range(10)], "80 right and 10 wrong main stimuli"),
        ([*range(10)], [*range(10)] * 4, "10 right and 40 wrong main stimuli"),
        ([*range(9)] * 8, [*range(9)] * 4, "9 distinct predicted labels among 10 training items (0, 1, 2, "),
        ([*range(1, 10)] * 3, [0] + [1] * 11, "18 right and 11 wrong main stimuli beside the training ones"),
        ([], [], "0 right and 0 wrong main stimuli"),
    ],
)
def test_too_few_candidates_are_counted_with_what_would_give_more(
    right: list[int], wrong: list[int], found: str
) -> None:
    made = candidates(right=right, wrong=wrong)
    with pytest.raises(RecipeError) as refusal:
        select_stimuli(made, section=section())
    message = str(refusal.value)
    assert message.startswith(f"the held-out speakers give only {found}")
    assert str(count_choice(made)) in message
    assert "hold out more speakers (split.heldout_speakers), add noise (selection.noise_snr_db)" in message
    assert "fewer epochs" in message


def test_too_few_for_attention_are_refused() -> None:
    made = candidates(right=[*range(10)] * 3, wrong=[*range(10)] * 3)
    # 30 right ones, of which 12 are main and 5 train
    with pytest.raises(RecipeError, match=r"give only 13 right ones for attention items beside the others; .* 14 for"):
        select_stimuli(made, section=section(n_attention=14))


def test_pairs_that_training_leaves_too_few_are_refused() -> None:
    # one speaker has two right and one wrong clip of label 1, which training takes: label 1 has no others
    made = [candidate(0, true="0"), candidate(1, true="1"), candidate(2, true="0", said="1", speaker="a")]
    with pytest.raises(RecipeError, match=r"only 0 right and 1 wrong main stimuli beside the training ones"):
        select_stimuli(made, section=section(n_right=1, n_wrong=1, n_training=2))


@pytest.mark.parametrize(
    ("source", "words"),
    [("heldout-takes", "the held-out takes give"), ("both", "the held-out speakers and takes give")],
)
def test_refusal_names_the_source(source: str, words: str) -> None:
    with pytest.raises(RecipeError, match=f"^{words} only 0 right"):
        select_stimuli([], section=section(source=source))


def test_number_that_does_not_fit_the_labels_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"n_per_true_label is 2 with 10 true labels, and .* 12; set both to 20"):
        select_stimuli(plenty(), section=section(n_per_true_label=2, exact=BOTH))


def test_measure_that_is_no_number_is_refused() -> None:
    made = [candidate(0), candidate(1, energy=float("nan"))]
    with pytest.raises(ValueError, match="energy_kept_share of candidate 1 is nan; expected a number"):
        select_stimuli(made, section=section())


def test_index_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="index is 3 in more than one candidate"):
        select_stimuli([candidate(3), candidate(3)], section=section())
