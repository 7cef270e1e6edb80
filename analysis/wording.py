"""How numbers and verdicts are said."""

import math

from analysis.comparison import Comparison, RiskDifference
from analysis.verdict import Verdict

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
EN_DASH = "\N{EN DASH}"
# An odds ratio is printed up to here; beyond it only says that a cell is (nearly) empty or full.
_LARGEST_PRINTED = 1e4


def signed(value: float, *, digits: int) -> str:
    """A number with its sign, a true minus; zero after rounding has none."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def plain(value: float, *, digits: int) -> str:
    """A number with a true minus; zero after rounding has none."""
    text = f"{abs(value):.{digits}f}"
    return MINUS + text if value < 0 and float(text) != 0 else text


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign and without its unit."""
    return signed(100 * share, digits=1)


def percent(share: float | None) -> str:
    """A share in percent with one digit; a dash when unknown."""
    return EN_DASH if share is None else f"{100 * share:.1f}{NARROW_SPACE}%"


def percent_interval(interval: tuple[float, float] | None) -> str:
    """An interval of shares in percent; a dash when unknown."""
    return EN_DASH if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def points_interval(interval: tuple[float, float]) -> str:
    """An interval of differences, in percentage points without the unit."""
    return f"{points(interval[0])} to {points(interval[1])}"


def p_value(p: float) -> str:
    """A p value with its relation: "p = .034", never "p = .000"; near .05 with the digit that tells which side."""
    if p < 0.001:
        return "p < .001"
    digits = 2 if p >= 0.0995 else 4 if 0.0485 <= p < 0.0515 else 3
    text = f"{p:.{digits}f}"
    return f"p = {text}" if float(text) == 1 else f"p = {text[1:]}"


def ratio(log_odds: float) -> str:
    """An odds ratio, three digits; beyond four orders of magnitude only its bound."""
    if abs(log_odds) > math.log(_LARGEST_PRINTED):
        return "> 10,000" if log_odds > 0 else "< 0.0001"
    odds = math.exp(log_odds)
    return f"{odds:,.0f}" if odds >= 99.95 else f"{odds:#.3g}"


def level_name(level: float) -> str:
    """The coverage of intervals: "95 %"."""
    return f"{100 * level:g}{NARROW_SPACE}%"


_CONTRAST = (
    "the difference of differences of accuracies, (relevance minus control) by sound minus (relevance minus control) "
    "by picture, among wrong predictions"
)
ESTIMANDS = {
    "mixed model": (
        f"Estimand: {_CONTRAST}, for everybody allocated who answered at least one main trial, with the random effects "
        "of participants and stimuli integrated out."
    ),
    "participant permutation": (
        f"Estimand: {_CONTRAST}, as means over participants allocated who answered wrong predictions under both masks, "
        "for these very stimuli."
    ),
}


def verdict_sentence(verdict: Verdict, *, comparison: Comparison, level: float) -> str:
    """The verdict in one sentence, with its estimate and interval; never "no difference"."""
    risk = comparison.primary.risk if comparison.primary else None
    if verdict.name == "not_estimated":
        return f"This version of Earshot does not estimate the declared primary contrast: {verdict.reason}."
    if verdict.name == "not_estimable" or risk is None or comparison.p is None:
        return f"The primary contrast is not estimable: {verdict.reason}."
    found = (
        f"what relevance adds by sound minus what it adds by picture is {points(risk.estimate)} percentage points, "
        f"{_interval_clause(risk, level=level)} "
        f"({_test(comparison, level=level)})."
    )
    if verdict.name == "no_evidence":
        return (
            "There is no evidence that relevance adds more over its control by one channel than by the other when the "
            f"network was wrong: {found}"
        )
    more, less = ("sound", "picture") if verdict.name == "sound_adds_more" else ("picture", "sound")
    return (
        f"When the network was wrong, its relevance added more over the control by {more} than by {less} to the share "
        f"of answers that named what the network had answered: {found}"
    )


def _interval_clause(risk: RiskDifference, *, level: float) -> str:
    if math.isnan(risk.interval[0]):
        return "with no interval, as the participants do not vary"
    low, high = risk.interval
    return f"the {level_name(level)} confidence interval runs from {points(low)} to {points(high)}"


def _test(comparison: Comparison, *, level: float) -> str:
    p = p_value(comparison.p if comparison.p is not None else math.nan)
    contrast = comparison.primary.log_odds if comparison.primary else None
    if comparison.decided_by == "participant permutation" or contrast is None:
        return f"participant permutation on accuracies, {p}"
    low, high = contrast.interval
    return (
        f"conditional odds ratio {ratio(contrast.estimate)}, {level_name(level)} interval {ratio(low)} to "
        f"{ratio(high)}; t({contrast.df:g}) = {plain(contrast.t, digits=2)}, {p}"
    )


def verdict_notes(verdict: Verdict, *, comparison: Comparison) -> list[str]:
    """Sentences that must stand with the verdict."""
    notes = []
    if verdict.name == "not_estimated":
        return [
            "What follows is descriptive: no test, no verdict. The data are whole and every answer is in the dataset, "
            "so that the declared contrast can be estimated elsewhere."
        ]
    if verdict.name == "no_evidence":
        notes.append(
            "No evidence of a difference is not evidence of none: the interval shows which differences remain possible."
        )
    if verdict.reason and verdict.name != "not_estimable":
        notes.append(f"Not directional although p is below alpha: {verdict.reason}.")
    elif verdict.depends_on_scale:
        notes.append(
            "The result depends on the scale: the test of the log-odds and the interval of the accuracies do not agree "
            "about zero."
        )
    notes += _gain_notes(verdict, comparison=comparison)
    if comparison.decided_by == "participant permutation":
        notes.append(
            "The participant permutation on accuracies decided, as declared, because odds are unstable where nearly no "
            f"answer or nearly every answer is correct: {'; '.join(comparison.extreme_cells)}. It takes the stimuli as "
            "given: nothing is said about other clips."
        )
    return notes + _dropped_notes(comparison)


def _gain_notes(verdict: Verdict, *, comparison: Comparison) -> list[str]:
    """A contrast can be positive though relevance adds nothing by any channel: a direction says so then."""
    gains = {gain.channel: gain.risk for gain in comparison.primary.gains} if comparison.primary else {}
    channel = {"sound_adds_more": "sound", "picture_adds_more": "picture"}.get(verdict.name)
    if channel is None or channel not in gains:
        return []
    risk = gains[channel]
    if risk.estimate <= 0:
        return [
            f"Relevance raised accuracy by neither channel: by {channel} it lowered it less ({points(risk.estimate)} "
            "points)."
        ]
    if not risk.interval[0] > 0:
        return [
            f"That relevance adds anything at all by {channel} is not shown: the interval of {points(risk.estimate)} "
            f"points, {points_interval(risk.interval)}, covers 0."
        ]
    return []


def _dropped_notes(comparison: Comparison) -> list[str]:
    """Whom the deciding permutation could not use."""
    counts = comparison.permutation.counts if comparison.permutation else ()
    if not any(count.n_dropped for count in counts):
        return []
    parts = [f"{count.n_dropped} of {count.n_kept + count.n_dropped} by {count.channel}" for count in counts]
    return [
        f"The permutation leaves out {' and '.join(parts)}: these participants did not answer wrong predictions under "
        "both masks."
    ]
