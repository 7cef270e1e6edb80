from hypothesis import given
from hypothesis import strategies as st

from earshot.design.questionnaire_answers import check_answers
from earshot.design.questionnaire_simulation import simulate_answers
from earshot.design.questionnaires import Questionnaire
from tests.earshot.design.questionnaires_drawn import EVERY_KIND, SINGLE, TEXT, asking, questionnaires, seeded


@given(questionnaire=questionnaires(), seed=st.integers())
def test_simulated_answers_are_taken_as_they_are(questionnaire: Questionnaire, seed: int) -> None:
    answers = simulate_answers(questionnaire, draw=seeded(seed))
    assert check_answers(questionnaire, answers=answers) == answers


def test_same_seed_gives_the_same_answers() -> None:
    questionnaire = asking(*EVERY_KIND)
    first, second = (simulate_answers(questionnaire, draw=seeded(7)) for _ in range(2))
    assert first == second


def test_every_option_is_drawn_and_conditions_are_kept() -> None:
    questionnaire = asking(SINGLE, TEXT | {"shown_if": {"item": "hearing", "equals": ["yes"]}})
    draw = seeded(1)
    drawn = [simulate_answers(questionnaire, draw=draw) for _ in range(50)]
    assert {answers["hearing"] for answers in drawn} == {"no", "yes"}
    assert all(("remarks" in answers) == (answers["hearing"] == "yes") for answers in drawn)


def test_optional_items_are_sometimes_left_out() -> None:
    draw = seeded(1)
    n_answered = sum(bool(simulate_answers(asking(TEXT | {"required": False}), draw=draw)) for _ in range(100))
    assert 0 < n_answered < 100
