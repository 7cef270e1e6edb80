"""The measures of a rendition: what each is called, its range, and which direction speaks for an explanation.

Increase, drop and gain are those of paissan2024 (there averaged over a set and in percent), and confidence lost is
their FF. All are of the explained label, on the very sound that is played.
"""

from dataclasses import dataclass
from typing import Final, Literal

from earshot.bundle import Faithfulness, Rendition


@dataclass(frozen=True)
class Scores:
    """The measures of one rendition of one stimulus; `MEASURES` describes them. None where one has no meaning."""

    class_kept: float
    increase: float
    drop: float
    gain: float
    confidence_lost: float
    energy_kept_share: float
    mask_share: float
    found_correlation: float | None = None
    found_error_db: float | None = None
    flipping_area: float | None = None
    sparseness: float | None = None
    complexity: float | None = None


@dataclass(frozen=True)
class Measure:
    """A measure of a rendition.

    Attributes
    ----------
    name : str
        Its field in `Scores` and its column in the tables.
    title : str
        Its name for readers.
    lowest, highest : float
        Its range.
    better : {'higher', 'lower', 'neither'}
        Which direction speaks for an explanation, all else being equal.
    meaning : str
        What it says, in one sentence.
    binary : bool
        Whether each stimulus has 0 or 1.
    """

    name: str
    title: str
    lowest: float
    highest: float
    better: Literal["higher", "lower", "neither"]
    meaning: str
    binary: bool = False


_UNBOUNDED: Final = float("inf")

CLASS_KEPT: Final = Measure(
    *("class_kept", "Class kept", 0, 1, "higher"),
    meaning="Whether the network answers the explained label when it hears the rendition alone.",
    binary=True,
)
"""The measure that the verdict reads; it was named before anything was measured."""

MEASURES: Final = (
    CLASS_KEPT,
    Measure(
        *("increase", "Increase", 0, 1, "higher"),
        meaning="Whether the explained label is more probable on the rendition than on the original.",
        binary=True,
    ),
    Measure(
        *("drop", "Drop", 0, 1, "lower"),
        meaning="Probability lost on the rendition, as a share of the original's probability.",
    ),
    Measure(
        *("gain", "Gain", 0, 1, "higher"),
        meaning="Probability won on the rendition, as a share of what the original leaves to win.",
    ),
    Measure(
        *("confidence_lost", "Confidence lost (FF)", -1, 1, "higher"),
        meaning="Probability lost when what the rendition keeps is taken out of the original.",
    ),
    Measure(
        *("energy_kept_share", "Energy kept", 0, 1, "neither"),
        meaning="Energy of the rendition over the original's; a control is matched to it.",
    ),
    Measure(
        *("mask_share", "Mask’s share", 0, 1, "neither"),
        meaning="Mean of the mask over the cells within 60 dB of the loudest; a control is matched to it.",
    ),
    Measure(
        *("found_correlation", "Mask found", -1, 1, "higher"),
        meaning="Correlation of the mask that was asked for with the one found in the written sound.",
    ),
    Measure(
        *("found_error_db", "Mask’s error (dB)", 0, _UNBOUNDED, "lower"),
        meaning="Median difference of these two masks, in decibels.",
    ),
    Measure(
        *("flipping_area", "Flipping area", 0, 1, "lower"),
        meaning="Mean probability of the explained label while cells are silenced in the order of the mask found.",
    ),
    Measure(
        *("sparseness", "Sparseness (Gini)", 0, 1, "neither"),
        meaning="Gini index of the mask found: 0 where all cells are kept alike, near 1 where few are kept.",
    ),
    Measure(
        *("complexity", "Complexity (entropy)", 0, _UNBOUNDED, "neither"),
        meaning="Entropy in nats of the mask found: low where few cells are kept.",
    ),
)
"""Every measure that a rendition is compared on."""


@dataclass(frozen=True)
class MaskScores:
    """What is measured on the mask found in a written sound."""

    flipping_area: float
    sparseness: float
    complexity: float


def score(rendition: Rendition, *, faithfulness: Faithfulness, found: MaskScores | None) -> Scores:
    """All measures of a rendition.

    Parameters
    ----------
    found : MaskScores or None
        None where the rendition is not made by a mask.
    """
    whole, kept = faithfulness.confidence_original, faithfulness.confidence
    return Scores(
        class_kept=float(faithfulness.class_kept),
        increase=float(kept > whole),
        drop=relative_drop(whole, kept=kept),
        gain=relative_gain(whole, kept=kept),
        confidence_lost=whole - faithfulness.confidence_removed,
        energy_kept_share=rendition.energy_kept_share,
        mask_share=rendition.mask_share,
        found_correlation=rendition.found_correlation,
        found_error_db=rendition.found_error_db,
        flipping_area=found.flipping_area if found else None,
        sparseness=found.sparseness if found else None,
        complexity=found.complexity if found else None,
    )


def relative_drop(whole: float, *, kept: float) -> float:
    """`max(0, whole - kept) / whole`, 0 to 1 (paissan2024, average drop of one sample); 0 where nothing can drop."""
    return max(0.0, whole - kept) / whole if whole > 0 else 0.0


def relative_gain(whole: float, *, kept: float) -> float:
    """`max(0, kept - whole) / (1 - whole)`, 0 to 1 (paissan2024, average gain); 0 where nothing is left to win."""
    return max(0.0, kept - whole) / (1 - whole) if whole < 1 else 0.0
