import pytest

from analysis.mixed.formula import parse_formula


def test_fixed_and_random_parts_are_told_apart() -> None:
    parsed = parse_formula("correct ~ channel*mask + (1+mask||participant) + (1 + channel | stimulus)")
    assert parsed.outcome == "correct"
    assert parsed.fixed == "channel*mask"
    assert [(t.expression, t.group, t.correlated) for t in parsed.terms] == [
        ("1+mask", "participant", False),
        ("1 + channel", "stimulus", True),
    ]


def test_parentheses_in_the_fixed_part_are_kept() -> None:
    assert parse_formula("y ~ (a + b)*c + (1|g)").fixed == "(a + b)*c"
    assert parse_formula("y ~ (a + b)*c + (0 + (a+b)^2 || g)").terms[0].expression == "0 + (a+b)^2"


def test_a_model_without_predictors_has_an_intercept() -> None:
    assert parse_formula("y ~ (1|g)").fixed == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y + (1|g)", "expected one outcome column"),
        ("log(y) ~ (1|g)", "expected one outcome column"),
        ("y ~ x", "has no random term"),
        ("y ~ x + (1|g", "unbalanced parentheses"),
        ("y ~ x) + (1|g)", "unbalanced parentheses"),
        ("y ~ x + + (1|g)", r"nothing beside a '\+'"),
        ("y ~ ", r"nothing beside a '\+'"),
        ("y ~ x + (1|g:h)", "is no random term"),
        ("y ~ x + 1|g", "is no random term"),
        ("y ~ x - (1|g)", "is no random term"),
        ("y ~ exp(x) + (1|g)", "is no plain expression"),
        ("y ~ x + (1+C(z)|g)", "is no plain expression"),
        ("y ~ {x} + (1|g)", "is no plain expression"),
    ],
)
def test_an_unusable_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_formula(text)
