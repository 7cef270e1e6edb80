"""Whether this version estimates the contrast that a design declares, and what that contrast can tell apart."""

from collections import defaultdict
from collections.abc import Mapping

from earshot.design.conditions import Condition
from earshot.design.study_file import StudyFile
from earshot.protocol import is_channel_by_mask

_NEAR = 1e-9
_FACTORS: Mapping[str, str] = {
    "channel": "the channel",
    "mask": "what is rendered",
    "method": "the method",
    "form": "the form",
    "network": "the network",
    "given": "what is given beforehand",
    "given_channel": "how it is given",
    "task": "the task",
    "picture": "the kind of picture",
    "exposure": "the exposure",
}


def find_unsupported(design: StudyFile) -> str:
    """Why this version does not estimate the declared primary contrast; empty if it does.

    It estimates one: what relevance adds over its rolled control by sound, minus what it adds by picture, among wrong
    predictions, by forward simulation, with the channel between participants.
    """
    if not is_channel_by_mask(design):
        return "its conditions are not those of picture or sound by relevance or its rolled control"
    tasks = sorted({condition.task for condition in design.conditions})
    if tasks != ["forward-simulation"]:
        return f"its task is {' and '.join(tasks)}, not forward simulation"
    for arm in design.arms:
        if len({design.condition(name).channel for name in arm.conditions}) > 1:
            return f"its channel varies within participants of arm '{arm.name}'"
    primary = design.analysis.primary
    if primary.among != "wrong":
        return f"it is declared among {primary.among} predictions, not among wrong ones"
    for condition in design.conditions:
        sign = (1 if condition.channel == "sound" else -1) * (1 if condition.mask == "relevance" else -1)
        if abs(primary.weights.get(condition.name, 0.0) - sign) > _NEAR:
            return "its weights are not those of a difference of differences (channel by mask)"
    return ""


def describe_limits(design: StudyFile) -> list[str]:
    """Sentences on what the declared primary contrast cannot tell apart, whoever estimates it."""
    weights = {name: weight for name, weight in design.analysis.primary.weights.items() if abs(weight) > _NEAR}
    conditions = [design.condition(name) for name in weights]
    limits = []
    together = [words for field, words in _FACTORS.items() if _varies_alike(field, conditions, weights=weights)]
    if len(together) > 1:
        limits.append(
            f"The compared conditions differ in {', '.join(together[:-1])} and {together[-1]} at once: the contrast "
            "cannot tell these apart."
        )
    if "the channel" in together:
        limits.append(
            "The contrast compares channels as they are, not what relevance adds within each: it cannot tell the"
            " channel of an explanation apart from what is recognised through it. Whoever recognises the spoken word"
            " better by ear than by eye, or finds one channel easier, makes the same difference without understanding"
            " anything of the network. Only a control within each channel tells the two apart."
        )
    if any(condition.given != "original-and-word" for condition in conditions):
        limits.append(
            "Not all compared trials name the spoken word beforehand: an answer can also fail because the word was not "
            "recognised, which says nothing of the explanation."
        )
    return limits


def _varies_alike(field: str, conditions: list[Condition], *, weights: Mapping[str, float]) -> bool:
    """Whether the weights of some level of the factor do not cancel out: then the contrast is about this factor."""
    sums: dict[object, float] = defaultdict(float)
    for condition in conditions:
        value = getattr(condition, field)
        sums[value if isinstance(value, str) or value is None else str(value)] += weights[condition.name]
    return any(abs(total) > _NEAR for total in sums.values())
