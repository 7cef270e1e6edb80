"""Errors a user can mend, and how a command ends on one."""

import os
import reprlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
EXIT_UNREAD = 141  # 128 + SIGPIPE: whoever read our output went away, as `head` does
_LONGEST_SHOWN = 80  # characters of a value in an error


class EarshotError(Exception):
    """Bad input: the message names the thing, the value found, what was allowed and the way out."""


class RecipeError(EarshotError):
    """A recipe, a corpus or a split from which no bundle can be built."""


class BundleError(EarshotError):
    """A bundle that is damaged, incomplete or of a newer format."""


class ComputeError(EarshotError):
    """Workers that cannot be reached or keep dying."""


class StudyError(EarshotError):
    """A study file, a design or a study's stage that does not allow what was asked."""


class DatasetError(EarshotError):
    """An exported dataset that is damaged, incomplete or of a newer format."""


def run_command(command: Callable[[], None]) -> int:
    """Exit code of a command: 0, 2 with one line on stderr for bad input, 130 when interrupted, 141 when unread."""
    try:
        command()
        sys.stdout.flush()
    except EarshotError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except BrokenPipeError:
        silence_stdout()
        return EXIT_UNREAD
    except OSError as error:
        print(f"error: {describe_os_error(error)}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; nothing half-written was left behind", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def silence_stdout() -> None:
    """Send what is still to be printed nowhere: Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def describe_os_error(error: OSError) -> str:
    """One sentence on a file that could not be read or written: which one, why, and the way out."""
    name = error.filename2 or error.filename
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    place = f"'{os.fsdecode(name)}'" if isinstance(name, str | bytes | os.PathLike) else "a file"
    return f"cannot read or write {place}: {reason}; check its path, its permissions and the space left on its disk"


def describe_validation(error: ValidationError, *, whole: str = "the file") -> str:
    """One sentence per fault of a pydantic validation: the place, the value found, what was allowed.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    whole : str
        What was validated, for faults of no single key.
    """
    return "; ".join(_describe_fault(fault, whole=whole) for fault in error.errors(include_url=False))


def validation_faults(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Location and sentence of each fault of a pydantic validation, for forms that show a fault at its field.

    A location holds keys and indexes from the outermost one; it is empty for a fault of no single key. Of a union told
    apart by a tag it holds the tag as well, as pydantic's own locations do. The sentence does not repeat the location.
    """
    return [(fault["loc"], _say_fault(fault)) for fault in error.errors(include_url=False)]


def _describe_fault(fault: "ErrorDetails", *, whole: str) -> str:
    """One fault as a sentence with its place."""
    place = ".".join(str(part) for part in fault["loc"]) or whole
    sentence = _say_fault(fault)
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key '{place}'; take it out or mend its spelling"
        case "missing":
            return f"key '{place}' is missing"
        case "value_error":
            return sentence if place == whole else f"{place}: {sentence}"
    return f"{place} {sentence}"


def _say_fault(fault: "ErrorDetails") -> str:
    """What is wrong, without its place."""
    message = fault["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    match fault["type"]:
        case "extra_forbidden":
            return "is an unknown key; take it out or mend its spelling"
        case "missing":
            return "is missing; fill it in"
        case "value_error":
            return message
        case "json_invalid":
            return f"is no JSON: {message.removeprefix('invalid JSON: ')}"
    return f"is {_shorten(fault['input'])}; {message}"


def _shorten(value: object) -> str:
    """How Python writes `value`, cut where it is long or nested deeply: an error is a line, no listing."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = _LONGEST_SHOWN
    text = writer.repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
