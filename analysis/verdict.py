"""The verdict, by a rule that was fixed before any data.

0. The design declares another contrast than this version estimates: `not_estimated`, with the reason; nothing is
   compared, whatever the data.
1. Not estimable: `not_estimable`, with the reason.
2. p >= alpha: `no_evidence`. It is never read as "no difference".
3. p < alpha, and the decided contrast and the marginal risk difference point the same way: `sound_adds_more` when
   positive, `picture_adds_more` when negative. If the interval of the risk difference covers 0, the verdict stands and
   the sentence says that the result depends on the scale.
4. p < alpha, but log-odds and risks point opposite ways: `no_evidence`, with that reason.

Where the participant permutation decides, it tests the risks themselves, and only their sign counts; their interval is
that of the same test, so the two cannot disagree about 0.
"""

import math
from dataclasses import dataclass
from typing import Literal

from analysis.comparison import Comparison, RiskDifference

VerdictName = Literal["sound_adds_more", "picture_adds_more", "no_evidence", "not_estimable", "not_estimated"]


@dataclass(frozen=True)
class Verdict:
    """The verdict and what must be said with it.

    Parameters
    ----------
    name : str
        One of five.
    reason : str
        Why it is not directional although p < alpha, or not estimable; else empty.
    depends_on_scale : bool
        Whether log-odds and risks do not tell the same story.
    """

    name: VerdictName
    reason: str = ""
    depends_on_scale: bool = False


def decide_verdict(comparison: Comparison, *, alpha: float) -> Verdict:
    """The verdict of a comparison at the protocol's alpha."""
    primary = comparison.primary
    if comparison.decided_by is None or comparison.p is None or primary is None or primary.risk is None:
        return Verdict("not_estimable", reason=comparison.obstacle)
    log_odds = primary.log_odds if comparison.decided_by == "mixed model" else None
    return apply_rule(
        p=comparison.p, alpha=alpha, log_odds=None if log_odds is None else log_odds.estimate, risk=primary.risk
    )


def apply_rule(*, p: float, alpha: float, log_odds: float | None, risk: RiskDifference) -> Verdict:
    """Rules 2 to 4; `log_odds` is None where the risks themselves were tested."""
    covers_zero = not math.isnan(risk.interval[0]) and risk.interval[0] <= 0 <= risk.interval[1]
    if p >= alpha:
        excludes_zero = not math.isnan(risk.interval[0]) and not covers_zero
        return Verdict("no_evidence", depends_on_scale=excludes_zero)
    if log_odds is not None and log_odds * risk.estimate <= 0:
        return Verdict(
            "no_evidence",
            reason="log-odds and accuracies point in opposite directions: the result depends on the scale",
            depends_on_scale=True,
        )
    name: VerdictName = "sound_adds_more" if risk.estimate > 0 else "picture_adds_more"
    return Verdict(name, depends_on_scale=covers_zero)
