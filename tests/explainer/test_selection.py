from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

from earshot.errors import RecipeError
from explainer.recipe import SelectionSection
from explainer.selection import Candidate, count_choice, select_stimuli


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
@pytest.mark.parametrize("correct", [True, False])
def test_predicted_labels_and_speakers_are_balanced(seed: int, correct: bool) -> None:
    made = plenty()
    main = chosen_of(made, select_stimuli(made, section=section(seed=seed)).main, correct=correct)
    assert {one.predicted_label for one in main} == set("0123456789")
    assert spread(one.predicted_label for one in main) == 1
    assert spread(one.speaker for one in main) <= 2


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
        ([*range(10)] * 8, [*range(10)], "right and 10 wrong main stimuli"),
        ([*range(10)] * 2, [*range(10)] * 4, "15 right and 35 wrong main stimuli"),
        ([*range(9)] * 8, [*range(9)] * 4, "9 distinct predicted labels for training"),
        ([], [], "0 distinct predicted labels for training"),
    ],
)
def test_too_few_candidates_are_counted_with_what_would_give_more(
    right: list[int], wrong: list[int], found: str
) -> None:
    made = candidates(right=right, wrong=wrong)
    n_wanted = 16 if found.startswith("15") else 12
    with pytest.raises(RecipeError) as refusal:
        select_stimuli(made, section=section(n_right=n_wanted))
    message = str(refusal.value)
    assert found in message
    assert str(count_choice(made)) in message
    assert "hold out more speakers" in message
    assert "fewer epochs" in message


def test_choice_counts_fair_controls_apart() -> None:
    choice = count_choice(candidates(right=[1] * 6, wrong=[2] * 4, unfair_every=2))
    assert str(choice) == "6 right (3 with a fair control), 4 wrong (2 with a fair control)"
