"""What names, words and texts of a design may be."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

# A language is added here together with its catalogue in study/locale, as docs/designing.md says.
Language = Literal["en", "de"]
LANGUAGE_CODES: Final[tuple[Language, ...]] = get_args(Language)
"""The languages that pages and studies may speak."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
LocalText = Annotated[dict[Language, Text], Field(min_length=1)]


def describe_text(text: Mapping[Language, str]) -> str:
    """A text in one line for codebooks and messages: in English where it is given, else in its first language."""
    return " ".join((text.get("en") or text[min(text)]).split())
