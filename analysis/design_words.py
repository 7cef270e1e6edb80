"""A design in words, for the report."""

from earshot.design.blocks import Block, BreakBlock, MainBlock, TrainingBlock
from earshot.design.conditions import Condition
from earshot.design.study_file import StudyFile
from earshot.protocol import Protocol

_GIVEN = {
    "nothing": "nothing given beforehand",
    "original": "the original given beforehand",
    "original-and-word": "the original given beforehand, with the spoken word named",
}
_CHANNELS = {"picture": "seen as a picture", "sound": "heard as a sound", "both": "seen and heard"}


def describe_design(protocol: Protocol) -> dict[str, str]:
    """What the frozen design says, name by name."""
    design = protocol.design
    facts = {
        "Tasks": ", ".join(sorted({condition.task for condition in design.conditions})),
        **{f"Condition {condition.name}": _condition(condition) for condition in design.conditions},
        "Session": ", then ".join(_block(block) for block in design.blocks),
        "Exposure": _exposure(design),
        "Allocation": _allocation(design),
        "Declared primary contrast": _contrast(design),
        "Declared estimand": design.analysis.estimand,
    }
    if protocol.upgraded_from is not None:
        # which planned no number: what stands in the upgraded design is none of its own
        return facts | {"Frozen by": f"an older Earshot (protocol format {protocol.upgraded_from})"}
    return facts | {"Planned": f"{design.n_planned} participants. {design.recruitment.stopping_rule}"}


def _condition(condition: Condition) -> str:
    parts = [
        _GIVEN[condition.given],
        f"mask {condition.mask}" + (f" (method {condition.method})" if condition.method else ""),
        _CHANNELS[condition.channel],
    ]
    if condition.network:
        parts.append(f"network {condition.network}")
    return ", ".join(parts)


def _block(block: Block) -> str:
    if isinstance(block, TrainingBlock):
        return f"{block.name}: {block.n_items} of training with feedback (never analysed)"
    if isinstance(block, MainBlock):
        attention = f" and {block.n_attention} for attention" if block.n_attention else ""
        feedback = ", with feedback" if block.feedback else ""
        return (
            f"{block.name}: {block.n_wrong} wrong and {block.n_right} right predictions{attention}, conditions "
            f"{block.arrangement}{feedback}"
        )
    return f"a break ({block.name})" if isinstance(block, BreakBlock) else f"a questionnaire ({block.name})"


def _exposure(design: StudyFile) -> str:
    exposure = design.exposure
    words = (
        f"answering opens {exposure.dwell_ms} ms after the explanation's onset; a sound must also have been heard once "
        f"and can be played up to {exposure.max_plays} time{'' if exposure.max_plays == 1 else 's'}, a picture "
        + ("stays" if exposure.view_ms is None else f"is taken away after {exposure.view_ms} ms")
    )
    if design.exposure_differs_because is None:
        return f"the same in all arms: {words}"
    return f"{words}; it differs between conditions: {design.exposure_differs_because}"


def _allocation(design: StudyFile) -> str:
    settings = design.allocation
    strata = f", by {', '.join(settings.strata)}" if settings.strata else ""
    return f"{settings.method.replace('-', ' ')}{strata}"


def _contrast(design: StudyFile) -> str:
    plan = design.analysis
    weights = ", ".join(f"{name} {weight:+g}" for name, weight in plan.primary.weights.items())
    return f"{plan.primary.name} ({weights}), among {plan.primary.among} predictions; two-sided, alpha {plan.alpha:g}"
