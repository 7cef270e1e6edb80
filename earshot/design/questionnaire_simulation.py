"""Answers of simulated participants: drawn at random, but always such that a real one could have given them."""

import random

from earshot.design.questionnaire_answers import is_shown
from earshot.design.questionnaire_item_answers import Answer
from earshot.design.questionnaire_items import (
    GridItem,
    Item,
    MultipleItem,
    NumberItem,
    SingleItem,
    SliderItem,
    TextItem,
)
from earshot.design.questionnaires import Questionnaire

# So that tables made from simulated studies have empty cells where real ones would.
_UNANSWERED_SHARE = 0.2
_WORDS = "drawn by a computer"


def simulate_answers(questionnaire: Questionnaire, *, draw: random.Random) -> dict[str, Answer]:
    """The answers of one simulated participant by item, as `check_answers` gives them.

    Parameters
    ----------
    questionnaire : Questionnaire
        What is asked; its conditions are respected, and items that are not required are sometimes left out.
    draw : random.Random
        The caller's, seeded.
    """
    answers: dict[str, Answer] = {}
    for item in questionnaire.items:
        skipped = not item.required and draw.random() < _UNANSWERED_SHARE
        if not skipped and is_shown(item, answers=answers):
            answers[item.name] = _draw_answer(item, draw=draw)
    return answers


def _draw_answer(item: Item, *, draw: random.Random) -> Answer:
    match item:
        case SingleItem():
            return draw.choice(item.values)
        case MultipleItem():
            chosen = draw.sample(item.values, draw.randint(item.least, item.n_most))
            return [value for value in item.values if value in chosen]
        case TextItem():
            return _WORDS[: item.longest].strip()
        case NumberItem():
            return _draw_number(item, draw=draw)
        case GridItem():
            return {name: draw.randint(1, item.points) for name in item.row_names}
        case SliderItem():
            return item.point(draw.randint(0, item.n_steps))


def _draw_number(item: NumberItem, *, draw: random.Random) -> int | float:
    if item.whole:
        return draw.randint(int(item.least), int(item.most))
    # Rounded to two digits, as people write numbers; a narrow range may hold no such number.
    return min(max(round(draw.uniform(item.least, item.most), 2), item.least), item.most)
