"""What names, words and texts of a design may be."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

# A language comes with its catalogue: German is taken up here and in the settings when its pages are translated.
Language = Literal["en"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
LocalText = Annotated[dict[Language, Text], Field(min_length=1)]


def describe_text(text: Mapping[Language, str]) -> str:
    """A text in one line for codebooks and messages: in English where it is given, else in its first language."""
    return " ".join((text.get("en") or text[min(text)]).split())
