from typing import Any

import pytest
from pydantic import ValidationError

from earshot.allocation.settings import AllocationSettings


def test_blocks_of_random_sizes_are_the_default() -> None:
    settings = AllocationSettings()
    assert (settings.method, settings.block_repeats, settings.strata) == ("permuted-blocks", [1, 2, 3], [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "alternation"}, "Input should be 'simple'"),
        ({"block_repeats": []}, "at least 1 item"),
        ({"block_repeats": [0]}, "greater than or equal to 1"),
        ({"block_repeats": [17]}, "less than or equal to 16"),
        ({"block_repeats": [2, 2]}, r"block_repeats are \[2, 2\]; give each once, in ascending order: \[2\]"),
        ({"block_repeats": [3, 1]}, r"in ascending order: \[1, 3\]"),
        ({"method": "minimisation"}, "strata are empty; method 'minimisation' needs at least one factor"),
        ({"method": "stratified-permuted-blocks"}, "strata are empty"),
        ({"method": "minimisation", "strata": ["music", "music"]}, "strata name 'music' twice"),
        ({"strata": ["music"]}, "which method 'permuted-blocks' does not look at"),
        ({"method": "simple", "strata": ["music"]}, "which method 'simple' does not look at"),
        ({"best_share": 0.5}, "greater than 0.5"),
        ({"best_share": 0.96}, "less than or equal to 0.95"),
        ({"block_size": 4}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        AllocationSettings(**fields)
