"""The launch checklist: everything that has to be so before people are invited, each item with its way out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm
from pathlib import Path
from typing import Literal

from django.conf import settings

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import ArmShare
from earshot.design.blocks import MainBlock
from earshot.design.stimuli import BlockStimuli, block_plans, plan_key
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import sha256_file
from earshot.sequence.participant import check_order
from earshot.sequence.plan import BlockPlan
from study.feasibility import bundle_manifest, check_design, find_bundle
from study.models import Bundle, Study
from study.selectors import study_design

CheckCode = Literal["design", "bundle", "stimuli", "orders", "media", "texts", "quotas", "power", "analysis"]
LinkHint = Literal["bundles", "conditions", "blocks", "texts", "recruitment", "analysis"]

# Sequences of an arm that are built beforehand: all that differ in stimuli and conditions, as far as somebody can be
# kept waiting for it (a millisecond or two each).
_LEAST_SEQUENCES_CHECKED = 60
_MOST_SEQUENCES_CHECKED = 1000
_MOST_NAMED = 3


@dataclass(frozen=True)
class CheckItem:
    """One thing to be so before launch.

    `sentence` says what was found, and of a failing item the way out; `link_hint` names the part of the design where it
    is mended.
    """

    code: CheckCode
    ok: bool
    sentence: str
    link_hint: LinkHint


def checklist(study: Study) -> list[CheckItem]:
    """All items for the study's draft, in the order in which they are mended; later ones may need earlier ones.

    Raises
    ------
    StudyError
        If the study has no draft.
    """
    if study.draft is None:
        raise StudyError(f"study '{study.slug}' is {study.stage} and has no draft to check; begin a new version first")
    try:
        design = study_design(study)
    except StudyError as fault:
        return [CheckItem("design", False, _as_sentence(str(fault)), "conditions")]
    try:
        bundle = find_bundle(design)
    except StudyError as fault:
        return [CheckItem("bundle", False, _as_sentence(str(fault)), "bundles")]
    found = CheckItem("bundle", True, f"The bundle '{bundle.name}' is loaded, with hash {bundle.sha256}.", "bundles")
    return [found, *_check_serving(design, bundle=bundle), *_check_plan(design, bundle=bundle)]


def pilot_checklist(study: Study) -> list[CheckItem]:
    """The items that a pilot needs: all but the power figure, which a pilot may be there to find."""
    return [item for item in checklist(study) if item.code != "power"]


def refuse_failing(items: Iterable[CheckItem], *, study: Study, deed: str) -> None:
    """Raise StudyError with the sentence of every failing item; `deed` is what cannot be done to the study."""
    failing = [item.sentence for item in items if not item.ok]
    if failing:
        raise StudyError(f"study '{study.slug}' cannot be {deed}: {' '.join(failing)}")


def _check_serving(design: StudyFile, *, bundle: Bundle) -> list[CheckItem]:
    """Whether every arm can be served to the end: stimuli, orders, media."""
    try:
        plan = check_design(design, bundle=bundle)
    except StudyError as fault:
        return [CheckItem("stimuli", False, _as_sentence(str(fault)), "blocks")]
    arms = _plans_by_arm(design, plan=plan, bundle=bundle)
    n_stimuli = len({name for stimuli in plan for name in _names(stimuli)})
    return [
        CheckItem("stimuli", True, f"The bundle has all of the {n_stimuli} stimuli that are shown.", "blocks"),
        _check_orders(design, arms=arms, bundle=bundle),
        _check_media(plan, bundle=bundle),
    ]


def _plans_by_arm(design: StudyFile, *, plan: Sequence[BlockStimuli], bundle: Bundle) -> dict[str, list[BlockPlan]]:
    predicted = dict(bundle.stimuli.values_list("name", "predicted_label"))
    return {
        arm.name: block_plans(design, arm=arm, plan=plan, predicted=predicted, labels=bundle.labels)
        for arm in design.arms
    }


def _check_orders(design: StudyFile, *, arms: dict[str, list[BlockPlan]], bundle: Bundle) -> CheckItem:
    key = plan_key(design, bundle_sha256=bundle.sha256)
    periods = {arm: _period(blocks) for arm, blocks in arms.items()}
    for arm in design.arms:
        n_sequences = min(max(periods[arm.name], _LEAST_SEQUENCES_CHECKED), _MOST_SEQUENCES_CHECKED, design.quota(arm))
        try:
            check_order(arms[arm.name], n_sequences=n_sequences, plan_key=key)
        except (StudyError, ValueError) as fault:
            return CheckItem("orders", False, _as_sentence(f"arm '{arm.name}': {fault}"), "blocks")
    period = max(periods.values())
    balance = (
        f"after {period} participants of an arm each stimulus was met equally often under each of its conditions"
        if period > 1
        else "everybody in an arm meets each stimulus under the same condition"
    )
    return CheckItem("orders", True, f"Every arm can be served to the end; {balance}.", "blocks")


def _period(blocks: Sequence[BlockPlan]) -> int:
    """After how many participants of an arm conditions have been rotated over all stimuli of all blocks."""
    return lcm(1, *(n * len(block.conditions) for block in blocks for n in block.n_windows()))


def _check_media(plan: Sequence[BlockStimuli], *, bundle: Bundle) -> CheckItem:
    shown = {name for stimuli in plan for name in _names(stimuli)}
    wanted: dict[str, str] = {}
    for stimulus in bundle_manifest(bundle).stimuli:
        for rendition in stimulus.renditions if stimulus.id in shown else ():
            wanted[rendition.sound.file] = rendition.sound.sha256
            wanted |= {picture.file: picture.sha256 for picture in (rendition.picture, *rendition.more_pictures)}
    folder = Path(settings.MEDIA_ROOT)
    lost = sorted(file for file, sha256 in wanted.items() if not _is_whole(folder / file, sha256=sha256))
    if lost:
        named = ", ".join(lost[:_MOST_NAMED]) + (" …" if len(lost) > _MOST_NAMED else "")
        sentence = (
            f"{len(lost)} of {len(wanted)} media are missing or damaged in {folder} ({named}); load the bundle again: "
            "it brings them back."
        )
        return CheckItem("media", False, sentence, "bundles")
    return CheckItem("media", True, f"All {len(wanted)} pictures and sounds are there and whole.", "bundles")


def _is_whole(path: Path, *, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256


def _names(stimuli: BlockStimuli) -> list[str]:
    return [*stimuli.right, *stimuli.wrong, *stimuli.practice, *stimuli.exemplars]


def _check_plan(design: StudyFile, *, bundle: Bundle) -> list[CheckItem]:
    return [
        _check_texts(design, labels=bundle.labels),
        _check_quotas(design),
        _check_analysis(design),
        _check_power(design),
    ]


def _check_texts(design: StudyFile, *, labels: Sequence[str]) -> CheckItem:
    for language, texts in design.texts.items():
        missing = [label for label in labels if label not in texts.labels]
        # Without any words the labels are said as they stand, which is right for words of their own.
        if missing and (texts.labels or any(other.labels for other in design.texts.values())):
            sentence = f"texts.{language}.labels has no word for {', '.join(missing)}; give every label a word."
            return CheckItem("texts", False, sentence, "texts")
    spoken = ", ".join(design.study.languages)
    return CheckItem("texts", True, f"Every text and every answer's word is there (languages: {spoken}).", "texts")


def _check_quotas(design: StudyFile) -> CheckItem:
    for arm in design.arms:
        n_planned = arm.weight * design.recruitment.n_per_arm
        if design.quota(arm) < n_planned:
            sentence = (
                f"Arm '{arm.name}' takes at most {design.quota(arm)}, and {n_planned} are planned for it; raise its "
                "quota, lower its weight, or plan fewer."
            )
            return CheckItem("quotas", False, sentence, "recruitment")
    shares = [ArmShare(arm.name, weight=arm.weight, quota=design.quota(arm)) for arm in design.arms]
    try:
        Allocator(design.allocation, arms=shares, seed=bytes(32))
    except ValueError as fault:
        return CheckItem("quotas", False, _as_sentence(str(fault)), "recruitment")
    sentence = f"{design.n_planned} participants are planned, and every arm's quota can be reached."
    return CheckItem("quotas", True, sentence, "recruitment")


def _check_analysis(design: StudyFile) -> CheckItem:
    met = {
        condition.name
        for arm in design.arms
        for block in design.trial_blocks
        if isinstance(block, MainBlock)
        for condition in design.conditions_of(arm, block=block)
    }
    for contrast in design.analysis.contrasts:
        unmet = sorted(name for name, weight in contrast.weights.items() if weight and name not in met)
        if unmet:
            sentence = (
                f"Contrast '{contrast.name}' weighs the condition '{unmet[0]}', which no main block holds; nothing "
                "would be measured of it: add it to a block, or take it out of the contrast."
            )
            return CheckItem("analysis", False, sentence, "analysis")
    sentence = f"The primary contrast '{design.analysis.primary.name}' weighs conditions that are measured."
    return CheckItem("analysis", True, sentence, "analysis")


def _check_power(design: StudyFile) -> CheckItem:
    power = design.recruitment.power
    if power is None:
        sentence = (
            "No power is stated; give recruitment.power a figure with its effect and basis, or say in missing_because "
            "why there is none."
        )
        return CheckItem("power", False, sentence, "recruitment")
    if power.power is None:
        return CheckItem("power", True, f"No power figure is given: {power.missing_because}", "recruitment")
    sentence = f"Power {power.power:g} for an effect of {power.effect_log_odds:g} log-odds: {power.basis}"
    return CheckItem("power", True, sentence, "recruitment")


def _as_sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."
