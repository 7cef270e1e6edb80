"""One level, or one gain, for all sounds of a set; and how bright its pictures can be."""

import numpy as np
import pytest

from explainer.rendering.levels import Reach, find_common

LOUD = Reach(block_powers=[0.01, 0.01], true_peak_dbtp=-3.0, loudest_db=40.0)
QUIET = Reach(block_powers=[0.0001, 0.0001], true_peak_dbtp=-20.0, loudest_db=20.0)
PEAKY = Reach(block_powers=[0.0001, 0.0001], true_peak_dbtp=-2.0, loudest_db=25.0)


def test_a_set_gets_the_level_of_what_reaches_least() -> None:
    common = find_common([[LOUD, QUIET], [LOUD, PEAKY]], policy="normalised")
    assert common.level_lufs is not None
    # the peaky one can only be raised by .9 dB: -40.69 LUFS (bs1770, eq. 2) becomes -39.8, down to a tenth
    assert common.level_lufs == pytest.approx(-39.8, abs=0.11)
    levels = [
        [one.loudness.level_lufs(gain_db=gain) for one, gain in zip(drafts, gains, strict=True)]
        for drafts, gains in zip([[LOUD, QUIET], [LOUD, PEAKY]], common.gains_db, strict=True)
    ]
    np.testing.assert_allclose(levels, common.level_lufs, atol=0.02)


def test_preserved_levels_get_one_gain_that_clips_nothing() -> None:
    common = find_common([[LOUD, QUIET], [LOUD, PEAKY]], policy="preserved")
    assert common.level_lufs is None
    (gain_db,) = {gain for gains in common.gains_db for gain in gains}
    assert max(one.true_peak_dbtp for one in (LOUD, QUIET, PEAKY)) + gain_db == pytest.approx(-1.1)
    assert common.ceiling_db == 0  # nothing is lifted above its original


def test_the_ceiling_is_how_far_a_level_lifts_a_cell_above_its_original() -> None:
    common = find_common([[LOUD, QUIET]], policy="normalised")
    # equal levels lift the quiet one by 20 dB re the loud one, whose loudest cell lies 20 dB higher
    assert common.ceiling_db == pytest.approx(0, abs=1)
    lifted = find_common([[LOUD, QUIET.model_copy(update={"loudest_db": 30.0})]], policy="normalised")
    assert lifted.ceiling_db == pytest.approx(common.ceiling_db + 10, abs=1)


@pytest.mark.parametrize("policy", ["normalised", "preserved"])
def test_set_without_stimuli_is_refused(policy: str) -> None:
    with pytest.raises(ValueError, match="there are no stimuli"):
        find_common([], policy=policy)  # type: ignore[arg-type]  # both are policies
