"""Seeded random orders that anybody can repeat, with any version of any language."""

import hmac
from collections.abc import Sequence
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
