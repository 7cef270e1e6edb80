"""How an evaluation's numbers and names are written for readers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from earshot.bundle import Form, Mask

MASK_NAMES: Final[Mapping[Mask, str]] = MappingProxyType(
    {
        "none": "Original",
        "relevance": "Relevance",
        "control": "Rolled mask",
        "blobs": "Random blobs",
        "other-clip": "Another clip’s relevance",
        "randomised-network": "Randomised network",
    }
)
FORM_NAMES: Final[Mapping[Form, str]] = MappingProxyType(
    {
        "original": "as it is",
        "soft-mask": "soft mask",
        "top-share": "top share",
        "envelope": "envelope",
        "signal-times-relevance": "signal × positive relevance",
        "positive-signal-times-relevance": "positive signal × relevance",
    }
)
MISSING: Final = "–"
_MINUS: Final = "−"


def number(value: float | None, *, n_decimals: int = 2) -> str:
    """A number with a true minus sign; a dash where there is none."""
    if value is None:
        return MISSING
    text = f"{value:.{n_decimals}f}"
    return text.replace("-", _MINUS) if float(text) != 0 else text.lstrip("-")


def signed(value: float | None, *, n_decimals: int = 2) -> str:
    """A difference, with its sign unless it is 0."""
    text = number(value, n_decimals=n_decimals)
    return f"+{text}" if value is not None and float(f"{value:.{n_decimals}f}") > 0 else text


def interval(ends: tuple[float, float] | None) -> str:
    """An interval of differences."""
    return f"{signed(ends[0])} to {signed(ends[1])}" if ends is not None else "no interval"


def percent(share: float | None) -> str:
    """A share in percent with one decimal."""
    return f"{100 * share:.1f} %" if share is not None else MISSING


def way_name(*, method: str | None, form: Form, share: float | None) -> str:
    """By which method and in which form a rendition is made."""
    parts = [method, FORM_NAMES[form] if share is None else f"{FORM_NAMES[form]} {100 * share:g} %"]
    return ", ".join(part for part in parts if part)
