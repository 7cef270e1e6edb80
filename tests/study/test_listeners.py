import math
from collections import Counter
from typing import Any

import pytest

from earshot.design.analysis_plan import Contrast
from earshot.design.assumptions import Betas, Simulation
from earshot.design.conditions import Condition
from earshot.design.upgrade import difference_of_differences
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked
from study.simulation.listeners import Presented, TruthNamers, recognition
from study.simulation.model_listeners import FixedEffects, ModelListeners

LABELS = tuple(str(digit) for digit in range(10))
STILL = Simulation(participant_sd=0.0, stimulus_sd=0.0, slope_sd=0.0)
PRIMARY = Contrast.model_validate(difference_of_differences())
CELLS = [(channel, mask) for channel in ("picture", "sound") for mask in ("control", "relevance")]


def condition(channel: str = "sound", mask: str = "relevance", **more: Any) -> Condition:
    return Condition.model_validate({"name": f"{channel}-{mask}", "channel": channel, "mask": mask, **more})


def presented(
    cell: Condition | None = None,
    *,
    right: bool = False,
    stimulus: str = "a",
    labels: tuple[str, ...] = LABELS,
) -> Presented:
    cell = cell or condition()
    asked = Asked(
        labels=labels,
        ask_perceived=cell.ask_perceived_label,
        task=cell.task,
        true_label="7",
        predicted_label="7" if right else "1",
    )
    return Presented(stimulus=stimulus, condition=cell, asked=asked)


def contrast_of(fixed: FixedEffects, *, model_correct: bool) -> float:
    """Straight from the definition: the weighted sum over conditions."""
    return sum(
        weight * fixed.log_odds(condition(*name.split("-")), model_correct=model_correct)
        for name, weight in fixed.contrast.weights.items()
    )


def make_listeners(
    simulation: Simulation = STILL, *, effect: float = 1.0, seed: int = 1, contrast: Contrast = PRIMARY
) -> ModelListeners:
    return ModelListeners(
        simulation,
        contrast=contrast,
        effect_log_odds=effect,
        stimuli=[f"s{n}" for n in range(200)] + ["a"],
        seed=seed,
    )


@pytest.mark.parametrize("effect", [-0.7, 0.0, 1.0])
def test_effect_is_the_contrast_among_wrong_predictions_and_zero_among_right_ones(effect: float) -> None:
    betas = Betas(intercept=0.2, channel=0.3, mask=0.4, model_correct=0.5, mask_model_correct=0.6)
    fixed = FixedEffects(betas, PRIMARY, effect)
    assert contrast_of(fixed, model_correct=False) == pytest.approx(effect)
    assert contrast_of(fixed, model_correct=True) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("among", "right_weight", "is_shifted"),
    [("wrong", None, (True, False)), ("right", None, (False, True)), ("all", 0.3, (True, True))],
)
def test_effect_shifts_the_predictions_the_contrast_is_about(
    among: str, right_weight: float | None, is_shifted: tuple[bool, bool]
) -> None:
    weights = {"sound-relevance": 1.0, "sound-blobs": -0.5, "picture-blobs": -0.5}
    contrast = Contrast.model_validate(
        {"name": "one against two", "weights": weights, "among": among, "right_weight": right_weight}
    )
    fixed = FixedEffects(Betas(mask=0.0, model_correct=0.0), contrast, 0.9)
    found = [contrast_of(fixed, model_correct=right) for right in (False, True)]
    assert found == pytest.approx([0.9 if shifted else 0.0 for shifted in is_shifted])
    assert fixed.shift(condition("both", "blobs"), model_correct=among == "right") == 0.0


def test_default_designs_cells_are_those_of_the_coded_interaction() -> None:
    """The coding of the primary model: b_cm = effect / 2, b_cmm = -effect, so that b_cm -+ .5 b_cmm is effect or 0."""
    betas = Betas(intercept=0.2, channel=0.3, mask=0.4, model_correct=0.5, channel_model_correct=0.1)
    fixed = FixedEffects(betas, PRIMARY, 0.8)
    for channel, mask in CELLS:
        for right in (False, True):
            c, m, r = (0.5 if yes else -0.5 for yes in (channel == "sound", mask == "relevance", right))
            coded = 0.2 + 0.3 * c + 0.4 * m + 0.5 * r + 0.1 * c * r + 0.4 * c * m - 0.8 * c * m * r
            assert fixed.log_odds(condition(channel, mask), model_correct=right) == pytest.approx(coded)


@pytest.mark.parametrize(
    ("channel", "mask", "expected"),
    [
        ("both", "relevance", 0.5 * 0.4),
        ("sound", "none", 0.5 * 0.3),
        ("picture", "blobs", -0.5 * 0.3 - 0.5 * 0.4),
        ("sound", "randomised-network", 0.5 * 0.3 - 0.5 * 0.4),
    ],
)
def test_other_channels_and_masks_have_their_codes(channel: str, mask: str, expected: float) -> None:
    fixed = FixedEffects(Betas(channel=0.3, mask=0.4, model_correct=0.0), PRIMARY, 5.0)
    assert fixed.log_odds(condition(channel, mask), model_correct=True) == pytest.approx(expected)


def test_cells_follow_the_declared_betas_when_nobody_varies() -> None:
    person = make_listeners().person(0)
    # mask .3 * .5, model_correct 1.0 * -.5, a quarter of the contrast, in cell sound-relevance-wrong
    log_odds = 0.15 - 0.5 + 0.25
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
    cell = condition("picture", "control")
    own = person.effects
    expected = listeners.fixed.log_odds(cell, model_correct=True) + own.intercept
    expected += -0.5 * own.mask + 0.5 * own.model_correct - 0.25 * own.mask_model_correct
    expected += stimulus.intercept - 0.5 * stimulus.channel - 0.5 * stimulus.mask + 0.25 * stimulus.channel_mask
    probability = person.probability(presented(cell, right=True))
    assert math.log(probability / (1 - probability)) == pytest.approx(expected)


def test_wrong_answers_are_the_true_label_by_the_declared_share_else_another() -> None:
    listeners = make_listeners(STILL.model_copy(update={"true_label_share": 0.6}))
    answers = Counter(listeners.person(place).answer(presented())["answer"] for place in range(4000))
    n_incorrect = 4000 - answers["1"]
    assert answers["7"] / n_incorrect == pytest.approx(0.6, abs=0.04)
    others = [answers[label] for label in LABELS if label not in "17"]
    assert len(others) == 8
    assert min(others) > 0.5 * 0.4 * n_incorrect / 8


def test_share_of_right_answers_is_the_probability() -> None:
    listeners = make_listeners()
    met = presented()
    n_correct = sum(listeners.person(place).answer(met)["answer"] == "1" for place in range(4000))
    # four standard errors of a share of 4000
    assert n_correct / 4000 == pytest.approx(listeners.person(0).probability(met), abs=0.032)


def test_on_right_predictions_a_wrong_answer_is_any_other_label() -> None:
    person = make_listeners(STILL.model_copy(update={"true_label_share": 1.0})).person(0)
    answers = Counter(person.answer(presented(right=True))["answer"] for _ in range(2000))
    assert set(answers) == set(LABELS)


def test_with_two_labels_the_only_wrong_answer_is_the_true_one() -> None:
    listeners = make_listeners(STILL.model_copy(update={"true_label_share": 0.0}), effect=0.0)
    met = presented(labels=("1", "7"))
    assert {listeners.person(place).answer(met)["answer"] for place in range(50)} == {"1", "7"}


@pytest.mark.parametrize("task", ["forward-simulation", "error-detection", "advice"])
@pytest.mark.parametrize("ask_perceived_label", [False, True])
def test_answers_are_such_as_the_task_takes(task: str, ask_perceived_label: bool) -> None:
    cell = condition(task=task, ask_perceived_label=ask_perceived_label)
    met = presented(cell)
    for listeners in (make_listeners(Simulation()), TruthNamers(seed=1)):
        for place in range(20):
            answers = listeners.person(place).answer(met)
            assert TASKS[cell.task].check(answers, asked=met.asked) == answers


def test_in_other_tasks_understanding_has_the_models_log_odds() -> None:
    listeners = make_listeners()
    met = presented(condition(task="error-detection"))
    n_correct = sum(listeners.person(place).answer(met)["judgement"] == "wrong" for place in range(4000))
    # Who does not understand throws a coin; the word is named, so that everybody knows it.
    expected = 0.5 + 0.5 * listeners.person(0).probability(met)
    assert n_correct / 4000 == pytest.approx(expected, abs=0.032)


@pytest.mark.parametrize(("channel", "share"), [("sound", 0.90), ("picture", 0.15), ("both", 0.90)])
def test_truth_namers_name_what_they_recognise_and_guess_the_rest(channel: str, share: float) -> None:
    namers = TruthNamers(seed=1)
    met = presented(condition(channel))
    answers = Counter(namers.person(place).answer(met)["answer"] for place in range(4000))
    guessed = (1 - share) / len(LABELS)
    # Monte-Carlo error of a share of 4000: below .008
    assert answers["7"] / 4000 == pytest.approx(share + guessed, abs=0.03)
    assert answers["1"] / 4000 == pytest.approx(guessed, abs=0.03)


@pytest.mark.parametrize(
    ("given", "given_channel", "channel", "share"),
    [
        ("nothing", "sound", "picture", 0.15),
        ("nothing", "sound", "both", 0.90),
        ("original", "sound", "picture", 0.90),
        ("original", "picture", "picture", 0.15),
        ("original-and-word", "picture", "picture", 1.0),
    ],
)
def test_recognition_follows_from_what_is_given(given: str, given_channel: str, channel: str, share: float) -> None:
    assert recognition(condition(channel, given=given, given_channel=given_channel)) == share


def test_one_seed_gives_one_population_and_another_seed_another() -> None:
    def answers(seed: int) -> list[object]:
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
    cells = [presented(condition(channel, mask)) for channel, mask in CELLS]
    assert [alone.answer(cell) for cell in cells] == [among_others.answer(cell) for cell in cells]
