import numpy as np
import pandas as pd
import pytest

from analysis.mixed.design import build_design


def _frame() -> pd.DataFrame:
    participant, stimulus = np.repeat(np.arange(6), 8), np.tile(np.arange(8), 6)
    return pd.DataFrame(
        {
            "participant": [f"p{code}" for code in participant],
            "stimulus": stimulus,
            "arm": participant % 2 - 0.5,
            "mask": (stimulus // 2) % 2 - 0.5,
            "correct": (participant + stimulus) % 2,
        }
    )


def test_columns_follow_the_formula() -> None:
    design = build_design("correct ~ arm*mask + (1+mask||participant) + (0+arm|stimulus)", frame=_frame())
    assert design.names == ("Intercept", "arm", "mask", "arm:mask")
    np.testing.assert_array_equal(design.fixed[:, 3], _frame()["arm"] * _frame()["mask"])
    participant, stimulus = design.factors
    assert (participant.name, participant.columns, participant.levels[0]) == (
        "participant",
        ("Intercept", "mask"),
        "p0",
    )
    assert participant.pattern.tolist() == [[True, False], [False, True]]
    assert (stimulus.columns, stimulus.pattern.tolist()) == (("arm",), [[True]])


def test_a_correlated_term_frees_its_lower_triangle_and_no_other() -> None:
    design = build_design("correct ~ 1 + (1+arm|stimulus) + (0+mask|participant) + (1|participant)", frame=_frame())
    patterns = {factor.name: factor.pattern.tolist() for factor in design.factors}
    assert patterns["stimulus"] == [[True, False], [True, True]]
    assert patterns["participant"] == [[True, False], [False, True]]
    assert design.layout.n_parameters == 5


def test_the_factor_with_most_effects_comes_first() -> None:
    design = build_design("correct ~ 1 + (1|participant) + (1|stimulus)", frame=_frame())
    assert [factor.name for factor in design.factors] == ["stimulus", "participant"]


def test_other_rows_get_the_same_columns() -> None:
    design = build_design("correct ~ arm*mask + (1+mask||participant)", frame=_frame())
    rows = design.rows(pd.DataFrame({"arm": [0.5], "mask": [-0.5]}))
    assert rows.fixed.tolist() == [[1.0, 0.5, -0.5, -0.25]]
    assert rows.varying[0].tolist() == [[1.0, -0.5]]


def test_other_rows_without_a_predictor_are_refused() -> None:
    design = build_design("correct ~ arm*mask + (1|participant)", frame=_frame())
    with pytest.raises(ValueError, match="column mask of the formula is not in the data; it has arm"):
        design.rows(pd.DataFrame({"arm": [0.5]}))


FORMULA = "correct ~ arm + (1|participant)"


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ValueError, match="column speaker of the formula is not in the data"):
        build_design("correct ~ arm + (1|speaker)", frame=_frame())
    with pytest.raises(ValueError, match="column channel of the formula is not in the data"):
        build_design("correct ~ channel + (1|participant)", frame=_frame())


@pytest.mark.parametrize("value", [2, 0.5, -1])
def test_an_outcome_other_than_zero_and_one_is_refused(value: float) -> None:
    frame = _frame().astype({"correct": float})
    frame.loc[3, "correct"] = value
    with pytest.raises(ValueError, match=rf"outcome correct has the value .*{value}.*expected only 0 and 1"):
        build_design(FORMULA, frame=frame)


def test_an_outcome_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match="outcome correct has the value 'yes'"):
        build_design(FORMULA, frame=_frame().assign(correct="yes"))


def test_a_true_or_false_outcome_is_read() -> None:
    frame = _frame()
    design = build_design(FORMULA, frame=frame.assign(correct=frame["correct"] == 1))
    np.testing.assert_array_equal(design.outcome, frame["correct"])


@pytest.mark.parametrize("column", ["correct", "arm", "participant"])
def test_missing_values_are_refused_with_their_number(column: str) -> None:
    frame = _frame().astype({"correct": float})
    frame.loc[[1, 2], column] = None
    with pytest.raises(ValueError, match=f"column {column} is missing in 2 of 48 rows"):
        build_design(FORMULA, frame=frame)


def test_an_infinite_predictor_is_refused() -> None:
    with pytest.raises(ValueError, match="predictor arm has an infinite value"):
        build_design(FORMULA, frame=_frame().assign(arm=np.inf))


def test_a_predictor_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"predictor arm has the type .*; expected numbers: code its levels first"):
        build_design(FORMULA, frame=_frame().assign(arm="visual"))


def test_collinear_fixed_columns_are_named() -> None:
    frame = _frame()
    frame["twice"] = 2 * frame["arm"] + 1
    with pytest.raises(ValueError, match="column twice of the fixed part is a combination of Intercept, arm"):
        build_design("correct ~ arm + mask + twice + (1|participant)", frame=frame)


def test_a_random_column_of_zeros_is_refused() -> None:
    with pytest.raises(ValueError, match="column nothing of the random terms of participant is zero in every row"):
        build_design("correct ~ arm + (1+nothing||participant)", frame=_frame().assign(nothing=0.0))


def test_a_formula_without_any_fixed_column_is_refused() -> None:
    with pytest.raises(ValueError, match="fixed part '0' has no column"):
        build_design("correct ~ 0 + (1|participant)", frame=_frame())


def test_one_group_is_refused() -> None:
    with pytest.raises(ValueError, match="site has 1 group; expected at least 2"):
        build_design("correct ~ arm + (1|site)", frame=_frame().assign(site="a"))


def test_one_row_per_group_is_refused() -> None:
    with pytest.raises(ValueError, match="row has one row per group"):
        build_design("correct ~ arm + (1|row)", frame=_frame().assign(row=range(48)))


def test_more_columns_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="the fixed part has 4 columns but the data only 3 rows"):
        build_design("correct ~ arm*mask + (1|participant)", frame=_frame().iloc[[0, 9, 18]])
