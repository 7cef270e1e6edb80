import hashlib
import hmac
import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from earshot.shuffle import derive_key, shuffled

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
