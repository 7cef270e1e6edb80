"""What the server refuses, each with the code that browser and tests know it by."""

from typing import Literal

from earshot.errors import EarshotError

Code = Literal[
    "no-enrolment",
    "csrf-failed",
    "unknown-study",
    "unknown-trial",
    "already-answered",
    "other-window",
    "not-handed-out",
    "too-early",
    "not-heard",
    "unknown-label",
    "malformed",
    "study-paused",
    "study-closed",
    "withdrawn",
    "expired",
    "busy",
]


class Refusal(EarshotError):  # noqa: N818  # a refusal is an answer, not a fault of ours
    """A step that is not allowed now; nothing was stored.

    Parameters
    ----------
    code : str
        The reason, one of `Code`.
    message : str
        The reason as a sentence.
    retry_after_ms : int, optional
        When the same request may succeed, from now; None when waiting does not help.
    """

    def __init__(self, code: Code, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms
