import random
from collections import Counter

import pytest

from earshot.errors import StudyError
from study.bots.behaviours import BEHAVIOURS, mix, parse_shares


def drawn(*texts: str, n_bots: int) -> Counter[str]:
    behaviours = mix(parse_shares(texts), n_bots=n_bots, draw=random.Random(2))  # noqa: S311  # no secret
    return Counter(behaviour.name for behaviour in behaviours)


def test_crowd_has_each_behaviour_by_its_weight() -> None:
    assert drawn("diligent=3", "dropout", n_bots=100) == {"diligent": 75, "dropout": 25}


@pytest.mark.parametrize("n_bots", [1, 7, 10, 33])
def test_no_share_is_off_by_more_than_one_bot(n_bots: int) -> None:
    counted = drawn("diligent=5", "reloader=2", "offline", n_bots=n_bots)
    assert sum(counted.values()) == n_bots
    for name, weight in (("diligent", 5), ("reloader", 2), ("offline", 1)):
        assert abs(counted[name] - n_bots * weight / 8) < 1


def test_everyone_comes_once_where_there_are_as_many_bots_as_behaviours() -> None:
    assert drawn(*BEHAVIOURS, n_bots=len(BEHAVIOURS)) == dict.fromkeys(BEHAVIOURS, 1)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["hasty"], "behaviour is 'hasty'; expected one of diligent, truth-namer,"),
        (["dropout=0"], "behaviour is 'dropout=0'; its weight has to be a whole number from 1 to 1000"),
        (["dropout=x"], "behaviour is 'dropout=x'"),
        (["dropout=1001"], "behaviour is 'dropout=1001'"),
        (["dropout", "dropout=2"], "behaviour 'dropout' is named twice"),
    ],
)
def test_behaviour_that_cannot_be_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        parse_shares(texts)
