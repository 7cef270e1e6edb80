from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from earshot.errors import RecipeError
from explainer.candidates import Candidate, count_choice, find_giveaway
from explainer.recipe import SelectionSection
from explainer.selection import select_stimuli


def section(*, n_right: int = 12, n_wrong: int = 12, n_training: int = 10, seed: int = 1) -> SelectionSection:
    return SelectionSection(n_right=n_right, n_wrong=n_wrong, n_training=n_training, seed=seed)


def candidates(
    *, right: Iterable[int], wrong: Iterable[int], unfair_every: int | None = None, speakers: str = "abcd"
) -> list[Candidate]:
    """Candidates by predicted label: `right` and `wrong` name the label of one candidate each."""
    made: list[Candidate] = []
    for correct, labels in ((True, right), (False, wrong)):
        for label in labels:
            index = len(made)
            made.append(
                Candidate(
                    index=index,
                    speaker=speakers[index * 7 % len(speakers)],
                    true_label=str(label if correct else (label + 1 + index % 9) % 10),
                    predicted_label=str(label),
                    has_fair_control=not (unfair_every and index % unfair_every == 0),
                )
            )
    return made


def plenty(**changes: int) -> list[Candidate]:
    return candidates(right=[*range(10)] * 8, wrong=[*range(10)] * 4, unfair_every=changes.get("unfair_every"))


def chosen_of(made: Sequence[Candidate], indices: Sequence[int], *, correct: bool) -> list[Candidate]:
    return [made[index] for index in indices if made[index].model_correct == correct]


def spread(values: Iterable[str]) -> int:
    counts = Counter(values)
    return max(counts.values()) - min(counts.values())


def test_numbers_are_as_asked_and_training_is_apart() -> None:
    made = plenty(unfair_every=3)
    chosen = select_stimuli(made, section=section())
    assert len(chosen_of(made, chosen.main, correct=True)) == 12
    assert len(chosen_of(made, chosen.main, correct=False)) == 12
    assert len(chosen.training) == 10
    assert not set(chosen.main) & set(chosen.training)


def test_only_stimuli_with_a_fair_control_are_chosen() -> None:
    made = plenty(unfair_every=3)
    chosen = select_stimuli(made, section=section())
    assert all(made[index].has_fair_control for index in (*chosen.main, *chosen.training))


def test_training_has_one_per_predicted_label_and_half_wrong() -> None:
    made = plenty()
    chosen = select_stimuli(made, section=section())
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")
    assert len(chosen_of(made, chosen.training, correct=False)) == 5


@pytest.mark.parametrize("seed", range(5))
def test_wrong_ones_are_balanced(seed: int) -> None:
    made = plenty()
    wrong = chosen_of(made, select_stimuli(made, section=section(seed=seed)).main, correct=False)
    assert {one.predicted_label for one in wrong} == set("0123456789")
    assert spread(one.predicted_label for one in wrong) == 1
    assert max(Counter(one.true_label for one in wrong).values()) <= 2
    assert spread(one.speaker for one in wrong) <= 2


def in_every_cell(*, right_per_cell: int, wrong: Iterable[tuple[str, int, int]]) -> list[Candidate]:
    """Right candidates of speakers a-d and all labels, and wrong ones by speaker, true and predicted label."""
    cells = [(speaker, label, label) for speaker in "abcd" for label in range(10)] * right_per_cell
    return [
        Candidate(index, speaker, str(true), str(predicted), has_fair_control=True)
        for index, (speaker, true, predicted) in enumerate([*cells, *wrong])
    ]


# one speaker errs most, on three words: the answers alone would let every right item come from elsewhere
_LOPSIDED = [("a", 2, predicted) for predicted in (6, 7, 8, 9, 0)] * 3 + [("b", 7, 6), ("a", 3, 1), ("a", 5, 4)]


@pytest.mark.parametrize("seed", range(5))
def test_right_ones_share_speaker_and_word_with_the_wrong_ones(seed: int) -> None:
    made = in_every_cell(right_per_cell=12, wrong=_LOPSIDED)
    main = select_stimuli(made, section=section(seed=seed, n_training=0)).main
    right, wrong = (Counter(one.cell for one in chosen_of(made, main, correct=correct)) for correct in (True, False))
    assert right == wrong
    giveaway = find_giveaway([made[index] for index in main])
    assert giveaway.n_matched == 12
    assert giveaway.by_speaker_and_true_label_share == 0.5


def test_word_without_a_right_answer_by_its_speaker_is_matched_by_another_speaker() -> None:
    made = [
        one
        for one in in_every_cell(right_per_cell=12, wrong=_LOPSIDED)
        if (one.cell, one.model_correct) != (("a", "2"), True)
    ]
    made = [replace(one, index=index) for index, one in enumerate(made)]
    main = select_stimuli(made, section=section(n_training=0)).main
    right, wrong = (chosen_of(made, main, correct=correct) for correct in (True, False))
    assert Counter(one.true_label for one in right) == Counter(one.true_label for one in wrong)


def test_twice_as_many_right_ones_keep_the_proportions_of_the_wrong_ones() -> None:
    made = in_every_cell(right_per_cell=24, wrong=_LOPSIDED)
    main = select_stimuli(made, section=section(n_right=24, n_training=0)).main
    right, wrong = (Counter(one.cell for one in chosen_of(made, main, correct=correct)) for correct in (True, False))
    assert right == wrong + wrong


def test_words_of_training_items_do_not_give_the_errors_away() -> None:
    made = in_every_cell(right_per_cell=3, wrong=[("abcd"[word % 4], word, 9 - word) for word in range(10)] * 3)
    training = [made[index] for index in select_stimuli(made, section=section()).training]
    assert sorted(one.predicted_label for one in training) == list("0123456789")
    assert sum(one.model_correct for one in training) == 5
    giveaway = find_giveaway(training)
    assert giveaway.n_matched == 5
    assert giveaway.by_true_label_share == 0.5


def test_half_of_training_is_wrong_even_where_words_cannot_be_shared() -> None:
    # all wrong answers are 0-4, and half of their words are as well: pairs of those would use up the labels
    wrong = [("abcd"[said], (said + 1) % 4, said) for said in range(4)] * 9 + [("a", 9, 4)] * 9
    made = in_every_cell(right_per_cell=3, wrong=wrong)
    training = [made[index] for index in select_stimuli(made, section=section()).training]
    assert sorted(one.predicted_label for one in training) == list("0123456789")
    assert sum(one.model_correct for one in training) == 5


def test_giveaway_is_the_best_rule_with_hindsight() -> None:
    cells = [("a", 1, 1), ("a", 1, 1), ("a", 1, 2), ("b", 1, 3), ("b", 4, 4), ("b", 4, 5)]
    giveaway = find_giveaway([Candidate(0, name, str(true), str(said), True) for name, true, said in cells])
    assert giveaway.n_matched == 2  # one "1" of a and one "4" of b
    assert giveaway.by_true_label_share == 3 / 6  # two of four "1" and one of two "4"
    assert giveaway.by_speaker_and_true_label_share == 4 / 6  # a's "1": two of three; b's "1": one; b's "4": one of two
    assert giveaway.n_predicted_labels == 3
    assert "2 of 3 right ones" in str(giveaway)


def test_label_with_a_single_candidate_is_left_to_training() -> None:
    made = candidates(right=[*range(1, 10)] * 4, wrong=[0] + [1] * 20)
    chosen = select_stimuli(made, section=section())
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")
    assert len(chosen_of(made, chosen.main, correct=False)) == 12


def test_predicted_labels_are_balanced_as_far_as_rare_labels_allow() -> None:
    made = candidates(right=[*range(10)] * 4, wrong=[0] * 20 + [1] * 20 + [2])
    main = chosen_of(made, select_stimuli(made, section=section(n_training=0)).main, correct=False)
    assert sorted(Counter(one.predicted_label for one in main).values()) == [1, 5, 6]


def test_wrong_stimuli_of_training_never_take_from_the_main_ones() -> None:
    made = candidates(right=[*range(10)] * 4, wrong=[*range(10), 0, 1, 2, 3])
    chosen = select_stimuli(made, section=section())
    assert len(chosen_of(made, chosen.main, correct=False)) == 12
    assert len(chosen_of(made, chosen.training, correct=False)) == 2
    assert sorted(made[index].predicted_label for index in chosen.training) == list("0123456789")


def test_label_without_right_answers_is_trained_with_a_wrong_one() -> None:
    made = candidates(right=[*range(1, 10)] * 4, wrong=[0, 1, 2] * 6)
    chosen = select_stimuli(made, section=section())
    (zero,) = [made[index] for index in chosen.training if made[index].predicted_label == "0"]
    assert not zero.model_correct


def test_same_seed_chooses_the_same_and_another_seed_others() -> None:
    made = plenty()
    first = select_stimuli(made, section=section())
    assert select_stimuli(made, section=section()) == first
    assert select_stimuli(made, section=section(seed=2)) != first


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ([*range(10)] * 8, [*range(10)], "80 right and 10 wrong main stimuli"),
        ([*range(10)], [*range(10)] * 4, "10 right and 40 wrong main stimuli"),
        ([*range(9)] * 8, [*range(9)] * 4, "9 distinct predicted labels for training"),
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
    assert found in message
    assert str(count_choice(made)) in message
    assert "hold out more speakers" in message
    assert "fewer epochs" in message


def test_choice_counts_fair_controls_apart() -> None:
    choice = count_choice(candidates(right=[1] * 6, wrong=[2] * 4, unfair_every=2))
    assert str(choice) == "6 right (3 with a fair control), 4 wrong (2 with a fair control)"
