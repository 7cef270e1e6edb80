"""The door to quantus."""

import warnings

from explainer.faithfulness.quantus_import import load_quantus


def test_quantus_comes_through_the_door_without_a_warning() -> None:
    load_quantus.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quantus = load_quantus()
    assert {"Sparseness", "Complexity", "MaxSensitivity"} <= set(dir(quantus))
