"""Numbers of a model: outcome, fixed columns, and per grouping factor its groups and the columns that vary over it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg
from formulaic import Formula, ModelSpec  # type: ignore[import-untyped] # it ships no types

from analysis.mixed.covariance import CovarianceLayout, Flags, Floats
from analysis.mixed.formula import MixedFormula, RandomTerm, parse_formula


@dataclass(frozen=True, eq=False)
class GroupingFactor:
    """One grouping factor with all columns that vary over it.

    Parameters
    ----------
    name : str
        Column of the frame.
    levels : tuple of str
        Its groups, sorted.
    codes : ndarray, int64, (row,)
        Position of each row's group in `levels`.
    columns : tuple of str
        Names of the columns that vary, over all terms of this factor.
    values : ndarray, float64, (row, column)
        Their values.
    pattern : ndarray, bool, (column, column)
        Free entries of the relative covariance factor.
    specs : tuple of ModelSpec
        How to compute the columns from another frame, one per term.
    """

    name: str
    levels: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    columns: tuple[str, ...]
    values: Floats
    pattern: Flags
    specs: tuple[ModelSpec, ...]

    @property
    def n_effects(self) -> int:
        """How many random effects it has: groups times columns."""
        return len(self.levels) * len(self.columns)


@dataclass(frozen=True, eq=False)
class DesignRows:
    """Fixed and varying columns of some rows; `varying` has one array (row, column) per grouping factor."""

    fixed: Floats
    varying: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class MixedDesign:
    """Everything that a fit reads.

    Parameters
    ----------
    formula : MixedFormula
        What it was made from.
    outcome : ndarray, float64, (row,)
        0 or 1.
    fixed : ndarray, float64, (row, coefficient)
        Fixed columns.
    names : tuple of str
        Their names, `Intercept` for the constant.
    spec : ModelSpec
        How to compute the fixed columns from another frame.
    factors : tuple of GroupingFactor
        The one with the most random effects first.
    """

    formula: MixedFormula
    outcome: Floats
    fixed: Floats
    names: tuple[str, ...]
    spec: ModelSpec
    factors: tuple[GroupingFactor, ...]

    @property
    def layout(self) -> CovarianceLayout:
        """Where each entry of theta stands."""
        return CovarianceLayout(patterns=tuple(factor.pattern for factor in self.factors))

    def rows(self, frame: pd.DataFrame) -> DesignRows:
        """Fixed and varying columns of other rows.

        Parameters
        ----------
        frame : DataFrame
            Reads the predictors of the formula; neither outcome nor groups. One row per prediction.

        Raises
        ------
        ValueError
            If a predictor is absent, missing somewhere, or not numeric.
        """
        specs = [self.spec, *(spec for factor in self.factors for spec in factor.specs)]
        _check_numeric(frame, columns=_variables(specs))
        varying = tuple(np.hstack([_matrix(spec, frame) for spec in factor.specs]) for factor in self.factors)
        return DesignRows(fixed=_matrix(self.spec, frame), varying=varying)


def build_design(formula: str, *, frame: pd.DataFrame) -> MixedDesign:
    """The numbers of a model.

    Parameters
    ----------
    formula : str
        lme4's language, e.g. `correct ~ arm + (1|participant) + (1+arm|stimulus)`.
    frame : DataFrame
        Reads the columns that the formula names; one row per response. Predictors are numbers: code a factor
        -.5/+.5 beforehand.

    Raises
    ------
    ValueError
        If the formula or a column cannot be used: absent, missing in a row, not numeric, an outcome other than 0/1,
        linearly dependent columns, fewer than two groups, or as many groups as rows.
    """
    parsed = parse_formula(formula)
    named = [parsed.outcome, *(term.group for term in parsed.terms)]
    _check_present(frame, columns=named)
    outcome = _outcome(frame, column=parsed.outcome)
    spec = _spec(parsed.fixed, frame, part="fixed part")
    fixed = _matrix(spec, frame)
    names = tuple(str(name) for name in spec.column_names)
    _check_independent(fixed, names=names, part="fixed part")
    groups = list(dict.fromkeys(term.group for term in parsed.terms))
    factors = [_factor(name, terms=[t for t in parsed.terms if t.group == name], frame=frame) for name in groups]
    factors.sort(key=lambda factor: -factor.n_effects)
    return MixedDesign(formula=parsed, outcome=outcome, fixed=fixed, names=names, spec=spec, factors=tuple(factors))


def _factor(name: str, *, terms: Sequence[RandomTerm], frame: pd.DataFrame) -> GroupingFactor:
    codes, uniques = pd.factorize(frame[name], sort=True)
    levels = tuple(str(level) for level in uniques)
    if len(levels) < 2:
        raise ValueError(f"{name} has {len(levels)} group; expected at least 2 to estimate a variance between groups")
    if len(levels) == len(frame):
        raise ValueError(f"{name} has one row per group; expected groups with several rows, else leave (…|{name}) out")
    specs = tuple(_spec(term.expression, frame, part=f"random term of {name}") for term in terms)
    values = np.hstack([_matrix(spec, frame) for spec in specs])
    columns = tuple(str(column) for spec in specs for column in spec.column_names)
    _check_independent(values, names=columns, part=f"random terms of {name}")
    pattern = np.eye(len(columns), dtype=np.bool_)
    position = 0
    for term, spec in zip(terms, specs, strict=True):
        width = len(spec.column_names)
        if term.correlated:
            pattern[position : position + width, position : position + width] = np.tri(width, dtype=np.bool_)
        position += width
    return GroupingFactor(
        name=name,
        levels=levels,
        codes=codes.astype(np.int64),
        columns=columns,
        values=values,
        pattern=pattern,
        specs=specs,
    )


def _outcome(frame: pd.DataFrame, *, column: str) -> Floats:
    kinds = frame[column].dtype.kind
    values = frame[column].to_numpy(dtype=np.float64) if kinds in "biuf" else np.array([np.nan])
    wrong = frame[column][~np.isin(values, (0.0, 1.0))] if kinds in "biuf" else frame[column]
    if len(wrong):
        raise ValueError(f"outcome {column} has the value {wrong.iloc[0]!r}; expected only 0 and 1")
    return values


def _spec(expression: str, frame: pd.DataFrame, *, part: str) -> ModelSpec:
    formula = Formula(expression)
    _check_numeric(frame, columns=sorted(str(name) for name in formula.required_variables))
    spec: ModelSpec = formula.get_model_matrix(frame, na_action="raise").model_spec
    if not spec.column_names:
        raise ValueError(f"{part} '{expression}' has no column; expected an intercept or a predictor")
    return spec


def _variables(specs: Sequence[ModelSpec]) -> list[str]:
    return sorted({str(name) for spec in specs for name in spec.required_variables})


def _matrix(spec: ModelSpec, frame: pd.DataFrame) -> Floats:
    matrix: Floats = spec.get_model_matrix(frame).to_numpy(dtype=np.float64)
    return matrix


def _check_present(frame: pd.DataFrame, *, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in frame.columns:
            known = ", ".join(str(name) for name in frame.columns)
            raise ValueError(f"column {column} of the formula is not in the data; it has {known}")
        n_missing = int(frame[column].isna().sum())
        if n_missing:
            raise ValueError(
                f"column {column} is missing in {n_missing} of {len(frame)} rows; "
                "expected a value in each: drop these rows, and report them, first"
            )


def _check_numeric(frame: pd.DataFrame, *, columns: Sequence[str]) -> None:
    _check_present(frame, columns=columns)
    for column in columns:
        if frame[column].dtype.kind not in "iuf":
            raise ValueError(
                f"predictor {column} has the type {frame[column].dtype}; "
                "expected numbers: code its levels first, e.g. -.5/+.5"
            )
        if not np.isfinite(frame[column].to_numpy(dtype=np.float64)).all():
            raise ValueError(f"predictor {column} has an infinite value; expected finite numbers")


def _check_independent(matrix: Floats, *, names: Sequence[str], part: str) -> None:
    """Refuse a column that the columns before it already determine, naming all of them."""
    norms = np.linalg.norm(matrix, axis=0)
    triangle: Floats = scipy.linalg.qr(matrix / np.where(norms > 0, norms, 1.0), mode="r")[0]
    if len(matrix) < len(names):
        raise ValueError(f"the {part} has {len(names)} columns but the data only {len(matrix)} rows; leave columns out")
    for j, name in enumerate(list(names)):
        if abs(triangle[j, j]) < 1e-9:
            shares = np.linalg.lstsq(triangle[:j, :j], triangle[:j, j], rcond=None)[0]
            others = [names[i] for i in range(j) if abs(shares[i]) > 1e-6]
            made_of = f"a combination of {', '.join(others)}" if others else "zero in every row"
            raise ValueError(f"column {name} of the {part} is {made_of}; leave one of them out")
