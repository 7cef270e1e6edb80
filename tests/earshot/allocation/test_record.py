import pytest

from earshot.allocation.record import ArmShare


def test_weight_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="weight of arm 'heard' is 0; expected a whole number of at least 1"):
        ArmShare("heard", weight=0)


def test_quota_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="quota of arm 'heard' is 0; expected at least 1, or none"):
        ArmShare("heard", quota=0)
