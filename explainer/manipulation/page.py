"""The page of a manipulation: self-contained, without any recording, fit to be published."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from markupsafe import Markup

from explainer.faithfulness.templates import render_template
from explainer.manipulation.figures import (
    describe_scaling,
    describe_zeroing,
    draw_scaling,
    draw_zeroing,
    inline,
)
from explainer.manipulation.results import (
    CHOICE_NAMES,
    CHOICES,
    EXPONENTS,
    FACTORS,
    PART_NAMES,
    READ_SHARE,
    SHARES,
    Choice,
    Manipulation,
    Part,
    ScalingCurve,
)
from explainer.manipulation.seeds import OverSeeds
from explainer.manipulation.sentences import describe_shares, find_scaling, find_zeroing, points, points_interval

_LIBRARIES = ("earshot", "matplotlib", "numpy", "scipy", "torch", "zennit")


@dataclass(frozen=True)
class ZeroingRow:
    """One share: accuracies by choice, and how much more relevance costs than each other choice."""

    share: float
    accuracies: tuple[OverSeeds, ...]
    differences: tuple[OverSeeds, ...]

    @property
    def is_read(self) -> bool:
        """Whether the verdict reads it."""
        return self.share == READ_SHARE


@dataclass(frozen=True)
class ZeroingView:
    """One part: figure and table."""

    name: str
    n_clips: int
    figure: Markup
    rows: tuple[ZeroingRow, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class ScalingRow:
    """One scaling: its factors, accuracies of all clips and by label, and what it costs."""

    exponent: float
    factors: tuple[float, ...]
    accuracy: OverSeeds
    by_label: tuple[OverSeeds | None, ...]
    loss: OverSeeds

    @property
    def is_read(self) -> bool:
        """Whether the verdict reads it."""
        return abs(self.exponent) == 1


@dataclass(frozen=True)
class ScalingView:
    """One part: figure and table."""

    name: str
    n_clips: Mapping[str, int]
    figure: Markup
    rows: tuple[ScalingRow, ...]


def render_page(found: Manipulation) -> str:
    """The page as HTML; it asks for nothing outside of itself."""
    return render_template(
        "manipulation.html.j2",
        found=found,
        subject=found.subject,
        findings=[*find_scaling(found), *find_zeroing(found)],
        zeroing=[_view_zeroing(found, part=part) for part in found.parts],
        scaling=[_view_scaling(found, curve=curve) for curve in found.scaling],
        choices=CHOICE_NAMES,
        factors=FACTORS,
        read_share=f"{100 * READ_SHARE:g}\N{NO-BREAK SPACE}%",
        is_papers_zeroing=found.subject.unit == "samples" and found.subject.label_column == "digit",
        accuracy=_say_accuracy,
        difference=_say_difference,
        versions={name: metadata.version(name) for name in _LIBRARIES},
    )


def _view_zeroing(found: Manipulation, *, part: Part) -> ZeroingView:
    curves = {choice: found.zeroed(part, choice=choice) for choice in CHOICES}
    others: tuple[Choice, ...] = ("amplitude", "random")
    rows = []
    for share in SHARES:
        by_relevance = curves["relevance"].accuracy(share)
        rows.append(
            ZeroingRow(
                share=share,
                accuracies=tuple(curve.accuracy(share) for curve in curves.values()),
                differences=tuple(curves[other].accuracy(share).minus(by_relevance) for other in others),
            )
        )
    svg = draw_zeroing(found, parts=[part], kind="svg")
    figure = inline(svg, label=describe_zeroing(found, part=part), prefix=f"zeroing-{part}")
    return ZeroingView(
        name=PART_NAMES[part],
        n_clips=curves["relevance"].n_clips,
        figure=figure,
        rows=tuple(rows),
        remarks=tuple(describe_shares(found, part=part, other=other) for other in others),
    )


def _view_scaling(found: Manipulation, *, curve: ScalingCurve) -> ScalingView:
    plain = curve.accuracy(0.0)
    rows = tuple(
        ScalingRow(
            exponent=exponent,
            factors=tuple(factor**exponent for factor in FACTORS.values()),
            accuracy=curve.accuracy(exponent),
            by_label=tuple(
                curve.accuracy(exponent, label=label) if label in curve.n_clips else None for label in FACTORS
            ),
            loss=plain.minus(curve.accuracy(exponent)),
        )
        for exponent in EXPONENTS
    )
    svg = draw_scaling(found, parts=[curve.part], kind="svg")
    figure = inline(svg, label=describe_scaling(curve), prefix=f"scaling-{curve.part}")
    return ScalingView(PART_NAMES[curve.part], curve.n_clips, figure, rows)


def _say_accuracy(values: OverSeeds | None) -> str:
    """Mean with its interval, in percent; a dash where there is nothing."""
    if values is None:
        return "–"
    if values.share_interval is None:
        return points(values.mean)
    return f"{points(values.mean)} ({' to '.join(points(end) for end in values.share_interval)})"


def _say_difference(values: OverSeeds) -> str:
    """Mean difference with its interval, in points."""
    mean = points(values.mean, is_signed=True)
    return mean if values.interval is None else f"{mean} ({points_interval(values.interval)})"
