"""The verdict: what the intervals say of explanation against control, either way.

One difference is read per network and kind of prediction: class kept, on the renditions that studies show, against the
rolled control of equal shape, area and energy. It was chosen before anything was measured; all others describe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from earshot.bundle import Manifest
from explainer.faithfulness.differences import Difference
from explainer.faithfulness.intervals import LEAST_UNITS
from explainer.faithfulness.measures import CLASS_KEPT
from explainer.faithfulness.stimuli import methods_of
from explainer.faithfulness.wording import signed

Finding = Literal["more", "less", "open", "nothing"]


@dataclass(frozen=True)
class Verdict:
    """What is said of one network's right or wrong predictions.

    Attributes
    ----------
    network : str
    model_correct : bool
    finding : {'more', 'less', 'open', 'nothing'}
        How often relevance keeps the answer, compared with its control; "nothing" of too few pairs.
    difference : Difference or None
        What was read.
    """

    network: str
    model_correct: bool
    finding: Finding
    difference: Difference | None

    @property
    def headline(self) -> str:
        """The verdict in plain words."""
        predictions = "Right" if self.model_correct else "Wrong"
        n_pairs = self.difference.n_pairs if self.difference else 0
        said = {
            "nothing": f"{n_pairs} pairs of explanation and control, and fewer than {LEAST_UNITS} are not judged",
            "more": "relevance keeps the answer more often than its control",
            "less": "relevance keeps the answer less often than its control",
            "open": "the interval includes no difference between relevance and its control",
        }[self.finding]
        return f"{predictions} predictions: {said}."

    @property
    def numbers(self) -> str:
        """What the verdict rests on; empty without pairs."""
        read = self.difference
        if read is None or read.counts is None or read.interval is None or read.difference is None:
            return ""
        counts, (low, high) = read.counts, read.interval
        kept = counts.n_both + counts.n_only_explanation
        kept_by_control = counts.n_both + counts.n_only_control
        return (
            f"The network keeps its answer on {kept} of {counts.n} explanations and on {kept_by_control} of their "
            f"controls; difference {_points(read.difference)} points, 95 % interval {_points(low)} to "
            f"{_points(high)}. Only the explanation keeps it on {counts.n_only_explanation}, only the control on "
            f"{counts.n_only_control}."
        )


def _points(share: float) -> str:
    # an interval that just misses 0 must not read as if it ended there
    return signed(100 * share, n_decimals=0 if abs(100 * share) >= 0.5 or share == 0 else 2)


def find_verdicts(manifest: Manifest, *, differences: Sequence[Difference]) -> list[Verdict]:
    """The verdicts of a bundle: two per network, on the explanation that studies show and its rolled control."""
    return [
        _verdict(manifest, network=network.name, model_correct=model_correct, differences=differences)
        for network in manifest.networks
        for model_correct in (True, False)
    ]


def read_interval(difference: Difference | None) -> Finding:
    """What an interval says; nothing of fewer than `LEAST_UNITS` pairs."""
    if difference is None or difference.interval is None or difference.n_pairs < LEAST_UNITS:
        return "nothing"
    low, high = difference.interval
    if low > 0:
        return "more"
    return "less" if high < 0 else "open"


def _verdict(manifest: Manifest, *, network: str, model_correct: bool, differences: Sequence[Difference]) -> Verdict:
    read = _decisive(manifest, network=network, model_correct=model_correct, differences=differences)
    return Verdict(network, model_correct, read_interval(read), read)


def _decisive(
    manifest: Manifest, *, network: str, model_correct: bool, differences: Sequence[Difference]
) -> Difference | None:
    """The difference that the verdict reads; None where the bundle has no such pair."""
    own = [one for one in manifest.stimuli if one.network == network and one.role == "main" and methods_of(one)]
    if not own:
        return None
    shown = own[0].rendition("relevance")
    for difference in differences:
        comparison = difference.comparison
        if (
            difference.measure is CLASS_KEPT
            and difference.n_pairs
            and (comparison.network, comparison.model_correct) == (network, model_correct)
            and (comparison.method, comparison.form, comparison.share) == (shown.method, shown.form, shown.share)
            and comparison.control == "control"
        ):
            return difference
    return None
