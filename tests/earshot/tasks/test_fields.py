import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.tasks.fields import AnswerFault, Field, check_answers, confidence_field, draw_confidence, label_field
from tests.earshot.tasks.trials import generator

WORD = label_field("answer", labels=("seven", "five"), description="the word")
FIELDS = (WORD, confidence_field())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


def test_answers_come_back_in_the_order_of_the_fields() -> None:
    answers = check_answers({"confidence": 70, "answer": "five"}, fields=FIELDS)
    assert list(answers.items()) == [("answer", "five"), ("confidence", 70)]


def test_missing_answer_is_refused() -> None:
    with pytest.raises(AnswerFault, match="confidence is missing; answer it with an integer from 10 to 100") as refused:
        check_answers({"answer": "five"}, fields=FIELDS)
    assert (refused.value.field, refused.value.code) == ("confidence", "missing")
    assert refused.value.message == str(refused.value)


def test_field_that_is_not_asked_is_refused() -> None:
    with pytest.raises(AnswerFault, match="'mood' is not asked here; expected answer, confidence") as refused:
        check_answers({"answer": "five", "confidence": 70, "mood": 1}, fields=FIELDS)
    assert (refused.value.field, refused.value.code) == ("mood", "unknown-field")


@pytest.mark.parametrize("value", [True, "70", 70.0, None, [70], {"percent": 70}])
def test_other_type_than_integer_is_refused(value: object) -> None:
    with pytest.raises(AnswerFault, match="expected an integer from 10 to 100 in steps of 10") as refused:
        check_answers({"answer": "five", "confidence": value}, fields=FIELDS)
    assert (refused.value.field, refused.value.code) == ("confidence", "wrong-type")


@pytest.mark.parametrize("value", [5, True, None, ["five"]])
def test_other_type_than_string_is_refused(value: object) -> None:
    with pytest.raises(AnswerFault, match="expected one of seven, five") as refused:
        check_answers({"answer": value, "confidence": 70}, fields=FIELDS)
    assert (refused.value.field, refused.value.code) == ("answer", "wrong-type")


@pytest.mark.parametrize("value", ["FIVE", "five ", "", "x" * 10_000])
def test_unknown_label_is_refused_in_a_short_sentence(value: str) -> None:
    with pytest.raises(AnswerFault, match="expected one of seven, five") as refused:
        check_answers({"answer": value, "confidence": 70}, fields=FIELDS)
    assert refused.value.code == "unknown-label"
    assert len(refused.value.message) < 100


@pytest.mark.parametrize("percent", [0, 9, 15, 101, 110, -10])
def test_confidence_outside_the_tens_is_refused(percent: int) -> None:
    with pytest.raises(AnswerFault, match=f"confidence is {percent}; expected") as refused:
        check_answers({"answer": "five", "confidence": percent}, fields=FIELDS)
    assert refused.value.code == "out-of-range"


def test_scale_without_steps_names_its_ends() -> None:
    scale = Field("rating_clear", "integer", "clear", integers=range(1, 8))
    with pytest.raises(AnswerFault, match=r"rating_clear is 8; expected an integer from 1 to 7$"):
        check_answers({"rating_clear": 8}, fields=(scale,))


def test_string_without_known_levels_takes_any_string() -> None:
    free = label_field("answer", labels=(), description="the word")
    assert check_answers({"answer": "anything"}, fields=(free,)) == {"answer": "anything"}
    with pytest.raises(AnswerFault, match="expected a value of type string"):
        check_answers({"answer": 1}, fields=(free,))


@given(
    answers=st.dictionaries(
        st.sampled_from(["answer", "answer", "confidence", "confidence", "other"]),
        JSON | st.sampled_from(["seven", "five", 10, 100]),
    )
)
def test_whatever_is_sent_is_taken_whole_or_refused(answers: dict[str, object]) -> None:
    confidence = answers.get("confidence")
    fits = (
        answers.keys() == {"answer", "confidence"}
        and answers["answer"] in ("seven", "five")
        and isinstance(confidence, int)
        and not isinstance(confidence, bool)
        and confidence / 10 in range(1, 11)
    )
    if fits:
        assert check_answers(answers, fields=FIELDS) == answers
    else:
        with pytest.raises(AnswerFault):
            check_answers(answers, fields=FIELDS)


def test_drawn_confidences_are_all_tens() -> None:
    draw = generator(1)
    assert {draw_confidence(draw) for _ in range(500)} == set(range(10, 101, 10))


def test_field_becomes_an_outcome_column() -> None:
    column = WORD.column()
    assert (column.name, column.data_type, column.levels, column.outcome) == (
        "answer",
        "string",
        ("seven", "five"),
        True,
    )
