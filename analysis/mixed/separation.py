"""Whether the fixed columns separate the outcomes, so that no finite coefficients are the likeliest."""

import numpy as np
import scipy.optimize

from analysis.mixed.design import MixedDesign


def separating_columns(design: MixedDesign) -> tuple[str, ...]:
    """Names of the fixed columns in a direction that separates zeros from ones; empty if there is none.

    Notes
    -----
    A direction d with `(2y − 1) x'd >= 0` in every row, above 0 in some, raises the outcomes' probability at every
    value of the random effects, so that the likelihood has no maximum (albert1984, theorems 1 and 2, at each such
    value). It is found by a linear programme over the distinct rows.
    """
    signed = np.unique(design.fixed * (2 * design.outcome - 1)[:, None], axis=0)
    scale = np.abs(signed).max(axis=0)
    signed = signed / scale
    found = scipy.optimize.linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs"
    )
    # the solver holds each row only to 1e-7; a true direction within the box gains far more
    if found.x is None or signed.sum(axis=0) @ found.x < 1e-4:
        return ()
    return tuple(name for name, share in zip(design.names, found.x, strict=True) if abs(share) > 1e-6)
