"""What answers to a questionnaire may be: the server's validation, which trusts nothing the page says."""

from collections.abc import Mapping

from earshot.design.questionnaire_item_answers import Answer, AnswerFault, check_answer, cut
from earshot.design.questionnaire_items import Item, ShownIf
from earshot.design.questionnaires import Questionnaire

_BLANK: tuple[object, ...] = (None, "", [], {})


def check_answers(questionnaire: Questionnaire, *, answers: Mapping[str, object]) -> dict[str, Answer]:
    """The answers as they are stored, by item, in the questionnaire's order; items left unanswered are left out.

    Parameters
    ----------
    questionnaire : Questionnaire
        What was asked.
    answers : mapping
        By item, as `check_answer` takes them; null is no answer.

    Raises
    ------
    AnswerFault
        For the first answer that is missing, unknown, of the wrong type, out of range, or given to an item that its
        condition does not show.
    """
    for name in sorted(answers.keys() - {item.name for item in questionnaire.items}):
        known = ", ".join(item.name for item in questionnaire.items)
        found = cut(name)
        raise AnswerFault(found, "unknown-item", f"item is '{found}'; questionnaire '{questionnaire.name}' has {known}")
    taken: dict[str, Answer] = {}
    for item in questionnaire.items:
        given = answers.get(item.name)
        if not is_shown(item, answers=taken):
            if given not in _BLANK:
                raise AnswerFault(item.name, "not-shown", f"item '{item.name}' was not shown; leave its answer out")
            continue
        answer = None if given is None else check_answer(item, given=given)
        if answer is not None:
            taken[item.name] = answer
        elif item.required:
            raise AnswerFault(item.name, "missing", f"item '{item.name}' has no answer; it needs one")
    return taken


def is_shown(item: Item, *, answers: Mapping[str, Answer]) -> bool:
    """Whether the item's condition holds; `answers` are those to earlier items, as `check_answers` gives them."""
    condition = item.shown_if
    if condition is None:
        return True
    answer = answers.get(condition.item)
    if isinstance(answer, list):
        return any(value in condition.equals for value in answer)
    if isinstance(answer, int | float) and not condition.equals:
        return _lies_within(answer, condition=condition)
    return answer in condition.equals


def _lies_within(value: float, *, condition: ShownIf) -> bool:
    above = condition.at_least is None or value >= condition.at_least
    return above and (condition.at_most is None or value <= condition.at_most)
