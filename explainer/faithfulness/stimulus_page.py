"""The page to leaf through an evaluation, stimulus by stimulus: pictures with axes, players, numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from earshot.bundle import MEDIA_FOLDER, Picture, Rendition, Stimulus
from explainer.faithfulness.measures import MEASURES, Measure, Scores
from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.stimuli import MeasuredStimulus
from explainer.faithfulness.templates import render_template
from explainer.faithfulness.wording import MASK_NAMES, number, way_name

_N_TIME_TICKS = 5
_TIME_STEPS_MS = (50, 100, 200, 250, 500, 1000, 2000)
_FREQUENCY_STEPS_HZ = (500, 1000, 2000, 4000, 8000)
_N_FREQUENCY_TICKS = 5


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its words, and its place in percent of the axis."""

    text: str
    percent: float


@dataclass(frozen=True)
class PictureView:
    """A picture with its axes; times along it, frequencies up, none where it shows a waveform."""

    picture: Picture
    times: tuple[Tick, ...]
    frequencies: tuple[Tick, ...]


@dataclass(frozen=True)
class RenditionView:
    """A rendition as it is shown."""

    name: str
    way: str
    rendition: Rendition
    picture: PictureView
    more_pictures: tuple[PictureView, ...]
    confidence: float
    class_kept: bool
    numbers: tuple[tuple[Measure, str], ...]


@dataclass(frozen=True)
class StimulusView:
    """A stimulus as it is shown; `probabilities` the highest first."""

    stimulus: Stimulus
    probabilities: tuple[tuple[str, float], ...]
    renditions: tuple[RenditionView, ...]


def render_stimuli(evaluation: Evaluation) -> str:
    """The page as HTML; its pictures and sounds lie beside it in the folder `media`."""
    manifest = evaluation.manifest
    return render_template(
        "evaluation_stimuli.html.j2",
        manifest=manifest,
        media=MEDIA_FOLDER,
        stimuli=[
            _view_stimulus(stimulus, measured=measured)
            for stimulus, measured in zip(manifest.stimuli, evaluation.measured, strict=True)
        ],
    )


def _view_stimulus(stimulus: Stimulus, *, measured: MeasuredStimulus) -> StimulusView:
    return StimulusView(
        stimulus=stimulus,
        probabilities=tuple(sorted(stimulus.probabilities.items(), key=lambda item: -item[1])),
        renditions=tuple(
            _view_rendition(rendition, scores=scores, confidence=faithfulness.confidence)
            for rendition, scores, faithfulness in zip(
                stimulus.renditions, measured.scores, measured.faithfulness, strict=True
            )
        ),
    )


def _view_rendition(rendition: Rendition, *, scores: Scores, confidence: float) -> RenditionView:
    # of the original as such most measures say nothing
    shown = [] if rendition.mask == "none" else [one for one in MEASURES if getattr(scores, one.name) is not None]
    return RenditionView(
        name=MASK_NAMES[rendition.mask],
        way=way_name(method=rendition.method, form=rendition.form, share=rendition.share),
        rendition=rendition,
        picture=view_picture(rendition.picture),
        more_pictures=tuple(view_picture(picture) for picture in rendition.more_pictures),
        confidence=confidence,
        class_kept=bool(scores.class_kept),
        numbers=tuple((measure, _written(getattr(scores, measure.name), measure=measure)) for measure in shown),
    )


def _written(value: float, *, measure: Measure) -> str:
    return ("yes" if value else "no") if measure.binary else number(value)


def view_picture(picture: Picture) -> PictureView:
    """A picture with few, whole ticks: milliseconds along it, kilohertz up."""
    lowest, highest = picture.frequency_min_hz, picture.frequency_max_hz
    in_khz = _ticks(lowest, highest, steps=_FREQUENCY_STEPS_HZ, most=_N_FREQUENCY_TICKS, scale=1000)
    return PictureView(
        picture=picture,
        times=_ticks(0, picture.duration_ms, steps=_TIME_STEPS_MS, most=_N_TIME_TICKS, scale=1),
        frequencies=() if picture.kind == "waveform" else in_khz,
    )


def _ticks(low: float, high: float, *, steps: Sequence[int], most: int, scale: int) -> tuple[Tick, ...]:
    """Marks at whole multiples of the smallest step that needs no more than `most` of them, in units of `scale`."""
    step = next((step for step in steps if (high - low) / step < most), steps[-1])
    first = -(-int(low) // step) * step
    values = range(first, int(high) + 1, step)
    return tuple(Tick(f"{value / scale:g}", 100 * (value - low) / (high - low)) for value in values)
