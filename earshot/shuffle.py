"""Seeded random orders that anybody can repeat, with any version of any language."""

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

Item = TypeVar("Item")


def derive_key(seed: bytes, *, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose: HMAC-SHA-256 of `purpose` under `seed`."""
    return hmac.new(seed, purpose.encode(), sha256).digest()


def shuffled(items: Sequence[Item], *, key: bytes) -> list[Item]:
    """The items in random order: each place gets HMAC(key, place) and the places are sorted by it.

    Notes
    -----
    The order depends on `key` and on the number of items alone. It is uniform as far as HMAC-SHA-256 is a random
    function; a tie has probability below 2**-200.
    """
    places = range(len(items))
    return [items[place] for place in sorted(places, key=lambda place: derive_key(key, purpose=str(place)))]


def uniform(key: bytes, *, purpose: str) -> float:
    """A number in [0, 1): the first 53 bits of HMAC-SHA-256(key, purpose) as a binary fraction, exact as a float."""
    return (int.from_bytes(derive_key(key, purpose=purpose)[:8], "big") >> 11) / 2**53


def chosen(items: Sequence[Item], *, key: bytes, purpose: str) -> Item:
    """One of the items by `uniform`, each with the same probability to within 2**-50.

    Raises
    ------
    ValueError
        If there is no item.
    """
    if not items:
        raise ValueError("items are empty; give at least one to choose from")
    return items[int(uniform(key, purpose=purpose) * len(items))]


def chosen_by_share(shares: Mapping[Item, float], *, key: bytes, purpose: str) -> Item:
    """One of the keys of `shares` by `uniform`, with a probability in proportion to its share.

    Parameters
    ----------
    shares : mapping of item to number
        None below zero and one above it at least; they need not sum to 1. Their order decides which draw gives which
        item: pass them in an order of your own making, not of a file's.

    Raises
    ------
    ValueError
        If no share is above zero, or one is below it.
    """
    total = sum(shares.values())
    if not total > 0 or min(shares.values()) < 0:
        raise ValueError(f"shares are {list(shares.values())}; expected none below 0 and at least one above")
    point = uniform(key, purpose=purpose) * total
    upper = 0.0
    possible = [item for item, share in shares.items() if share > 0]
    for item in possible:
        upper += shares[item]
        if point < upper:
            return item
    # The sum of floats may end a rounding below `total`: the point then lies in the last share.
    return possible[-1]
