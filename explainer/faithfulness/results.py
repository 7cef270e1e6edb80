"""Everything that was measured of a bundle, before it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

from earshot.bundle import Manifest
from explainer.faithfulness.differences import Difference, Pairs
from explainer.faithfulness.randomisation import Likeness
from explainer.faithfulness.relevances import Ordering
from explainer.faithfulness.stimuli import MeasuredStimulus
from explainer.faithfulness.verdict import Verdict


@dataclass(frozen=True)
class Randomised:
    """How relevance of one network changed when what it learned was taken away.

    Attributes
    ----------
    network : str
    layers : tuple of str
        Shuffled one after the other, from the output down.
    likenesses : tuple of tuple of Likeness
        To the relevance of the trained network, for every stimulus, after each of `layers` and all before it.
    other_label : tuple of Likeness
        The same where nothing is shuffled and another label is explained.
    """

    network: str
    layers: tuple[str, ...]
    likenesses: tuple[tuple[Likeness, ...], ...]
    other_label: tuple[Likeness, ...]


@dataclass(frozen=True)
class Evaluation:
    """What was measured of the bundle with the hash `bundle_sha256`; `measured` in the order of its stimuli."""

    manifest: Manifest
    bundle_sha256: str
    measured: Sequence[MeasuredStimulus]
    pairs: Sequence[Pairs]
    differences: Sequence[Difference]
    orderings: Sequence[Ordering]
    randomised: Sequence[Randomised]
    verdicts: Sequence[Verdict]
