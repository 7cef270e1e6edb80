"""What several sections of a recipe share."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


def refuse_twice(names: Sequence[str] | Sequence[int]) -> None:
    """Raise ValueError if a name stands there twice."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice in {list(names)}; take one of them out")
