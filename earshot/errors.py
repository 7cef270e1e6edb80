"""Errors a user can mend, and how a command ends on one."""

import sys
from collections.abc import Callable

from pydantic import ValidationError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class EarshotError(Exception):
    """Bad input: the message names the thing, the value found, what was allowed and the way out."""


class RecipeError(EarshotError):
    """A recipe, a corpus or a split from which no bundle can be built."""


class BundleError(EarshotError):
    """A bundle that is damaged, incomplete or of a newer format."""


class StudyError(EarshotError):
    """A study file, a design or a study's stage that does not allow what was asked."""


class DatasetError(EarshotError):
    """An exported dataset that is damaged, incomplete or of a newer format."""


def run_command(command: Callable[[], None]) -> int:
    """Exit code of a command: 0, 2 with one line on stderr for bad input, 130 when interrupted."""
    try:
        command()
    except EarshotError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; nothing half-written was left behind", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def describe_validation(error: ValidationError) -> str:
    """One sentence per fault of a pydantic validation: the place, the value found, what was allowed."""
    return "; ".join(_describe_fault(fault) for fault in error.errors(include_url=False))


def _describe_fault(fault: object) -> str:
    """One fault as a sentence; `fault` is pydantic's ErrorDetails."""
    details = dict(fault)  # type: ignore[call-overload]  # a TypedDict of pydantic_core, read by key
    place = ".".join(str(part) for part in details["loc"]) or "the file"
    if details["type"] == "extra_forbidden":
        return f"unknown key '{place}'; take it out or mend its spelling"
    if details["type"] == "missing":
        return f"key '{place}' is missing"
    message = details["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if details["type"] == "value_error":
        return message if place == "the file" else f"{place}: {message}"
    return f"{place} is {details['input']!r}; {message}"
