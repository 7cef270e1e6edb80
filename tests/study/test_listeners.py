import math
from collections import Counter
from typing import cast

import pytest

from earshot.protocol import Betas, Channel, Simulation
from earshot.sequence import TrialMask
from study.simulation.listeners import Coefficients, ModelListeners, Presented, TruthNamers, effect_coefficients

LABELS = [str(digit) for digit in range(10)]
STILL = Simulation(participant_sd=0.0, stimulus_sd=0.0, slope_sd=0.0)
CHANNELS: tuple[Channel, Channel] = ("picture", "sound")
MASKS: tuple[TrialMask, TrialMask] = ("control", "relevance")


def presented(
    *, channel: Channel = "sound", mask: TrialMask = "relevance", right: bool = False, stimulus: str = "a"
) -> Presented:
    return Presented(
        stimulus=stimulus, channel=channel, mask=mask, true_label="7", predicted_label="7" if right else "1"
    )


def difference_of_differences(coefficients: Coefficients, *, model_correct: float) -> float:
    """Straight from the definition: relevance minus control by sound, minus the same by picture."""

    def cell(channel: float, mask: float) -> float:
        return coefficients.log_odds(channel=channel, mask=mask, model_correct=model_correct)

    return (cell(0.5, 0.5) - cell(0.5, -0.5)) - (cell(-0.5, 0.5) - cell(-0.5, -0.5))


def make_listeners(simulation: Simulation = STILL, *, effect: float = 1.0, seed: int = 1) -> ModelListeners:
    return ModelListeners(
        simulation, effect_log_odds=effect, labels=LABELS, stimuli=[f"s{n}" for n in range(200)] + ["a"], seed=seed
    )


@pytest.mark.parametrize("effect", [-0.7, 0.0, 1.0])
def test_effect_is_the_contrast_among_wrong_predictions_and_zero_among_right_ones(effect: float) -> None:
    betas = Betas(intercept=0.2, channel=0.3, mask=0.4, model_correct=0.5, mask_model_correct=0.6)
    coefficients = effect_coefficients(betas, effect_log_odds=effect)
    assert difference_of_differences(coefficients, model_correct=-0.5) == pytest.approx(effect)
    assert difference_of_differences(coefficients, model_correct=0.5) == pytest.approx(0.0)


def test_cells_follow_the_declared_betas_when_nobody_varies() -> None:
    person = make_listeners().person(0)
    # mask .3 * .5, model_correct 1.0 * -.5, channel:mask .5 * .25, three-way -1 * -.125, in cell sound-relevance-wrong
    log_odds = 0.15 - 0.5 + 0.125 + 0.125
    assert person.probability(presented()) == pytest.approx(1 / (1 + math.exp(-log_odds)))


def test_people_and_stimuli_vary_by_the_declared_standard_deviations() -> None:
    listeners = make_listeners(Simulation())
    people = [listeners.person(place).effects for place in range(2000)]
    # 2000 draws: an sd is off by more than 5 % with probability below .002
    for name, declared in (("intercept", 0.7), ("mask", 0.3), ("model_correct", 0.3), ("mask_model_correct", 0.3)):
        values = [getattr(person, name) for person in people]
        assert math.sqrt(sum(value**2 for value in values) / len(values)) == pytest.approx(declared, rel=0.06)
    stimuli = list(listeners.stimulus_effects.values())
    for name, declared in (("intercept", 0.7), ("channel", 0.3), ("mask", 0.3), ("channel_mask", 0.3)):
        values = [getattr(stimulus, name) for stimulus in stimuli]
        assert math.sqrt(sum(value**2 for value in values) / len(values)) == pytest.approx(declared, rel=0.2)


def test_probability_adds_the_effects_of_person_and_stimulus() -> None:
    listeners = make_listeners(Simulation())
    person, stimulus = listeners.person(3), listeners.stimulus_effects["a"]
    cell = presented(channel="picture", mask="control", right=True)
    own = person.effects
    expected = listeners.coefficients.log_odds(channel=-0.5, mask=-0.5, model_correct=0.5) + own.intercept
    expected += -0.5 * own.mask + 0.5 * own.model_correct - 0.25 * own.mask_model_correct
    expected += stimulus.intercept - 0.5 * stimulus.channel - 0.5 * stimulus.mask + 0.25 * stimulus.channel_mask
    assert math.log(person.probability(cell) / (1 - person.probability(cell))) == pytest.approx(expected)


def test_wrong_answers_are_the_true_label_by_the_declared_share_else_another() -> None:
    listeners = make_listeners(STILL.model_copy(update={"true_label_share": 0.6}))
    answers = Counter(listeners.person(place).answer(presented()) for place in range(4000))
    n_incorrect = 4000 - answers["1"]
    assert answers["7"] / n_incorrect == pytest.approx(0.6, abs=0.04)
    others = [answers[label] for label in LABELS if label not in "17"]
    assert len(others) == 8
    assert min(others) > 0.5 * 0.4 * n_incorrect / 8


def test_on_right_predictions_a_wrong_answer_is_any_other_label() -> None:
    person = make_listeners(STILL.model_copy(update={"true_label_share": 1.0})).person(0)
    answers = Counter(person.answer(presented(right=True)) for _ in range(2000))
    assert set(answers) == set(LABELS)


def test_with_two_labels_the_only_wrong_answer_is_the_true_one() -> None:
    listeners = ModelListeners(
        STILL.model_copy(update={"true_label_share": 0.0}),
        effect_log_odds=0.0,
        labels=["1", "7"],
        stimuli=["a"],
        seed=1,
    )
    assert {listeners.person(place).answer(presented()) for place in range(50)} == {"1", "7"}


@pytest.mark.parametrize(("channel", "share"), [("sound", 0.90), ("picture", 0.15)])
def test_truth_namers_name_what_they_recognise_and_guess_the_rest(channel: str, share: float) -> None:
    namers = TruthNamers(labels=LABELS, seed=1)
    met = presented(channel=cast(Channel, channel))
    answers = Counter(namers.person(place).answer(met) for place in range(4000))
    guessed = (1 - share) / len(LABELS)
    # Monte-Carlo error of a share of 4000: below .008
    assert answers["7"] / 4000 == pytest.approx(share + guessed, abs=0.03)
    assert answers["1"] / 4000 == pytest.approx(guessed, abs=0.03)


def test_one_seed_gives_one_population_and_another_seed_another() -> None:
    def answers(seed: int) -> list[str]:
        listeners = make_listeners(Simulation(), seed=seed)
        return [listeners.person(place).answer(presented(stimulus=f"s{place}")) for place in range(40)]

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


def test_more_participants_change_nobody_elses_answers() -> None:
    alone = make_listeners(Simulation()).person(5)
    listeners = make_listeners(Simulation())
    for place in range(5):
        listeners.person(place).answer(presented())
    among_others = listeners.person(5)
    cells = [presented(channel=channel, mask=mask) for channel in CHANNELS for mask in MASKS]
    assert [alone.answer(cell) for cell in cells] == [among_others.answer(cell) for cell in cells]
