"""The axes of a picture."""

from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.stimulus_page import render_stimuli, view_picture


def test_axes_have_few_whole_ticks_at_their_places(evaluation: Evaluation) -> None:
    picture = evaluation.manifest.stimuli[0].renditions[0].picture
    view = view_picture(picture.model_copy(update={"duration_ms": 800.0, "frequency_max_hz": 4000.0}))
    assert [(tick.text, tick.percent) for tick in view.times] == [
        ("0", 0),
        ("200", 25),
        ("400", 50),
        ("600", 75),
        ("800", 100),
    ]
    assert [(tick.text, tick.percent) for tick in view.frequencies] == [
        ("0", 0),
        ("1", 25),
        ("2", 50),
        ("3", 75),
        ("4", 100),
    ]


def test_waveform_has_no_frequencies(evaluation: Evaluation) -> None:
    picture = evaluation.manifest.stimuli[0].renditions[0].picture
    assert view_picture(picture.model_copy(update={"kind": "waveform"})).frequencies == ()


def test_names_are_escaped(evaluation: Evaluation) -> None:
    stimulus = evaluation.manifest.stimuli[0].model_copy(update={"clip": "<b>.wav"})
    manifest = evaluation.manifest.model_copy(update={"stimuli": [stimulus]})
    page = render_stimuli(
        Evaluation(
            manifest,
            "0" * 64,
            evaluation.measured[:1],
            pairs=[],
            differences=[],
            orderings=[],
            randomised=[],
            verdicts=[],
        )
    )
    assert "&lt;b&gt;.wav" in page
    assert "<b>.wav" not in page
