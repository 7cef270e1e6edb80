"""How concentrated relevance or a mask is: sparseness and complexity, by quantus (hedstrom2023)."""

import numpy as np
from numpy.typing import NDArray

from explainer.faithfulness.quantus_import import load_quantus


def sparseness(values: NDArray[np.float64]) -> float:
    """Gini index of the sizes of `values` (chalasani2020): 0 where all are alike, near 1 where few hold all.

    Parameters
    ----------
    values : ndarray, float64, (cell,)

    Raises
    ------
    ValueError
        If all are 0.
    """
    return _measured("Sparseness", values)


def complexity(values: NDArray[np.float64]) -> float:
    """Entropy in nats of the sizes of `values` as shares of their sum (bhatt2020): 0 to log(n).

    Raises
    ------
    ValueError
        If all are 0.
    """
    return _measured("Complexity", values)


def _measured(metric: str, values: NDArray[np.float64]) -> float:
    sizes = np.abs(values)[None]
    largest = sizes.max(initial=0.0)
    if largest == 0:
        raise ValueError("values are all 0, whose shares of their sum mean nothing; leave them out")
    measure = getattr(load_quantus(), metric)(disable_warnings=True)
    # quantus changes what it is given
    return float(np.asarray(measure.evaluate_batch(x_batch=sizes, a_batch=sizes / largest))[0])
