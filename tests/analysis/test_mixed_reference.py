"""Against glmmTMB: `Rscript reference.R` in fixtures/mixed made reference.json from the data beside it.

Tolerances: about 10 times what was seen (coefficients 2e-7, relative standard errors 1e-6, logLik 1e-9): room for
another BLAS.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mixed.fit import fit
from analysis.mixed.result import MixedResult
from fixtures.mixed.make_data import between_frame, primary_frame

FOLDER = Path(__file__).parents[2] / "fixtures" / "mixed"
Reference = dict[str, Any]  # parsed JSON


@pytest.fixture(scope="module", params=["between", "primary"])
def pair(request: pytest.FixtureRequest) -> tuple[MixedResult, Reference]:
    reference = json.loads((FOLDER / "reference.json").read_text())[request.param]
    return fit(reference["formula"], frame=pd.read_csv(FOLDER / f"{request.param}.csv")), reference


def test_coefficients_equal_those_of_glmmtmb(pair: tuple[MixedResult, Reference]) -> None:
    result, reference = pair
    assert result.converged, result.reason
    assert not result.singular
    assert [c.name for c in result.coefficients] == reference["names"]
    np.testing.assert_allclose([c.estimate for c in result.coefficients], reference["estimates"], atol=2e-6)


def test_standard_errors_equal_those_of_glmmtmb(pair: tuple[MixedResult, Reference]) -> None:
    result, reference = pair
    errors = [c.standard_error for c in result.coefficients]
    np.testing.assert_allclose(errors, reference["standard_errors"], rtol=1e-5)
    np.testing.assert_allclose(result.covariance, reference["covariance"], atol=5e-6)


def test_likelihood_equals_that_of_glmmtmb(pair: tuple[MixedResult, Reference]) -> None:
    result, reference = pair
    assert result.log_likelihood == pytest.approx(reference["log_likelihood"], abs=1e-8)
    assert result.aic == pytest.approx(reference["aic"], abs=1e-6)
    assert result.bic == pytest.approx(reference["bic"], abs=1e-6)


def test_variance_components_equal_those_of_glmmtmb(pair: tuple[MixedResult, Reference]) -> None:
    result, reference = pair
    sds = {(c.group, c.name): c.sd for c in result.variance_components}
    assert len(sds) == len(reference["variance_components"])
    for component in reference["variance_components"]:
        assert sds[component["group"], component["name"]] == pytest.approx(component["sd"], abs=1e-5)
    assert [(c.group, c.first, c.second) for c in result.correlations] == [
        (c["group"], c["first"], c["second"]) for c in reference["correlations"]
    ]
    for ours, theirs in zip(result.correlations, reference["correlations"], strict=True):
        assert ours.value == pytest.approx(theirs["value"], abs=1e-4)


def test_the_committed_data_are_what_the_script_makes() -> None:
    pd.testing.assert_frame_equal(pd.read_csv(FOLDER / "between.csv"), between_frame(seed=1))
    pd.testing.assert_frame_equal(pd.read_csv(FOLDER / "primary.csv"), primary_frame(seed=2))
