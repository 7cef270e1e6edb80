import hashlib
import hmac
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.shuffle import chosen, chosen_by_share, derive_key, shuffled, uniform

KEYS = st.binary(min_size=32, max_size=32)


@given(items=st.lists(st.integers(), max_size=40), key=KEYS)
def test_order_holds_every_item_once(items: list[int], key: bytes) -> None:
    assert Counter(shuffled(items, key=key)) == Counter(items)


@given(n_items=st.integers(0, 40), key=KEYS)
def test_order_depends_on_key_and_number_alone(n_items: int, key: bytes) -> None:
    letters = [f"item {place}" for place in range(n_items)]
    places = shuffled(range(n_items), key=key)
    assert shuffled(letters, key=key) == [letters[place] for place in places]


def test_order_is_the_documented_one() -> None:
    """Written out a second time, from the words of docs/decisions alone."""
    key = bytes(range(32))
    digests = {place: hmac.digest(key, str(place).encode(), hashlib.sha256) for place in range(7)}
    assert shuffled("abcdefg", key=key) == ["abcdefg"[place] for place in sorted(digests, key=digests.__getitem__)]


def test_purposes_give_other_keys() -> None:
    assert derive_key(b"seed", purpose="a") != derive_key(b"seed", purpose="b")
    assert len(derive_key(b"seed", purpose="a")) == 32


def test_orders_are_about_equally_frequent() -> None:
    # 6 orders of 3 items over 3,000 keys: expected 500 each, sd 20.4; 5 sd on each side.
    orders = Counter(tuple(shuffled("abc", key=derive_key(b"seed", purpose=str(draw)))) for draw in range(3000))
    assert set(orders) == set(itertools.permutations("abc"))
    assert all(398 <= count <= 602 for count in orders.values())


def test_uniform_number_is_the_documented_one() -> None:
    digest = hmac.digest(b"key", b"draw 1", hashlib.sha256)
    bits = "".join(f"{byte:08b}" for byte in digest)[:53]
    assert uniform(b"key", purpose="draw 1") == sum(int(bit) / 2 ** (place + 1) for place, bit in enumerate(bits))


@given(key=KEYS)
def test_uniform_number_lies_below_one(key: bytes) -> None:
    assert 0 <= uniform(key, purpose="any") < 1


def test_items_are_chosen_about_equally_often() -> None:
    # 3,000 draws of 3: expected 1,000 each, sd 25.8; 5 sd on each side.
    draws = Counter(chosen("abc", key=b"key", purpose=str(draw)) for draw in range(3000))
    assert all(871 <= draws[item] <= 1129 for item in "abc")


def test_items_are_chosen_in_proportion_to_their_shares() -> None:
    # 3,000 draws: expected 1,000, 0 and 2,000, sd 25.8; 5 sd on each side.
    shares = {"a": 1, "never": 0, "b": 2}
    draws = Counter(chosen_by_share(shares, key=b"key", purpose=str(draw)) for draw in range(3000))
    assert 871 <= draws["a"] <= 1129
    assert draws["never"] == 0


def test_choice_from_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="items are empty"):
        chosen([], key=b"key", purpose="any")


@pytest.mark.parametrize("shares", [{}, {"a": 0.0}, {"a": 2.0, "b": -1.0}])
def test_shares_without_a_choice_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"shares are \["):
        chosen_by_share(shares, key=b"key", purpose="any")
