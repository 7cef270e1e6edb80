"""The gate: only a network that does its task is explained, unless the recipe gives a reason."""

from earshot.bundle import Gate
from earshot.errors import RecipeError
from explainer.networks.description import NetworkDescription
from explainer.sections.explanation import GateSection


def pass_gate(description: NetworkDescription, *, name: str, section: GateSection) -> Gate:
    """How a network passed: by its accuracy on clean clips that its weights never saw, or by the recipe's reason.

    Held-out takes of known speakers count; where the split has none, held-out speakers do.

    Raises
    ------
    RecipeError
        If it is right too rarely and the recipe gives no reason, or nothing was held out to measure it on.
    """
    takes, speakers = description.heldout_takes, description.heldout_speakers
    measured = takes or speakers
    if measured is None:
        raise RecipeError(
            f"network '{name}' has no clean clips to be measured on; hold out takes or speakers under [split]"
        )
    override = section.override if measured.share < section.least_accuracy else None
    if measured.share < section.least_accuracy and override is None:
        raise RecipeError(
            f"network '{name}' is right on {measured.share:.1%} of {measured.n_clips} clean clips that it never saw; "
            f"explained are networks from {section.least_accuracy:.0%} on, as masks made of poorer ones lose to their "
            "controls: train it longer or on more clips, or give the reason for explaining it all the same under "
            "[gate] override"
        )
    return Gate(
        measured_on="heldout-takes" if takes is not None else "heldout-speakers",
        accuracy=measured.share,
        least_accuracy=section.least_accuracy,
        override=override,
    )
