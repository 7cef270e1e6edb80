"""The summary of an evaluation: one self-contained page without any recording, fit to be published."""

from importlib import metadata

from explainer.faithfulness import wording
from explainer.faithfulness.flipping import N_STEPS
from explainer.faithfulness.intervals import LEAST_UNITS
from explainer.faithfulness.measures import MEASURES
from explainer.faithfulness.results import Evaluation
from explainer.faithfulness.sensitivity import N_PERTURBED, RADIUS_SHARE
from explainer.faithfulness.templates import render_template
from explainer.faithfulness.views import MEANS_SHOWN, view_networks

_LIBRARIES = ("earshot", "numpy", "scipy", "torch", "zennit", "quantus")


def render_summary(evaluation: Evaluation) -> str:
    """The page as HTML; it asks for nothing outside of itself and links the page of stimuli beside it."""
    manifest = evaluation.manifest
    main = [stimulus for stimulus in manifest.stimuli if stimulus.role == "main"]
    n_read = sum(verdict.finding != "nothing" for verdict in evaluation.verdicts)
    return render_template(
        "evaluation_summary.html.j2",
        manifest=manifest,
        bundle_sha256=evaluation.bundle_sha256,
        networks=view_networks(evaluation),
        n_main=len(main),
        n_right=sum(stimulus.model_correct for stimulus in main),
        n_speakers=len({stimulus.speaker for stimulus in main}),
        explained_is_predicted=all(one.explained_label == one.predicted_label for one in main),
        n_read=n_read,
        n_described=_count_intervals(evaluation) - n_read,
        measures=MEASURES,
        means_shown=MEANS_SHOWN,
        settings={
            "least_units": LEAST_UNITS,
            "n_steps": N_STEPS,
            "n_perturbed": N_PERTURBED,
            "radius": wording.percent(RADIUS_SHARE),
        },
        versions={name: metadata.version(name) for name in _LIBRARIES},
    )


def _count_intervals(evaluation: Evaluation) -> int:
    """All intervals of the page."""
    of_orderings = [end for one in evaluation.orderings for end in (one.below_energy, one.below_random)]
    of_differences = [one.interval for one in evaluation.differences]
    return sum(interval is not None for interval in (*of_differences, *of_orderings))
