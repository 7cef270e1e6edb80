"""What relevance adds for each participant."""

import math

import pandas as pd
import pytest

from analysis.gains import ChannelCount, count_gains, relevance_gains, welch_difference


def gains(picture: list[float], sound: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"channel": ["picture"] * len(picture) + ["sound"] * len(sound), "gain": picture + sound})


def test_gains_are_relevance_minus_control_among_one_stratum() -> None:
    rows = [
        ("a", "sound", "relevance", False, True),
        ("a", "sound", "relevance", False, False),
        ("a", "sound", "control", False, False),
        ("a", "sound", "control", True, True),
        ("b", "picture", "control", False, True),
    ]
    frame = pd.DataFrame(rows, columns=["subject_id", "channel", "mask", "model_correct", "correct"])
    found = relevance_gains(frame, model_correct=False)
    assert found.loc["a"].to_dict() == {"channel": "sound", "gain": 0.5}
    assert found["gain"].isna().loc["b"], "b never met relevance"
    assert count_gains(found) == (
        ChannelCount("picture", n_kept=0, n_dropped=1),
        ChannelCount("sound", n_kept=1, n_dropped=0),
    )


def test_welch_equals_r() -> None:
    # R: t.test(c(.5,.25,0,.5), c(.1,-.2,.3,0,.2))
    found = welch_difference(gains([0.1, -0.2, 0.3, 0.0, 0.2], [0.5, 0.25, 0.0, 0.5]), level=0.95)
    assert found.estimate == pytest.approx(0.2325)
    assert found.t == pytest.approx(1.5775, abs=1e-4)
    assert found.df == pytest.approx(5.7496, abs=1e-4)
    assert found.p == pytest.approx(0.1679, abs=1e-4)
    assert found.standard_error == pytest.approx(found.estimate / found.t)
    assert found.interval == pytest.approx((-0.1319838, 0.5969838), abs=1e-6)


@pytest.mark.parametrize(("picture", "sound"), [([0.0, 0.0], [0.0, 0.0]), ([0.1], [0.2, 0.3])])
def test_gains_that_do_not_vary_or_are_too_few_have_no_test(picture: list[float], sound: list[float]) -> None:
    found = welch_difference(gains(picture, sound), level=0.95)
    assert math.isnan(found.p)
    assert math.isnan(found.interval[0])
